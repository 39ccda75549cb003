package chart

import (
	"fmt"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Scatter draws points in a plane, such as embeddings after PCA, colored and shaped by class. classes names the class
// of each point and names the point itself; either may be nil. Points that are not finite are left out, and the note
// says how many.
func Scatter(title, xName, yName string, x, y []float32, classes, names []string) *Chart {
	if len(x) != len(y) {
		return failed(title, "%d x values for %d y values", len(x), len(y))
	}
	if classes != nil && len(classes) != len(x) {
		return failed(title, "%d classes for %d points", len(classes), len(x))
	}
	if names != nil && len(names) != len(x) {
		return failed(title, "%d names for %d points", len(names), len(x))
	}
	c := &Chart{Title: title, Width: frameWidth, Height: 520}
	index := map[string]int{}
	var order []string
	var data [][]opts.ScatterData
	skipped, kept := 0, 0
	for i := range x {
		if !finite(float64(x[i])) || !finite(float64(y[i])) {
			skipped++
			continue
		}
		kept++
		class := "points"
		if classes != nil {
			class = classes[i]
		}
		k, known := index[class]
		if !known {
			k = len(order)
			index[class] = k
			order, data = append(order, class), append(data, nil)
		}
		p := opts.ScatterData{Value: [2]any{roundTo(float64(x[i]), 4), roundTo(float64(y[i]), 4)}}
		if names != nil {
			p.Name = names[i]
		}
		data[k] = append(data[k], p)
	}
	if kept == 0 {
		return failed(title, "no finite point among %d", len(x))
	}
	if skipped > 0 {
		c.Note = fmt.Sprintf("left out as NaN or Inf: %d", skipped)
	}
	size := 8.0
	if kept > 1000 {
		size = 5
	}
	var series []charts.SingleSeries
	var said []string
	for k, class := range order {
		// Every class has its own pair of color and shape: neither alone is enough for more than eight.
		color, symbol := okabeIto[k%len(okabeIto)], symbols[(k+k/len(okabeIto))%4]
		series = append(series, charts.SingleSeries{Name: class, Type: "scatter", Data: data[k], Symbol: symbol, SymbolSize: size,
			ItemStyle: &opts.ItemStyle{Color: color, Opacity: opts.Float(0.75)}})
		said = append(said, fmt.Sprintf("%s (%d)", class, len(data[k])))
	}
	c.Alt = fmt.Sprintf("Scatter plot of %d points, %s against %s", kept, yName, xName)
	if classes != nil {
		c.Alt += ", in the classes " + strings.Join(said, ", ")
	}
	c.Alt += "."
	var legend []string
	if classes != nil {
		legend = order
	}
	return c.rect(axes{x: opts.XAxis{Name: xName, Type: "value", Scale: opts.Bool(true)}, y: opts.XAxis{Name: yName, Type: "value", Scale: opts.Bool(true)},
		legend: legend, zoom: true, tooltip: opts.Tooltip{Trigger: "item", Formatter: named("point")}}, series...)
}
