package loss

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Similarity compares every row of a with every row of b: a [N, D], b [M, D] → [N, M], larger is more alike.
type Similarity func(a, b *graph.Node) *graph.Node

// tiny is the largest |coordinate| that a row may have and still count as zero: below it 1/‖x‖ leaves float32.
const tiny = 1e-30

// CosineSimilarity is the cosine of the angle between rows, sᵢⱼ = aᵢ·bⱼ / (‖aᵢ‖ ‖bⱼ‖), in [−1, 1].
//
// a [N, D], b [M, D] → [N, M]. A row of zeros has similarity 0 with everything and a finite gradient.
func CosineSimilarity(a, b *graph.Node) *graph.Node {
	return DotSimilarity(Normalize(a), Normalize(b))
}

// DotSimilarity is the inner product of rows, sᵢⱼ = aᵢ·bⱼ; a [N, D], b [M, D] → [N, M].
func DotSimilarity(a, b *graph.Node) *graph.Node {
	a, b = promote(a), promote(b)
	assertRows("similarity", a, b)
	return graph.EinsumAxes(a, b, [][2]int{{1, 1}}, nil) // [N, M]
}

// NegativeSquaredEuclidean is sᵢⱼ = −‖aᵢ − bⱼ‖²; a [N, D], b [M, D] → [N, M].
//
// It is computed as 2aᵢ·bⱼ − ‖aᵢ‖² − ‖bⱼ‖², clipped at 0: rows that are very close compared to their length lose
// digits. For rows of length 1 it equals 2·cosine − 2.
func NegativeSquaredEuclidean(a, b *graph.Node) *graph.Node {
	return graph.Neg(squaredDistances(a, b))
}

// Normalize scales every row to length 1: x [..., D] → [..., D]. A row of zeros stays zero.
//
// Rows are first divided by their largest coordinate, so that squares neither overflow nor vanish; the
// direction does not depend on that factor, so no gradient has to pass through it.
func Normalize(x *graph.Node) *graph.Node {
	x = promote(x)
	largest := graph.StopGradient(graph.ReduceAndKeep(graph.Abs(x), graph.ReduceMax, -1)) // [..., 1]
	isZero := graph.LessThan(largest, graph.Scalar(x.Graph(), x.DType(), tiny))
	x = graph.Div(x, graph.Where(isZero, graph.OnesLike(largest), largest))
	squares := graph.ReduceAndKeep(graph.Square(x), graph.ReduceSum, -1) // [..., 1], ≥ 1 unless isZero
	return graph.Div(x, graph.Sqrt(graph.Where(isZero, graph.OnesLike(squares), squares)))
}

// squaredDistances is ‖aᵢ − bⱼ‖² for rows a [N, D], b [M, D] → [N, M], never negative.
func squaredDistances(a, b *graph.Node) *graph.Node {
	a, b = promote(a), promote(b)
	inner := DotSimilarity(a, b)                                         // [N, M]
	squaresA := graph.ReduceAndKeep(graph.Square(a), graph.ReduceSum, 1) // [N, 1]
	squaresB := graph.ExpandAxes(graph.ReduceSum(graph.Square(b), 1), 0) // [1, M]
	return graph.MaxScalar(graph.Sub(graph.Add(squaresA, squaresB), graph.MulScalar(inner, 2)), 0)
}

// pairCosine is the cosine between row i of a and row i of b: [N, D], [N, D] → [N].
func pairCosine(a, b *graph.Node) *graph.Node {
	return graph.ReduceSum(graph.Mul(Normalize(a), Normalize(b)), -1)
}

// promote converts half-precision values to float32, in which everything here is computed.
func promote(x *graph.Node) *graph.Node {
	switch {
	case x.DType() == dtypes.BFloat16 || x.DType() == dtypes.Float16:
		return graph.ConvertDType(x, dtypes.Float32)
	case !x.DType().IsFloat():
		exceptions.Panicf("loss: embeddings must be floating point, got %s", x.Shape())
	}
	return x
}

// assertRows panics unless a is [N, D] and b [M, D] of one dtype.
func assertRows(name string, a, b *graph.Node) {
	if a.Rank() != 2 || b.Rank() != 2 || a.Shape().Dimensions[1] != b.Shape().Dimensions[1] || a.DType() != b.DType() {
		exceptions.Panicf("%s: want rows [N, D] and [M, D] of the same width and dtype, got %s and %s", name, a.Shape(), b.Shape())
	}
}

// assertPaired panics unless a and b are both [N, D], row i of one belonging to row i of the other, and returns N.
func assertPaired(name string, a, b *graph.Node, minRows int) int {
	if a.Rank() != 2 || !a.Shape().Equal(b.Shape()) {
		exceptions.Panicf("%s: the two views must have the same shape [N, D] and dtype, got %s and %s", name, a.Shape(), b.Shape())
	}
	return assertAtLeast(name, a, minRows)
}

// assertAtLeast panics unless x has minRows rows, and returns how many it has.
func assertAtLeast(name string, x *graph.Node, minRows int) int {
	n := x.Shape().Dimensions[0]
	if n < minRows {
		exceptions.Panicf("%s: needs a batch of at least %d, got %d (%s)", name, minRows, n, x.Shape())
	}
	return n
}

// assertPositive panics unless value, which the message calls what, is a finite number > 0.
func assertPositive(name, what string, value float64) {
	if !(value > 0) || value > 1e30 {
		exceptions.Panicf("%s: %s must be a finite number > 0, got %g", name, what, value)
	}
}
