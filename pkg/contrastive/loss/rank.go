package loss

import (
	"github.com/gomlx/gomlx/core/graph"
)

// PositiveRank is a number a person can read while a contrastive loss trains: at which place, among all its candidates
// sorted by similarity, an anchor finds its positive. 1 is best; ties count half, so that a collapsed encoder, to which
// everything is equally alike, gets the middle place and not the first.
//
//	rankᵢ = 1 + #{negatives with s > s⁺ᵢ} + ½ #{negatives with s = s⁺ᵢ},   s⁺ᵢ = the best of its positives
//
// similarity [N, M]; positives and candidates Bool [N, M] (candidates nil: every column) → scalar, the mean over the anchors
// that have a positive, and 0 if none has. It carries no gradient.
func PositiveRank(similarity, positives, candidates *graph.Node) *graph.Node {
	s := graph.StopGradient(promote(similarity))
	assertMask("PositiveRank: positives", s, positives)
	negatives := graph.LogicalNot(positives)
	if candidates != nil {
		assertMask("PositiveRank: candidates", s, candidates)
		negatives = graph.LogicalAnd(negatives, candidates)
	}
	one := graph.ScalarOne(s.Graph(), s.DType())
	half := graph.Div(one, graph.Scalar(s.Graph(), s.DType(), 2))
	best := maskedMax(s, positives) // [N, 1]
	places := graph.Where(graph.GreaterThan(s, best), graph.OnesLike(s), graph.Where(graph.Equal(s, best), graph.Mul(graph.OnesLike(s), half), graph.ZerosLike(s)))
	rank := graph.Add(graph.ReduceSum(graph.Where(negatives, places, graph.ZerosLike(s)), 1), one) // [N]
	valid := graph.ConvertDType(anyTrue(positives, one), s.DType())
	return graph.StopGradient(graph.Div(graph.ReduceAllSum(graph.Mul(rank, valid)), graph.MaxScalar(graph.ReduceAllSum(valid), 1)))
}
