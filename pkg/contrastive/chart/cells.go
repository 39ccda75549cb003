package chart

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/raster"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// MaxClasses is how many classes a [Confusion] shows: with more a cell is too small to see.
const MaxClasses = 100

// cell is one field of a table of colors.
type cell struct {
	value float64 // 0 … 1, the color; gray where it is not finite
	text  string  // inside, where there is room
	tip   string  // in lines, on hovering
	home  bool    // framed
}

// cellTable is named rows and columns of cells.
type cellTable struct {
	rowAxis, columnAxis, measure string
	rows, columns                []string
	cells                        [][]cell
	widest, lines                int // the text of a cell in CSS pixels, and its lines
}

// Confusion draws how often pictures of each true class (rows) were predicted as each class (columns), as
// [eval.Confusion] counts them. The color is the share of the row, so that small classes are seen as well as large ones, and
// the diagonal is the recall of each class; the number is the count, in the tooltip alone where cells are too small. A
// class without a picture has a gray row.
func Confusion(counts [][]int, classes []string) *Chart {
	const title = "Confusion matrix"
	n := len(counts)
	if n == 0 {
		return failed(title, "no classes")
	}
	if n > MaxClasses {
		return failed(title, "%d classes: more than %d cannot be seen, so merge some or leave some out", n, MaxClasses)
	}
	if len(classes) != n {
		return failed(title, "%d names for %d classes", len(classes), n)
	}
	t := cellTable{rowAxis: "true class", columnAxis: "predicted class", measure: "share of row", rows: classes, columns: classes, lines: 1}
	total, right, most, wrong := 0, 0, 0, 0
	worst := ""
	for r, row := range counts {
		if len(row) != n {
			return failed(title, "row %d has %d counts for %d classes", r, len(row), n)
		}
		sum := 0
		for k, count := range row {
			if count < 0 {
				return failed(title, "%d pictures of %q predicted as %q", count, classes[r], classes[k])
			}
			sum += count
			most = max(most, count)
		}
		total, right = total+sum, right+row[r]
		cells := make([]cell, n)
		for k, count := range row {
			if k != r && count > wrong {
				wrong, worst = count, fmt.Sprintf("%s taken for %s (%d of %d)", classes[r], classes[k], count, sum)
			}
			share := float64(count) / float64(sum) // NaN, and gray, for a class without a picture
			cells[k] = cell{value: share, text: fmt.Sprint(count), home: k == r, tip: fmt.Sprintf("%d of %d %s\nas %s", count, sum, classes[r], classes[k])}
			if sum > 0 {
				cells[k].tip += fmt.Sprintf(": %.1f %%", 100*share)
			}
		}
		t.cells = append(t.cells, cells)
	}
	if total == 0 {
		return failed(title, "no picture in %d classes", n)
	}
	t.widest = int(raster.MeasureText(fmt.Sprint(most), 12, false)) + 4
	c := &Chart{Title: title, Note: fmt.Sprintf("%d of %d right (%.3f); color: share of the true class, number: pictures", right, total, float64(right)/float64(total))}
	c.Alt = fmt.Sprintf("Confusion matrix of %d classes, true by row, predicted by column: %d of %d pictures are right", n, right, total)
	if wrong > 0 {
		c.Alt += "; the most frequent mistake is " + worst
	}
	c.Alt += "."
	return t.draw(c)
}

