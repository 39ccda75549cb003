package chart

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/raster"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/contrastlab/contrastlab/pkg/contrastive/manifold"
)

// MapOptions are the settings of [PCAMap] and [TSNEMap]; the zero value is usable.
type MapOptions struct {
	// Picture gives the picture of a row. Nil stands for those of Embeddings.Images.
	Picture func(row int) image.Image

	// Rows is how many rows are laid out and drawn, picked at random by Seed. 0 stands for 400.
	Rows int

	// Seed picks the rows and starts t-SNE.
	Seed uint64

	// Perplexity of t-SNE; 0 stands for the default of [manifold.TSNEOptions].
	Perplexity float64
}

// maxMapRows is how many rows a map can have: each takes part in the page with its picture.
const maxMapRows = 2000

// maxMapClasses is how many classes have a color of their own.
const maxMapClasses = 16

// PCAMap lays embeddings out along their first two principal components (see [manifold.PCA]), with the pictures themselves
// as points, framed in the color of their class. A picture that would cover another is a dot; zooming in shows it. Both
// axes have one scale, and their names say how much of the variance they hold.
func PCAMap(e *eval.Embeddings, opt MapOptions) *Chart {
	const title = "Embeddings in the plane: PCA"
	m, err := newMap(e, opt)
	if err != nil {
		return failed(title, "%w", err)
	}
	if m.e.D < 2 {
		return failed(title, "embeddings of %d dimension have no plane", m.e.D)
	}
	p, err := manifold.PCA(m.e, 2)
	if err != nil {
		return failed(title, "%w", err)
	}
	points, err := p.Apply(m.e)
	if err != nil {
		return failed(title, "%w", err)
	}
	for _, at := range points {
		m.points = append(m.points, [2]float64{at[0], at[1]})
	}
	m.xName = fmt.Sprintf("first component: %.1f %% of the variance", 100*p.Explained[0])
	m.yName = fmt.Sprintf("second: %.1f %%", 100*p.Explained[1])
	hidden := 100 * (1 - p.Explained[0] - p.Explained[1])
	m.caption = fmt.Sprintf("PCA is linear: distances here are never longer than in all %d dimensions, but %.0f %% of the variance lies outside this plane, "+
		"so pictures that are apart can fall on one another.", m.e.D, hidden)
	return m.draw(&Chart{Title: title, Note: fmt.Sprintf("%s; picked by seed %d", m.count, opt.Seed)})
}

// TSNEMap lays embeddings out by [manifold.TSNE], with the pictures themselves as points, framed in the color of their
// class. A picture that would cover another is a dot; zooming in shows it. The caption says what t-SNE cannot show.
func TSNEMap(e *eval.Embeddings, opt MapOptions) *Chart {
	const title = "Embeddings in the plane: t-SNE"
	m, err := newMap(e, opt)
	if err != nil {
		return failed(title, "%w", err)
	}
	layout, err := manifold.TSNE(m.e, manifold.TSNEOptions{Perplexity: opt.Perplexity, Seed: opt.Seed})
	if err != nil {
		return failed(title, "%w", err)
	}
	m.points = layout.Points
	m.caption = "t-SNE keeps neighbors together and shows nothing else: distances between clusters, their sizes and densities mean nothing, " +
		"the axes have no unit, and noise can clump. Trust only what stays at other perplexities."
	return m.draw(&Chart{Title: title, Note: fmt.Sprintf("%s; perplexity %.3g, seed %d", m.count, layout.Perplexity, opt.Seed)})
}

// pictureMap is a map that is being made.
type pictureMap struct {
	e              *eval.Embeddings // of the rows that are drawn
	pictures       []image.Image
	classes, names []string
	points         [][2]float64
	xName, yName   string // none where axes mean nothing
	caption, count string
}

func newMap(e *eval.Embeddings, opt MapOptions) (*pictureMap, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	if opt.Rows == 0 {
		opt.Rows = 400
	}
	if opt.Rows < 1 || opt.Rows > maxMapRows {
		return nil, fmt.Errorf("a map of %d rows: want 1 … %d", opt.Rows, maxMapRows)
	}
	if opt.Picture == nil {
		if e.Images == nil || e.Images.Len() != e.N {
			return nil, fmt.Errorf("the %d embeddings come without their pictures: give MapOptions.Picture", e.N)
		}
		opt.Picture = e.Images.At
	}
	rows := rand.New(rand.NewPCG(opt.Seed, 0x3A9)).Perm(e.N)
	m := &pictureMap{count: fmt.Sprintf("%d pictures", e.N)}
	if e.N > opt.Rows {
		rows, m.count = rows[:opt.Rows], fmt.Sprintf("%d of %d pictures", opt.Rows, e.N)
	}
	slices.Sort(rows)
	m.e = e.Select(rows)
	for _, r := range rows {
		picture := opt.Picture(r)
		if picture == nil || picture.Bounds().Empty() {
			return nil, fmt.Errorf("the picture of row %d is empty", r)
		}
		m.pictures = append(m.pictures, picture)
		class, name := "pictures", fmt.Sprintf("picture %d", r)
		if im := e.Images; im != nil {
			if len(im.Items) == e.N {
				name = entry(im.ItemNames, im.Items[r], "item")
			}
			if len(im.Labels) == e.N {
				class = entry(im.LabelNames, im.Labels[r], "class")
			}
			if len(im.Domains) == e.N {
				name += ", " + entry(im.DomainNames, im.Domains[r], "domain")
			}
		}
		m.classes, m.names = append(m.classes, class), append(m.names, name)
	}
	return m, nil
}

