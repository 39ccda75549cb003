package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/echarts"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/raster"
)

// Chart is something to look at: an ECharts option or a picture, with a title and a description. Make one with
// [Lines], [Similarity], [Views] and the other functions; change its texts if you like; show it with [Show].
type Chart struct {
	// Title stands above the chart.
	Title string
	// Note stands below it, smaller, in as many lines as it needs: what is left out, what a sign means.
	Note string
	// Alt describes the chart in words, for screen readers and plain-text output.
	Alt string
	// Width and Height are the size in CSS pixels, as the chart was made: with a longer title or note it grows by their
	// lines. On a narrower page a chart shrinks.
	Width, Height int

	// What an interactive chart is made of; empty for pictures.
	spec                  spec
	option                map[string]any
	values                func(r, c int) float64 // the cells of a matrix, painted into the static form
	scale                 []string               // of their colors
	plotLeft              int                    // of a matrix, in CSS pixels, as are the next two
	plotRight, plotBottom int
	paint                 func(*raster.Canvas) // what the static form has below its axes

	made       int  // the room of the head above the legend when the chart was made
	legendRows int  // of the legend at full width
	scroll     bool // it has too many, and shows a page of names at a time
	reserved   bool // the three are set

	picture *image.RGBA // of a static chart, title included, at pictureScale
	err     error
}

// spec is what runtime.js reads.
type spec struct {
	ID       string             `json:"id,omitempty"`
	Live     string             `json:"live,omitempty"`
	Width    int                `json:"width"`
	Height   int                `json:"height"`
	Option   map[string]any     `json:"option"`
	Matrix   *matrix            `json:"matrix,omitempty"`
	Labels   []string           `json:"labels,omitempty"`
	Bands    []string           `json:"bands,omitempty"`
	Measure  string             `json:"measure,omitempty"`
	Whiskers map[string]whisker `json:"whiskers,omitempty"`
	Square   []int              `json:"square,omitempty"`
	Equal    bool               `json:"equal,omitempty"` // the plot stays square
	Map      *sheet             `json:"map,omitempty"`
	Lines    *headLines         `json:"lines,omitempty"`
	Cells    *cellFrame         `json:"cells,omitempty"`
	Painted  bool               `json:"painted,omitempty"` // the static form's data are, by Go
}

// pictureScale is how many pixels of a PNG make one CSS pixel.
const pictureScale = 1.5

// maxPNG is the size in bytes that pictures are squeezed under where fewer colors can do it: a notebook with a dozen
// charts stays under a megabyte.
const maxPNG = 40 << 10

// failed is a chart that cannot be drawn; it shows why.
func failed(title, format string, args ...any) *Chart {
	err := fmt.Errorf("chart: "+format, args...)
	return &Chart{Title: title, Alt: "Nothing to draw: " + strings.TrimPrefix(err.Error(), "chart: ") + ".", Width: frameWidth, Height: 160, err: err}
}

// Err says why there is nothing to draw (no data, rows of different lengths, ...), nil if there is. A chart with an
// error can still be shown: it is an empty frame with the reason.
func (c *Chart) Err() error { return c.err }

// Option is the ECharts option of the chart as JSON, or an error for charts that are pictures and for those with
// nothing to draw. Values starting with "lab:" name functions of the page's runtime.
func (c *Chart) Option() ([]byte, error) {
	if c.err != nil {
		return nil, c.err
	}
	if c.option == nil {
		return nil, fmt.Errorf("chart: %q is a picture and has no ECharts option", c.Title)
	}
	return json.Marshal(c.finished().Option)
}

// finished is the spec with the texts and the size as they are now.
func (c *Chart) finished() spec {
	s := c.spec
	s.Width, s.Height = c.Width, c.height()
	s.Lines = &headLines{len(c.titleLines()), len(c.noteLines()), c.legendRows}
	s.Option = map[string]any{}
	for k, v := range c.option {
		s.Option[k] = v
	}
	lower(s.Option, c.shift())
	if len(s.Square) > 0 {
		s.Square = slices.Clone(s.Square)
		s.Square[2] += c.shift()
	}
	title := map[string]any{"text": c.Title, "left": 12, "top": 10, "textStyle": map[string]any{"fontSize": titleSize, "lineHeight": titleLine, "fontWeight": "bold", "color": ink}}
	if c.Note != "" {
		title["subtext"] = c.Note
		title["itemGap"] = noteGap
		title["subtextStyle"] = map[string]any{"fontSize": noteSize, "lineHeight": noteLine, "color": faint}
	}
	s.Option["title"] = title
	s.Option["aria"] = map[string]any{"enabled": true, "label": map[string]any{"enabled": true, "description": c.Alt}}
	return s
}

