package loss

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// NTXent is SimCLR's normalized temperature-scaled cross-entropy. With z = [z1; z2] and s = cosine similarity, anchor i
// and its other view p(i):
//
//	L = 1/2N Σᵢ −log( exp(s(zᵢ, z_{p(i)})/T) / Σ_{a≠i} exp(s(zᵢ, zₐ)/T) )
//
// z1, z2 [N, D], N ≥ 2, row i of both being views of one sample; scalar, the mean over the 2N anchors. It is
// ln(2N−1) when all rows are equal ([NTXentCeiling]). Options: [BothDirections], [FirstViewAnchors], [BaseTemperature], [With].
//
// Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", eq. 1 and algorithm 1.
func NTXent(z1, z2 *graph.Node, temperature float64, options ...Option) *graph.Node {
	d := newDialect("NTXent", temperature, options, true, false)
	n := assertPaired("NTXent", z1, z2, 2)
	positives, candidates := TwoViewMasks(z1.Graph(), n)
	return d.lossAmongViews(graph.Concatenate([]*graph.Node{z1, z2}, 0), positives, candidates, n)
}

// NTXentCeiling is ln(2N−1), NT-Xent's value when all candidates look alike: a loss that stays there learns nothing.
func NTXentCeiling(n int) float64 { return math.Log(float64(2*n - 1)) }

// lossAmongViews contrasts rows z [V·N, D] with each other; firstView is the number of rows of view 1.
func (d dialect) lossAmongViews(z, positives, candidates *graph.Node, firstView int) *graph.Node {
	if !d.firstViewOnly {
		return d.Loss(z, z, positives, candidates)
	}
	first := graph.AxisRangeFromStart(firstView)
	return d.Loss(graph.Slice(z, first), z, graph.Slice(positives, first), graph.Slice(candidates, first))
}