// Transfer draws one matrix of what [eval.Transfer] found, r.KNN or r.Probe; measure says which, as in "20-NN accuracy". A
// cell is the mean accuracy of training on the part of its row and testing on that of its column; below it stands the
// change against testing on the row's own part, the framed cell, which is minus [eval.TransferResult.Drop].
func Transfer(r *eval.TransferResult, matrix [][]eval.Spread, measure string) *Chart {
	const title = "Transfer: trained on one part, tested on another"
	if r == nil || len(r.Train) == 0 || len(r.Test) == 0 {
		return failed(title, "no parts")
	}
	if len(matrix) != len(r.Train) {
		return failed(title, "%d rows for %d training parts", len(matrix), len(r.Train))
	}
	t := cellTable{rowAxis: "trained on", columnAxis: "tested on", measure: "accuracy", rows: r.Train, columns: r.Test, widest: 44, lines: 2}
	c := &Chart{Title: title}
	found, draws, widest := false, 0, 0.0
	from := ""
	for i, row := range matrix {
		if len(row) != len(r.Test) {
			return failed(title, "row %q has %d values for %d test parts", r.Train[i], len(row), len(r.Test))
		}
		cells := make([]cell, len(row))
		for j, s := range row {
			text := "–"
			if finite(s.Mean) {
				text, found = fmt.Sprintf("%.3f", s.Mean), true
			}
			cells[j] = cell{value: s.Mean, home: r.Train[i] == r.Test[j], tip: fmt.Sprintf("%s on %s, tested on %s\n%s ± %.3f over %d draws", measure, r.Train[i], r.Test[j], text, s.Std, len(s.Values))}
			draws = max(draws, len(s.Values))
			if drop, ok := r.Drop(matrix, i, j); ok && !cells[j].home && finite(drop) {
				change := strings.Replace(fmt.Sprintf("%+.3f", -drop), "-", "−", 1)
				text += "\n" + change
				cells[j].tip += "\nagainst its own part: " + change
				if drop > widest {
					widest, from = drop, fmt.Sprintf("%.3f from %s to %s", drop, r.Train[i], r.Test[j])
				}
			}
			cells[j].text = text
		}
		t.cells = append(t.cells, cells)
	}
	if !found {
		return failed(title, "none of the %d × %d accuracies is finite", len(r.Train), len(r.Test))
	}
	c.Note = fmt.Sprintf("%s, mean over %d draws; below: change against the row's own part (framed)", measure, draws)
	c.Alt = fmt.Sprintf("Matrix of %s, trained on %s (rows), tested on %s (columns)", measure, strings.Join(r.Train, ", "), strings.Join(r.Test, ", "))
	if from != "" {
		c.Alt += ". The largest drop is " + from
	}
	c.Alt += "."
	return t.draw(c)
}

// The frame of a table of colors in CSS pixels.
const (
	cellsWide, cellsHigh = 520, 460 // of the plot, at most
	cellsRight           = 104
	maxCellName          = 130
	maxCells             = 900 // each drawn by itself, with its frame and its text; more are painted
	missing              = "#DDDDDD"
)

