package chart

import (
	"fmt"
	"math"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// BarSeries is one method in [Bars]: a value for each group.
type BarSeries struct {
	Name   string
	Values []float64
	// Errors are half the length of each error bar in the unit of the values, such as the standard deviation over
	// seeds; nil for none.
	Errors []float64
	// Baseline draws the bars gray: what the others have to beat.
	Baseline bool
}

// whisker tells runtime.js which of how many bars in a group an error bar belongs to.
type whisker struct {
	Index int `json:"index"`
	Count int `json:"count"`
}

// Bars draws a metric of several methods side by side for each group, such as recall@1 for each pair of artists, with
// numbers and error bars. Every result belongs beside its baselines: raw pixels, the untrained encoder. The axis
// starts at zero, as bars must, and of values that can be shares, up to 1, it does not go beyond 1. A value that is not finite has no bar.
func Bars(title, metric string, groups []string, series []BarSeries) *Chart {
	if len(groups) == 0 || len(series) == 0 {
		return failed(title, "%d groups and %d series make no bars", len(groups), len(series))
	}
	c := &Chart{Title: title, Width: frameWidth, Height: frameHeight, spec: spec{Whiskers: map[string]whisker{}}}
	var bars, whiskers []charts.SingleSeries
	var words, legend []string
	hi, lo, gray, colored, missing, withErrors := 0.0, 0.0, 0, 0, 0, false
	for i, s := range series {
		if len(s.Values) != len(groups) {
			return failed(title, "series %q has %d values for %d groups", s.Name, len(s.Values), len(groups))
		}
		if s.Errors != nil && len(s.Errors) != len(s.Values) {
			return failed(title, "series %q has %d errors for %d values", s.Name, len(s.Errors), len(s.Values))
		}
		name := nameOr(s.Name, fmt.Sprintf("series %d", i+1))
		color := ""
		if s.Baseline {
			color = grays[gray%len(grays)]
			gray++
		} else {
			color = okabeIto[colored%len(okabeIto)]
			colored++
		}
		data := make([]any, len(groups))
		marks := make([][4]any, 0, len(groups))
		var said []string
		for g, v := range s.Values {
			data[g] = plain(v)
			if !finite(v) {
				missing++
				continue
			}
			e := 0.0
			if s.Errors != nil && finite(s.Errors[g]) {
				e = math.Abs(s.Errors[g])
				withErrors = withErrors || e > 0
			}
			hi = math.Max(hi, v+e)
			lo = math.Min(lo, v-e)
			marks = append(marks, [4]any{g, plain(v), plain(v - e), plain(v + e)})
			said = append(said, fmt.Sprintf("%s %.3f", groups[g], v))
		}
		bars = append(bars, charts.SingleSeries{Name: name, Type: "bar", Data: data, BarGap: "8%", BarCategoryGap: "28%", ItemStyle: &opts.ItemStyle{Color: color}})
		key := fmt.Sprintf("whiskers %d", i)
		c.spec.Whiskers[key] = whisker{i, len(series)}
		whiskers = append(whiskers, charts.SingleSeries{Name: key, Type: "custom", RenderItem: named("whiskers"), Data: marks})
		legend = append(legend, name)
		if len(said) > 0 {
			words = append(words, name+": "+strings.Join(said, ", "))
		}
	}
	if missing == len(groups)*len(series) {
		return failed(title, "none of the %d values is finite", missing)
	}
	if withErrors {
		c.Note = "error bars: ± the given deviation"
	}
	if missing > 0 {
		c.Note = strings.TrimPrefix(fmt.Sprintf("%s; values that are NaN or Inf are left out: %d", c.Note, missing), "; ")
	}
	c.Alt = fmt.Sprintf("Bar chart of %s. %s.", metric, strings.Join(words, "; "))
	bottom, top := niceRange(lo, hi*1.06)
	if lo >= 0 {
		bottom, top = 0, barsEnd(hi)
	}
	if len(legend) == 1 {
		legend = nil // the axis says it
	}
	a := axes{x: opts.XAxis{Type: "category", Data: groups, SplitLine: &opts.SplitLine{Show: opts.Bool(false)}},
		y: opts.XAxis{Name: metric, Type: "value", Min: bottom, Max: top}, legend: legend, bottom: 40, tooltip: opts.Tooltip{ValueFormatter: named("number")}}
	c.rect(a, append(bars, whiskers...)...)
	if c.err != nil {
		return c
	}
	if hi*1.06 > top { // the number over the highest bar stands above the plot
		frame := c.option["grid"].([]any)[0].(map[string]any)
		frame["top"] = c.frameTop() + numberRoom
		c.Height += numberRoom
	}
	list := c.option["series"].([]any)
	for _, s := range list[len(series):] {
		s := s.(map[string]any)
		s["silent"], s["z"] = true, 5
		s["encode"] = map[string]any{"x": 0, "y": []int{1, 2, 3}}
		s["tooltip"] = map[string]any{"show": false}
		s["clip"] = false
	}
	c.option["legend"].(map[string]any)["selectedMode"] = false // hiding a method would leave its error bars behind
	for _, label := range c.option["xAxis"].([]any) {
		axis := label.(map[string]any)["axisLabel"].(map[string]any)
		axis["interval"], axis["hideOverlap"] = 0, false // every group has its name, in several lines if need be
		axis["overflow"], axis["width"] = "break", (frameWidth-120)/len(groups)
	}
	return c
}

// numberRoom is the room above a plot whose highest bar ends with it, in CSS pixels.
const numberRoom = 12

// barsEnd is where the axis of bars ends that reach up to hi: at 1 for what is nearly or just 1, as shares can be, and else at
// the next round number that leaves room for the numbers over the bars.
func barsEnd(hi float64) float64 {
	if hi <= 0 {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(hi)))
	for _, end := range []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12} {
		if end = roundTo(end*unit, 8); end >= hi*1.06 || end == 1 && hi <= 1 {
			return end
		}
	}
	return roundTo(12*unit, 8)
}
