package loss

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/support/exceptions"
)

// BarlowTwins drives the cross-correlation of the two views' dimensions to the identity: the same thing in each dimension, nothing
// twice.
//
//	L = Σᵢ (1 − Cᵢᵢ)² + λ Σ_{i≠j} Cᵢⱼ²,   C = ẑ1ᵀ ẑ2 / N
//
// z1, z2 [N, D], N ≥ 2; each dimension is standardized over the batch, ẑ = (z − mean)/√(var + 10⁻⁵) with the biased variance, as
// an affine-free batch-norm does. λ ≥ 0, 0.005 in the paper; scalar. Released recipes multiply the result (by 0.024 or 0.1).
//
// Zbontar et al. 2021, "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", eq. 1 and 2.
func BarlowTwins(z1, z2 *graph.Node, lambda float64) *graph.Node {
	if !(lambda >= 0) {
		exceptions.Panicf("BarlowTwins: lambda must be ≥ 0, got %g", lambda)
	}
	n := assertPaired("BarlowTwins", z1, z2, 2)
	c := graph.DivScalar(graph.EinsumAxes(standardize(z1), standardize(z2), [][2]int{{0, 0}}, nil), float64(n)) // [D, D]
	width := c.Shape().Dimensions[0]
	diagonal := PairMask(c.Graph(), width, width)
	return graph.ReduceAllSum(graph.Where(diagonal, graph.Square(graph.OneMinus(c)), graph.MulScalar(graph.Square(c), lambda)))
}

// standardize gives every dimension mean 0 and variance 1 over the batch: [N, D] → [N, D].
func standardize(z *graph.Node) *graph.Node {
	z = centered(z)
	variance := graph.ReduceAndKeep(graph.Square(z), graph.ReduceMean, 0) // [1, D]
	return graph.Div(z, graph.Sqrt(graph.AddScalar(variance, 1e-5)))
}

// centered subtracts from every dimension its mean over the batch: [N, D] → [N, D].
func centered(z *graph.Node) *graph.Node {
	z = promote(z)
	return graph.Sub(z, graph.ReduceAndKeep(z, graph.ReduceMean, 0))
}
