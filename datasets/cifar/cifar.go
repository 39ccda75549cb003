// Package cifar reads the binary archives of CIFAR-10 and CIFAR-100. Most callers want datasets.Open("cifar10"),
// which finds the archive, keeps what was read and names the parts.
//
// What you may touch here: the reading of the official format and nothing else. Where the archives come from is
// in README.md.
package cifar

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/datasets/internal/targz"
)

// Side is the width and height of every picture, Channels the values per pixel (RGB).
const (
	Side     = 32
	Channels = 3
)

const pictureBytes = Side * Side * Channels

// Format says what an archive holds. The zero value is no format: take [CIFAR10] or [CIFAR100].
type Format struct {
	// Files of pictures, those to learn from first.
	Train, Test []Batch

	// Names is the member with a class per line, Classes how many there are.
	Names   string
	Classes int

	// CoarseNames and Coarse are the same for the superclasses; "" and 0 without.
	CoarseNames string
	Coarse      int
}

// Batch is a file of pictures in the archive.
type Batch struct {
	Member   string
	Pictures int
}

// CIFAR10 is cifar-10-binary.tar.gz: 50,000 and 10,000 pictures of 10 classes.
func CIFAR10() Format {
	const folder = "cifar-10-batches-bin/"
	f := Format{Test: []Batch{{folder + "test_batch.bin", 10_000}}, Names: folder + "batches.meta.txt", Classes: 10}
	for i := range 5 {
		f.Train = append(f.Train, Batch{fmt.Sprintf("%sdata_batch_%d.bin", folder, i+1), 10_000})
	}
	return f
}

// CIFAR100 is cifar-100-binary.tar.gz: 50,000 and 10,000 pictures of 100 classes in 20 superclasses.
func CIFAR100() Format {
	const folder = "cifar-100-binary/"
	return Format{
		Train: []Batch{{folder + "train.bin", 50_000}},
		Test:  []Batch{{folder + "test.bin", 10_000}},
		Names: folder + "fine_label_names.txt", Classes: 100,
		CoarseNames: folder + "coarse_label_names.txt", Coarse: 20,
	}
}

// Pictures counts those to learn from and those to measure on.
func (f Format) Pictures() (train, test int) {
	for _, b := range f.Train {
		train += b.Pictures
	}
	for _, b := range f.Test {
		test += b.Pictures
	}
	return train, test
}

// Picture is one picture of an archive.
type Picture struct {
	// Index counts the training pictures, then the test pictures, in the official order.
	Index int
	// Pixels holds [Side, Side, Channels], row-major. The next picture overwrites it.
	Pixels []uint8
	// Class, and Coarse where the format has superclasses (else −1).
	Class, Coarse int32
}

// Names of the classes.
type Names struct{ Classes, Coarse []string }

// Read reads a .tar.gz archive from beginning to end and calls put for each picture, in the order of the archive.
// Nothing else is written anywhere. Errors name the member: one that is missing, there twice, of a wrong
// size, or with a label out of range; entries that a data set does not have; what [targz.Walk] refuses.
func (f Format) Read(archive io.Reader, put func(Picture) error) (Names, error) {
	var names Names
	first := map[string]int{} // index of a file's first picture
	pictures := map[string]int{}
	next, size := 0, int64(0)
	for _, b := range slices.Concat(f.Train, f.Test) {
		first[b.Member], pictures[b.Member] = next, b.Pictures
		next += b.Pictures
		size += int64(b.Pictures) * int64(f.recordBytes())
	}
	seen := map[string]bool{}
	const slack = 1 << 20 // for names, a README and the archive's own blocks
	err := targz.Walk(archive, size+slack, func(member string, size int64, body io.Reader) error {
		n, isBatch := pictures[member]
		if !isBatch && member != f.Names && member != f.CoarseNames {
			return nil // a README
		}
		if seen[member] {
			return errors.New("is there twice")
		}
		seen[member] = true
		var err error
		switch {
		case isBatch:
			if want := int64(n) * int64(f.recordBytes()); size != want {
				return fmt.Errorf("has %d bytes, want %d: %d pictures of %d", size, want, n, f.recordBytes())
			}
			err = f.readBatch(body, first[member], n, put)
		case member == f.Names:
			names.Classes, err = readNames(body, size, f.Classes)
		default:
			names.Coarse, err = readNames(body, size, f.Coarse)
		}
		return err
	})
	if err != nil {
		return names, err
	}
	for _, member := range f.members() {
		if !seen[member] {
			return names, fmt.Errorf("lacks %s: this is not the published archive", member)
		}
	}
	return names, nil
}

func (f Format) members() []string {
	out := []string{f.Names}
	if f.Coarse > 0 {
		out = append(out, f.CoarseNames)
	}
	for _, b := range slices.Concat(f.Train, f.Test) {
		out = append(out, b.Member)
	}
	return out
}

// recordBytes: a label, with superclasses two, and the pixels.
func (f Format) recordBytes() int {
	if f.Coarse > 0 {
		return 2 + pictureBytes
	}
	return 1 + pictureBytes
}

func (f Format) readBatch(body io.Reader, first, n int, put func(Picture) error) error {
	record := make([]byte, f.recordBytes())
	p := Picture{Pixels: make([]uint8, pictureBytes), Coarse: -1}
	for i := range n {
		if _, err := io.ReadFull(body, record); err != nil {
			return fmt.Errorf("picture %d of %d: %w", i, n, err)
		}
		labels, planes := record[:len(record)-pictureBytes], record[len(record)-pictureBytes:]
		p.Index = first + i
		if f.Coarse > 0 { // the superclass stands first
			if p.Coarse = int32(labels[0]); int(p.Coarse) >= f.Coarse {
				return fmt.Errorf("picture %d: superclass %d, want 0 … %d", i, p.Coarse, f.Coarse-1)
			}
			labels = labels[1:]
		}
		if p.Class = int32(labels[0]); int(p.Class) >= f.Classes {
			return fmt.Errorf("picture %d: class %d, want 0 … %d", i, p.Class, f.Classes-1)
		}
		// Three planes, red first, become pixels of three values.
		for at := range Side * Side {
			for c := range Channels {
				p.Pixels[at*Channels+c] = planes[c*Side*Side+at]
			}
		}
		if err := put(p); err != nil {
			return err
		}
	}
	return nil
}

// readNames reads one name a line.
func readNames(body io.Reader, size int64, want int) ([]string, error) {
	if size > 1<<16 {
		return nil, fmt.Errorf("has %d bytes, want a list of %d names", size, want)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range bytes.Lines(text) {
		if name := strings.TrimSpace(string(line)); name != "" {
			names = append(names, name)
		}
	}
	if len(names) != want {
		return nil, fmt.Errorf("has %d names, want %d", len(names), want)
	}
	return names, nil
}
