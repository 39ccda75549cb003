// Package raster draws the small part of SVG that ECharts' own renderer writes, text included, in pure Go.
//
// It exists because no maintained Go rasterizer draws SVG text: here are paths, simple shapes, solid and
// linear-gradient fills, strokes with dashes, rectangular clips and text in the Go fonts. It is not a
// general SVG renderer; what it does not know it leaves out.
package raster

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// Matrix is an affine map (x, y) → (ax+cy+e, bx+dy+f), in SVG's order.
type Matrix struct{ A, B, C, D, E, F float64 }

// Identity leaves every point where it is.
var Identity = Matrix{A: 1, D: 1}

// Mul is the map that applies n first and then m.
func (m Matrix) Mul(n Matrix) Matrix {
	return Matrix{
		A: m.A*n.A + m.C*n.B, B: m.B*n.A + m.D*n.B,
		C: m.A*n.C + m.C*n.D, D: m.B*n.C + m.D*n.D,
		E: m.A*n.E + m.C*n.F + m.E, F: m.B*n.E + m.D*n.F + m.F,
	}
}

// Apply maps one point.
func (m Matrix) Apply(p Point) Point {
	return Point{m.A*p.X + m.C*p.Y + m.E, m.B*p.X + m.D*p.Y + m.F}
}

// Scale is the factor by which the map stretches lengths on average, for stroke widths.
func (m Matrix) Scale() float64 { return math.Sqrt(math.Abs(m.A*m.D - m.B*m.C)) }

// Point is a position in pixels.
type Point struct{ X, Y float64 }

// polyline is a flattened contour.
type polyline struct {
	pts    []Point
	closed bool
}

// Canvas is a picture being drawn.
type Canvas struct {
	Image *image.RGBA
	ras   *vector.Rasterizer
}

// NewCanvas starts a picture of width × height pixels filled with background.
func NewCanvas(width, height int, background color.Color) *Canvas {
	c := &Canvas{Image: image.NewRGBA(image.Rect(0, 0, width, height)), ras: vector.NewRasterizer(1, 1)}
	draw.Draw(c.Image, c.Image.Bounds(), image.NewUniform(background), image.Point{}, draw.Src)
	return c
}

// fill paints the inside (non-zero rule) of contours given in pixels.
func (c *Canvas) fill(lines []polyline, src image.Image, clip image.Rectangle) {
	minX, minY, maxX, maxY := bounds(lines)
	if !(minX < maxX && minY < maxY) || math.IsInf(maxX-minX, 0) || math.IsInf(maxY-minY, 0) { // also for NaN
		return
	}
	// A huge shape is rasterized only as far as its clip: coordinates are clamped well outside of it.
	clip = clip.Intersect(c.Image.Bounds())
	lo, hi := Point{float64(clip.Min.X) - 64, float64(clip.Min.Y) - 64}, Point{float64(clip.Max.X) + 64, float64(clip.Max.Y) + 64}
	box := image.Rect(int(math.Floor(math.Max(minX, lo.X))), int(math.Floor(math.Max(minY, lo.Y))),
		int(math.Ceil(math.Min(maxX, hi.X)))+1, int(math.Ceil(math.Min(maxY, hi.Y)))+1)
	visible := box.Intersect(clip)
	if visible.Empty() {
		return
	}
	c.ras.Reset(box.Dx(), box.Dy())
	at := func(p Point) (float32, float32) {
		x := math.Min(math.Max(p.X, lo.X), hi.X) - float64(box.Min.X)
		y := math.Min(math.Max(p.Y, lo.Y), hi.Y) - float64(box.Min.Y)
		return float32(x), float32(y)
	}
	for _, l := range lines {
		if len(l.pts) < 2 {
			continue
		}
		x, y := at(l.pts[0])
		c.ras.MoveTo(x, y)
		for _, p := range l.pts[1:] {
			x, y := at(p)
			c.ras.LineTo(x, y)
		}
		c.ras.ClosePath()
	}
	mask := image.NewAlpha(image.Rect(0, 0, box.Dx(), box.Dy()))
	c.ras.Draw(mask, mask.Bounds(), image.Opaque, image.Point{})
	draw.DrawMask(c.Image, visible, src, visible.Min, mask, visible.Min.Sub(box.Min), draw.Over)
}

// bounds is the box around contours; NaN if one of their points is.
func bounds(lines []polyline) (minX, minY, maxX, maxY float64) {
	minX, minY, maxX, maxY = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, l := range lines {
		for _, p := range l.pts {
			minX, maxX = math.Min(minX, p.X), math.Max(maxX, p.X)
			minY, maxY = math.Min(minY, p.Y), math.Max(maxY, p.Y)
		}
	}
	return minX, minY, maxX, maxY
}

