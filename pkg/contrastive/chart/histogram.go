package chart

import (
	"fmt"
	"math"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// bins is how many bars a histogram has.
const bins = 60

// Histogram draws the similarities of positive pairs (two views of one picture) against those of negative pairs,
// each as its share of its own kind: there are many more negatives. Dashed lines mark the means. What has been learned
// is the distance between the two hills. Cosine similarities get the axis −1 … 1; others an axis as wide as they are.
// Values that are not finite are left out, and the note says how many.
func Histogram(positives, negatives []float32) *Chart {
	const title = "Similarity of positive and negative pairs"
	c := &Chart{Title: title, Width: frameWidth, Height: frameHeight}
	lo, hi, skipped, kept := -1.0, 1.0, 0, 0
	for _, values := range [][]float32{positives, negatives} {
		for _, f := range values {
			if v := float64(f); finite(v) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
				kept++
			} else {
				skipped++
			}
		}
	}
	if kept == 0 {
		return failed(title, "no finite value among %d positives and %d negatives", len(positives), len(negatives))
	}
	if lo < -1.001 || hi > 1.001 {
		lo, hi = niceRange(lo, hi)
	} else {
		lo, hi = -1, 1
	}
	var series []charts.SingleSeries
	var words []string
	for i, kind := range []struct {
		name   string
		values []float32
	}{{"negative pairs", negatives}, {"positive pairs", positives}} {
		counts, sum, n := [bins]float64{}, 0.0, 0.0
		for _, f := range kind.values {
			if v := float64(f); finite(v) {
				k := int((v - lo) / (hi - lo) * bins)
				counts[min(max(k, 0), bins-1)]++
				sum, n = sum+v, n+1
			}
		}
		if n == 0 {
			words = append(words, "no "+kind.name)
			continue
		}
		// A step line through the left edge of each bin, closed at the right end.
		data := make([][2]any, 0, bins+1)
		for k, count := range counts {
			data = append(data, [2]any{plain(lo + (hi-lo)*float64(k)/bins), plain(count / n)})
		}
		data = append(data, [2]any{plain(hi), plain(counts[bins-1] / n)})
		color := okabeIto[i^1] // positives blue, negatives vermilion
		mean := sum / n
		words = append(words, fmt.Sprintf("%s: mean %.2f over %.0f pairs", kind.name, mean, n))
		series = append(series, charts.SingleSeries{Name: strings.Replace(fmt.Sprintf("%s, mean %.2f", kind.name, mean), "-", "−", 1), Type: "line", Step: "end", Data: data, ShowSymbol: opts.Bool(false), Symbol: symbols[i],
			LineStyle: &opts.LineStyle{Width: 1.5, Color: color}, AreaStyle: &opts.AreaStyle{Color: color, Opacity: opts.Float(0.3)}, ItemStyle: &opts.ItemStyle{Color: color},
			MarkLines: &opts.MarkLines{MarkLineStyle: opts.MarkLineStyle{Symbol: []string{"none", "none"}}, Data: []any{map[string]any{
				"xAxis": plain(mean), "name": "mean", "lineStyle": map[string]any{"color": color, "type": "dashed", "width": 2},
				"label": map[string]any{"show": false}}}}})
	}
	if skipped > 0 {
		c.Note = strings.TrimPrefix(fmt.Sprintf("%s; left out as NaN or Inf: %d", c.Note, skipped), "; ")
	}
	c.Note = strings.TrimPrefix(c.Note+fmt.Sprintf("; %d positive and %d negative pairs, each its own 100 %%", len(positives), len(negatives)), "; ")
	c.Alt = "Two overlaid histograms of similarities. " + strings.Join(words, "; ") + "."
	var legend []string
	for _, s := range series {
		legend = append(legend, s.Name)
	}
	c.rect(axes{x: opts.XAxis{Name: "cosine similarity", Type: "value", Min: lo, Max: hi},
		y: opts.XAxis{Name: "share of pairs", Type: "value", AxisLabel: &opts.AxisLabel{Formatter: named("percent")}}, legend: legend, zoom: true,
		tooltip: opts.Tooltip{ValueFormatter: named("percent")}}, series...)
	if c.err == nil && (lo < -1 || hi > 1) {
		c.option["xAxis"].([]any)[0].(map[string]any)["name"] = "similarity"
	}
	return c
}
