package augment

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// rotate turns each picture of x [N, H, C, W] counterclockwise by its angle [N] in radians about its
// center. Each pixel is the bilinear mean of the four source pixels around its source position
//
//	(x, y) = center + (dx·cos − dy·sin, dx·sin + dy·cos),
//
// (dx, dy) being its own offset from the center with y pointing down; pixels outside the picture are 0.
//
// It is one gather per corner of all channels at once, for any angle. Two separable passes of a few taps,
// which only small angles allow, are slower on XLA's CPU backend (BenchmarkRotate has both).
func rotate(x, angle *Node) *Node {
	n, h, c, w := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	g := x.Graph()
	lastY, lastX := float64(h-1), float64(w-1)
	// The positions are a matrix product, because XLA's CPU backend would compute sine and cosine anew for each
	// pixel and corner if it could fuse them into the gathers.
	grid := shapes.Make(dtypes.Float32, h, w)
	offsets := Stack([]*Node{AddScalar(Iota(g, grid, 0), -lastY/2), AddScalar(Iota(g, grid, 1), -lastX/2)}, 0) // [2, H, W]: dy, dx
	cos, sin := Cos(angle), Sin(angle)
	turn := Stack([]*Node{Stack([]*Node{cos, sin}, 1), Stack([]*Node{Neg(sin), cos}, 1)}, 1) // [N, 2, 2]
	source := Einsum("nio,ohw->nihw", turn, offsets)
	sourceY := AddScalar(Squeeze(SliceAxis(source, 1, AxisElem(0)), 1), lastY/2) // [N, H, W]
	sourceX := AddScalar(Squeeze(SliceAxis(source, 1, AxisElem(1)), 1), lastX/2)

	pixels := Reshape(TransposeAllAxes(x, 0, 1, 3, 2), n*h*w, c)
	first := MulScalar(Iota(g, shapes.Make(dtypes.Int32, n, h, w), 0), h*w) // of the picture, in pixels
	var sum *Node
	for _, below := range []bool{false, true} {
		y, weightY := neighbor(sourceY, below, lastY)
		for _, right := range []bool{false, true} {
			x, weightX := neighbor(sourceX, right, lastX)
			at := Add(first, Add(MulScalar(y, w), x))
			term := Mul(Gather(pixels, ExpandAxes(at, -1)), ExpandAxes(Mul(weightY, weightX), -1)) // [N, H, W, C]
			if sum == nil {
				sum = term
			} else {
				sum = Add(sum, term)
			}
		}
	}
	return TransposeAllAxes(sum, 0, 1, 3, 2)
}

// neighbor is the pixel before or after each position along one axis, as an index 0 … last, and its weight
// in linear interpolation, which is 0 if the pixel is outside.
func neighbor(position *Node, after bool, last float64) (index, weight *Node) {
	at := Floor(position)
	weight = Sub(position, at)
	if after {
		at = OnePlus(at)
	} else {
		weight = OneMinus(weight)
	}
	inside := ClipScalar(at, 0, last)
	weight = Mul(weight, indicator(Equal(inside, at)))
	return ConvertDType(inside, dtypes.Int32), weight
}
