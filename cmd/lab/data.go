package main

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"github.com/contrastlab/contrastlab/datasets"
)

var dataCommand = &command{
	name:  "data",
	short: "say what is in a data set and draw a contact sheet of it",
	long: `Says what a data set holds, counts its classes and domains, names its licenses, and draws a contact sheet: a row
is an item, a column an artist, where the data set knows such things.`,
	examples: []string{"lab data", "lab data -rows 100 -o all.png"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		name := fs.String("data", "emoji", "data `set`: "+list(datasets.Names()))
		out := fs.String("o", "", "`file` of the contact sheet, a PNG (default NAME.png)")
		rows := fs.Int("rows", 24, "`N` rows of test pictures on the sheet")
		return func(call *call) error {
			if *rows < 1 {
				return usage("-rows %d: at least one is needed", *rows)
			}
			source, err := open(*name)
			if err != nil {
				return err
			}
			if *out == "" {
				*out = source.Name + ".png"
			}
			if err := checkFile(*out); err != nil {
				return badInput(err)
			}
			call.printf("%s: %s\n\n", source.Name, source.About)
			parts := [][]string{{"part", "pictures", "items", ""}}
			for _, part := range []struct {
				images *datasets.Images
				about  string
			}{
				{source.Train(), "to learn from, without " + list(source.HeldOut)},
				{source.Test(), "to measure on: other items, by all domains"},
				{source.Unseen(), "in neither: training items by " + list(source.HeldOut)},
			} {
				parts = append(parts, []string{part.images.Name, thousands(part.images.Len()), thousands(distinct(part.images.Items)), part.about})
			}
			writeTable(call.stdout, parts, 1, 3)
			all := source.All()
			call.printf("\n")
			writeTable(call.stdout, counts(all, source.Train(), source.Test(), "class", all.LabelNames, func(s *datasets.Images) []int32 { return s.Labels }), 1)
			call.printf("\n")
			writeTable(call.stdout, counts(all, source.Train(), source.Test(), "domain", all.DomainNames, func(s *datasets.Images) []int32 { return s.Domains }), 1)
			sheet, about := contactSheet(source.Test(), *rows)
			var text bytes.Buffer
			if err := png.Encode(&text, sheet); err != nil {
				return err
			}
			if err := writeFile(*out, text.Bytes()); err != nil {
				return err
			}
			call.printf("\n%s: %s\n", *out, about)
			return nil
		}
	},
}

// counts is a table of how many pictures there are of each name.
func counts(all, train, test *datasets.Images, kind string, names []string, column func(*datasets.Images) []int32) [][]string {
	rows := [][]string{{kind, "all", "train", "test"}}
	for i, name := range names {
		row := []string{name}
		for _, part := range []*datasets.Images{all, train, test} {
			n := 0
			for _, v := range column(part) {
				if int(v) == i {
					n++
				}
			}
			row = append(row, thousands(n))
		}
		rows = append(rows, row)
	}
	return rows
}

func distinct(values []int32) int {
	seen := map[int32]bool{}
	for _, v := range values {
		seen[v] = true
	}
	return len(seen)
}

// contactSheet draws the first rows of pictures, a column for each domain if there are several, and says what it
// shows.
func contactSheet(s *datasets.Images, rows int) (image.Image, string) {
	if len(s.DomainNames) < 2 {
		s = s.Take(16 * rows)
		return s.ContactSheet(16, 2), fmt.Sprintf("%d test pictures", s.Len())
	}
	// Items fill columns of blocks side by side, so that the sheet is not a narrow strip.
	domains := len(s.DomainNames)
	blocks := 1
	if rows > 8 {
		blocks = 4
	}
	s = s.Take(rows * domains * blocks)
	return s.ContactSheet(domains*blocks, 2), fmt.Sprintf("%d test items in rows, each by %s", s.Len()/domains, strings.Join(s.DomainNames, ", "))
}

// checkFile says, before much is computed for it, why a file cannot be written.
func checkFile(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder; name a file in it with -o", path)
	}
	return checkWritable(filepath.Dir(path), "-o")
}

// writeFile writes a file; that it cannot be made is a mistake in its name.
func writeFile(path string, data []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return usage("%s cannot be written: %w; choose another with -o", path, err)
	}
	_, err = file.Write(data)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}
