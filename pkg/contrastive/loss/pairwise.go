package loss

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Pairwise is the first contrastive loss: similar pairs attract, dissimilar ones repel until they are a margin apart. With
// d = ‖x1 − x2‖, not normalized:
//
//	L = 1/N Σ ½ d²  over similar pairs  +  1/N Σ ½ max(0, m − d)²  over dissimilar pairs
//
// x1, x2 [N, D]; similar [N], Bool (the paper's Y = 0); margin m > 0, in units of d; scalar, the mean over the N pairs.
// A dissimilar pair at distance 0 gets no gradient, having no direction in which to part.
//
// Hadsell, Chopra and LeCun 2006, "Dimensionality Reduction by Learning an Invariant Mapping", eq. 4.
func Pairwise(x1, x2, similar *graph.Node, margin float64) *graph.Node {
	assertPositive("Pairwise", "margin", margin)
	n := assertPaired("Pairwise", x1, x2, 1)
	if similar.DType() != dtypes.Bool || similar.Rank() != 1 || similar.Shape().Dimensions[0] != n {
		exceptions.Panicf("Pairwise: similar must be Bool[%d], got %s", n, similar.Shape())
	}
	squares := graph.ReduceSum(graph.Square(graph.Sub(promote(x1), promote(x2))), -1) // [N]
	gap := graph.MaxScalar(graph.AddScalar(graph.Neg(safeSqrt(squares)), margin), 0)  // m − d, or 0
	return graph.MulScalar(graph.ReduceAllMean(graph.Where(similar, squares, graph.Square(gap))), 0.5)
}
