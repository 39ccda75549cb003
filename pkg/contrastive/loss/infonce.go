package loss

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// InfoNCE asks which of the keys of the batch belongs to each query:
//
//	L = 1/N Σᵢ −log( exp(s(qᵢ, kᵢ)/T) / Σⱼ exp(s(qᵢ, kⱼ)/T) ),   s = cosine similarity
//
// q, k [N, D], N ≥ 2, row i of k being the positive of row i of q; scalar. It is ln N when all candidates look alike
// ([InfoNCECeiling]). Options: [Symmetric], [With], [Summed].
//
// van den Oord et al. 2018, "Representation Learning with Contrastive Predictive Coding", eq. 4.
func InfoNCE(q, k *graph.Node, temperature float64, options ...Option) *graph.Node {
	d := newDialect("InfoNCE", temperature, options, false, true)
	n := assertPaired("InfoNCE", q, k, 2)
	positives := PairMask(q.Graph(), n, n)
	loss := d.Loss(q, k, positives, nil)
	if d.symmetric {
		loss = graph.MulScalar(graph.Add(loss, d.Loss(k, q, positives, nil)), 0.5)
	}
	return loss
}

// InfoNCEQueue is MoCo's loss: the positive is the query's own key, the negatives are the rows of a queue of earlier keys.
//
//	L = 1/N Σᵢ −log( exp(s(qᵢ, kᵢ)/T) / (exp(s(qᵢ, kᵢ)/T) + Σⱼ exp(s(qᵢ, queueⱼ)/T)) )
//
// q, k [N, D], queue [K, D]; scalar. Keys of other queries of the batch are not negatives. It is ln(1+K) when all
// candidates look alike ([InfoNCEQueueCeiling]). Options: [With], [Summed].
//
// He et al. 2020, "Momentum Contrast for Unsupervised Visual Representation Learning", eq. 1.
func InfoNCEQueue(q, k, queue *graph.Node, temperature float64, options ...Option) *graph.Node {
	d := newDialect("InfoNCEQueue", temperature, options, false, false)
	n := assertPaired("InfoNCEQueue", q, k, 1)
	assertRows("InfoNCEQueue", q, queue)
	all := graph.Concatenate([]*graph.Node{k, queue}, 0) // [N+K, D]
	columns := all.Shape().Dimensions[0]
	positives := PairMask(q.Graph(), n, columns)
	queued := graph.GreaterOrEqual(graph.Iota(q.Graph(), shapes.Make(dtypes.Int32, n, columns), 1), graph.Const(q.Graph(), int32(n)))
	return d.Loss(q, all, positives, graph.LogicalOr(positives, queued))
}

// InfoNCECeiling is ln N, the value of in-batch InfoNCE (and of MoCo v3 before its factor 2T, and of CLIP) when all
// candidates look alike.
func InfoNCECeiling(n int) float64 { return math.Log(float64(n)) }

// InfoNCEQueueCeiling is ln(1+K), the value of InfoNCE with a queue of k keys when all candidates look alike.
func InfoNCEQueueCeiling(k int) float64 { return math.Log(float64(1 + k)) }
