package chart

import (
	"fmt"
	"math"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// PlanePoint is one encoder in [AlignmentUniformity].
type PlanePoint struct {
	Name string
	// Alignment and Uniformity are those of [eval.Alignment] with α = 2 and [eval.Uniformity] with t = 2.
	Alignment, Uniformity float64
	// Before is where the encoder was earlier in its training, oldest first, as alignment and uniformity measured in
	// the same way: an arrow leads from there to the point. Nil for none.
	Before [][2]float64
	// Baseline draws the point gray.
	Baseline bool
}

// AlignmentUniformity draws encoders in the plane of Wang and Isola 2020, "Understanding Contrastive Representation
// Learning through Alignment and Uniformity on the Hypersphere", figure 7: how far the two pictures of a positive pair are
// apart, against how evenly all pictures spread over the sphere. Lower is better on both axes. The upper left corner,
// alignment 0 and uniformity 0, is complete collapse, and marked; near −4 lie random directions in many dimensions.
// Positions that are not finite are left out, and the note says how many.
func AlignmentUniformity(points ...PlanePoint) *Chart {
	const title = "Alignment and uniformity"
	c := &Chart{Title: title, Width: frameWidth, Height: 480}
	var series, paths []charts.SingleSeries
	var words []string
	right, bottom := 0.5, -4.0
	gray, colored, skipped, before := 0, 0, 0, false
	for i, p := range points {
		name := nameOr(p.Name, fmt.Sprintf("encoder %d", i+1))
		color, symbol := okabeIto[colored%len(okabeIto)], symbols[(colored+colored/len(okabeIto))%4]
		if p.Baseline {
			color, symbol = []string{"#8C8C8C", "#666666"}[gray%2], symbols[gray%4]
			gray++
		} else {
			colored++
		}
		if !finite(p.Alignment) || !finite(p.Uniformity) {
			skipped += 1 + len(p.Before)
			continue
		}
		var path [][2]any
		for _, b := range append(p.Before[:len(p.Before):len(p.Before)], [2]float64{p.Alignment, p.Uniformity}) {
			if !finite(b[0]) || !finite(b[1]) {
				skipped++
				continue
			}
			right, bottom = math.Max(right, b[0]), math.Min(bottom, b[1])
			path = append(path, [2]any{plain(b[0]), plain(b[1])})
		}
		said := fmt.Sprintf("%s at alignment %.2f and uniformity %.2f", name, p.Alignment, p.Uniformity)
		if len(path) > 1 {
			before = true
			said += fmt.Sprintf(", coming from %.4g and %.4g", path[0][0], path[0][1])
			paths = append(paths, charts.SingleSeries{Name: name, Type: "custom", RenderItem: named("path"), Data: path, ItemStyle: &opts.ItemStyle{Color: color}})
		}
		words = append(words, said)
		series = append(series, charts.SingleSeries{Name: name, Type: "scatter", Symbol: symbol, SymbolSize: 13,
			Data:      []opts.ScatterData{{Name: fmt.Sprintf("%s\nalignment %.3f, uniformity %.3f", name, p.Alignment, p.Uniformity), Value: path[len(path)-1]}},
			ItemStyle: &opts.ItemStyle{Color: color, BorderColor: "#ffffff", BorderWidth: 1}})
	}
	if len(series) == 0 {
		return failed(title, "no finite position among %d points", len(points))
	}
	c.Note = "lower left is better"
	if before {
		c.Note += "; an arrow leads from earlier in the training to its end"
	}
	if skipped > 0 {
		c.Note += fmt.Sprintf("; left out as NaN or Inf: %d", skipped)
	}
	c.Alt = fmt.Sprintf("Alignment and uniformity of %d encoders, lower is better for both: %s. At alignment 0 and uniformity 0 lies complete collapse.",
		len(series), strings.ReplaceAll(strings.Join(words, "; "), "-", "−"))
	_, right = niceRange(0, right)
	marks := charts.SingleSeries{Name: "collapse", Type: "scatter", Symbol: "circle", SymbolSize: 26, Data: []opts.ScatterData{{Name: "complete collapse\nall vectors are equal", Value: [2]any{0, 0}}},
		ItemStyle: &opts.ItemStyle{Color: "#EDEFF2", BorderColor: faint, BorderWidth: 1}, MarkLines: horizontal("insideEndBottom", mark{-4, "−4: random directions in many dimensions"})}
	names := make([]string, len(series))
	for i, s := range series {
		names[i] = s.Name
	}
	c.rect(axes{x: opts.XAxis{Name: "alignment: distance² of positive pairs  (← better)", Type: "value", Min: -0.04 * right, Max: right},
		y:      opts.XAxis{Name: "uniformity  (better ↓)", Type: "value", Min: bottom - 0.4, Max: 0.5},
		legend: names, tooltip: opts.Tooltip{Trigger: "item", Formatter: named("tip")}}, append(append(series, marks), paths...)...)
	if c.err != nil {
		return c
	}
	for _, name := range []string{"xAxis", "yAxis"} {
		// The axes go a little beyond zero, so that the corner of collapse is inside; no number stands there.
		label := c.option[name].([]any)[0].(map[string]any)["axisLabel"].(map[string]any)
		label["showMinLabel"], label["showMaxLabel"] = false, name == "xAxis"
	}
	label := func(text, position, color string) map[string]any {
		return map[string]any{"show": true, "formatter": text, "position": position, "distance": 5, "color": color, "fontSize": 12, "fontFamily": family}
	}
	list := c.option["series"].([]any)
	for i, s := range list[:len(series)] {
		s := s.(map[string]any)
		s["z"] = 4
		s["label"] = label(names[i], "bottom", ink)
		s["itemStyle"].(map[string]any)["opacity"] = 1
		s["labelLayout"] = map[string]any{"moveOverlap": "shiftY"}
	}
	corner := list[len(series)].(map[string]any)
	corner["z"], corner["label"] = 1, label("collapse: all vectors alike", "right", faint)
	corner["label"].(map[string]any)["offset"] = []int{0, -12} // above what has fallen into the corner
	for _, s := range list[len(series)+1:] {
		s := s.(map[string]any)
		behind(s)
		s["z"], s["encode"] = 3, map[string]any{"x": 0, "y": 1}
	}
	return c
}
