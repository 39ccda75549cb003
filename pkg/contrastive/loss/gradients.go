package loss

import (
	"github.com/gomlx/gomlx/core/graph"
)

// InfoNCEGradQuery is the gradient of InfoNCE with inner products, L = 1/N Σᵢ −log pᵢᵢ with p = softmax(q kᵀ/T), with respect
// to the queries. For each query, with k₊ = kᵢ its positive:
//
//	∂L/∂qᵢ = 1/N · (Σⱼ pᵢⱼ kⱼ − k₊) / T
//
// the query moves from where the softmax expects its key towards where the key is. q [N, D], k [M, D] with M ≥ N, key i being
// query i's positive and all others its negatives → [N, D]. For one query (N = 1) the 1/N falls away.
//
// van den Oord et al. 2018, eq. 4, differentiated; [Contrast] with [DotSimilarity] is the loss.
func InfoNCEGradQuery(q, k *graph.Node, temperature float64) *graph.Node {
	return graph.EinsumAxes(infoNCEGradLogits(q, k, temperature), promote(k), [][2]int{{1, 0}}, nil)
}

// InfoNCEGradKeys is the gradient of the same loss with respect to every key:
//
//	∂L/∂kⱼ = 1/N Σᵢ pᵢⱼ qᵢ/T  (key j as a negative)  −  1/N (1 − pⱼⱼ) qⱼ/T  (as query j's positive, instead of pⱼⱼ qⱼ/T)
//
// a negative is pushed away in proportion to the probability it takes, which is why hard negatives count most; for one query
// ∂L/∂k₊ = (p₊ − 1) q/T and ∂L/∂kⱼ = pⱼ q/T. Shapes as in [InfoNCEGradQuery] → [M, D].
func InfoNCEGradKeys(q, k *graph.Node, temperature float64) *graph.Node {
	return graph.EinsumAxes(infoNCEGradLogits(q, k, temperature), promote(q), [][2]int{{0, 0}}, nil)
}

// infoNCEGradLogits is (pᵢⱼ − [i = j]) / (N·T): [N, M].
func infoNCEGradLogits(q, k *graph.Node, temperature float64) *graph.Node {
	assertPositive("InfoNCE gradient", "temperature", temperature)
	assertRows("InfoNCE gradient", q, k)
	n := q.Shape().Dimensions[0]
	m := assertAtLeast("InfoNCE gradient: keys", k, n)
	p := graph.Softmax(graph.DivScalar(DotSimilarity(q, k), temperature), -1) // [N, M]
	target := graph.ConvertDType(PairMask(q.Graph(), n, m), p.DType())
	return graph.DivScalar(graph.Sub(p, target), float64(n)*temperature)
}
