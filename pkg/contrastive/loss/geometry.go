package loss

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// Alignment is how far apart two views of the same sample lie on the unit sphere:
//
//	L = 1/N Σᵢ ‖x̂ᵢ − ŷᵢ‖^α
//
// x, y [N, D], normalized here; α > 0, 2 by convention; scalar, 0 when views are equal.
//
// Wang and Isola 2020, "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere", section 4.
func Alignment(x, y *graph.Node, alpha float64) *graph.Node {
	assertPositive("Alignment", "alpha", alpha)
	assertPaired("Alignment", x, y, 1)
	squares := graph.ReduceSum(graph.Square(graph.Sub(Normalize(x), Normalize(y))), -1) // [N]
	if alpha != 2 {
		// Equal views are at the minimum; there the derivative of ‖·‖^α may be infinite, so none is taken.
		isZero := graph.Equal(squares, graph.ZerosLike(squares))
		powers := graph.PowScalar(graph.Where(isZero, graph.OnesLike(squares), squares), alpha/2)
		squares = graph.Where(isZero, graph.ZerosLike(squares), powers)
	}
	return graph.ReduceAllMean(squares)
}

// Uniformity is how evenly the samples spread over the unit sphere, smaller being more even:
//
//	L = log( 2/(N(N−1)) Σ_{i<j} exp(−t ‖x̂ᵢ − x̂ⱼ‖²) )
//
// x [N, D], N ≥ 2, normalized here; t > 0, 2 by convention; scalar ≤ 0, and 0 when all rows are equal.
//
// Wang and Isola 2020, section 4.
func Uniformity(x *graph.Node, t float64) *graph.Node {
	assertPositive("Uniformity", "t", t)
	assertRows("Uniformity", x, x)
	n := assertAtLeast("Uniformity", x, 2)
	exponents := graph.MulScalar(squaredDistances(Normalize(x), Normalize(x)), -t) // [N, N]
	exponents = graph.Reshape(exponents, 1, n*n)
	others := graph.Reshape(NotSelf(x.Graph(), n, n), 1, n*n)
	largest := maskedMax(exponents, others)
	logSum := graph.Add(largest, graph.Log(maskedSumExp(graph.Sub(exponents, largest), others)))
	return graph.AddScalar(graph.Reshape(logSum), -math.Log(float64(n)*float64(n-1)))
}