// The frame of a map in CSS pixels.
const (
	mapHeight = 680
	mapLeft   = 60 // with a named axis
	mapBare   = 20
	thumb     = 22 // a picture, without its frame
	thumbGap  = 25 // from one picture's middle to the next
)

// ground is what lies where in a map: the ranges of the axes, of one scale, and the frame in CSS pixels.
type ground struct {
	minX, maxX, minY, maxY float64
	left, top, w, h        float64
}

func (g ground) at(p [2]float64) (x, y float64) {
	return g.left + (p[0]-g.minX)/(g.maxX-g.minX)*g.w, g.top + (g.maxY-p[1])/(g.maxY-g.minY)*g.h
}

// fit centers the points.
func (g *ground) fit(points [][2]float64) {
	g.minX, g.maxX, g.minY, g.maxY = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, p := range points {
		g.minX, g.maxX = math.Min(g.minX, p[0]), math.Max(g.maxX, p[0])
		g.minY, g.maxY = math.Min(g.minY, p[1]), math.Max(g.maxY, p[1])
	}
	unit := math.Max((g.maxX-g.minX)/(g.w-2*thumb), (g.maxY-g.minY)/(g.h-2*thumb)) // of one pixel
	if unit == 0 {
		unit = 1 / g.w // all in one place
	}
	midX, midY := (g.minX+g.maxX)/2, (g.minY+g.maxY)/2
	g.minX, g.maxX = roundTo(midX-unit*g.w/2, 5), roundTo(midX+unit*g.w/2, 5)
	g.minY, g.maxY = roundTo(midY-unit*g.h/2, 5), roundTo(midY+unit*g.h/2, 5)
}

// visible says which pictures find room, in their order: the others are dots. runtime.js does the same for a zoomed map.
func (g ground) visible(points [][2]float64) []bool {
	out := make([]bool, len(points))
	var taken [][2]float64
	for i, p := range points {
		x, y := g.at(p)
		out[i] = !slices.ContainsFunc(taken, func(q [2]float64) bool { return math.Abs(q[0]-x) < thumbGap && math.Abs(q[1]-y) < thumbGap })
		if out[i] {
			taken = append(taken, [2]float64{x, y})
		}
	}
	return out
}