// FillRect paints an axis-aligned rectangle, given in pixels.
func (c *Canvas) FillRect(x, y, w, h float64, col color.Color) {
	c.fill([]polyline{{pts: []Point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}, closed: true}}, image.NewUniform(col), c.Image.Bounds())
}

// StrokeLine draws an open line of the given width through pts; dash holds the lengths of marks and gaps, nil for a
// solid line.
func (c *Canvas) StrokeLine(pts []Point, width float64, dash []float64, col color.Color) {
	c.stroke([]polyline{{pts: pts}}, width, dash, image.NewUniform(col), c.Image.Bounds())
}

// StrokeRect draws the outline of an axis-aligned rectangle.
func (c *Canvas) StrokeRect(x, y, w, h, width float64, dash []float64, col color.Color) {
	c.stroke([]polyline{{pts: []Point{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}}, closed: true}}, width, dash, image.NewUniform(col), c.Image.Bounds())
}

// FillCircle paints a disc.
func (c *Canvas) FillCircle(x, y, r float64, col color.Color) {
	c.fill([]polyline{circle(Point{x, y}, r)}, image.NewUniform(col), c.Image.Bounds())
}

// stroke paints lines of a width: every segment is a quadrilateral and every joint a disc, all of one orientation, so
// that the non-zero rule makes their union.
func (c *Canvas) stroke(lines []polyline, width float64, dash []float64, src image.Image, clip image.Rectangle) {
	if width <= 0 {
		return
	}
	if len(dash) > 0 {
		lines = dashed(lines, dash)
	}
	var out []polyline
	r := width / 2
	for _, l := range lines {
		pts := l.pts
		if l.closed && len(pts) > 1 {
			pts = append(append([]Point{}, pts...), pts[0])
		}
		for i := 1; i < len(pts); i++ {
			a, b := pts[i-1], pts[i]
			dx, dy := b.X-a.X, b.Y-a.Y
			n := math.Hypot(dx, dy)
			if n == 0 {
				continue
			}
			nx, ny := -dy/n*r, dx/n*r
			out = append(out, polyline{pts: []Point{{a.X + nx, a.Y + ny}, {a.X - nx, a.Y - ny}, {b.X - nx, b.Y - ny}, {b.X + nx, b.Y + ny}}, closed: true})
			// A joint is only visible where the line is thick or turns.
			if width > 1.2 && (i+1 < len(pts) || l.closed) {
				out = append(out, circle(b, r))
			}
		}
	}
	c.fill(out, src, clip)
}

// circle approximates a circle by a polygon with the orientation that stroke's quadrilaterals have.
func circle(center Point, r float64) polyline {
	n := 8 + int(math.Ceil(r*2))
	pts := make([]Point, n)
	for i := range pts {
		a := 2 * math.Pi * float64(i) / float64(n)
		pts[i] = Point{center.X + r*math.Cos(a), center.Y + r*math.Sin(a)}
	}
	return polyline{pts: pts, closed: true}
}

// dashed cuts lines into the marks of a dash pattern.
func dashed(lines []polyline, dash []float64) []polyline {
	total := 0.0
	for _, d := range dash {
		if d < 0 || math.IsNaN(d) {
			return lines
		}
		total += d
	}
	if total < 0.5 {
		return lines
	}
	var out []polyline
	for _, l := range lines {
		pts := l.pts
		if l.closed && len(pts) > 1 {
			pts = append(append([]Point{}, pts...), pts[0])
		}
		k, left, on := 0, dash[0], true
		var cur []Point
		for i := 1; i < len(pts); i++ {
			a, b := pts[i-1], pts[i]
			n := math.Hypot(b.X-a.X, b.Y-a.Y)
			if n == 0 {
				continue
			}
			if on && len(cur) == 0 {
				cur = append(cur, a)
			}
			for at := 0.0; at < n; {
				step := math.Min(left, n-at)
				at += step
				left -= step
				p := Point{a.X + (b.X-a.X)*at/n, a.Y + (b.Y-a.Y)*at/n}
				if on {
					cur = append(cur, p)
				}
				if left <= 1e-9 {
					if on && len(cur) > 1 {
						out = append(out, polyline{pts: cur})
					}
					cur, on = nil, !on
					k = (k + 1) % len(dash)
					left = dash[k]
					if on {
						cur = append(cur, p)
					}
				}
			}
		}
		if on && len(cur) > 1 {
			out = append(out, polyline{pts: cur})
		}
	}
	return out
}
