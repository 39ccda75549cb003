package chart

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/raster"
)

// fitted is what runtime.js makes of a chart in a browser: its option and its height at each width in turn.
type fitted struct {
	Width  float64        `json:"width"`
	Height float64        `json:"height"`
	Option map[string]any `json:"option"`
}

// page runs runtime.js as a page would whose font is that of the static pictures.
func page(t *testing.T) func(s spec, widths ...int) []fitted {
	t.Helper()
	code, err := os.ReadFile(filepath.Join("internal", "echarts", "runtime.js"))
	require.NoError(t, err)
	vm := goja.New()
	require.NoError(t, vm.Set("measure", func(text, font string) float64 {
		size := 12.0
		for f := range strings.FieldsSeq(font) {
			if px, ok := strings.CutSuffix(f, "px"); ok {
				size, _ = strconv.ParseFloat(px, 64)
			}
		}
		return raster.MeasureText(text, size, strings.HasPrefix(font, "bold"))
	}))
	_, err = vm.RunString(`var window = { document: { querySelectorAll: function () { return []; }, createElement: function () {
		return { getContext: function () { return { measureText: function (text) { return { width: measure(text, this.font) }; } }; } }; } } };`)
	require.NoError(t, err)
	_, err = vm.RunScript("runtime.js", string(code))
	require.NoError(t, err)
	return func(s spec, widths ...int) []fitted {
		t.Helper()
		s.Matrix = nil // needs a browser, and has no place
		data, err := json.Marshal(s)
		require.NoError(t, err)
		asked, err := json.Marshal(widths)
		require.NoError(t, err)
		require.NoError(t, vm.Set("text", string(data)))
		v, err := vm.RunString(fmt.Sprintf(`(function () {
			var chart = JSON.parse(text), option = window.contrastlabCharts.prepare(chart, false);
			return JSON.stringify(%s.map(function (width) {
				var o = window.contrastlabCharts.fit(chart, option, width);
				if (o.legend && o.legend.formatter) o.legend.shown = (o.legend.data || []).map(function (n) { return o.legend.formatter(n.name || n); });
				return JSON.parse(JSON.stringify({ option: o, width: width, height: window.contrastlabCharts.height(chart, width) }));
			}));
		})()`, asked))
		require.NoError(t, err)
		var out []fitted
		require.NoError(t, json.Unmarshal([]byte(v.String()), &out))
		return out
	}
}

func TestChartsFitNarrowPages(t *testing.T) {
	fit := page(t)
	for _, s := range append(samples(), crowded()...) {
		if !s.live {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			c := s.chart
			widths := []int{c.Width, 420, 340, c.Width}
			if c.spec.Cells != nil && c.spec.Cells.Text > 0 {
				widths = []int{c.Width, 420, 280, c.Width} // 280 has no room for numbers
			}
			all := fit(c.finished(), widths...)
			assert.Equal(t, all[0], all[3], "a page that is wide again shows what it showed before")
			for i, f := range all {
				width := float64(widths[i])
				title := f.Option["title"].(map[string]any)
				foot := 10 + 20*float64(strings.Count(title["text"].(string), "\n")+1)
				if note, _ := title["subtext"].(string); note != "" {
					foot += 4 + 16*float64(strings.Count(note, "\n")+1)
					for line := range strings.SplitSeq(note, "\n") {
						assert.LessOrEqual(t, raster.MeasureText(line, noteSize, false), width-24, "%q at %v", line, width)
					}
				}
				legend := f.Option["legend"].(map[string]any)
				if legend["show"] == true {
					assert.GreaterOrEqual(t, legend["top"], foot, "the legend lies over the title at %v", width)
					assert.Equal(t, "plain", legend["type"], "a page of the legend at %v", width)
					var names []string
					for _, name := range legend["shown"].([]any) {
						names = append(names, name.(string))
						assert.LessOrEqual(t, raster.MeasureText(name.(string), legendSize, false)+legend["itemWidth"].(float64)+5, width-34, "%q at %v", name, width)
					}
					rows := legendRows(names, int(legend["itemWidth"].(float64)), int(width))
					foot = legend["top"].(float64) + 5 + float64(legendRow*rows-legendGap)
				}
				grid := f.Option["grid"].([]any)[0].(map[string]any)
				top, wide := grid["top"].(float64), width-grid["left"].(float64)-grid["right"].(float64)
				assert.GreaterOrEqual(t, top, foot, "the plot begins above what stands over it at %v", width)
				high := f.Height - top - grid["bottom"].(float64)
				assert.Greater(t, high, 60.0, "the plot is too low at %v", width)
				assert.Greater(t, wide, 70.0, "the plot is too narrow at %v", width)
				if m := c.spec.Map; m != nil {
					x, y := f.Option["xAxis"].([]any)[0].(map[string]any), f.Option["yAxis"].([]any)[0].(map[string]any)
					ux, uy := (x["max"].(float64)-x["min"].(float64))/wide, (y["max"].(float64)-y["min"].(float64))/high
					assert.InDelta(t, 1, ux/uy, 0.01, "the axes of a map have one scale at %v", width)
					for _, p := range m.Points {
						assert.GreaterOrEqual(t, math.Min((p[0]-x["min"].(float64))/ux, (x["max"].(float64)-p[0])/ux), thumb/2.0, "a picture is cut at %v", width)
						assert.GreaterOrEqual(t, math.Min((p[1]-y["min"].(float64))/uy, (y["max"].(float64)-p[1])/uy), thumb/2.0, "a picture is cut at %v", width)
					}
				}
				if cells := c.spec.Cells; cells != nil && cells.Text > 0 {
					label := f.Option["series"].([]any)[0].(map[string]any)["label"].(map[string]any)
					if slot := wide / float64(cells.Columns); label["show"] == true {
						assert.GreaterOrEqual(t, slot, float64(cells.Text)*label["fontSize"].(float64)/12, "numbers are wider than cells at %v", width)
					} else {
						assert.NotEqual(t, false, f.Option["visualMap"].(map[string]any)["show"], "neither numbers nor colors can be read at %v", width)
					}
				}
			}
			room := 1.0
			if c.spec.Map != nil {
				room += 16 // a map's caption has a line more than it needs with some fonts
			}
			assert.InDelta(t, c.height(), all[0].Height, room, "in the font of the picture the live chart is as high")
		})
	}
}

