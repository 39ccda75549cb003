package emoji

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"strconv"
	"strings"
	"sync"
)

// Side is the width and height of every picture, Channels the values per pixel (RGBA, straight alpha).
const (
	Side     = 32
	Channels = 4
)

// pictureBytes is the size of one picture in [Data.Pixels].
const pictureBytes = Side * Side * Channels

// Artist is one of the styles the emoji are drawn in.
type Artist struct {
	Name    string // as in charts and in [github.com/contrastlab/contrastlab/datasets.Images.DomainNames]
	License string // SPDX identifier
	file    string
}

// Artists in the order of [Data.Pixels]. OpenMoji, the last, is the one never trained on.
func Artists() []Artist {
	return []Artist{
		{"Noto", "Apache-2.0", "data/noto.png"},
		{"Twemoji", "CC-BY-4.0", "data/twemoji.png"},
		{"Fluent 3D", "MIT", "data/fluent3d.png"},
		{"Fluent flat", "MIT", "data/fluentflat.png"},
		{"OpenMoji", "CC-BY-SA-4.0", "data/openmoji.png"},
	}
}

// HeldOut is the artist whose pictures are for testing only.
const HeldOut = "OpenMoji"

// Item is one emoji.
type Item struct {
	Code     string   `json:"code"`     // code points in hexadecimal joined by "-", e.g. "1F355"
	Group    int      `json:"group"`    // index into [Data.Groups]
	Subgroup int      `json:"subgroup"` // index into [Data.Subgroups]
	EN       []string `json:"en"`       // English: short name, then keywords
	ZH       []string `json:"zh"`       // Chinese: short name, then keywords
}

// Glyph is the emoji as text, e.g. "🍕". Code must be well formed, as [Load] makes sure.
func (it Item) Glyph() string {
	var s strings.Builder
	for hex := range strings.SplitSeq(it.Code, "-") {
		r, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			return ""
		}
		s.WriteRune(rune(r))
	}
	return s.String()
}

// Data is everything in the files.
type Data struct {
	Groups, Subgroups []string
	Items             []Item

	// Pixels holds [len(Items), len(Artists()), Side, Side, Channels], row-major.
	Pixels []uint8
}

//go:embed data
var embedded embed.FS

// sum is what a data file must be.
type sum struct {
	size   int
	sha256 string
}

// Load reads the embedded files.
func Load() (*Data, error) { return LoadFS(embedded) }

// LoadFS reads the files from another place, which must hold data/items.json and the others as the repository
// does. Size, sha256 and format of every file are checked; the error names the first file that is wrong.
func LoadFS(fsys fs.FS) (*Data, error) { return load(fsys, pinned) }

func load(fsys fs.FS, sums map[string]sum) (*Data, error) {
	items, err := read(fsys, "data/items.json", sums)
	if err != nil {
		return nil, err
	}
	artists := Artists()
	sheets := make([][]byte, len(artists))
	for i, a := range artists {
		if sheets[i], err = read(fsys, a.file, sums); err != nil {
			return nil, err
		}
	}
	d, err := parseItems(items)
	if err != nil {
		return nil, broken("data/items.json", err)
	}
	n := len(d.Items)
	d.Pixels = make([]uint8, n*len(artists)*pictureBytes)
	errs := make([]error, len(artists))
	var wg sync.WaitGroup
	for i, a := range artists {
		wg.Go(func() {
			sheet, err := decodeSheet(sheets[i], n)
			if err != nil {
				errs[i] = broken(a.file, err)
				return
			}
			for item := range n {
				copy(d.Pixels[(item*len(artists)+i)*pictureBytes:], sheet[item*pictureBytes:(item+1)*pictureBytes])
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

// read returns a file after comparing its size and checksum.
func read(fsys fs.FS, name string, sums map[string]sum) ([]byte, error) {
	raw, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken(name, errors.New("is missing"))
	}
	if err != nil {
		return nil, broken(name, err)
	}
	want := sums[name]
	if len(raw) != want.size {
		return nil, broken(name, fmt.Errorf("has %d bytes, want %d", len(raw), want.size))
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(raw)); got != want.sha256 {
		return nil, broken(name, fmt.Errorf("sha256 is %s, want %s", got, want.sha256))
	}
	return raw, nil
}

// broken names the file and the way out.
func broken(name string, err error) error {
	return fmt.Errorf("emoji: datasets/emoji/%s: %w; restore it with `git checkout -- datasets/emoji`, or make it "+
		"again as datasets/emoji/README.md says", name, err)
}

// parseItems reads items.json and checks that every entry is usable.
func parseItems(raw []byte) (*Data, error) {
	var t struct {
		Groups    []string `json:"groups"`
		Subgroups []string `json:"subgroups"`
		Items     []Item   `json:"items"`
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("is not the JSON expected: %w", err)
	}
	if len(t.Items) == 0 {
		return nil, errors.New("lists no emoji")
	}
	for i, it := range t.Items {
		switch {
		case it.Glyph() == "":
			return nil, fmt.Errorf("entry %d: code %q is not hexadecimal code points joined by \"-\"", i, it.Code)
		case it.Group < 0 || it.Group >= len(t.Groups) || it.Subgroup < 0 || it.Subgroup >= len(t.Subgroups):
			return nil, fmt.Errorf("entry %d (%s): group %d or subgroup %d is out of range", i, it.Code, it.Group, it.Subgroup)
		case len(it.EN) == 0 || len(it.ZH) == 0:
			return nil, fmt.Errorf("entry %d (%s): has no English or no Chinese name", i, it.Code)
		}
	}
	return &Data{Groups: t.Groups, Subgroups: t.Subgroups, Items: t.Items}, nil
}

// decodeSheet returns the n pictures of a sheet, [n, Side, Side, Channels].
func decodeSheet(raw []byte, n int) ([]uint8, error) {
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("is not a whole PNG: %w", err)
	}
	sheet, ok := img.(*image.NRGBA)
	if b := img.Bounds(); !ok || b.Dx() != Side || b.Dy() != n*Side {
		return nil, fmt.Errorf("is a %T of %d×%d, want RGBA with straight alpha of %d×%d", img, b.Dx(), b.Dy(), Side, n*Side)
	}
	return sheet.Pix, nil
}
