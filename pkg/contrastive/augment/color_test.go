package augment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// onPlanes runs a function of color planes on pictures and returns [N, H, W, C].
func onPlanes(t *testing.T, ps []picture, fn func(planes []*Node, inputs []*Node) []*Node, inputs ...any) batch {
	t.Helper()
	return run(t, func(x []*Node) *Node {
		v := &view{rows: x[0]}
		return Stack(fn(v.planes(), x[1:]), -1)
	}, append([]any{rowsOf(ps)}, inputs...)...)
}

func TestHue(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	turns := []float64{0, 0.1, -0.1, 0.5, -0.5, 1. / 3, 1, -1}
	var in, want []picture
	for _, turn := range turns {
		p := randomPicture(r, 7, 9, 3)
		// The corners of the color cube, ties between channels, and gray.
		copy(p[0], [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}, {0, 0, 0}, {0.4, 0.4, 0.4}})
		in = append(in, p)
		want = append(want, refHue(p.clone(), turn))
	}
	got := onPlanes(t, in, func(planes, x []*Node) []*Node { return turnHue(planes, perImage(x[0])) }, floats(turns...))
	wantPictures(t, "hue", got, want, 1e-5)
	for _, n := range []int{0, 6, 7} { // no turn and full turns
		wantPictures(t, fmt.Sprintf("hue by %g turns", turns[n]), batch{got.image(n), []int{1, 7, 9, 3}}, in[n:n+1], 2e-6)
	}
	if red, green := got.image(5)[:3], []float32{0, 1, 0}; distance(red, green) > 1e-6 {
		t.Errorf("red turned by a third is %v, want green", red)
	}
}

// All 24 orders of brightness, contrast, saturation and hue, with factors so strong that clipping makes
// each order different.
func TestColorsChangeInTheOrderOfTheirKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	var orders [][4]int
	for a := range 4 {
		for b := range 4 {
			for c := range 4 {
				if d := 6 - a - b - c; a != b && b != c && a != c {
					orders = append(orders, [4]int{a, b, c, d})
				}
			}
		}
	}
	base := randomPicture(r, 6, 6, 3)
	var in, want []picture
	var keys, values [4][]float64
	for _, order := range orders {
		in = append(in, base)
		p := base.clone()
		f := [4]float64{1.3 + 0.4*r.Float64(), 1.5 + 0.4*r.Float64(), 1.4 + 0.4*r.Float64(), 0.1 + 0.3*r.Float64()}
		for place, what := range order {
			p = []func(picture, float64) picture{refBrightness, refContrast, refSaturation, refHue}[what](p, f[what])
			keys[what] = append(keys[what], 0.2*float64(place))
		}
		for i := range f {
			values[i] = append(values[i], f[i])
		}
		want = append(want, p)
	}
	got := onPlanes(t, in, func(planes, x []*Node) []*Node {
		blends := []*blend{
			{toward: towardBlack, factor: x[0], key: x[4]},
			{toward: towardMean, factor: x[1], key: x[5]},
			{toward: towardGray, factor: x[2], key: x[6]},
		}
		return changeColors(planes, blends, &hueTurn{turns: x[3], key: x[7]})
	}, floats(values[0]...), floats(values[1]...), floats(values[2]...), floats(values[3]...),
		floats(keys[0]...), floats(keys[1]...), floats(keys[2]...), floats(keys[3]...))
	wantPictures(t, "color jitter", got, want, 2e-5)
}

// Equal keys must not drop a change: one after the other in the order of the list.
func TestEqualKeysLoseNoChange(t *testing.T) {
	p := randomPicture(rand.New(rand.NewPCG(2, 9)), 5, 5, 3)
	want := refHue(p.clone(), 0.2)
	want = refSaturation(refContrast(refBrightness(want, 1.5), 1.6), 1.7)
	got := onPlanes(t, []picture{p}, func(planes, x []*Node) []*Node {
		blends := []*blend{
			{toward: towardBlack, factor: x[0], key: x[4]},
			{toward: towardMean, factor: x[1], key: x[4]},
			{toward: towardGray, factor: x[2], key: x[4]},
		}
		return changeColors(planes, blends, &hueTurn{turns: x[3], key: x[4]})
	}, floats(1.5), floats(1.6), floats(1.7), floats(0.2), floats(0.5))
	wantPictures(t, "equal keys", got, []picture{want}, 2e-5)
}

// Each strength alone: the factor is read off one pixel, must be in its range, vary, and explain the rest.
func TestJitterFactors(t *testing.T) {
	const n, size = 1024, 4
	base := plain(t, None(), noise(11, n, size, size, 3), size)
	pictures := make([]picture, n)
	for i := range pictures {
		pictures[i] = newPicture(size, size, 3)
		for y := range size {
			for x := range size {
				for c := range 3 {
					pictures[i][y][x][c] = float64(base.at(i, y, x, c))
				}
			}
		}
	}
	for name, c := range map[string]struct {
		jitter    ColorJitter
		reference func(picture, float64) picture
		lo, hi    float64
	}{
		"brightness":                 {ColorJitter{Brightness: 0.4, P: 1}, refBrightness, 0.6, 1.4},
		"brightness stronger than 1": {ColorJitter{Brightness: 1.5, P: 1}, refBrightness, 0, 2.5},
		"contrast":                   {ColorJitter{Contrast: 0.4, P: 1}, refContrast, 0.6, 1.4},
		"saturation":                 {ColorJitter{Saturation: 0.8, P: 1}, refSaturation, 0.2, 1.8},
		"hue":                        {ColorJitter{Hue: 0.1, P: 1}, refHue, -0.1, 0.1},
	} {
		got := apply(t, alone(c.jitter), 6, noise(11, n, size, size, 3), size)
		least, most := math.Inf(1), math.Inf(-1)
		for i := range 64 {
			f, miss := fit(func(f float64) float64 {
				p := c.reference(pictures[i].clone(), f)
				worst := 0.0
				for y := range size {
					for x := range size {
						for ch := range 3 {
							worst = max(worst, math.Abs(p[y][x][ch]-float64(got.at(i, y, x, ch))))
						}
					}
				}
				return worst
			}, c.lo, c.hi)
			if miss > 1e-4 {
				t.Fatalf("%s: no factor in %g … %g gives picture %d (off by %g)", name, c.lo, c.hi, i, miss)
			}
			least, most = min(least, f), max(most, f)
		}
		if span := c.hi - c.lo; least > c.lo+0.2*span || most < c.hi-0.2*span {
			t.Errorf("%s: factors %g … %g do not fill %g … %g", name, least, most, c.lo, c.hi)
		}
	}
}

