// Command build makes the files in ../data again from the packages of the five artists and of CLDR.
//
// What you may touch here: the pinned packages, the choice of emoji and the way pictures are scaled. Whatever
// changes the output changes the checksums in ../sums.go, and with them the data set that results refer to.
//
//	cd datasets/emoji/build
//	go run . -packages DIR -fetch    # download what is missing with npm, build, write ../data and ../sums.go
//	go run . -packages DIR -check    # build and compare with what is committed, write nothing
//
// Every package is verified against the sha512 pinned in packages.go before it is read.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"go/format"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// side is the width and height of the pictures in the data set; drawn is what SVGs are drawn at before they
// are scaled down like all others.
const (
	side  = 32
	drawn = 128
)

func main() {
	packages := flag.String("packages", "", "folder with the packages as `npm pack` delivers them")
	fetch := flag.Bool("fetch", false, "download missing packages into that folder with npm")
	check := flag.Bool("check", false, "compare with the committed files instead of writing them")
	dest := flag.String("dest", "..", "the folder of the Go package emoji")
	flag.Parse()
	if *packages == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "build: -packages is required; see -help")
		os.Exit(2)
	}
	if err := run(*packages, *dest, *fetch, *check); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(dir, dest string, fetch, check bool) error {
	contents := map[string]map[string][]byte{}
	for _, p := range allPackages {
		if fetch {
			if err := p.fetch(dir); err != nil {
				return err
			}
		}
		files, err := p.open(dir)
		if err != nil {
			return err
		}
		contents[p.name] = files
	}
	t, left, err := choose(contents)
	if err != nil {
		return err
	}
	fmt.Printf("%d emoji drawn by all five artists; %d left out\n", len(t.Items), len(left))
	for _, line := range left {
		fmt.Println("  left out:", line)
	}
	out := map[string][]byte{}
	if out["data/items.json"], err = t.encode(); err != nil {
		return err
	}
	svg, err := newSVGRenderer(context.Background(), contents[resvg.name]["index_bg.wasm"])
	if err != nil {
		return err
	}
	for _, a := range artists {
		pixels, err := a.draw(svg, contents[a.from.name], t.Items)
		if err != nil {
			return err
		}
		if out["data/"+a.file], err = encodeSheet(pixels, len(t.Items)); err != nil {
			return err
		}
		fmt.Printf("%-12s %d pictures, %d bytes\n", a.file, len(t.Items), len(out["data/"+a.file]))
	}
	if out["sums.go"], err = sumsSource(out); err != nil {
		return err
	}
	return deliver(out, dest, check)
}

// artist says where one style comes from and how a file of it becomes a picture.
type artist struct {
	file     string // in ../data
	from     pkg
	dir, ext string // of a picture inside the package
}

var artists = []artist{
	{"noto.png", noto, "img/google/64/", ".png"},
	{"twemoji.png", twemoji, "img/twitter/64/", ".png"},
	{"fluent3d.png", fluent3D, "assets/", ".webp"},
	{"fluentflat.png", fluentFlat, "assets/", ".svg"},
	{"openmoji.png", openmoji, "color/svg/", ".svg"},
}

// choose lists the emoji that all five artists drew, and says of each other one who did not.
func choose(contents map[string]map[string][]byte) (t table, left []string, err error) {
	all, err := base(contents[noto.name]["emoji.json"])
	if err != nil {
		return t, nil, err
	}
	names := map[string]annotations{}
	for _, lang := range []string{"en", "zh"} {
		names[lang], err = readAnnotations(contents[cldr.name]["annotations/"+lang+"/annotations.json"],
			contents[cldrDerived.name]["annotationsDerived/"+lang+"/annotations.json"])
		if err != nil {
			return t, nil, fmt.Errorf("%s: %w", lang, err)
		}
	}
	for _, e := range all {
		var missing []string
		for _, a := range artists {
			_, ok := find(contents[a.from.name], a.dir, e.Unified, a.ext)
			// emoji-datasource fills gaps of one artist with another's picture; its flags say where.
			if !ok || a.from.name == noto.name && !e.HasGoogle || a.from.name == twemoji.name && !e.HasTwitter {
				missing = append(missing, a.from.name)
			}
		}
		if missing != nil {
			left = append(left, fmt.Sprintf("%s (%s): not in %s", e.Unified, e.ShortName, strings.Join(missing, ", ")))
			continue
		}
		it := item{Code: e.Unified, Group: index(&t.Groups, e.Category), Subgroup: index(&t.Subgroups, e.Subcategory)}
		if it.EN, err = names["en"].captions(it.glyph()); err != nil {
			return t, nil, err
		}
		if it.ZH, err = names["zh"].captions(it.glyph()); err != nil {
			return t, nil, err
		}
		t.Items = append(t.Items, it)
	}
	return t, left, nil
}

// draw returns the pictures of one artist, [items, side, side, 4] with straight alpha.
func (a artist) draw(svg *svgRenderer, files map[string][]byte, items []item) ([]byte, error) {
	var out []byte
	for _, it := range items {
		name, _ := find(files, a.dir, it.Code, a.ext)
		var p premultiplied
		var err error
		if a.ext == ".svg" {
			p, err = svg.render(files[name], drawn)
		} else {
			p, err = decode(files[name])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", a.from.name, name, err)
		}
		out = append(out, shrink(p, side)...)
	}
	return out, nil
}

// sumsSource is the Go file with size and checksum of every data file.
func sumsSource(files map[string][]byte) ([]byte, error) {
	var b strings.Builder
	b.WriteString("// Code generated by datasets/emoji/build; DO NOT EDIT.\n\npackage emoji\n\n")
	b.WriteString("// pinned holds size and sha256 of every data file.\nvar pinned = map[string]sum{\n")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "\t%q: {%d, %q},\n", name, len(files[name]), fmt.Sprintf("%x", sha256.Sum256(files[name])))
	}
	b.WriteString("}\n")
	return format.Source([]byte(b.String()))
}

// deliver writes the files, or compares them with what is there.
func deliver(files map[string][]byte, dest string, check bool) error {
	var differ []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dest, filepath.FromSlash(name))
		if !check {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, files[name], 0o644); err != nil {
				return err
			}
			continue
		}
		old, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.Equal(old, files[name]) {
			differ = append(differ, name)
		}
	}
	if differ != nil {
		return fmt.Errorf("not the same as committed: %s", strings.Join(differ, ", "))
	}
	if check {
		fmt.Println("all files are byte for byte as committed")
	}
	return nil
}
