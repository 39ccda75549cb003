package raster

import (
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"
)

// node is one SVG element.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []*node    `xml:",any"`
}

func (n *node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	// Presentation attributes may sit in style="font-size:12px;...".
	for _, a := range n.Attrs {
		if a.Name.Local == "style" {
			for decl := range strings.SplitSeq(a.Value, ";") {
				if k, v, ok := strings.Cut(decl, ":"); ok && strings.TrimSpace(k) == name {
					return strings.TrimSpace(v)
				}
			}
		}
	}
	return ""
}

func (n *node) number(name string, otherwise float64) float64 {
	v, err := strconv.ParseFloat(strings.TrimSuffix(n.attr(name), "px"), 64)
	if err != nil {
		return otherwise
	}
	return v
}

// state is what an element inherits.
type state struct {
	m       Matrix
	clip    image.Rectangle
	opacity float64
}

type drawing struct {
	c    *Canvas
	defs map[string]*node
}

// DrawSVG draws an SVG document over the canvas, enlarged by scale.
func (c *Canvas) DrawSVG(svg string, scale float64) error {
	var root node
	if err := xml.Unmarshal([]byte(svg), &root); err != nil {
		return fmt.Errorf("raster: not a well-formed SVG: %w", err)
	}
	d := drawing{c: c, defs: map[string]*node{}}
	d.collect(&root)
	d.children(&root, state{m: Matrix{A: scale, D: scale}, clip: c.Image.Bounds(), opacity: 1})
	return nil
}

func (d *drawing) collect(n *node) {
	if id := n.attr("id"); id != "" {
		d.defs[id] = n
	}
	for _, ch := range n.Children {
		d.collect(ch)
	}
}

func (d *drawing) children(n *node, s state) {
	for _, ch := range n.Children {
		d.draw(ch, s)
	}
}

func (d *drawing) draw(n *node, s state) {
	if n.attr("display") == "none" || n.attr("visibility") == "hidden" {
		return
	}
	s.m = s.m.Mul(parseTransform(n.attr("transform")))
	s.opacity *= n.number("opacity", 1)
	if ref := reference(n.attr("clip-path")); ref != "" && d.defs[ref] != nil {
		s.clip = s.clip.Intersect(d.clipBox(d.defs[ref], s.m))
	}
	switch n.XMLName.Local {
	case "g", "svg":
		d.children(n, s)
	case "text":
		d.text(n, s)
	case "defs", "style", "clipPath", "linearGradient", "radialGradient", "pattern":
	default:
		if lines := d.shape(n, s.m); lines != nil {
			d.paint(n, s, lines)
		}
	}
}

// clipBox is the bounding box of a clip path: ECharts clips to its grid, a rectangle.
func (d *drawing) clipBox(n *node, m Matrix) image.Rectangle {
	var lines []polyline
	for _, ch := range n.Children {
		lines = append(lines, d.shape(ch, m.Mul(parseTransform(ch.attr("transform"))))...)
	}
	minX, minY, maxX, maxY := bounds(lines)
	if minX > maxX {
		return image.Rectangle{}
	}
	return image.Rect(int(math.Floor(minX)), int(math.Floor(minY)), int(math.Ceil(maxX)), int(math.Ceil(maxY)))
}

func (d *drawing) shape(n *node, m Matrix) []polyline {
	switch n.XMLName.Local {
	case "path":
		return parsePath(n.attr("d"), m)
	case "rect":
		x, y, w, h := n.number("x", 0), n.number("y", 0), n.number("width", 0), n.number("height", 0)
		if w <= 0 || h <= 0 {
			return nil
		}
		return []polyline{{pts: []Point{m.Apply(Point{x, y}), m.Apply(Point{x + w, y}), m.Apply(Point{x + w, y + h}), m.Apply(Point{x, y + h})}, closed: true}}
	case "circle", "ellipse":
		rx, ry := n.number("r", n.number("rx", 0)), n.number("r", n.number("ry", 0))
		l := circle(Point{}, 1)
		if r := math.Max(rx, ry) * m.Scale(); r > 4 {
			l = circle(Point{}, r)
			for i := range l.pts {
				l.pts[i].X, l.pts[i].Y = l.pts[i].X/r, l.pts[i].Y/r
			}
		}
		for i, p := range l.pts {
			l.pts[i] = m.Apply(Point{n.number("cx", 0) + rx*p.X, n.number("cy", 0) + ry*p.Y})
		}
		return []polyline{l}
	case "line":
		return []polyline{{pts: []Point{m.Apply(Point{n.number("x1", 0), n.number("y1", 0)}), m.Apply(Point{n.number("x2", 0), n.number("y2", 0)})}}}
	case "polygon", "polyline":
		lines := parsePath("M"+n.attr("points"), m)
		for i := range lines {
			lines[i].closed = n.XMLName.Local == "polygon"
		}
		return lines
	}
	return nil
}

func (d *drawing) paint(n *node, s state, lines []polyline) {
	fill := n.attr("fill")
	if fill == "" {
		fill = "#000"
	}
	if src := d.source(fill, s.opacity*n.number("fill-opacity", 1), d.gradientSpace(n, fill, s.m)); src != nil {
		d.c.fill(lines, src, s.clip)
	}
	src := d.source(n.attr("stroke"), s.opacity*n.number("stroke-opacity", 1), s.m)
	if src == nil {
		return
	}
	k := s.m.Scale()
	var dash []float64
	for _, f := range strings.FieldsFunc(n.attr("stroke-dasharray"), func(r rune) bool { return r == ',' || r == ' ' }) {
		if v, err := strconv.ParseFloat(f, 64); err == nil {
			dash = append(dash, v*k)
		}
	}
	if len(dash)%2 == 1 {
		dash = append(dash, dash...)
	}
	d.c.stroke(lines, n.number("stroke-width", 1)*k, dash, src, s.clip)
}