// A notebook saved by an earlier version has no counts of lines: its option has room for one of each.
func TestEarlierChartsFit(t *testing.T) {
	c := Lines("t", "x", "y", Series{Name: "a", Y: []float64{1, 2}}, Series{Name: "b", Y: []float64{2, 1}})
	names := []string{"a", "b"}
	s := c.finished()
	s.Lines = nil
	at := func(width int) float64 {
		return page(t)(s, width)[0].Option["grid"].([]any)[0].(map[string]any)["top"].(float64)
	}
	assert.InDelta(t, c.frameTop(), at(760), 0)
	assert.InDelta(t, c.frameTop()+legendRow*(legendRows(names, 22, 90)-1), at(90), 0)

	// Maps had rows before.
	c = PCAMap(clusters(60, 9, 0.9), MapOptions{Picture: pictureOf})
	require.Greater(t, c.legendRows, 1)
	s = c.finished()
	s.Lines = nil
	assert.InDelta(t, c.frameTop(), at(760), 0)
}

// A circle stays one: the plot is as high as wide in a notebook's cell and on a phone, and both axes span as much.
func TestPlaneKeepsItsScale(t *testing.T) {
	c := Plane("a title", "x", "y", circle(1, false), Series{Name: "a point far to the right", X: []float64{1.8}, Y: []float64{0}})
	require.NoError(t, c.Err())
	c.Note = "a note that is added later, as long as two lines of so narrow a chart; it must not squeeze the plot, whatever it says"
	axis := func(option map[string]any, name string) (lo, hi float64) {
		a := option[name].([]any)[0].(map[string]any)
		return a["min"].(float64), a["max"].(float64)
	}
	for _, f := range page(t)(c.finished(), c.Width, 480, 360, 320, c.Width) {
		grid := f.Option["grid"].([]any)[0].(map[string]any)
		width := f.Width - grid["left"].(float64) - grid["right"].(float64)
		require.InDelta(t, width, f.Height-grid["top"].(float64)-grid["bottom"].(float64), 1, "at %g", f.Width)
		left, right := axis(f.Option, "xAxis")
		low, high := axis(f.Option, "yAxis")
		require.InDelta(t, right-left, high-low, 1e-9)
		require.True(t, left <= -1 && right >= 1.8 && low <= -1 && high >= 1, "%g … %g, %g … %g", left, right, low, high)
	}
	option := c.finished()
	grid := option.Option["grid"].([]any)[0].(map[string]any)
	require.Equal(t, option.Width-frameLeft-frameRight, option.Height-grid["top"].(int)-grid["bottom"].(int), "the static picture")
}

func TestSameSpan(t *testing.T) {
	for _, c := range [][4]float64{{-1, 1, -1, 1}, {0, 1e-3, 5, 5}, {2, 2, 3, 3}, {-100, 250, 0, 1}, {-1.7, 1.2, -0.3, 1.61}} {
		x, y := sameSpan([2]float64{c[0], c[1]}, [2]float64{c[2], c[3]})
		require.InEpsilon(t, x[1]-x[0], y[1]-y[0], 1e-6, "%v", c)
		require.True(t, x[0] <= c[0] && x[1] >= c[1] && y[0] <= c[2] && y[1] >= c[3], "%v: %v %v", c, x, y)
		require.LessOrEqual(t, x[1]-x[0], 2*max(c[1]-c[0], c[3]-c[2], 1), "%v: %v %v", c, x, y)
	}
}