func (t cellTable) draw(c *Chart) *Chart {
	width := min(92, cellsWide/len(t.columns))
	height := min(max(width*2/3, 30), cellsHigh/len(t.rows))
	if len(t.rows) == len(t.columns) && width < 30 {
		height = width
	}
	longest := func(names []string) int {
		w := 0.0
		for _, name := range names {
			w = max(w, raster.MeasureText(name, 12, false))
		}
		return min(int(w)+6, maxCellName)
	}
	left, bottom, rotate := longest(t.rows)+46, 52, 0.0
	names := longest(t.columns)
	if names > width-4 {
		rotate, bottom = 90, names+38
	}
	roomy := t.widest <= width-2 && 16*t.lines <= height
	packed := len(t.rows)*len(t.columns) > maxCells && len(t.rows) == len(t.columns)
	var items, framed []any // framed ones last, over the edges of the others
	for r, row := range t.cells {
		for k, f := range row {
			if packed {
				continue
			}
			item := map[string]any{"value": []any{k, r, plain(f.value)}, "name": f.tip}
			style := map[string]any{"borderColor": "#FFFFFF", "borderWidth": 1}
			if width < 12 {
				style["borderWidth"] = 0
			}
			if !finite(f.value) {
				item["value"] = []any{k, r, "-"} // not drawn: the background shows
			}
			if f.home {
				style["borderColor"], style["borderWidth"] = ink, cmp.Compare(width, 11)+1
			}
			item["itemStyle"] = style
			if roomy {
				color := ink
				if f.value > 0.68 {
					color = "#FFFFFF"
				}
				item["label"] = map[string]any{"formatter": f.text, "color": color}
			}
			if f.home {
				framed = append(framed, item)
			} else {
				items = append(items, item)
			}
		}
	}
	items = append(items, framed...)
	if !roomy && t.lines == 1 {
		c.Note = strings.Replace(c.Note, ", number: pictures", "", 1)
	}
	c.Width = max(left+width*len(t.columns)+cellsRight, 420)
	axis := func(name string, names []string) opts.XAxis {
		return opts.XAxis{Name: name, Type: "category", Data: names, SplitLine: &opts.SplitLine{Show: opts.Bool(false)}}
	}
	y := axis(t.rowAxis, t.rows)
	y.Inverse = opts.Bool(true)
	c.rect(axes{x: axis(t.columnAxis, t.columns), y: y, left: left, bottom: bottom, tooltip: opts.Tooltip{Trigger: "item", Formatter: named(map[bool]string{false: "tip", true: "cell"}[packed])}},
		charts.SingleSeries{Name: t.measure, Type: "heatmap", Data: items})
	if c.err != nil {
		return c
	}
	top := c.frameTop()
	c.Height = top + height*len(t.rows) + bottom
	for _, g := range c.option["grid"].([]any) {
		g := g.(map[string]any)
		g["right"] = c.Width - left - width*len(t.columns)
		if !packed {
			g["show"], g["backgroundColor"], g["borderWidth"] = true, missing, 0
		}
	}
	if packed {
		c.pack(t)
		c.plotLeft, c.plotRight, c.plotBottom = left, c.Width-left-width*len(t.columns), bottom
		c.option["series"].([]any)[0].(map[string]any)["progressive"] = 0
	}
	for i, name := range []string{"xAxis", "yAxis"} {
		ax := c.option[name].([]any)[0].(map[string]any)
		ax["axisTick"], ax["axisLine"] = map[string]any{"show": false}, map[string]any{"show": false}
		label := ax["axisLabel"].(map[string]any)
		label["overflow"], label["width"] = "truncate", maxCellName
		label["interval"], label["hideOverlap"] = 0, min(width, height) < 14 // every class has its name where it can be read
		if i == 0 && rotate != 0 {
			label["rotate"] = rotate
		}
	}
	c.spec.Cells = &cellFrame{Rows: len(t.rows), Columns: len(t.columns), Width: width, Height: height, Left: left, Names: names}
	if roomy && !packed {
		c.spec.Cells.Text, c.spec.Cells.Lines = t.widest, t.lines
		c.option["series"].([]any)[0].(map[string]any)["label"] = map[string]any{"show": true, "fontSize": 12, "lineHeight": 15, "fontFamily": family}
	}
	scale := min(150, height*len(t.rows)-40)
	c.option["visualMap"] = map[string]any{"type": "continuous", "min": 0, "max": 1, "seriesIndex": 0, "dimension": 2, "orient": "vertical",
		"right": 22, "top": top + 18, "itemHeight": max(scale, 40), "itemWidth": 16, "text": []string{"1", "0"}, "textStyle": map[string]any{"color": ink, "fontSize": 12},
		"inRange": map[string]any{"color": sequential}, "hoverLink": false}
	c.option["graphic"] = []any{map[string]any{"type": "text", "right": 12, "top": top, "silent": true,
		"style": map[string]any{"text": t.measure, "fill": ink, "fontSize": 12, "fontFamily": family}}}
	return c
}

// cellFrame is what runtime.js needs to fit a table of colors into a narrower page, in CSS pixels.
type cellFrame struct {
	Rows    int `json:"rows"`
	Columns int `json:"columns"`
	Width   int `json:"width"` // of a cell at full width
	Height  int `json:"height"`
	Left    int `json:"left"`
	Names   int `json:"names"` // the longest name of a column
	Text    int `json:"text"`  // the widest text in a cell, 0 where there is none, and its lines
	Lines   int `json:"lines"`
}

// pack hands over the cells as one byte each, like a matrix of similarities.
func (c *Chart) pack(t cellTable) {
	raw := make([]byte, 0, len(t.rows)*len(t.columns))
	for _, row := range t.cells {
		for _, f := range row {
			raw = append(raw, byteOf(f.value, 0, 1))
		}
	}
	c.spec.Matrix = &matrix{Rows: len(t.rows), Columns: len(t.columns), Max: 1, Cells: base64.StdEncoding.EncodeToString(raw)}
	c.spec.Labels, c.spec.Measure, c.scale = t.rows, t.measure, sequential
	c.values = func(r, k int) float64 { return t.cells[r][k].value }
}
