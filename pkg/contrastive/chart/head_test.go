package chart

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/echarts"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/raster"
)

// tops are where a chart's parts below its title are, in CSS pixels.
func tops(t *testing.T, c *Chart) map[string]float64 {
	t.Helper()
	o := option(t, c)
	out := map[string]float64{"height": float64(c.finished().Height)}
	for _, name := range []string{"legend", "grid", "visualMap", "graphic"} {
		part := o[name]
		if list, ok := part.([]any); ok {
			part = list[0]
		}
		if m, ok := part.(map[string]any); ok {
			if top, is := m["top"].(float64); is {
				out[name] = top
			}
		}
	}
	if s := c.finished().Square; s != nil {
		out["square"] = float64(s[2])
	}
	return out
}

func TestTextsGivenLaterHaveTheirRoom(t *testing.T) {
	for _, s := range samples() {
		if !s.live {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			c := *s.chart
			c.Note, c.Title = "", "t"
			bare := tops(t, &c)
			c.Note = "a short note"
			short := tops(t, &c)
			c.Note = strings.Repeat("a note of several lines ", 20)
			c.Title = strings.Repeat("a long title ", 12)
			lines, titles := len(c.noteLines()), len(c.titleLines())
			require.Greater(t, lines, 1)
			require.Greater(t, titles, 1)
			long := tops(t, &c)
			for name, top := range bare {
				assert.InDelta(t, top+20, short[name], 0, "%s with a note of a line", name)
				assert.InDelta(t, top+float64(4+16*lines+20*(titles-1)), long[name], 0, "%s with %d and %d lines", name, titles, lines)
			}
			c.Note, c.Title = "", "t"
			assert.Equal(t, bare, tops(t, &c), "the option keeps nothing of an earlier text")
		})
	}
}

// The cells of a matrix are painted by Go and framed by ECharts: both have to move.
func TestMatrixIsPaintedBelowItsNote(t *testing.T) {
	c := SimilarityMatrix("t", [][]float32{{1, 1}, {1, 1}}, nil)
	c.Note = strings.Repeat("a note of several lines ", 12)
	img := picture(t, c)
	assert.Equal(t, scaled(c.height()), img.Bounds().Dy())
	top := scaled(c.frameTop() + c.shift())
	x := scaled(c.plotLeft + matrixSide/2)
	assert.False(t, near(img.At(x, top-3), diverging[6], 24), "a cell above the plot")
	assert.True(t, near(img.At(x, top+3), diverging[6], 24), "no cell at the top of the plot")
	assert.True(t, near(img.At(x, top+scaled(matrixSide)-3), diverging[6], 24), "no cell at the foot of the plot")
}

func TestLegendsHaveRows(t *testing.T) {
	frame := func(n int) (*Chart, map[string]any, float64) {
		var series []Series
		for i := range n {
			series = append(series, Series{Name: fmt.Sprintf("an encoder of some size %d", i), Y: []float64{0, float64(i + 1)}})
		}
		c := Lines("t", "x", "y", series...)
		o := option(t, c)
		grid := o["grid"].([]any)[0].(map[string]any)
		return c, o["legend"].(map[string]any), float64(c.Height) - grid["top"].(float64) - grid["bottom"].(float64)
	}
	_, _, plot := frame(2)
	c, legend, crowded := frame(11)
	assert.Equal(t, "plain", legend["type"])
	assert.InDelta(t, plot, crowded, 0, "the plot keeps its height")
	assert.Greater(t, c.legendRows, 2)
	svg, err := echarts.SVG(c.finished(), c.Width, c.Height)
	require.NoError(t, err)
	for i := range 11 {
		assert.Contains(t, svg, fmt.Sprintf(">an encoder of some size %d<", i), "the static picture names every line")
	}
	// More names than colors and marks can tell apart do not push the plot off the page.
	c, legend, _ = frame(400)
	assert.Equal(t, "scroll", legend["type"])
	assert.Equal(t, 1, c.legendRows)
}

func TestLegendRowsAreThoseOfECharts(t *testing.T) {
	m := strings.Repeat("m", 30)
	w := int(raster.MeasureText(m, legendSize, false)) + 14 + 5
	assert.Equal(t, 1, legendRows([]string{m, m}, 14, 2*w+legendGap+40))
	assert.Equal(t, 2, legendRows([]string{m, m}, 14, 2*w+legendGap+30), "the legend keeps 12 pixels and a padding of 5 on each side")
	assert.Equal(t, 3, legendRows([]string{m, m, m}, 22, 100), "a name wider than the chart has a row")
}

func TestWrapText(t *testing.T) {
	for _, text := range []string{"one", strings.Repeat("some words of a note ", 9), "每条曲线是三个随机种子的平均值;虚线是作为比较基准的原始像素,阴影带是一个标准差。", "mixed 三个 seeds, 平均值(mean) of 召回率", ""} {
		for _, width := range []float64{90, 200, 5000} {
			lines := wrapText(text, noteSize, false, width)
			for _, line := range lines {
				assert.LessOrEqual(t, raster.MeasureText(line, noteSize, false), width, "%q", line)
				assert.NotContains(t, ";,。)", string([]rune(line)[0]), "a line begins with a sign that closes: %q", line)
			}
			strip := func(s string) string { return strings.ReplaceAll(s, " ", "") }
			assert.Equal(t, strip(text), strip(strings.Join(lines, "")), "no character is lost")
		}
	}
	assert.Equal(t, []string{"unbreakable-as-it-is"}, wrapText("unbreakable-as-it-is", noteSize, false, 10))
}

func TestBarsOfSharesEndAtOne(t *testing.T) {
	for hi, want := range map[float64]float64{1: 1, 0.97: 1, 0.93: 1, 1.04: 1.2, 0.591: 0.8, 0.31: 0.4, 0: 1, 7.4: 8, 9.8: 12, 100: 120, 11.2: 12, 0.0012: 0.0015} {
		assert.InDelta(t, want, barsEnd(hi), 1e-12, "bars up to %v", hi)
	}
	y := func(values, errors []float64) map[string]any {
		return option(t, Bars("t", "accuracy", []string{"a", "b"}, []BarSeries{{Values: values, Errors: errors}}))["yAxis"].([]any)[0].(map[string]any)
	}
	top := func(c *Chart) float64 { return option(t, c)["grid"].([]any)[0].(map[string]any)["top"].(float64) }
	full, half := Bars("t", "m", []string{"a"}, []BarSeries{{Values: []float64{1}}}), Bars("t", "m", []string{"a"}, []BarSeries{{Values: []float64{0.5}}})
	assert.InDelta(t, top(half)+numberRoom, top(full), 0, "the number over a bar that ends with the plot has room")
	assert.Equal(t, half.Height+numberRoom, full.Height)
	axis := y([]float64{1, 0.5}, nil)
	assert.InDelta(t, 0, axis["min"], 0)
	assert.InDelta(t, 1, axis["max"], 0)
	assert.InDelta(t, 1.2, y([]float64{1, 0.5}, []float64{0.05, 0})["max"], 0, "an error bar that goes beyond 1 is shown")
	assert.LessOrEqual(t, y([]float64{0.2, 0.01}, []float64{0, 0.03})["min"], -0.02, "and one that goes below 0 does not end among the names of the groups")
	assert.Less(t, y([]float64{1, -0.5}, nil)["min"], 0.0)
	assert.Less(t, y([]float64{-0.5, 1}, nil)["min"], 0.0, "wherever the negative bar stands")
}
