// Package stl reads the binary archive of STL-10. Most callers want datasets.Open("stl10"), which finds the
// archive, keeps what was read and names the parts.
//
// What you may touch here: the reading of the official format and nothing else. Where the archive comes from is
// in README.md.
package stl

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/datasets/internal/targz"
)

// Format says what an archive holds. The zero value is no format: take [STL10].
type Format struct {
	// Side is the width and height of every picture.
	Side int
	// Test, Train and Unlabeled count the pictures, in the order of [Picture.Index].
	Test, Train, Unlabeled int
	// Classes is how many there are.
	Classes int
}

// Channels is the number of values per pixel (RGB).
const Channels = 3

// STL10 is stl10_binary.tar.gz: 5,000 and 8,000 pictures of 10 classes and 100,000 without labels.
func STL10() Format {
	return Format{Side: 96, Test: 8_000, Train: 5_000, Unlabeled: 100_000, Classes: 10}
}

// Picture is one picture of the archive.
type Picture struct {
	// Index counts the test pictures, then the training pictures, then those without labels, each in the
	// official order: so the labeled ones are together, and so are those one may learn from.
	Index int
	// Pixels holds [Side, Side, Channels], row-major. The next picture overwrites it.
	Pixels []uint8
}

// Labels of the test and training pictures, from 0 although the files count from 1, and the names of the classes.
type Labels struct {
	Test, Train []int32
	Names       []string
}

const folder = "stl10_binary/"

// Read reads the .tar.gz archive from beginning to end and calls put for each picture, in the order of the
// archive. Nothing else is written anywhere. Errors name the member: one that is missing, there twice, of a wrong
// size, or with a label out of range; what [targz.Walk] refuses.
func (f Format) Read(archive io.Reader, put func(Picture) error) (Labels, error) {
	var labels Labels
	pictures := map[string][2]int{ // first, count
		folder + "test_X.bin":      {0, f.Test},
		folder + "train_X.bin":     {f.Test, f.Train},
		folder + "unlabeled_X.bin": {f.Test + f.Train, f.Unlabeled},
	}
	columns := map[string]struct {
		to *[]int32
		n  int
	}{
		folder + "test_y.bin":  {&labels.Test, f.Test},
		folder + "train_y.bin": {&labels.Train, f.Train},
	}
	const names = folder + "class_names.txt"
	const slack = 16 << 20 // for names, folds and the archive's own blocks
	limit := int64(f.Test+f.Train+f.Unlabeled)*int64(f.pictureBytes()) + slack
	seen := map[string]bool{}
	err := targz.Walk(archive, limit, func(member string, size int64, body io.Reader) error {
		run, isPictures := pictures[member]
		column, isColumn := columns[member]
		if !isPictures && !isColumn && member != names {
			return nil // the folds
		}
		if seen[member] {
			return errors.New("is there twice")
		}
		seen[member] = true
		switch {
		case isPictures:
			if want := int64(run[1]) * int64(f.pictureBytes()); size != want {
				return fmt.Errorf("has %d bytes, want %d: %d pictures of %d", size, want, run[1], f.pictureBytes())
			}
			return f.readPictures(body, run[0], run[1], put)
		case isColumn:
			if size != int64(column.n) {
				return fmt.Errorf("has %d labels, want %d", size, column.n)
			}
			return f.readLabels(body, column.n, column.to)
		}
		if size > 1<<16 {
			return fmt.Errorf("has %d bytes, want a list of %d names", size, f.Classes)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		if labels.Names = strings.Fields(string(text)); len(labels.Names) != f.Classes {
			return fmt.Errorf("has %d names, want %d", len(labels.Names), f.Classes)
		}
		return nil
	})
	if err != nil {
		return labels, err
	}
	for _, member := range []string{"train_X.bin", "train_y.bin", "test_X.bin", "test_y.bin", "unlabeled_X.bin", "class_names.txt"} {
		if !seen[folder+member] {
			return labels, fmt.Errorf("lacks %s%s: this is not the published archive", folder, member)
		}
	}
	return labels, nil
}

func (f Format) pictureBytes() int { return f.Side * f.Side * Channels }

func (f Format) readPictures(body io.Reader, first, n int, put func(Picture) error) error {
	planes := make([]byte, f.pictureBytes())
	p := Picture{Pixels: make([]uint8, f.pictureBytes())}
	for i := range n {
		if _, err := io.ReadFull(body, planes); err != nil {
			return fmt.Errorf("picture %d of %d: %w", i, n, err)
		}
		// Three planes, red first, each column by column, become rows of pixels of three values.
		for c := range Channels {
			plane := planes[c*f.Side*f.Side:][:f.Side*f.Side]
			for y := range f.Side {
				for x := range f.Side {
					p.Pixels[(y*f.Side+x)*Channels+c] = plane[x*f.Side+y]
				}
			}
		}
		p.Index = first + i
		if err := put(p); err != nil {
			return err
		}
	}
	return nil
}

func (f Format) readLabels(body io.Reader, n int, to *[]int32) error {
	raw := make([]byte, n)
	if _, err := io.ReadFull(body, raw); err != nil {
		return err
	}
	out := slices.Grow([]int32(nil), n)
	for i, v := range raw {
		if v < 1 || int(v) > f.Classes {
			return fmt.Errorf("picture %d: label %d, want 1 … %d", i, v, f.Classes)
		}
		out = append(out, int32(v)-1)
	}
	*to = out
	return nil
}
