package raster

import (
	"math"
	"strconv"
)

// parsePath flattens SVG path data, mapped by m, into contours in pixels. Unreadable data ends the path where it
// stands: a chart with a line missing says more than no chart.
func parsePath(data string, m Matrix) []polyline {
	p := pathParser{s: data, m: m}
	p.run()
	p.flush(false)
	return p.out
}

type pathParser struct {
	s          string
	i          int
	m          Matrix
	cur, start Point // in path coordinates
	pts        []Point
	out        []polyline
}

func (p *pathParser) flush(closed bool) {
	if len(p.pts) > 1 {
		p.out = append(p.out, polyline{pts: p.pts, closed: closed})
	}
	p.pts = nil
}

func (p *pathParser) lineTo(to Point) {
	if len(p.pts) == 0 {
		p.pts = append(p.pts, p.m.Apply(p.cur))
	}
	p.pts = append(p.pts, p.m.Apply(to))
	p.cur = to
}

func (p *pathParser) skip() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == ',' || p.s[p.i] == '\n' || p.s[p.i] == '\t') {
		p.i++
	}
}

func (p *pathParser) number() (float64, bool) {
	p.skip()
	start, dot, exp := p.i, false, false
	for p.i < len(p.s) {
		c := p.s[p.i]
		switch {
		case c >= '0' && c <= '9':
		case c == '.' && !dot && !exp:
			dot = true
		case (c == 'e' || c == 'E') && p.i > start && !exp:
			exp = true
		case (c == '-' || c == '+') && (p.i == start || p.s[p.i-1] == 'e' || p.s[p.i-1] == 'E'):
		default:
			v, err := strconv.ParseFloat(p.s[start:p.i], 64)
			return v, err == nil
		}
		p.i++
	}
	v, err := strconv.ParseFloat(p.s[start:p.i], 64)
	return v, err == nil
}

func (p *pathParser) numbers(n int) ([]float64, bool) {
	out := make([]float64, n)
	for i := range out {
		v, ok := p.number()
		if !ok {
			return nil, false
		}
		out[i] = v
	}
	return out, true
}

// arity is how many numbers each path command takes.
var arity = map[byte]int{'M': 2, 'L': 2, 'H': 1, 'V': 1, 'C': 6, 'Q': 4, 'A': 7, 'Z': 0}

func (p *pathParser) run() {
	var cmd byte
	for {
		p.skip()
		if p.i >= len(p.s) {
			return
		}
		c := p.s[p.i]
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			cmd = c
			p.i++
		} else if cmd == 0 || cmd == 'Z' || cmd == 'z' {
			return
		}
		relative := cmd >= 'a'
		upper := cmd
		var base Point
		if relative {
			upper -= 'a' - 'A'
			base = p.cur
		}
		n, known := arity[upper]
		if !known {
			return
		}
		v, ok := p.numbers(n)
		if !ok {
			return
		}
		switch upper {
		case 'M':
			p.flush(false)
			p.cur = Point{base.X + v[0], base.Y + v[1]}
			p.start = p.cur
			cmd-- // further pairs are lines: 'M' → 'L', 'm' → 'l'
		case 'L':
			p.lineTo(Point{base.X + v[0], base.Y + v[1]})
		case 'H':
			p.lineTo(Point{base.X + v[0], p.cur.Y})
		case 'V':
			p.lineTo(Point{p.cur.X, base.Y + v[0]})
		case 'C':
			p.cubic(Point{base.X + v[0], base.Y + v[1]}, Point{base.X + v[2], base.Y + v[3]}, Point{base.X + v[4], base.Y + v[5]})
		case 'Q':
			q, to := Point{base.X + v[0], base.Y + v[1]}, Point{base.X + v[2], base.Y + v[3]}
			from := p.cur
			p.cubic(Point{from.X + (q.X-from.X)*2/3, from.Y + (q.Y-from.Y)*2/3}, Point{to.X + (q.X-to.X)*2/3, to.Y + (q.Y-to.Y)*2/3}, to)
		case 'A':
			p.arc(v[0], v[1], v[2], v[3] != 0, v[4] != 0, Point{base.X + v[5], base.Y + v[6]})
		case 'Z':
			p.flush(true)
			p.cur = p.start
		}
	}
}

func (p *pathParser) cubic(c1, c2, to Point) {
	from := p.cur
	size := (math.Hypot(c1.X-from.X, c1.Y-from.Y) + math.Hypot(c2.X-c1.X, c2.Y-c1.Y) + math.Hypot(to.X-c2.X, to.Y-c2.Y)) * p.m.Scale()
	n := 2 + int(math.Min(math.Sqrt(size)*1.5, 60))
	for i := 1; i <= n; i++ {
		t := float64(i) / float64(n)
		u := 1 - t
		p.lineTo(Point{
			u*u*u*from.X + 3*u*u*t*c1.X + 3*u*t*t*c2.X + t*t*t*to.X,
			u*u*u*from.Y + 3*u*u*t*c1.Y + 3*u*t*t*c2.Y + t*t*t*to.Y,
		})
	}
}

// arc follows an SVG elliptical arc: the end points give the center (SVG 1.1, appendix F.6).
func (p *pathParser) arc(rx, ry, rotation float64, large, sweep bool, to Point) {
	from := p.cur
	rx, ry = math.Abs(rx), math.Abs(ry)
	if rx == 0 || ry == 0 || from == to {
		p.lineTo(to)
		return
	}
	sin, cos := math.Sincos(rotation * math.Pi / 180)
	dx, dy := (from.X-to.X)/2, (from.Y-to.Y)/2
	x, y := cos*dx+sin*dy, -sin*dx+cos*dy
	if over := x*x/(rx*rx) + y*y/(ry*ry); over > 1 {
		rx, ry = rx*math.Sqrt(over), ry*math.Sqrt(over)
	}
	k := (rx*rx*ry*ry - rx*rx*y*y - ry*ry*x*x) / (rx*rx*y*y + ry*ry*x*x)
	k = math.Sqrt(math.Max(0, k))
	if large == sweep {
		k = -k
	}
	cx, cy := k*rx*y/ry, -k*ry*x/rx
	center := Point{cos*cx - sin*cy + (from.X+to.X)/2, sin*cx + cos*cy + (from.Y+to.Y)/2}
	a0 := math.Atan2((y-cy)/ry, (x-cx)/rx)
	delta := math.Atan2((-y-cy)/ry, (-x-cx)/rx) - a0
	if sweep && delta < 0 {
		delta += 2 * math.Pi
	} else if !sweep && delta > 0 {
		delta -= 2 * math.Pi
	}
	n := 2 + int(math.Abs(delta)*math.Sqrt(math.Max(rx, ry)*p.m.Scale())*1.5)
	for i := 1; i < n; i++ {
		s, c := math.Sincos(a0 + delta*float64(i)/float64(n))
		p.lineTo(Point{center.X + cos*rx*c - sin*ry*s, center.Y + sin*rx*c + cos*ry*s})
	}
	p.lineTo(to)
}
