package augment

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestCropOfKnownBoxes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const h, w = 12, 17
	boxes := [][4]int{{0, 0, 12, 17}, {3, 5, 6, 6}, {11, 16, 1, 1}, {0, 9, 12, 3}, {4, 0, 2, 17}, {1, 2, 9, 13}}
	for _, size := range []int{1, 6, 12, 23} { // smaller and larger than the boxes
		for _, mirror := range []bool{false, true} {
			var in, want []picture
			var box [4][]float64
			m := make([]float64, len(boxes))
			for n, b := range boxes {
				p := randomPicture(r, h, w, 4)
				in = append(in, p)
				want = append(want, refResize(p, b[0], b[1], b[2], b[3], size, mirror))
				for i := range b {
					box[i] = append(box[i], float64(b[i]))
				}
				if mirror {
					m[n] = 1
				}
			}
			got := run(t, func(x []*Node) *Node {
				v := &view{rows: x[0], n: len(boxes), size: size,
					window: &window{top: x[1], left: x[2], height: x[3], width: x[4], mirror: x[5]}}
				v.resample()
				return channelsLast(v.image())
			}, rowsOf(in), floats(box[0]...), floats(box[1]...), floats(box[2]...), floats(box[3]...), floats(m...))
			wantPictures(t, "crop", got, want, 2e-6)
		}
	}
}

// drawBoxes returns top, left, height and width of n boxes.
func drawBoxes(t *testing.T, crop RandomResizedCrop, n, h, w int) [][]float32 {
	t.Helper()
	rng, err := RNGStateFromSeed(5)
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, func(x []*Node) *Node {
		win := crop.box(&view{rng: x[0], n: n}, h, w)
		return Stack([]*Node{win.top, win.left, win.height, win.width}, 0)
	}, rng)
	return [][]float32{got.flat[:n], got.flat[n : 2*n], got.flat[2*n : 3*n], got.flat[3*n:]}
}

// The boxes must be drawn as torchvision describes it; the other draw is a plain loop of that description.
func TestCropBoxDistribution(t *testing.T) {
	const n = 16384
	for _, c := range []struct {
		crop RandomResizedCrop
		h, w int
	}{
		{RandomResizedCrop{Scale: inceptionScale, Ratio: inceptionRatio}, 32, 32},
		{RandomResizedCrop{Scale: [2]float64{0.7, 1}, Ratio: inceptionRatio}, 32, 32},
		{RandomResizedCrop{Scale: [2]float64{0.3, 0.9}, Ratio: [2]float64{0.5, 2}}, 20, 48},
	} {
		got := drawBoxes(t, c.crop, n, c.h, c.w)
		r := rand.New(rand.NewPCG(3, 4))
		want := make([][]float64, 4)
		for range n {
			b := c.crop.referenceBox(r, c.h, c.w)
			for i := range b {
				want[i] = append(want[i], float64(b[i]))
			}
		}
		for i := range n {
			top, left, height, width := got[0][i], got[1][i], got[2][i], got[3][i]
			if top < 0 || left < 0 || height < 1 || width < 1 || int(top+height) > c.h || int(left+width) > c.w {
				t.Fatalf("box %d is %g, %g, %g, %g, outside of %d × %d", i, top, left, height, width, c.h, c.w)
			}
			for _, x := range []float32{top, left, height, width} {
				if x != float32(int(x)) {
					t.Fatalf("box %d is not in whole pixels: %g, %g, %g, %g", i, top, left, height, width)
				}
			}
		}
		for i, name := range []string{"top", "left", "height", "width"} {
			g := make([]float64, n)
			for k := range g {
				g[k] = float64(got[i][k])
			}
			// Kolmogorov and Smirnov: 1.95·√(2/n) is exceeded once in a thousand.
			if d := ks(g, want[i]); d > 1.95*math.Sqrt(2./n) {
				t.Errorf("crop %v of %d × %d: %s has another distribution than the reference (distance %.4f)", c.crop, c.h, c.w, name, d)
			}
		}
	}
}

