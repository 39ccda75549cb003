package chart

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/raster"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// MaxRows is how many rows a similarity matrix shows: with that many a cell is some three pixels wide. More are thinned
// evenly along the sorted order, so that every class keeps its share, and the note says so.
const MaxRows = 160

// The frame of a matrix in CSS pixels: a square plot with class names to its left and the color scale to its right.
const (
	matrixSide   = 440
	matrixLeft   = 170 // with class names
	matrixBare   = 64  // without
	matrixRight  = 96
	matrixBottom = 44
)

// cellLevels is how many steps of color the static form of a matrix has; even, so that zero stays white.
const cellLevels = 36

// matrix is a matrix on its way to runtime.js: one byte a cell, 0 … 254 from Min to Max, 255 for not a number.
type matrix struct {
	Rows      int     `json:"rows"`
	Columns   int     `json:"columns"`
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
	Symmetric bool    `json:"symmetric"`
	Cells     string  `json:"cells"`
}

// Similarity draws the cosine similarities sim(i, j) = zᵢ·zⱼ / (‖zᵢ‖‖zⱼ‖) of all pairs of embeddings, −1 … 1, with
// the pictures sorted by class and the classes marked. What an encoder has learned about classes shows as squares
// along the diagonal. A zero vector has no direction: its row is gray.
func Similarity(e *eval.Embeddings) *Chart {
	const title = "Similarity of all pairs"
	if e == nil || e.N <= 0 || e.D <= 0 {
		return failed(title, "no embeddings")
	}
	if len(e.Vectors) != e.N*e.D {
		return failed(title, "%d values are not %d embeddings of %d dimensions", len(e.Vectors), e.N, e.D)
	}
	order := make([]int, e.N)
	for i := range order {
		order[i] = i
	}
	var class, name func(i int) string
	if im := e.Images; im != nil && len(im.Labels) == e.N {
		class = func(i int) string { return entry(im.LabelNames, im.Labels[i], "class") }
		name = class
		if len(im.Items) == e.N {
			name = func(i int) string { return entry(im.ItemNames, im.Items[i], "item") + ", " + class(i) }
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(im.Labels[a], im.Labels[b]) })
	}
	c := &Chart{Title: title}
	order = c.thinRows(order)
	rows := make([][]float64, len(order))
	for k, i := range order {
		row := make([]float64, e.D)
		norm := 0.0
		for d, v := range e.Row(i) {
			row[d] = float64(v)
			norm += row[d] * row[d]
		}
		norm = math.Sqrt(norm)
		for d := range row {
			row[d] /= norm // 0/0 is NaN, drawn gray
		}
		rows[k] = row
	}
	values := make([][]float64, len(rows))
	for r := range values {
		values[r] = make([]float64, len(rows))
		for k := range values[r] {
			if k < r {
				values[r][k] = values[k][r]
				continue
			}
			for d, v := range rows[r] {
				values[r][k] += v * rows[k][d]
			}
		}
	}
	var classes, names []string
	if class != nil {
		for _, i := range order {
			classes, names = append(classes, class(i)), append(names, name(i))
		}
	}
	return c.matrix(values, classes, names, -1, 1, "cosine similarity")
}

// SimilarityMatrix draws any square matrix of similarities as it is given; labels, if there are any, name the class
// of each row, and rows and columns are sorted by it. The color scale is −1 … 1, or symmetric about zero and as wide
// as the values need.
func SimilarityMatrix(title string, values [][]float32, labels []string) *Chart {
	n := len(values)
	if n == 0 {
		return failed(title, "the matrix has no rows")
	}
	if labels != nil && len(labels) != n {
		return failed(title, "%d labels for %d rows", len(labels), n)
	}
	for r, row := range values {
		if len(row) != n {
			return failed(title, "row %d has %d values; a similarity matrix of %d rows needs %d", r, len(row), n, n)
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if labels != nil {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(labels[a], labels[b]) })
	}
	c := &Chart{Title: title}
	order = c.thinRows(order)
	limit := 1.0
	cells := make([][]float64, len(order))
	for r, i := range order {
		cells[r] = make([]float64, len(order))
		for k, j := range order {
			v := float64(values[i][j])
			cells[r][k] = v
			if finite(v) {
				limit = math.Max(limit, math.Abs(v))
			}
		}
	}
	var classes []string
	if labels != nil {
		for _, i := range order {
			classes = append(classes, labels[i])
		}
	}
	if limit > 1.001 { // cosines may exceed 1 by rounding
		_, limit = niceRange(0, limit)
	} else {
		limit = 1
	}
	return c.matrix(cells, classes, classes, -limit, limit, "similarity")
}