// fit is the x in lo … hi with the least miss: a grid, then ever finer ones around its best point.
func fit(miss func(x float64) float64, lo, hi float64) (x, least float64) {
	least = math.Inf(1)
	step := (hi - lo) / 100
	center := (lo + hi) / 2
	for range 6 {
		start := max(lo, center-50*step)
		for k := range 101 {
			at := min(hi, start+float64(k)*step)
			if m := miss(at); m < least {
				x, least = at, m
			}
		}
		center, step = x, step/10
	}
	return x, least
}

func TestGrayscale(t *testing.T) {
	pixels := noise(4, 3, 5, 5, 3)
	base := plain(t, None(), pixels, 5)
	got := apply(t, alone(Grayscale{P: 1}), 1, pixels, 5)
	for i := 0; i < len(got.flat); i += 3 {
		l := refGray([]float64{float64(base.flat[i]), float64(base.flat[i+1]), float64(base.flat[i+2])})
		if got.flat[i] != got.flat[i+1] || got.flat[i] != got.flat[i+2] || math.Abs(float64(got.flat[i])-l) > 1e-6 {
			t.Fatalf("pixel %d is %v, want three times %g", i/3, got.flat[i:i+3], l)
		}
	}
}

func TestSolarize(t *testing.T) {
	flat := make([]uint8, 256*3)
	for i := range flat {
		flat[i] = uint8(i / 3)
	}
	pixels := tensors.FromFlatDataAndDimensions(flat, 1, 16, 16, 3)
	got := apply(t, alone(Solarize{Threshold: 0.5, P: 1}), 1, pixels, 16)
	for i, g := range got.flat {
		want := float64(i/3) / 255
		if i/3 >= 128 { // 127/255 is the last value below one half
			want = 1 - want
		}
		if math.Abs(float64(g)-want) > 1e-6 {
			t.Fatalf("value %d becomes %g, want %g", i/3, g, want)
		}
	}
}

func TestBlur(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	const size = 9
	for _, radius := range []int{1, 3, 8} {
		sigmas := []float64{0.1, 0.5, 1.3, 2}
		var in, want []picture
		for _, s := range sigmas {
			p := randomPicture(r, size, size, 3)
			in = append(in, p)
			want = append(want, refBlur(p, s, radius))
		}
		got := run(t, func(x []*Node) *Node {
			k := blurMatrix(x[1], OnesLike(x[1]), size, radius)
			return channelsLast(Einsum("nucw,nvw->nucv", Einsum("nuh,nhcw->nucw", k, x[0]), k))
		}, rowsOf(in), floats(sigmas...))
		wantPictures(t, "blur", got, want, 2e-6)

		matrix := run(t, func(x []*Node) *Node {
			return blurMatrix(x[0], x[1], size, radius)
		}, floats(append(sigmas, 1)...), floats(1, 1, 1, 1, 0))
		for row := range len(matrix.flat) / size {
			sum := 0.0
			for _, k := range matrix.flat[row*size : (row+1)*size] {
				sum += float64(k)
			}
			if math.Abs(sum-1) > 1e-6 {
				t.Errorf("row %d of the blur sums to %g", row, sum)
			}
		}
		for i := range size * size { // the last one is switched off
			if want := map[bool]float32{true: 1}[i%(size+1) == 0]; matrix.flat[4*size*size+i] != want {
				t.Errorf("a blur that is off has %g at %d, want %g", matrix.flat[4*size*size+i], i, want)
			}
		}
	}
}

func TestBlurKeepsAnEvenPicture(t *testing.T) {
	flat := make([]uint8, 16*16*3)
	for i := range flat {
		flat[i] = []uint8{200, 7, 255}[i%3]
	}
	pixels := tensors.FromFlatDataAndDimensions(flat, 1, 16, 16, 3)
	for _, kernel := range []float64{0.1, 0.5, 1} {
		p := alone(GaussianBlur{Sigma: [2]float64{0.5, 4}, Kernel: kernel, P: 1})
		wantSame(t, "blur of an even picture", apply(t, p, 1, pixels, 16), plain(t, None(), pixels, 16), 1e-6)
	}
	noisy := noise(1, 16, 16, 16, 3)
	if d := distance(apply(t, alone(blur(1)), 1, noisy, 16).flat, plain(t, None(), noisy, 16).flat); d < 0.05 {
		t.Errorf("blur changes noise by %g only", d)
	}
}