// Image is the static form of the chart, 1.5 pixels for each CSS pixel.
func (c *Chart) Image() (image.Image, error) {
	if c.err != nil {
		return c.emptyState(), nil
	}
	if c.picture != nil {
		return c.titled(), nil
	}
	if c.option == nil {
		return nil, fmt.Errorf("chart: an empty Chart; make one with a function such as chart.Lines")
	}
	s := c.finished()
	s.Map, s.Painted = nil, c.paint != nil
	title := s.Option["title"].(map[string]any)
	title["text"] = strings.Join(c.titleLines(), "\n")
	if c.Note != "" {
		title["subtext"] = strings.Join(c.noteLines(), "\n")
	}
	svg, err := echarts.SVG(s, s.Width, s.Height)
	if err != nil {
		return nil, err
	}
	canvas := raster.NewCanvas(scaled(s.Width), scaled(s.Height), color.White)
	if c.values != nil {
		c.paintCells(canvas)
	}
	if c.paint != nil {
		c.paint(canvas)
	}
	if err := canvas.DrawSVG(svg, pictureScale); err != nil {
		return nil, err
	}
	return canvas.Image, nil
}

// PNG is the static form as a PNG file with at most 256 colors, and with fewer where it would be more than 40 KB; a
// matrix, which fewer colors make hardly smaller, may have 60 KB, and a map of pictures 120 KB.
func (c *Chart) PNG() ([]byte, error) {
	img, err := c.Image()
	if err != nil {
		return nil, err
	}
	if c.values != nil {
		return encodePNG(img, maxPNG*3/2)
	}
	if c.paint != nil {
		return encodePNG(img, maxPNG*3)
	}
	return encodePNG(img, maxPNG)
}

func scaled(n int) int { return int(math.Round(float64(n) * pictureScale)) }

func (c *Chart) emptyState() image.Image {
	canvas := raster.NewCanvas(scaled(c.Width), scaled(c.height()), color.White)
	w, h := float64(scaled(c.Width)), float64(scaled(c.height()))
	canvas.StrokeRect(1, 1, w-2, h-2, 1.5, []float64{6, 4}, hexColor("#8C8C8C"))
	c.writeTitle(canvas)
	canvas.Text(fitText(c.Alt, 13*pictureScale, false, w-24*pictureScale), w/2, h/2+14*pictureScale, 13*pictureScale, false, raster.Middle, hexColor(faint))
	return canvas.Image
}

// writeTitle draws the title and the note where ECharts would.
func (c *Chart) writeTitle(canvas *raster.Canvas) {
	y := 20.0
	for _, line := range c.titleLines() {
		canvas.Text(line, 12*pictureScale, y*pictureScale, titleSize*pictureScale, true, raster.Start, hexColor(ink))
		y += titleLine
	}
	y += 1
	for _, line := range c.noteLines() {
		canvas.Text(line, 12*pictureScale, y*pictureScale, noteSize*pictureScale, false, raster.Start, hexColor(faint))
		y += noteLine
	}
}

// fitText shortens text to a width in pixels.
func fitText(text string, size float64, bold bool, width float64) string {
	if raster.MeasureText(text, size, bold) <= width {
		return text
	}
	runes := []rune(text)
	for n := len(runes) - 1; n > 0; n-- {
		if s := strings.TrimRight(string(runes[:n]), " ") + "…"; raster.MeasureText(s, size, bold) <= width {
			return s
		}
	}
	return "…"
}

// Text is the chart in words: title, note, description.
func (c *Chart) Text() string {
	var b bytes.Buffer
	for _, s := range []string{c.Title, c.Note, c.Alt} {
		if s != "" {
			fmt.Fprintln(&b, s)
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// finite says whether v can be drawn.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// plain makes a number JSON can hold: nil for what is not finite, and no more digits than an eye can use.
func plain(v float64) any {
	if !finite(v) {
		return nil
	}
	return roundTo(v, 5)
}

// roundTo keeps so many significant digits.
func roundTo(v float64, digits int) float64 {
	if v == 0 || !finite(v) {
		return v
	}
	k := math.Pow(10, float64(digits)-math.Ceil(math.Log10(math.Abs(v))))
	if r := math.Round(v*k) / k; finite(r) {
		return r
	}
	return v
}

// short prints a number for a person.
func short(v float64) string { return fmt.Sprintf("%.4g", v) }