// thinRows keeps MaxRows of the rows, evenly spaced.
func (c *Chart) thinRows(order []int) []int {
	n := len(order)
	if n <= MaxRows {
		return order
	}
	out := make([]int, MaxRows)
	for i := range out {
		out[i] = order[i*n/MaxRows]
	}
	c.Note = fmt.Sprintf("%d of %d rows, evenly picked along the sorted order", MaxRows, n)
	return out
}

func (c *Chart) matrix(values [][]float64, classes, names []string, lo, hi float64, measure string) *Chart {
	n := len(values)
	found := false
	for _, row := range values {
		for _, v := range row {
			found = found || finite(v)
		}
	}
	if !found {
		return failed(c.Title, "no finite value among %d × %d similarities", n, n)
	}
	m := &matrix{Rows: n, Columns: n, Min: lo, Max: hi, Symmetric: true}
	for r := range values {
		for k := range r {
			if math.Abs(values[r][k]-values[k][r]) > 1e-6 {
				m.Symmetric = false
			}
		}
	}
	var raw []byte
	for r, row := range values {
		start := 0
		if m.Symmetric {
			start = r
		}
		for _, v := range row[start:] {
			raw = append(raw, byteOf(v, lo, hi))
		}
	}
	m.Cells = base64.StdEncoding.EncodeToString(raw)
	bands, bandData := bandsOf(classes)
	c.plotLeft = matrixBare
	if len(bands) > 0 {
		c.plotLeft = matrixLeft
	}
	c.Width = c.plotLeft + matrixSide + matrixRight
	positions := make([]int, n)
	for i := range positions {
		positions[i] = i
	}
	heat := charts.SingleSeries{Name: measure, Type: "heatmap"}
	series := []charts.SingleSeries{heat}
	if len(bands) > 0 {
		series = append(series, charts.SingleSeries{Name: "classes", Type: "custom", RenderItem: named("bands"), Data: bandData})
	}
	xName := "picture"
	if len(bands) > 0 {
		xName = "sorted by class" // rows and columns may be different things
		if m.Symmetric {
			xName = "pictures, sorted by class"
		}
	}
	off := len(bands) > 0
	axis := opts.XAxis{Name: xName, Type: "category", Data: positions, SplitLine: &opts.SplitLine{Show: opts.Bool(false)}, AxisLabel: &opts.AxisLabel{Show: opts.Bool(!off)}}
	y := axis
	y.Name, y.Inverse, y.AxisLabel = "", opts.Bool(true), &opts.AxisLabel{Show: opts.Bool(!off)}
	if !off {
		y.Name = "picture"
	}
	c = c.rect(axes{x: axis, y: y, left: c.plotLeft, bottom: matrixBottom, tooltip: opts.Tooltip{Trigger: "item", Formatter: named("cell")}}, series...)
	if c.err != nil {
		return c
	}
	top := c.frameTop()
	c.Height = top + matrixSide + matrixBottom
	for _, g := range c.option["grid"].([]any) {
		g.(map[string]any)["right"] = matrixRight
	}
	for _, name := range []string{"xAxis", "yAxis"} {
		ax := c.option[name].([]any)[0].(map[string]any)
		ax["axisTick"] = map[string]any{"show": false}
		ax["axisLine"] = map[string]any{"show": false}
		if name == "yAxis" {
			ax["nameGap"] = 40
		}
	}
	list := c.option["series"].([]any)
	list[0].(map[string]any)["progressive"] = 0
	if len(list) > 1 {
		s := list[1].(map[string]any)
		s["clip"], s["silent"], s["z"] = false, true, 5
		s["tooltip"] = map[string]any{"show": false}
		// The band's last row is inside the axis: without this ECharts would drop the last band.
		s["encode"] = map[string]any{"x": 0, "y": 0}
	}
	c.option["visualMap"] = map[string]any{"type": "continuous", "min": lo, "max": hi, "seriesIndex": 0, "dimension": 2,
		"orient": "vertical", "right": 14, "top": top + matrixSide/2 - 118, "itemHeight": 180, "itemWidth": 16,
		"text": []string{minus(hi), minus(lo)}, "textStyle": map[string]any{"color": ink, "fontSize": 12},
		"inRange": map[string]any{"color": diverging}, "hoverLink": false}
	c.option["graphic"] = []any{map[string]any{"type": "text", "right": 10, "top": top + matrixSide/2 - 140, "silent": true,
		"style": map[string]any{"text": strings.Replace(measure, "cosine similarity", "cosine", 1), "fill": ink, "fontSize": 12, "fontFamily": family}}}
	c.spec.Matrix, c.spec.Bands, c.spec.Labels, c.spec.Measure = m, bands, names, measure
	c.spec.Square = []int{c.plotLeft, matrixRight, top, matrixBottom}
	c.values = func(r, k int) float64 { return values[r][k] }
	c.scale, c.plotRight, c.plotBottom = diverging, matrixRight, matrixBottom
	c.Alt = describeMatrix(values, classes, measure)
	return c
}

