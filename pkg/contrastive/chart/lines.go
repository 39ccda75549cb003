package chart

import (
	"fmt"
	"math"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Series is one line: Y[i] at X[i]. A nil X counts 0, 1, 2, ... A value that is not finite is a gap.
type Series struct {
	Name string
	X, Y []float64
	// Low and High bound a shaded band about the line, such as ± one standard deviation over seeds; nil for none.
	Low, High []float64
	Dashed    bool // for what is compared against
}

// Point is one line of a training history: the values logged at a step.
type Point struct {
	Step   int
	Values map[string]float64
}

// maxPoints is how many points of a line are kept: more cannot be told apart at this size.
const maxPoints = 600

// Lines draws lines over a common x axis. The names of the axes carry the unit, as in "loss (nats)".
func Lines(title, xName, yName string, series ...Series) *Chart {
	c := &Chart{Title: title, Width: frameWidth, Height: frameHeight}
	return c.lines(lineAxes{x: xName, y: yName}, series)
}

// Plane draws lines in a plane: a unit is as long on both axes, at every width of the page, so that a circle is one.
func Plane(title, xName, yName string, series ...Series) *Chart {
	c := &Chart{Title: title, Width: planeWidth}
	return c.lines(lineAxes{x: xName, y: yName, plane: true}, series)
}

const planeWidth = 560

// Loss draws the "loss" of a training history over the steps. With a ceiling above zero, a dashed line marks it: the
// loss of guessing among all candidates alike, ln(2N−1) for NT-Xent with N pairs. A loss says little without it, as
// it is not comparable across batch sizes.
func Loss(history []Point, ceiling float64) *Chart {
	return lossChart("Training loss", history, ceiling)
}

func lossChart(title string, history []Point, ceiling float64) *Chart {
	s := Series{Name: "loss"}
	for _, p := range history {
		if v, ok := p.Values["loss"]; ok {
			s.X, s.Y = append(s.X, float64(p.Step)), append(s.Y, v)
		}
	}
	if len(s.Y) == 0 {
		return failed(title, "the history has no \"loss\" yet")
	}
	c := &Chart{Title: title, Width: frameWidth, Height: frameHeight}
	var marks []mark
	if ceiling > 0 && finite(ceiling) {
		marks = []mark{{ceiling, fmt.Sprintf("guessing: %.2f", ceiling)}}
		if last := s.Y[len(s.Y)-1]; finite(last) {
			c.Note = fmt.Sprintf("last: %.3f, %.0f %% of guessing among all candidates (%.3f)", last, 100*last/ceiling, ceiling)
		}
	}
	return c.lines(lineAxes{x: "step", y: "loss (nats)", marks: marks}, []Series{s})
}

// mark is a named horizontal line.
type mark struct {
	y    float64
	name string
}

// lineAxes says what lines are drawn over.
type lineAxes struct {
	x, y       string    // names of the axes
	plane      bool      // a unit is as long on both
	logX, logY bool      // what is not above zero is not drawn on such an axis
	ticks      []float64 // of a logarithmic x axis; nil for the powers of ten
	marks      []mark
}

func (c *Chart) lines(f lineAxes, series []Series) *Chart {
	var out, bands []charts.SingleSeries
	var words []string
	gaps := 0
	lo, hi := math.Inf(1), math.Inf(-1)
	left, right := math.Inf(1), math.Inf(-1)
	for i, s := range series {
		if s.X != nil && len(s.X) != len(s.Y) {
			return failed(c.Title, "series %q has %d x values for %d y values", s.Name, len(s.X), len(s.Y))
		}
		if (s.Low != nil || s.High != nil) && (len(s.Low) != len(s.Y) || len(s.High) != len(s.Y)) {
			return failed(c.Title, "series %q has a band of %d low and %d high values for %d y values", s.Name, len(s.Low), len(s.High), len(s.Y))
		}
		data := make([][2]any, 0, len(s.Y))
		first, last, n := math.NaN(), math.NaN(), 0
		for j, y := range s.Y {
			x := float64(j)
			if s.X != nil {
				x = s.X[j]
			}
			if !finite(x) || f.logX && x <= 0 {
				gaps++
				continue
			}
			if f.logY && y <= 0 {
				y = math.NaN()
			}
			if !finite(y) {
				gaps++
			} else {
				lo, hi = math.Min(lo, y), math.Max(hi, y)
				left, right = math.Min(left, x), math.Max(right, x)
				if n == 0 {
					first = y
				}
				last = y
				n++
			}
			data = append(data, [2]any{plain(x), plain(y)})
		}
		if n == 0 {
			continue
		}
		words = append(words, fmt.Sprintf("%s goes from %s to %s over %d points", nameOr(s.Name, "the line"), short(first), short(last), n))
		color := okabeIto[i%len(okabeIto)]
		style := &opts.LineStyle{Width: 2, Color: color}
		if s.Dashed {
			style.Type = "dashed"
		}
		line := charts.SingleSeries{Name: s.Name, Type: "line", Data: thin(data, maxPoints), ShowSymbol: opts.Bool(n <= 30), Symbol: symbols[i%len(symbols)],
			LineStyle: style, ItemStyle: &opts.ItemStyle{Color: color}}
		if len(out) == 0 && len(f.marks) > 0 {
			line.MarkLines = horizontal("insideEndTop", f.marks...)
		}
		out = append(out, line)
		if s.Low != nil {
			// Of the same name as its line, so that the legend hides both.
			bands = append(bands, charts.SingleSeries{Name: s.Name, Type: "custom", RenderItem: named("band"), Data: s.band(f), ItemStyle: &opts.ItemStyle{Color: color}})
		}
	}
	if len(out) == 0 {
		return failed(c.Title, "no finite value in %d series", len(series))
	}
	if gaps > 0 {
		gap := fmt.Sprintf("%d points that are NaN or Inf are left out", gaps)
		if gaps == 1 {
			gap = "1 point that is NaN or Inf is left out"
		}
		c.Note = strings.TrimPrefix(c.Note+"; "+gap, "; ")
		words = append(words, gap)
	}
	var legend []string
	if len(out) > 1 {
		for _, s := range out {
			legend = append(legend, s.Name)
		}
	}
	a := axes{x: opts.XAxis{Name: f.x, Type: "value", Scale: opts.Bool(true)}, y: opts.XAxis{Name: f.y, Type: "value", Scale: opts.Bool(true)},
		legend: legend, zoom: !f.plane, // zooming stretches one axis
		tooltip: opts.Tooltip{ValueFormatter: named("number")}}
	if f.logX {
		a.x.Type, a.x.AxisLabel = "log", &opts.AxisLabel{Formatter: named("magnitude")}
	}
	if f.logY {
		a.y.Type, a.y.AxisLabel = "log", &opts.AxisLabel{Formatter: named("magnitude")}
	}
	for _, m := range f.marks {
		lo, hi = math.Min(lo, m.y), math.Max(hi, m.y)
		words = append(words, m.name)
	}
	if len(f.marks) > 0 { // ECharts does not make room for mark lines
		a.y.Min, a.y.Max = niceRange(lo, hi)
	}
	if f.plane {
		x, y := sameSpan([2]float64{left, right}, [2]float64{lo, hi})
		a.x.Min, a.x.Max, a.y.Min, a.y.Max = x[0], x[1], y[0], y[1]
	}
	c.Alt = fmt.Sprintf("Line chart of %s over %s: %s.", f.y, f.x, strings.Join(words, "; "))
	c.rect(a, append(out, bands...)...)
	if c.err != nil {
		return c
	}
	if f.plane {
		c.spec.Equal = true
		c.Height = c.frameTop() + c.Width - frameLeft - frameRight + frameBottom
	}
	for _, s := range c.option["series"].([]any)[len(out):] {
		behind(s.(map[string]any))
	}
	if f.ticks != nil {
		x := c.option["xAxis"].([]any)[0].(map[string]any)
		x["axisLabel"].(map[string]any)["customValues"] = f.ticks
		x["axisTick"] = map[string]any{"show": true, "customValues": f.ticks}
		x["min"], x["max"] = f.ticks[0], f.ticks[len(f.ticks)-1]
	}
	return c
}

// band is what runtime.js fills: [x, low, high] where all three can be drawn.
func (s Series) band(f lineAxes) [][3]any {
	var out [][3]any
	for i := range s.Y {
		x := float64(i)
		if s.X != nil {
			x = s.X[i]
		}
		if finite(x) && finite(s.Low[i]) && finite(s.High[i]) && !(f.logX && x <= 0) && !(f.logY && s.Low[i] <= 0) {
			out = append(out, [3]any{plain(x), plain(s.Low[i]), plain(s.High[i])})
		}
	}
	return out
}

// behind makes a custom series lie under the others and out of the reader's way.
func behind(series map[string]any) {
	series["silent"], series["z"], series["clip"] = true, 1, true
	series["encode"] = map[string]any{"x": 0, "y": []int{1, 2}}
	series["tooltip"] = map[string]any{"show": false}
}

// horizontal draws marks as dashed lines with their names at the line's right end: above it ("insideEndTop"), or below.
func horizontal(position string, marks ...mark) *opts.MarkLines {
	m := &opts.MarkLines{MarkLineStyle: opts.MarkLineStyle{Symbol: []string{"none", "none"}}}
	for _, k := range marks {
		m.Data = append(m.Data, map[string]any{"yAxis": plain(k.y), "name": k.name,
			"label":     map[string]any{"formatter": k.name, "position": position, "color": ink, "fontSize": 12},
			"lineStyle": map[string]any{"color": faint, "type": "dashed", "width": 1.5}})
	}
	return m
}

// niceRange widens [lo, hi] to round numbers.
func niceRange(lo, hi float64) (float64, float64) {
	if hi <= lo {
		lo, hi = lo-0.5, hi+0.5
	}
	step := niceStep((hi - lo) / 5)
	return roundTo(math.Floor(lo/step-0.05)*step, 8), roundTo(math.Ceil(hi/step+0.05)*step, 8)
}

// niceStep is the next of 1, 2 and 5 times a power of ten.
func niceStep(raw float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, k := range []float64{1, 2, 5} {
		if k*step >= raw {
			return k * step
		}
	}
	return 10 * step
}

// sameSpan widens two ranges to round numbers and to one length.
func sameSpan(a, b [2]float64) (x, y [2]float64) {
	extent := max(a[1]-a[0], b[1]-b[0])
	if extent <= 0 {
		extent = 1
	}
	step := niceStep(extent / 8)
	steps := func(r [2]float64) (first, n float64) {
		first = math.Floor(r[0]/step - 0.05)
		return first, math.Ceil(r[1]/step+0.05) - first
	}
	xFirst, xSteps := steps(a)
	yFirst, ySteps := steps(b)
	n := max(xSteps, ySteps)
	widened := func(first, has float64) [2]float64 {
		first -= math.Floor((n - has) / 2)
		return [2]float64{roundTo(first*step, 8), roundTo((first+n)*step, 8)}
	}
	return widened(xFirst, xSteps), widened(yFirst, ySteps)
}

// thin keeps at most n points: of each stretch the least and the greatest, so that spikes survive, and the gaps.
func thin(data [][2]any, n int) [][2]any {
	if len(data) <= n {
		return data
	}
	out := data[:0:0]
	stretch := 2 * len(data) / n
	for start := 0; start < len(data); start += stretch + 1 {
		end := min(start+stretch+1, len(data))
		low, high, gap := -1, -1, -1
		for i := start; i < end; i++ {
			v, ok := data[i][1].(float64)
			if !ok {
				gap = i
				continue
			}
			if low < 0 || v < data[low][1].(float64) {
				low = i
			}
			if high < 0 || v > data[high][1].(float64) {
				high = i
			}
		}
		keep := [3]int{low, high, gap}
		for i := start; i < end; i++ {
			if i == keep[0] || i == keep[1] || i == keep[2] || i == len(data)-1 {
				out = append(out, data[i])
			}
		}
	}
	return out
}

func nameOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}
