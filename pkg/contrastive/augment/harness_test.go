package augment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// noise is n pictures of random bytes.
func noise(seed uint64, n, h, w, c int) *tensors.Tensor {
	r := rand.New(rand.NewPCG(seed, 1))
	flat := make([]uint8, n*h*w*c)
	for i := range flat {
		flat[i] = uint8(r.IntN(256))
	}
	return tensors.FromFlatDataAndDimensions(flat, n, h, w, c)
}

// batch is a tensor of floats with its dimensions [N, H, W, C].
type batch struct {
	flat []float32
	dims []int
}

func (b batch) at(n, y, x, c int) float32 {
	return b.flat[((n*b.dims[1]+y)*b.dims[2]+x)*b.dims[3]+c]
}

// image is the part of the batch that belongs to picture n.
func (b batch) image(n int) []float32 {
	size := len(b.flat) / b.dims[0]
	return b.flat[n*size : (n+1)*size]
}

func toBatch(t *tensors.Tensor) batch {
	return batch{tensors.MustCopyFlatData[float32](t), t.Shape().Dimensions}
}

func apply(tb testing.TB, p Policy, seed int64, pixels *tensors.Tensor, size int) batch {
	tb.Helper()
	rng, err := RNGStateFromSeed(seed)
	if err != nil {
		tb.Fatal(err)
	}
	out, err := ExecOnce(testbackend.New(tb), func(rng, pixels *Node) *Node {
		_, views := p.Apply(rng, pixels, size)
		return views
	}, rng, pixels)
	if err != nil {
		tb.Fatalf("%s: %v", p.Name, err)
	}
	return toBatch(out)
}

func plain(tb testing.TB, p Policy, pixels *tensors.Tensor, size int) batch {
	tb.Helper()
	out, err := ExecOnce(testbackend.New(tb), func(pixels *Node) *Node { return p.Plain(pixels, size) }, pixels)
	if err != nil {
		tb.Fatalf("%s: %v", p.Name, err)
	}
	return toBatch(out)
}

// alone is a policy of the given transforms only.
func alone(ts ...Transform) Policy { return Policy{Name: fmt.Sprintf("%T", ts[0]), Transforms: ts} }

// run executes a graph function of floats.
func run(tb testing.TB, fn func(inputs []*Node) *Node, inputs ...any) batch {
	tb.Helper()
	out, err := ExecOnce(testbackend.New(tb), fn, inputs...)
	if err != nil {
		tb.Fatal(err)
	}
	return toBatch(out)
}

// rowsOf is pictures as the tensor [N, H, C, W] that geometry works on.
func rowsOf(ps []picture) *tensors.Tensor {
	var flat []float32
	for _, p := range ps {
		for y := range p {
			for c := range p[0][0] {
				for x := range p[y] {
					flat = append(flat, float32(p[y][x][c]))
				}
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(flat, len(ps), len(ps[0]), len(ps[0][0][0]), len(ps[0][0]))
}

// channelsLast is the rows' way back to [N, H, W, C].
func channelsLast(rows *Node) *Node { return TransposeAllAxes(rows, 0, 1, 3, 2) }

func floats(xs ...float64) *tensors.Tensor {
	f := make([]float32, len(xs))
	for i, x := range xs {
		f[i] = float32(x)
	}
	return tensors.FromValue(f)
}

// wantPictures compares a batch [N, H, W, C] with the reference.
func wantPictures(t *testing.T, what string, got batch, want []picture, tolerance float64) {
	t.Helper()
	if d := []int{len(want), len(want[0]), len(want[0][0]), len(want[0][0][0])}; fmt.Sprint(got.dims) != fmt.Sprint(d) {
		t.Fatalf("%s: shape %v, want %v", what, got.dims, d)
	}
	for n, p := range want {
		for y := range p {
			for x := range p[y] {
				for c, w := range p[y][x] {
					if g := float64(got.at(n, y, x, c)); !(math.Abs(g-w) <= tolerance) {
						t.Fatalf("%s: picture %d, row %d, column %d, channel %d is %.6f, want %.6f", what, n, y, x, c, g, w)
					}
				}
			}
		}
	}
}

// wantSame compares two batches.
func wantSame(t *testing.T, what string, got, want batch, tolerance float64) {
	t.Helper()
	if fmt.Sprint(got.dims) != fmt.Sprint(want.dims) {
		t.Fatalf("%s: shape %v, want %v", what, got.dims, want.dims)
	}
	if d := distance(got.flat, want.flat); !(d <= tolerance) {
		t.Fatalf("%s: differs by %g, want at most %g", what, d, tolerance)
	}
}

// distance is the largest difference of two lists, NaN if any is NaN.
func distance(a, b []float32) float64 {
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(float64(a[i])-float64(b[i])))
	}
	return d
}

// wantFrequency checks that count of n is within five standard deviations of the probability p.
func wantFrequency(t *testing.T, what string, count, n int, p float64) {
	t.Helper()
	if sigma := math.Sqrt(p * (1 - p) / float64(n)); math.Abs(float64(count)/float64(n)-p) > 5*sigma {
		t.Errorf("%s: %d of %d, want a share of %g ± %.4f", what, count, n, p, 5*sigma)
	}
}