// bandsOf finds the runs of equal names: their names, and [first, one past the last] of each.
func bandsOf(classes []string) ([]string, [][2]int) {
	var names []string
	var runs [][2]int
	for i, name := range classes {
		if i > 0 && name == classes[i-1] {
			runs[len(runs)-1][1] = i + 1
			continue
		}
		names, runs = append(names, name), append(runs, [2]int{i, i + 1})
	}
	return names, runs
}

func describeMatrix(values [][]float64, classes []string, measure string) string {
	var sum, same, other, nSum, nSame, nOther float64
	for r := range values {
		for k, v := range values[r] {
			if k == r || !finite(v) {
				continue
			}
			sum, nSum = sum+v, nSum+1
			if classes == nil {
				continue
			}
			if classes[r] == classes[k] {
				same, nSame = same+v, nSame+1
			} else {
				other, nOther = other+v, nOther+1
			}
		}
	}
	text := fmt.Sprintf("Heat map of the %s of %d pictures with each other", measure, len(values))
	if nSum > 0 {
		text += fmt.Sprintf(": mean %.2f", sum/nSum)
	}
	if nSame > 0 && nOther > 0 {
		names, _ := bandsOf(classes)
		text += fmt.Sprintf(" over all pairs, %.2f within a class, %.2f between classes (%d classes)", same/nSame, other/nOther, len(names))
	}
	return text + "."
}

// paintCells paints the matrix where the plot of the static form is.
func (c *Chart) paintCells(canvas *raster.Canvas) {
	m := c.spec.Matrix
	left, top := scaled(c.plotLeft), scaled(c.frameTop()+c.shift())
	w, h := scaled(c.Width-c.plotRight)-left, scaled(c.height()-c.plotBottom)-top
	colors := make([][]color.NRGBA, m.Rows)
	for r := range colors {
		colors[r] = make([]color.NRGBA, m.Columns)
		for k := range colors[r] {
			colors[r][k] = color.NRGBA{0xC8, 0xC8, 0xC8, 255}
			if v := c.values(r, k); finite(v) {
				// So many levels can be told apart; with all of them the picture would be twice as large.
				colors[r][k] = colorAt(c.scale, math.Round((v-m.Min)/(m.Max-m.Min)*cellLevels)/cellLevels)
			}
		}
	}
	for y := range h {
		for x := range w {
			canvas.Image.Set(left+x, top+y, colors[y*m.Rows/h][x*m.Columns/w])
		}
	}
}

func byteOf(v, lo, hi float64) byte {
	if !finite(v) {
		return 255
	}
	return byte(math.Round(254 * math.Min(math.Max((v-lo)/(hi-lo), 0), 1)))
}

// minus prints a number with a real minus sign.
func minus(v float64) string { return strings.Replace(short(v), "-", "−", 1) }

// entry is the name at an index, or the index where there is none.
func entry(names []string, i int32, kind string) string {
	if i >= 0 && int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("%s %d", kind, i)
}