func (m *pictureMap) draw(c *Chart) *Chart {
	c.Width, c.Height = frameWidth, mapHeight
	lines := linesOf(m.caption, 12, float64(c.Width-24))
	bottom, left := 24+16*lines, mapBare
	if m.xName != "" {
		bottom, left = bottom+42, mapLeft
	}
	var order []string
	for _, class := range m.classes {
		if !slices.Contains(order, class) {
			order = append(order, class)
		}
	}
	slices.Sort(order)
	legend := len(order) > 1 && len(order) <= maxMapClasses
	var shownNames []string
	if legend {
		shownNames = order
	}
	c.reserve(shownNames, 14)
	top := c.frameTop()
	g := ground{left: float64(left), top: float64(top)}
	g.w, g.h = float64(c.Width-frameRight)-g.left, float64(c.Height-bottom)-g.top
	g.fit(m.points)
	colors, second := make([]string, len(m.points)), make([]bool, len(m.points))
	data := make([][]any, len(order))
	for i, p := range m.points {
		k := slices.Index(order, m.classes[i])
		colors[i] = okabeIto[k%len(okabeIto)]
		second[i] = legend && k >= len(okabeIto)
		if !legend {
			colors[i] = faint
		}
		m.points[i] = [2]float64{roundTo(p[0], 5), roundTo(p[1], 5)}
		data[k] = append(data[k], map[string]any{"value": []any{m.points[i][0], m.points[i][1], i, map[bool]int{true: 1}[second[i]]}, "name": m.names[i] + "\n" + m.classes[i]})
	}
	var series []charts.SingleSeries
	for k, class := range order {
		color := okabeIto[k%len(okabeIto)]
		if !legend {
			color = faint
		}
		series = append(series, charts.SingleSeries{Name: class, Type: "custom", RenderItem: named("thumb"), Data: data[k], ItemStyle: &opts.ItemStyle{Color: color}})
	}
	axis := func(name string, lo, hi float64) opts.XAxis {
		return opts.XAxis{Name: name, Type: "value", Min: lo, Max: hi, SplitLine: &opts.SplitLine{Show: opts.Bool(false)}, AxisLabel: &opts.AxisLabel{Show: opts.Bool(name != "")}}
	}
	c.rect(axes{x: axis(m.xName, g.minX, g.maxX), y: axis(m.yName, g.minY, g.maxY), legend: shownNames, left: left, bottom: bottom,
		tooltip: opts.Tooltip{Trigger: "item", Formatter: named("tip")}}, series...)
	if c.err != nil {
		return c
	}
	for _, name := range []string{"xAxis", "yAxis"} {
		ax := c.option[name].([]any)[0].(map[string]any)
		label := ax["axisLabel"].(map[string]any)
		label["showMinLabel"], label["showMaxLabel"] = false, false // the ends are not round
		if m.xName == "" {
			ax["axisTick"], ax["axisLine"], label["show"] = map[string]any{"show": false}, map[string]any{"show": false}, false
		} else if name == "xAxis" {
			ax["nameGap"] = 26
		}
	}
	for _, s := range c.option["series"].([]any) {
		s := s.(map[string]any)
		s["clip"], s["encode"] = true, map[string]any{"x": 0, "y": 1}
	}
	if legend {
		var names []any
		for k, class := range order {
			names = append(names, map[string]any{"name": class, "icon": map[bool]string{false: "circle", true: "rect"}[k >= len(okabeIto)]})
		}
		l := c.option["legend"].(map[string]any)
		l["data"], l["itemHeight"] = names, 10
	}
	frame := c.option["grid"].([]any)[0].(map[string]any)
	frame["show"], frame["borderColor"] = m.xName == "", gridInk
	c.option["dataZoom"] = []any{map[string]any{"type": "inside", "xAxisIndex": 0, "filterMode": "none", "zoomOnMouseWheel": "ctrl"},
		map[string]any{"type": "inside", "yAxisIndex": 0, "filterMode": "none", "zoomOnMouseWheel": "ctrl"}}
	c.option["graphic"] = []any{map[string]any{"type": "text", "left": 12, "bottom": 10, "silent": true,
		"style": map[string]any{"text": m.caption, "width": c.Width - 24, "overflow": "break", "fill": ink, "fontSize": 12, "lineHeight": 16, "fontFamily": family}}}
	sheet, err := newSheet(m.pictures)
	if err != nil {
		return failed(c.Title, "%w", err)
	}
	sheet.Points, sheet.Lines, sheet.Bottom = m.points, lines, bottom
	c.spec.Map = sheet
	shown := g.visible(m.points)
	c.paint = func(canvas *raster.Canvas) {
		moved := g
		moved.top += float64(c.shift())
		m.paint(canvas, moved, shown, second, colors)
	}
	c.Alt = fmt.Sprintf("%d pictures laid out in the plane by their embeddings", len(m.points))
	if len(order) > 1 {
		c.Alt += fmt.Sprintf(", of %d classes: %s", len(order), strings.Join(order, ", "))
	}
	c.Alt += ". " + m.caption
	return c
}

// paint draws the dots and, over them, the pictures.
func (m *pictureMap) paint(canvas *raster.Canvas, g ground, shown, second []bool, colors []string) {
	for _, pictures := range []bool{false, true} {
		for i, p := range m.points {
			if shown[i] != pictures {
				continue
			}
			x, y := g.at(p)
			x, y = x*pictureScale, y*pictureScale
			color := hexColor(colors[i])
			if !pictures {
				if second[i] {
					canvas.FillRect(x-2.7*pictureScale, y-2.7*pictureScale, 5.4*pictureScale, 5.4*pictureScale, color)
				} else {
					canvas.FillCircle(x, y, 3*pictureScale, color)
				}
				continue
			}
			half := math.Round(thumb * pictureScale / 2)
			x, y = math.Round(x), math.Round(y)
			canvas.FillRect(x-half-2, y-half-2, 2*half+4, 2*half+4, hexColor("#FFFFFF"))
			var dash []float64 // for the second eight classes, which have the colors of the first
			if second[i] {
				dash = []float64{5, 4}
			}
			canvas.StrokeRect(x-half-1, y-half-1, 2*half+2, 2*half+2, 2, dash, color)
			place(canvas.Image, image.Rect(int(x-half), int(y-half), int(x+half), int(y+half)), m.pictures[i])
		}
	}
}

// linesOf is how many lines of a width in pixels a text takes, at most, in a font like ours or a sixth wider.
func linesOf(text string, size, width float64) int {
	lines, used := 1, 0.0
	for word := range strings.FieldsSeq(text) {
		w := raster.MeasureText(word+" ", size, false) * 1.17
		if used > 0 && used+w > width {
			lines, used = lines+1, 0
		}
		used += w
	}
	return lines
}
