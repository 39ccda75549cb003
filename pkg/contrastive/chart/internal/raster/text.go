package raster

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// FontEnv names the variable that gives a font file (.ttf, .otf, .ttc) for characters which the embedded Go fonts
// lack, such as Chinese.
const FontEnv = "CONTRASTLAB_FONT"

var fonts struct {
	sync.Mutex
	regular, bold *sfnt.Font
	fallback      *sfnt.Font
	searched      bool // for the fallback
	buf           sfnt.Buffer
}

// fallbackPatterns are places where systems keep a font with Chinese characters, looked at in order and only when a
// label needs one.
var fallbackPatterns = []string{
	"/usr/share/fonts/*/noto*/NotoSansCJK-Regular.ttc", "/usr/share/fonts/noto*/NotoSansCJK-Regular.ttc",
	"/usr/share/fonts/truetype/droid/DroidSansFallback*.ttf",
	"/System/Library/Fonts/STHeiti Light.ttc", "/System/Library/Fonts/Hiragino Sans GB.ttc",
	`C:\Windows\Fonts\msyh.ttc`, `C:\Windows\Fonts\simsun.ttc`,
}

// load parses the fonts on first use; the caller holds the lock.
func load() {
	if fonts.regular != nil {
		return
	}
	var err error
	if fonts.regular, err = sfnt.Parse(goregular.TTF); err != nil {
		panic("raster: embedded Go font: " + err.Error())
	}
	if fonts.bold, err = sfnt.Parse(gobold.TTF); err != nil {
		panic("raster: embedded Go font: " + err.Error())
	}
}

func findFallback() *sfnt.Font {
	if fonts.searched {
		return fonts.fallback
	}
	fonts.searched = true
	var files []string
	if f := os.Getenv(FontEnv); f != "" {
		files = append(files, f)
	}
	for _, pattern := range fallbackPatterns {
		if found, err := filepath.Glob(pattern); err == nil {
			files = append(files, found...)
		}
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		collection, err := sfnt.ParseCollection(data)
		if err != nil {
			continue
		}
		if font, err := collection.Font(0); err == nil {
			fonts.fallback = font
			break
		}
	}
	return fonts.fallback
}

// glyph is one character ready to draw; font nil stands for a character that no font has, drawn as a box.
type glyph struct {
	font    *sfnt.Font
	index   sfnt.GlyphIndex
	advance float64
}

func layout(text string, size float64, bold bool) []glyph {
	load()
	main := fonts.regular
	if bold {
		main = fonts.bold
	}
	ppem := fixed.Int26_6(size * 64)
	var out []glyph
	for _, r := range text {
		if r == '\uFE0F' || r == '\u200D' || r < ' ' { // emoji selectors and control characters have no picture
			continue
		}
		g := glyph{advance: size}
		try := func(f *sfnt.Font) bool {
			if f == nil {
				return false
			}
			index, err := f.GlyphIndex(&fonts.buf, r)
			if err != nil || index == 0 {
				return false
			}
			advance, err := f.GlyphAdvance(&fonts.buf, index, ppem, 0)
			if err != nil {
				return false
			}
			g = glyph{font: f, index: index, advance: float64(advance) / 64}
			return true
		}
		if !try(main) {
			try(findFallback())
		}
		out = append(out, g)
	}
	return out
}

// MeasureText is the width of text in pixels at a font size in pixels.
func MeasureText(text string, size float64, bold bool) float64 {
	fonts.Lock()
	defer fonts.Unlock()
	w := 0.0
	for _, g := range layout(text, size, bold) {
		w += g.advance
	}
	return w
}

// Align says which part of a text sits at its position.
type Align float64

// The three alignments.
const (
	Start  Align = 0
	Middle Align = 0.5
	End    Align = 1
)

// Text writes text with its vertical middle at (x, y), in pixels. Characters which neither the Go fonts nor the
// fallback font have (see FontEnv) become boxes.
func (c *Canvas) Text(text string, x, y, size float64, bold bool, align Align, col color.Color) {
	c.text(text, Identity.Mul(Matrix{1, 0, 0, 1, x, y}), size, bold, align, size*0.36, image.NewUniform(col), nil, 0, c.Image.Bounds())
}

// text writes at the origin of m; shift moves the baseline down; a halo of haloWidth is drawn behind if halo is set.
func (c *Canvas) text(text string, m Matrix, size float64, bold bool, align Align, shift float64, src, halo image.Image, haloWidth float64, clip image.Rectangle) {
	fonts.Lock()
	defer fonts.Unlock()
	glyphs := layout(strings.TrimRight(text, "\n"), size, bold)
	width := 0.0
	for _, g := range glyphs {
		width += g.advance
	}
	x := -width * float64(align)
	// Outlines are loaded at the size they are drawn at, and mapped by what is left of the matrix.
	k := m.Scale()
	if k == 0 {
		return
	}
	ppem := fixed.Int26_6(size * k * 64)
	var lines []polyline
	for _, g := range glyphs {
		gm := m.Mul(Matrix{1 / k, 0, 0, 1 / k, x, shift})
		if g.font == nil {
			s := size * k
			box := parsePath(boxPath, gm.Mul(Matrix{s, 0, 0, s, 0, 0}))
			lines = append(lines, box...)
		} else if segments, err := g.font.LoadGlyph(&fonts.buf, g.index, ppem, nil); err == nil {
			lines = append(lines, outline(segments, gm)...)
		}
		x += g.advance
	}
	if halo != nil {
		c.stroke(lines, haloWidth*k, nil, halo, clip)
	}
	c.fill(lines, src, clip)
}

// boxPath is the frame that stands for an unknown character, one em high; the inner contour runs the other way.
const boxPath = "M.1 0L.9 0L.9 -.75L.1 -.75ZM.17 -.07L.17 -.68L.83 -.68L.83 -.07Z"

func outline(segments sfnt.Segments, m Matrix) []polyline {
	at := func(p fixed.Point26_6) Point { return Point{float64(p.X) / 64, float64(p.Y) / 64} }
	p := pathParser{m: m}
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			p.flush(true)
			p.cur = at(s.Args[0])
		case sfnt.SegmentOpLineTo:
			p.lineTo(at(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			q, to, from := at(s.Args[0]), at(s.Args[1]), p.cur
			p.cubic(Point{from.X + (q.X-from.X)*2/3, from.Y + (q.Y-from.Y)*2/3}, Point{to.X + (q.X-to.X)*2/3, to.Y + (q.Y-to.Y)*2/3}, to)
		case sfnt.SegmentOpCubeTo:
			p.cubic(at(s.Args[0]), at(s.Args[1]), at(s.Args[2]))
		}
	}
	p.flush(true)
	return p.out
}
