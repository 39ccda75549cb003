package loss

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// DCL is decoupled contrastive learning: NT-Xent with the positive taken out of the denominator, so that an easy positive no
// longer shrinks the gradient of the negatives. With z = [z1; z2], s = cosine similarity, anchor i and its other view p(i):
//
//	L = 1/2N Σᵢ [ −s(zᵢ, z_{p(i)})/T + log Σ_{a∉{i, p(i)}} exp(s(zᵢ, zₐ)/T) ]
//
// z1, z2 [N, D], N ≥ 2; scalar, the mean over 2N anchors. It may be negative, and is ln(2N−2) when all rows are equal ([DCLCeiling]).
// Options: [BothDirections], [FirstViewAnchors], [Summed], [With].
//
// Yeh et al. 2022, "Decoupled Contrastive Learning", section 3, where it is L_DC.
func DCL(z1, z2 *graph.Node, temperature float64, options ...Option) *graph.Node {
	d := newDialect("DCL", temperature, options, true, false)
	n := assertPaired("DCL", z1, z2, 2)
	positives, candidates := TwoViewMasks(z1.Graph(), n)
	negatives := graph.LogicalAnd(candidates, graph.LogicalNot(positives))
	return d.lossAmongViews(graph.Concatenate([]*graph.Node{z1, z2}, 0), positives, negatives, n)
}

// DCLCeiling is ln(2N−2), DCL's value when all candidates look alike.
func DCLCeiling(n int) float64 { return math.Log(float64(2*n - 2)) }