// referenceBox draws one box: top, left, height, width.
func (t RandomResizedCrop) referenceBox(r *rand.Rand, h, w int) [4]int {
	for range 10 {
		area := float64(h*w) * (t.Scale[0] + r.Float64()*(t.Scale[1]-t.Scale[0]))
		ratio := t.Ratio[0] * math.Pow(t.Ratio[1]/t.Ratio[0], r.Float64())
		bw, bh := int(math.RoundToEven(math.Sqrt(area*ratio))), int(math.RoundToEven(math.Sqrt(area/ratio)))
		if bw >= 1 && bw <= w && bh >= 1 && bh <= h {
			return [4]int{r.IntN(h - bh + 1), r.IntN(w - bw + 1), bh, bw}
		}
	}
	bh, bw := t.fallback(h, w)
	return [4]int{(h - int(bh)) / 2, (w - int(bw)) / 2, int(bh), int(bw)}
}

// ks is the largest distance of two empirical distribution functions.
func ks(a, b []float64) float64 {
	slices.Sort(a)
	slices.Sort(b)
	d, i, j := 0.0, 0, 0
	for i < len(a) && j < len(b) {
		x := min(a[i], b[j])
		for i < len(a) && a[i] == x {
			i++
		}
		for j < len(b) && b[j] == x {
			j++
		}
		d = max(d, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return d
}

func TestCropFallsBackToTheCenter(t *testing.T) {
	// A full-area box of ratio about 1 never fits a strip.
	crop := RandomResizedCrop{Scale: [2]float64{1, 1}, Ratio: [2]float64{0.9, 1.1}}
	for _, c := range []struct {
		h, w int
		want [4]float32
	}{{4, 41, [4]float32{0, 18, 4, 4}}, {40, 9, [4]float32{15, 0, 10, 9}}} {
		got := drawBoxes(t, crop, 8, c.h, c.w)
		for i := range 8 {
			if box := [4]float32{got[0][i], got[1][i], got[2][i], got[3][i]}; box != c.want {
				t.Errorf("%d × %d: box %v, want %v", c.h, c.w, box, c.want)
			}
		}
	}
}

func TestFlip(t *testing.T) {
	pixels := noise(3, 5, 8, 8, 3)
	want := plain(t, None(), pixels, 8)
	got := apply(t, alone(HorizontalFlip{P: 1}), 1, pixels, 8)
	for n := range 5 {
		for y := range 8 {
			for x := range 8 {
				for c := range 3 {
					if got.at(n, y, x, c) != want.at(n, y, 7-x, c) {
						t.Fatalf("picture %d, row %d: column %d is not column %d of the original", n, y, x, 7-x)
					}
				}
			}
		}
	}
	whole := RandomResizedCrop{Scale: [2]float64{1, 1}, Ratio: [2]float64{1, 1}}
	for name, p := range map[string]Policy{
		"alone":         alone(HorizontalFlip{P: 1}, HorizontalFlip{P: 1}),
		"around a crop": alone(HorizontalFlip{P: 1}, whole, HorizontalFlip{P: 1}),
		"after a crop":  alone(whole, HorizontalFlip{P: 1}, HorizontalFlip{P: 1}),
	} {
		wantSame(t, "flip twice "+name, apply(t, p, 1, pixels, 8), want, 1e-6)
	}
	wantSame(t, "flip in a crop", apply(t, alone(whole, HorizontalFlip{P: 1}), 1, pixels, 8), got, 1e-6)
}

func TestRotate(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	angles := []float64{0, math.Pi / 2, -math.Pi / 2, math.Pi, 0.2, -0.13, 1.1, 2.7}
	for _, d := range [][2]int{{9, 9}, {8, 8}, {6, 11}} {
		var in, want []picture
		for _, a := range angles {
			p := randomPicture(r, d[0], d[1], 4)
			in = append(in, p)
			want = append(want, refRotate(p, a))
		}
		got := run(t, func(x []*Node) *Node { return channelsLast(rotate(x[0], x[1])) }, rowsOf(in), floats(angles...))
		wantPictures(t, "rotation", got, want, 1e-5)
		if d[0] != d[1] {
			continue
		}
		last := d[0] - 1
		for y := range d[0] { // a quarter turn counterclockwise takes the right column to the top row
			for x := range d[0] {
				if g, w := float64(got.at(1, y, x, 0)), in[1][x][last-y][0]; math.Abs(g-w) > 1e-5 {
					t.Fatalf("quarter turn: row %d, column %d is %g, want %g", y, x, g, w)
				}
			}
		}
	}
}

func TestRotationStaysWithinMax(t *testing.T) {
	// A picture that is white right of the center and black left of it tells its angle: half the
	// difference of the mass above and below the center, on the side it turned to.
	const n, size = 512, 33
	flat := make([]uint8, n*size*size*3)
	for i := range flat {
		if x := i / 3 % size; x > size/2 {
			flat[i] = 255
		}
	}
	pixels := tensors.FromFlatDataAndDimensions(flat, n, size, size, 3)
	got := apply(t, alone(Rotation{Max: 0.2}), 4, pixels, size)
	left, right, largest := 0, 0, 0.0
	for i := range n {
		// Where the edge is, 10 rows above the center: it moves left by 10·tan(angle).
		edge := 0.0
		for x := range size - 4 {
			edge += 1 - float64(got.at(i, size/2-10, x, 0))
		}
		angle := math.Atan((float64(size/2+1) - edge) / 10)
		largest = max(largest, math.Abs(angle))
		if angle > 0.01 {
			left++
		} else if angle < -0.01 {
			right++
		}
	}
	if largest > 0.205 || largest < 0.18 {
		t.Errorf("the largest angle is %.3f, want about 0.2", largest)
	}
	if left < n/3 || right < n/3 {
		t.Errorf("%d turned left and %d right of %d", left, right, n)
	}
}

// An invisible pixel's color must not show after resampling.
func TestInvisibleColorsDoNotBleed(t *testing.T) {
	const size = 8
	flat := make([]uint8, size*size*4)
	for i := range size * size {
		copy(flat[4*i:], []uint8{255, 0, 0, 0}) // invisible red
		if x := i % size; x >= 4 {
			copy(flat[4*i:], []uint8{0, 0, 255, 255}) // blue
		}
	}
	pixels := tensors.FromFlatDataAndDimensions(flat, 1, size, size, 4)
	got := apply(t, alone(Rotation{Max: 0.5}, RandomResizedCrop{Scale: [2]float64{0.5, 0.9}, Ratio: inceptionRatio}), 2, pixels, 13)
	for i := 0; i < len(got.flat); i += 3 {
		// Between white and blue, red and green are equal and blue is 1.
		if r, g, b := got.flat[i], got.flat[i+1], got.flat[i+2]; math.Abs(float64(r-g)) > 1e-6 || math.Abs(float64(b-1)) > 1e-5 {
			t.Fatalf("pixel %d is %g, %g, %g: red has bled in", i/3, r, g, b)
		}
	}
}

// rotateTwoPasses is the other way to rotate, for small angles: along the rows, then along the columns, each
// a sum over the few pixels from which a value can come.
func rotateTwoPasses(x, angle *Node, maxAngle float64) *Node {
	g := x.Graph()
	h, w := x.Shape().Dim(1), x.Shape().Dim(3)
	lastY, lastX := float64(h-1)/2, float64(w-1)/2
	grid := shapes.Make(dtypes.Float32, 1, h, 1, w)
	dy, dx := AddScalar(Iota(g, grid, 1), -lastY), AddScalar(Iota(g, grid, 3), -lastX)
	a := Reshape(angle, -1, 1, 1, 1)
	cos, sin := Cos(a), Sin(a)
	pass := func(x *Node, axis int, shift *Node, reach float64) *Node {
		taps := int(math.Ceil(reach))
		dims := slices.Clone(x.Shape().Dimensions)
		length := dims[axis]
		dims[axis] = taps
		border := Zeros(g, shapes.Make(dtypes.Float32, dims...))
		x = Concatenate([]*Node{border, x, border}, axis)
		sum := ScalarZero(g, dtypes.Float32)
		for k := range 2*taps + 1 {
			weight := MaxScalar(OneMinus(Abs(AddScalar(shift, float64(taps-k)))), 0)
			sum = Add(sum, Mul(weight, SliceAxis(x, axis, AxisRange(k, k+length))))
		}
		return sum
	}
	x = pass(x, 3, Sub(Mul(dx, MinusOne(Reciprocal(cos))), Mul(dy, Div(sin, cos))),
		lastX*(1/math.Cos(maxAngle)-1)+lastY*math.Tan(maxAngle))
	return pass(x, 1, Add(Mul(dy, MinusOne(cos)), Mul(dx, sin)),
		lastY*(1-math.Cos(maxAngle))+lastX*math.Sin(maxAngle))
}