func (d *drawing) text(n *node, s state) {
	size := n.number("font-size", 12)
	weight := n.attr("font-weight")
	bold := weight == "bold" || weight == "bolder" || n.number("font-weight", 400) >= 600
	align := map[string]Align{"middle": Middle, "end": End}[n.attr("text-anchor")]
	shift := 0.0
	switch n.attr("dominant-baseline") {
	case "central", "middle":
		shift = size * 0.36
	case "hanging", "text-before-edge":
		shift = size * 0.8
	case "text-after-edge":
		shift = -size * 0.2
	}
	fill := n.attr("fill")
	if fill == "" {
		fill = "#000"
	}
	src := d.source(fill, s.opacity*n.number("fill-opacity", 1), s.m)
	if src == nil {
		return
	}
	halo := d.source(n.attr("stroke"), s.opacity, s.m)
	m := s.m.Mul(Matrix{1, 0, 0, 1, n.number("x", 0), n.number("y", 0)})
	d.c.text(n.Text, m, size, bold, align, shift, src, halo, n.number("stroke-width", 1), s.clip)
}

// source is the paint that a fill or stroke attribute names, nil for none.
func (d *drawing) source(value string, opacity float64, m Matrix) image.Image {
	if ref := reference(value); ref != "" {
		if g := d.defs[ref]; g != nil && g.XMLName.Local == "linearGradient" {
			return newGradient(g, m, opacity)
		}
		return nil
	}
	col, ok := parseColor(value)
	if !ok {
		return nil
	}
	col.A = uint8(math.Round(float64(col.A) * math.Min(math.Max(opacity, 0), 1)))
	if col.A == 0 {
		return nil
	}
	return image.NewUniform(col)
}

// gradientSpace maps a gradient's coordinates to pixels: fractions of the shape's own box, or path coordinates.
func (d *drawing) gradientSpace(n *node, fill string, m Matrix) Matrix {
	g := d.defs[reference(fill)]
	if g == nil || g.attr("gradientUnits") == "userSpaceOnUse" {
		return m
	}
	minX, minY, maxX, maxY := bounds(d.shape(n, Identity))
	return m.Mul(Matrix{A: maxX - minX, D: maxY - minY, E: minX, F: minY})
}

// reference extracts id from url(#id).
func reference(v string) string {
	if i := strings.Index(v, "url(#"); i >= 0 {
		if j := strings.IndexByte(v[i:], ')'); j > 0 {
			return strings.Trim(v[i+5:i+j], `"'`)
		}
	}
	return ""
}

func parseTransform(v string) Matrix {
	m := Identity
	for v != "" {
		open, end := strings.IndexByte(v, '('), strings.IndexByte(v, ')')
		if open < 0 || end < open {
			return m
		}
		name := strings.Trim(v[:open], " ,")
		var a []float64
		for _, f := range strings.FieldsFunc(v[open+1:end], func(r rune) bool { return r == ',' || r == ' ' }) {
			x, err := strconv.ParseFloat(f, 64)
			if err != nil {
				return m
			}
			a = append(a, x)
		}
		v = v[end+1:]
		switch {
		case name == "matrix" && len(a) == 6:
			m = m.Mul(Matrix{a[0], a[1], a[2], a[3], a[4], a[5]})
		case name == "translate" && len(a) >= 1:
			t := Matrix{A: 1, D: 1, E: a[0]}
			if len(a) > 1 {
				t.F = a[1]
			}
			m = m.Mul(t)
		case name == "scale" && len(a) >= 1:
			m = m.Mul(Matrix{A: a[0], D: a[len(a)-1]})
		case name == "rotate" && len(a) >= 1:
			sin, cos := math.Sincos(a[0] * math.Pi / 180)
			m = m.Mul(Matrix{A: cos, B: sin, C: -sin, D: cos})
		}
	}
	return m
}

func parseColor(v string) (color.NRGBA, bool) {
	v = strings.ToLower(strings.TrimSpace(v))
	switch v {
	case "", "none", "transparent":
		return color.NRGBA{}, false
	case "black":
		return color.NRGBA{A: 255}, true
	case "white":
		return color.NRGBA{255, 255, 255, 255}, true
	}
	if hex, ok := strings.CutPrefix(v, "#"); ok {
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		n, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || len(hex) != 6 {
			return color.NRGBA{}, false
		}
		return color.NRGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}, true
	}
	if open := strings.IndexByte(v, '('); open > 0 && strings.HasPrefix(v, "rgb") {
		parts := strings.Split(strings.TrimSuffix(v[open+1:], ")"), ",")
		if len(parts) < 3 {
			return color.NRGBA{}, false
		}
		out := [4]float64{0, 0, 0, 1}
		for i := 0; i < len(parts) && i < 4; i++ {
			x, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
			if err != nil {
				return color.NRGBA{}, false
			}
			out[i] = x
		}
		return color.NRGBA{uint8(out[0]), uint8(out[1]), uint8(out[2]), uint8(math.Round(out[3] * 255))}, true
	}
	return color.NRGBA{}, false
}
