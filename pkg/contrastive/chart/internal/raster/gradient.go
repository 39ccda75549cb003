package raster

import (
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"
)

// gradient is a linear gradient in pixel coordinates. ECharts writes its color scales as polygons of known size with
// gradientUnits="objectBoundingBox" (fractions) or "userSpaceOnUse" (path coordinates).
type gradient struct {
	from, to Point
	stops    []stop
}

type stop struct {
	at  float64
	col color.NRGBA
}

func newGradient(n *node, m Matrix, opacity float64) *gradient {
	g := &gradient{}
	p0 := Point{n.number("x1", 0), n.number("y1", 0)}
	p1 := Point{n.number("x2", 1), n.number("y2", 0)}
	g.from, g.to = m.Apply(p0), m.Apply(p1)
	for _, ch := range n.Children {
		if ch.XMLName.Local != "stop" {
			continue
		}
		at := ch.attr("offset")
		v, err := strconv.ParseFloat(strings.TrimSuffix(at, "%"), 64)
		if err != nil {
			continue
		}
		if strings.HasSuffix(at, "%") {
			v /= 100
		}
		col, ok := parseColor(ch.attr("stop-color"))
		if !ok {
			col = color.NRGBA{}
		}
		col.A = uint8(math.Round(float64(col.A) * opacity * ch.number("stop-opacity", 1)))
		g.stops = append(g.stops, stop{v, col})
	}
	return g
}

// ColorModel and Bounds make a gradient an endless picture to paint with.
func (g *gradient) ColorModel() color.Model { return color.NRGBAModel }

// Bounds is the whole plane.
func (g *gradient) Bounds() image.Rectangle { return image.Rect(-1e9, -1e9, 1e9, 1e9) }

// At is the color at a pixel's center.
func (g *gradient) At(x, y int) color.Color {
	if len(g.stops) == 0 {
		return color.NRGBA{}
	}
	dx, dy := g.to.X-g.from.X, g.to.Y-g.from.Y
	t := 0.0
	if n := dx*dx + dy*dy; n > 0 {
		t = ((float64(x)+0.5-g.from.X)*dx + (float64(y)+0.5-g.from.Y)*dy) / n
	}
	if t <= g.stops[0].at {
		return g.stops[0].col
	}
	for i := 1; i < len(g.stops); i++ {
		if b := g.stops[i]; t <= b.at {
			a := g.stops[i-1]
			f := 0.0
			if b.at > a.at {
				f = (t - a.at) / (b.at - a.at)
			}
			mix := func(p, q uint8) uint8 { return uint8(math.Round(float64(p) + (float64(q)-float64(p))*f)) }
			return color.NRGBA{mix(a.col.R, b.col.R), mix(a.col.G, b.col.G), mix(a.col.B, b.col.B), mix(a.col.A, b.col.A)}
		}
	}
	return g.stops[len(g.stops)-1].col
}
