package loss

import (
	"github.com/gomlx/gomlx/core/graph"
)

// MoCoV3 is one direction of MoCo v3's loss, [InfoNCE] times 2T; the paper adds both, (q1, k2) and (q2, k1).
//
//	L = 2T · 1/N Σᵢ −log( exp(qᵢ·kᵢ/T) / Σⱼ exp(qᵢ·kⱼ/T) )
//
// q, k [N, D], N ≥ 2, normalized here; scalar. The factor keeps the size of the gradient when T changes.
//
// Chen, Xie and He 2021, "An Empirical Study of Training Self-Supervised Vision Transformers", algorithm 1.
func MoCoV3(q, k *graph.Node, temperature float64, options ...Option) *graph.Node {
	return graph.MulScalar(InfoNCE(q, k, temperature, options...), 2*temperature)
}
