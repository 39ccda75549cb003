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
	args:  "[get] [NAME]",
	short: "say what is in a data set and draw a contact sheet, or download it",
	long: `Says what a data set holds, counts its classes and domains, names its licenses, and draws a contact sheet: a row
is an item, a column an artist, where the data set knows such things.

NAME is emoji, which is inside the program, or one of ` + list(datasets.Names()) + `, or folder:PATH
for any folder of pictures: a folder per class, with train/ and test/ around them or without, or pictures without
classes. What is kept decoded is compared with its checksum, and made again if it is damaged.

"lab data get NAME" downloads the official files, compares their checksums, and decodes them once; afterwards
no network is needed. Ctrl-C keeps what has come, and the same command goes on from there. Without a network
it says which file to put where by hand.`,
	examples: []string{"lab data", "lab data -rows 100 -o all.png", "lab data get cifar10", "lab data folder:photos -side 64"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		name := fs.String("data", "", dataUsage()+" (default emoji; the same as NAME)")
		var files dataFiles
		files.flags(fs)
		out := fs.String("o", "", "`file` of the contact sheet, a PNG (default NAME.png)")
		rows := fs.Int("rows", 24, "`N` rows of pictures on the sheet")
		return func(call *call) error {
			if len(call.args) > 0 && call.args[0] == "get" {
				if len(call.args) < 2 {
					return usage("NAME is missing; one of %s; usage: lab data get NAME", list(datasets.Names()))
				}
				return getData(call, call.args[1], files)
			}
			switch {
			case len(call.args) > 1:
				return usage("unexpected %q; usage: %s", call.args[1], call.command.usage())
			case len(call.args) == 1 && *name != "":
				return usage("both %q and -data %q; name one", call.args[0], *name)
			case len(call.args) == 1:
				*name = call.args[0]
			case *name == "":
				*name = "emoji"
			}
			if *rows < 1 {
				return usage("-rows %d: at least one is needed", *rows)
			}
			files.verify = true
			source, err := files.open(call, *name)
			if err != nil {
				return err
			}
			if *out == "" {
				*out = shortName(source.Name) + ".png"
			}
			if err := checkFile(*out); err != nil {
				return badInput(err)
			}
			writeData(call, source)
			sheet, about := contactSheet(source, *rows)
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

// writeData says what a data set holds.
func writeData(call *call, source *datasets.Source) {
	call.printf("%s: %s\n\n", source.Name, source.About)
	all, train, test := source.All(), source.Train(), source.Test()
	hasItems := all.Items != nil
	parts := [][]string{{"part", "pictures"}}
	if hasItems {
		parts = [][]string{{"part", "pictures", "items", ""}}
	}
	for _, part := range []struct {
		images *datasets.Images
		about  string
	}{
		{train, "to learn from, without " + list(source.HeldOut)},
		{test, "to measure on: other items, by all domains"},
		{source.Unseen(), "in neither: training items by " + list(source.HeldOut)},
		{source.Unlabeled(), ""},
	} {
		row := []string{part.images.Name, thousands(part.images.Len())}
		switch {
		case part.images.Len() == 0 && part.images.Name != train.Name && part.images.Name != test.Name:
			continue
		case hasItems:
			row = append(row, thousands(distinct(part.images.Items)), part.about)
		}
		parts = append(parts, row)
	}
	writeTable(call.stdout, parts, 1, 3)
	labels := all
	if labels.Labels == nil {
		labels = source.Labeled() // training is on pictures without
	}
	for _, kind := range []struct {
		name   string
		names  []string
		column func(*datasets.Images) []int32
	}{
		{"class", labels.LabelNames, func(s *datasets.Images) []int32 { return s.Labels }},
		{"domain", all.DomainNames, func(s *datasets.Images) []int32 { return s.Domains }},
	} {
		if len(kind.names) > 0 {
			call.printf("\n")
			writeTable(call.stdout, counts(labels, train, test, kind.name, kind.names, kind.column), 1)
		}
	}
	if n := len(source.Skipped); n > 0 {
		call.printf("\nskipped, as no pictures: %s\n", thousands(n))
		for i, left := range source.Skipped {
			if i == maxRows {
				call.printf("  and %s more\n", thousands(n-i))
				break
			}
			call.printf("  %s: %s\n", left.Path, left.Reason)
		}
	}
}

// maxRows is how many classes, and how many skipped files, are listed one by one.
const maxRows = 100

// counts is a table of how many pictures there are of each name.
func counts(all, train, test *datasets.Images, kind string, names []string, column func(*datasets.Images) []int32) [][]string {
	rows := [][]string{{kind, "all", "train", "test"}}
	for i, name := range names {
		if i == maxRows {
			return append(rows, []string{fmt.Sprintf("and %s more", thousands(len(names)-i))})
		}
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

// contactSheet draws rows of pictures to measure on, or to learn from where there are no others, a column for each
// domain if there are several, and says what it shows.
func contactSheet(source *datasets.Source, rows int) (image.Image, string) {
	s, kind := source.Test(), "test"
	if s.Len() == 0 {
		s, kind = source.Train(), "training"
	}
	scale := 2
	if s.Width > 64 {
		scale = 1
	}
	if len(s.DomainNames) < 2 {
		const columns = 16
		// Spread over the set, which may be sorted by class.
		idx := make([]int, min(columns*rows, s.Len()))
		for i := range idx {
			idx[i] = i * s.Len() / len(idx)
		}
		some, err := s.Select(idx)
		if err != nil {
			some = s.Take(len(idx))
		}
		return some.ContactSheet(columns, scale), fmt.Sprintf("%d of %s %s pictures", some.Len(), thousands(s.Len()), kind)
	}
	// Items fill columns of blocks side by side, so that the sheet is not a narrow strip.
	domains := len(s.DomainNames)
	blocks := 1
	if rows > 8 {
		blocks = 4
	}
	s = s.Take(rows * domains * blocks)
	return s.ContactSheet(domains*blocks, scale), fmt.Sprintf("%d %s items in rows, each by %s", s.Len()/domains, kind, strings.Join(s.DomainNames, ", "))
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
