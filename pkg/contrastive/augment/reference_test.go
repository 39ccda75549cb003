package augment

import (
	"math"
	"math/rand/v2"
)

// picture is the reference's own form: float64 values by row, column and channel.
type picture [][][]float64

func newPicture(h, w, c int) picture {
	p := make(picture, h)
	for y := range p {
		p[y] = make([][]float64, w)
		for x := range p[y] {
			p[y][x] = make([]float64, c)
		}
	}
	return p
}

func randomPicture(r *rand.Rand, h, w, c int) picture {
	p := newPicture(h, w, c)
	p.each(func(v *float64) { *v = r.Float64() })
	return p
}

func (p picture) each(f func(v *float64)) {
	for y := range p {
		for x := range p[y] {
			for c := range p[y][x] {
				f(&p[y][x][c])
			}
		}
	}
}

func (p picture) clip() picture {
	p.each(func(v *float64) { *v = min(1, max(0, *v)) })
	return p
}

func (p picture) clone() picture {
	q := newPicture(len(p), len(p[0]), len(p[0][0]))
	for y := range p {
		for x := range p[y] {
			copy(q[y][x], p[y][x])
		}
	}
	return q
}

// refResize is the crop of a box and its resize to size × size: for each new pixel the weighted mean of
// the box's pixels under a triangle around its center.
func refResize(p picture, top, left, height, width, size int, mirror bool) picture {
	out := newPicture(size, size, len(p[0][0]))
	weights := func(j, length int) []float64 {
		scale := float64(length) / float64(size)
		center := (float64(j) + 0.5) * scale
		w, sum := make([]float64, length), 0.0
		for i := range w {
			w[i] = max(0, 1-math.Abs(float64(i)+0.5-center)/max(1, scale))
			sum += w[i]
		}
		for i := range w {
			w[i] /= sum
		}
		return w
	}
	for u := range size {
		wy := weights(u, height)
		for v := range size {
			wx := weights(v, width)
			to := v
			if mirror {
				to = size - 1 - v
			}
			for c := range out[u][to] {
				for y := range height {
					for x := range width {
						out[u][to][c] += wy[y] * wx[x] * p[top+y][left+x][c]
					}
				}
			}
		}
	}
	return out
}

// refRotate turns the picture counterclockwise: each new pixel looks back by the angle.
func refRotate(p picture, angle float64) picture {
	h, w := len(p), len(p[0])
	out := newPicture(h, w, len(p[0][0]))
	at := func(y, x, c int) float64 {
		if y < 0 || y >= h || x < 0 || x >= w {
			return 0
		}
		return p[y][x][c]
	}
	for u := range h {
		for v := range w {
			// Up is positive here, so that this is the textbook rotation by −angle.
			right, up := float64(v)-float64(w-1)/2, float64(h-1)/2-float64(u)
			fromRight := right*math.Cos(-angle) - up*math.Sin(-angle)
			fromUp := right*math.Sin(-angle) + up*math.Cos(-angle)
			x, y := fromRight+float64(w-1)/2, float64(h-1)/2-fromUp
			x0, y0 := int(math.Floor(x)), int(math.Floor(y))
			fx, fy := x-float64(x0), y-float64(y0)
			for c := range out[u][v] {
				out[u][v][c] = (1-fy)*((1-fx)*at(y0, x0, c)+fx*at(y0, x0+1, c)) + fy*((1-fx)*at(y0+1, x0, c)+fx*at(y0+1, x0+1, c))
			}
		}
	}
	return out
}

func refGray(px []float64) float64 {
	if len(px) == 1 {
		return px[0]
	}
	return 0.299*px[0] + 0.587*px[1] + 0.114*px[2]
}

func refBrightness(p picture, f float64) picture {
	p.each(func(v *float64) { *v *= f })
	return p.clip()
}

func refContrast(p picture, f float64) picture {
	mean := 0.0
	for y := range p {
		for x := range p[y] {
			mean += refGray(p[y][x]) / float64(len(p)*len(p[0]))
		}
	}
	p.each(func(v *float64) { *v = f**v + (1-f)*mean })
	return p.clip()
}

func refSaturation(p picture, f float64) picture {
	for y := range p {
		for x := range p[y] {
			l := refGray(p[y][x])
			for c := range p[y][x] {
				p[y][x][c] = f*p[y][x][c] + (1-f)*l
			}
		}
	}
	return p.clip()
}

// refHue goes to HSV and back with the sextant table of the textbooks.
func refHue(p picture, turns float64) picture {
	for y := range p {
		for x, px := range p[y] {
			hi, lo := max(px[0], px[1], px[2]), min(px[0], px[1], px[2])
			if hi == lo {
				continue
			}
			var degrees float64
			switch hi {
			case px[0]:
				degrees = 60 * (px[1] - px[2]) / (hi - lo)
			case px[1]:
				degrees = 60*(px[2]-px[0])/(hi-lo) + 120
			default:
				degrees = 60*(px[0]-px[1])/(hi-lo) + 240
			}
			degrees = math.Mod(degrees+360*turns+720, 360)
			s := (hi - lo) / hi
			sextant, f := math.Modf(degrees / 60)
			a, b, c := hi*(1-s), hi*(1-s*f), hi*(1-s*(1-f))
			p[y][x] = [][]float64{{hi, c, a}, {b, hi, a}, {a, hi, c}, {a, b, hi}, {c, a, hi}, {hi, a, b}}[int(sextant)]
		}
	}
	return p
}

// refBlur is two passes of direct convolution with the picture reflected at its border pixels.
func refBlur(p picture, sigma float64, radius int) picture {
	reflect := func(i, n int) int {
		if i < 0 {
			i = -i
		}
		if i >= n {
			i = 2*(n-1) - i
		}
		return i
	}
	sum := 0.0
	kernel := make([]float64, 2*radius+1)
	for d := range kernel {
		kernel[d] = math.Exp(-float64((d-radius)*(d-radius)) / (2 * sigma * sigma))
		sum += kernel[d]
	}
	pass := func(p picture, dy, dx int) picture {
		out := newPicture(len(p), len(p[0]), len(p[0][0]))
		for y := range out {
			for x := range out[y] {
				for c := range out[y][x] {
					for d, k := range kernel {
						out[y][x][c] += k / sum * p[reflect(y+dy*(d-radius), len(p))][reflect(x+dx*(d-radius), len(p[0]))][c]
					}
				}
			}
		}
		return out
	}
	return pass(pass(p, 1, 0), 0, 1)
}
