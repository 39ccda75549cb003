package augment

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// rotate turns each picture of x [N, H, C, W] counterclockwise by its angle [N] in radians about its
// center. Each pixel is the bilinear mean of the four source pixels around its position; pixels outside
// the picture are 0.
func rotate(x, angle *Node) *Node {
	return rotateGather(x, angle)
}

func rotateGather(x, angle *Node) *Node {
	g := x.Graph()
	n, h, c, w := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	grid := shapes.Make(dtypes.Float32, 1, h, w)
	cy, cx := float64(h-1)/2, float64(w-1)/2
	dy := AddScalar(Iota(g, grid, 1), -cy)
	dx := AddScalar(Iota(g, grid, 2), -cx)
	cos, sin := perImage(Cos(angle)), perImage(Sin(angle))
	sx := AddScalar(Sub(Mul(dx, cos), Mul(dy, sin)), cx) // [N, H, W]
	sy := AddScalar(Add(Mul(dx, sin), Mul(dy, cos)), cy)
	x0, y0 := Floor(sx), Floor(sy)
	fx, fy := Sub(sx, x0), Sub(sy, y0)
	pixels := TransposeAllAxes(x, 0, 1, 3, 2) // [N, H, W, C]
	pixels = Reshape(pixels, n*h*w, c)
	base := Iota(g, shapes.Make(dtypes.Int32, n, h, w), 0)
	base = MulScalar(base, h*w)
	var sum *Node
	for _, corner := range [4][2]float64{{0, 0}, {0, 1}, {1, 0}, {1, 1}} {
		yy, xx := AddScalar(y0, corner[0]), AddScalar(x0, corner[1])
		wy, wx := OneMinus(fy), OneMinus(fx)
		if corner[0] == 1 {
			wy = fy
		}
		if corner[1] == 1 {
			wx = fx
		}
		inside := LogicalAnd(LogicalAnd(GreaterOrEqual(yy, ScalarZero(g, dtypes.Float32)), LessOrEqual(yy, Scalar(g, dtypes.Float32, h-1))),
			LogicalAnd(GreaterOrEqual(xx, ScalarZero(g, dtypes.Float32)), LessOrEqual(xx, Scalar(g, dtypes.Float32, w-1))))
		weight := Mul(Mul(wy, wx), indicator(inside))
		idx := Add(base, Add(MulScalar(ConvertDType(ClipScalar(yy, 0, float64(h-1)), dtypes.Int32), w), ConvertDType(ClipScalar(xx, 0, float64(w-1)), dtypes.Int32)))
		taken := Gather(pixels, ExpandAxes(idx, -1)) // [N,H,W,C]
		term := Mul(taken, ExpandAxes(weight, -1))
		if sum == nil {
			sum = term
		} else {
			sum = Add(sum, term)
		}
	}
	return TransposeAllAxes(sum, 0, 1, 3, 2)
}
