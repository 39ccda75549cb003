package augment

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// GaussianBlur blurs a picture with probability P by a Gaussian whose standard deviation is drawn
// uniformly from Sigma. The kernel exp(−d²/2σ²) is cut off at |d| ≤ radius and scaled to sum 1; beyond the
// border the picture is reflected (…cb|abc…), as torchvision does.
type GaussianBlur struct {
	// Sigma is the range of the standard deviation in pixels of the view, above 0.
	Sigma [2]float64
	// Kernel is the kernel's width as a share of the view's, within 0 < … ≤ 1; SimCLR and BYOL use 0.1. The
	// radius is half of it in whole pixels, rounded down and at least 1: 11 for a view of 224 pixels, 1 for 32.
	Kernel float64
	P      float64
}

func (GaussianBlur) name() string { return "GaussianBlur" }
func (GaussianBlur) phase() phase { return color }

// Validate implements Transform.
func (t GaussianBlur) Validate() error {
	if err := checkRange(t.name(), "Sigma", t.Sigma, 0, math.MaxFloat64); err != nil {
		return err
	}
	if !(t.Kernel > 0 && t.Kernel <= 1) {
		return fmt.Errorf("%s: Kernel is %g, want a share of the view's width, above 0 and at most 1", t.name(), t.Kernel)
	}
	return checkP(t.name(), t.P)
}

func (t GaussianBlur) apply(v *view) {
	on := indicator(v.chance(t.P))
	sigma := v.uniform(t.Sigma[0], t.Sigma[1])
	if v.size == 1 {
		return // nothing to mix with
	}
	radius := min(max(1, int(float64(v.size)*t.Kernel)/2), v.size-1)
	k := blurMatrix(sigma, on, v.size, radius)
	x := v.image() // [N, S, C, S]
	x = Einsum("nuh,nhcw->nucw", k, x)
	x = Einsum("nucw,nvw->nucv", x, k)
	v.setImage(ClipScalar(x, 0, 1))
}

// blurMatrix is the blur along one axis of size pixels, [N, size, size]: the Gaussian of standard deviation
// sigma [N] where on [N] is 1, and the identity where it is 0.
func blurMatrix(sigma, on *Node, size, radius int) *Node {
	g := sigma.Graph()
	shape := shapes.Make(dtypes.Float32, 1, size, size)
	i, j := Iota(g, shape, 1), Iota(g, shape, 2)
	rate := Reciprocal(MulScalar(Square(perImage(sigma)), 2))
	bell := func(distance *Node) *Node {
		near := LessOrEqual(distance, Scalar(g, dtypes.Float32, float64(radius)))
		return Mul(Exp(Neg(Mul(Square(distance), rate))), indicator(near))
	}
	// Pixel j is seen three times: itself, reflected at pixel 0 and reflected at the last pixel. The two
	// border pixels are the mirrors and have no image of their own.
	last := float64(size - 1)
	notFirst := indicator(GreaterThan(j, ZerosLike(j)))
	notLast := indicator(LessThan(j, Scalar(g, dtypes.Float32, last)))
	k := bell(Abs(Sub(i, j)))
	k = Add(k, Mul(notFirst, bell(Add(i, j))))
	k = Add(k, Mul(notLast, bell(AddScalar(Neg(Add(i, j)), 2*last))))
	k = Div(k, ReduceAndKeep(k, ReduceSum, 2))
	identity := indicator(Equal(i, j))
	on = perImage(on)
	return Add(Mul(on, k), Mul(OneMinus(on), identity))
}
