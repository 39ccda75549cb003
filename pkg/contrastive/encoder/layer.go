package encoder

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// The layers that encoders are made of. Each computes in the type of its input and gives its output in it, so that
// an encoder computes in bfloat16 by nothing but making its input so; what they learn is stored in float32, and what
// they sum up for normalisations and softmax is summed up in float32.

// lower makes x bfloat16 if that is wanted: where an encoder enters the layers that compute in it.
func lower(x *Node, bfloat16 bool) *Node {
	if bfloat16 {
		return ConvertDType(x, dtypes.BFloat16)
	}
	return x
}

// float32s makes x float32, which it is unless an encoder lowered it.
func float32s(x *Node) *Node { return ConvertDType(x, dtypes.Float32) }

// learned is a float32 variable's value in the type of x.
func learned(scope *model.Scope, name string, x *Node, dims ...int) *Node {
	v := scope.VariableWithShape(name, shapes.Make(dtypes.Float32, dims...))
	return ConvertDType(v.NodeValue(x.Graph()), x.DType())
}

// conv is a square convolution without bias, since a batch-norm with its own offset always follows. It pads (kernel−1)/2
// zeros on every side, as PyTorch's networks do: x [N, H, W, C] → [N, ⌈H/stride⌉, ⌈W/stride⌉, channels].
func conv(scope *model.Scope, x *Node, channels, kernel, stride int) *Node {
	weights := learned(scope.At("conv"), "weights", x, kernel, kernel, x.Shape().Dimensions[3], channels)
	return Convolve(x, weights).Strides(stride).PadSame().Done()
}

// dense is W x + b over the last axis: x [..., D] → [..., width]. The bias is added in float32, because its gradient is a
// sum over all rows.
func dense(scope *model.Scope, x *Node, width int) *Node {
	scope = scope.At("dense")
	weights := learned(scope, "weights", x, x.Shape().Dimensions[x.Rank()-1], width)
	y := float32s(product(x, x.Rank()-1, nil, weights, 0, nil))
	return ConvertDType(Add(y, ExpandLeftToRank(learned(scope, "biases", y, width), y.Rank())), x.DType())
}

// product sums over one axis of a and one of b, for each place in the batch axes: [batch, a's other axes, b's other axes].
// Left to itself GoMLX asks for a float32 accumulator where the operands are bfloat16, and then computes the gradient,
// two thirds of the work, in float32. XLA accumulates products of bfloat16 in float32 without being asked.
func product(a *Node, aAxis int, aBatch []int, b *Node, bAxis int, bBatch []int) *Node {
	return Dot(a, b).WithAccumulatorDType(dtypes.InvalidDType).General([]int{aAxis}, aBatch, []int{bAxis}, bBatch)
}

// startAtZero makes the scale of the batch-norm that was built in scope 0 at first instead of 1.
func startAtZero(scope *model.Scope, channels int) {
	scope.At(norm.BatchNormalizationScopeName).WithInitializer(initializer.Zero).
		VariableWithShape("scale", shapes.Make(dtypes.Float32, channels))
}

// layerNorm normalizes over the last axis, with the field's ε of 1e-5 rather than GoMLX's 1e-3.
func layerNorm(scope *model.Scope, x *Node) *Node {
	return ConvertDType(norm.LayerNorm(scope, float32s(x), -1).Epsilon(1e-5).Done(), x.DType())
}

// attention lets each token look at all of its row: softmax(Q Kᵀ/√d) V per head of width d, then one matrix over the
// heads' results side by side (Vaswani et al. 2017, eq. 1 and sec. 3.2.2). x [N, L, D] → [N, L, D]; mask [N, L, 1], 1 for
// tokens that may be looked at and 0 for others, nil for all.
func attention(scope *model.Scope, x *Node, heads int, mask *Node) *Node {
	n, length, width := x.Shape().Dimensions[0], x.Shape().Dimensions[1], x.Shape().Dimensions[2]
	d := width / heads
	qkv := Reshape(dense(scope.At("qkv"), x, 3*width), n, length, 3, heads, d)
	part := func(i int) *Node { return Squeeze(Slice(qkv, AxisRange(), AxisRange(), AxisElem(i)), 2) }
	scores := product(part(0), 3, []int{0, 2}, part(1), 3, []int{0, 2}) // [N, heads, L, L]
	scores = MulScalar(float32s(scores), 1/math.Sqrt(float64(d)))
	if mask != nil {
		away := MulScalar(OneMinus(mask), -1e9) // finite, so that a row that may look at nothing gives no NaN
		scores = Add(scores, Reshape(away, n, 1, 1, length))
	}
	weights := ConvertDType(Softmax(scores, -1), x.DType())
	seen := product(weights, 3, []int{0, 1}, part(2), 1, []int{0, 2}) // [N, heads, L, d]
	seen = TransposeAllAxes(seen, 0, 2, 1, 3)
	return dense(scope.At("out"), Reshape(seen, n, length, width), width)
}
