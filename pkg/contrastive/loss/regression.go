package loss

import (
	"github.com/gomlx/gomlx/core/graph"
)

// BYOL is one direction of BYOL's regression of the target's projection by the online network's prediction:
//
//	L = 1/N Σᵢ ‖p̂ᵢ − ẑᵢ‖² = 1/N Σᵢ (2 − 2 cos(pᵢ, zᵢ))
//
// prediction, target [N, D], normalized here; scalar in [0, 4], a row of zeros counting as cos = 0. The method adds both directions and stops the target's gradient.
//
// Grill et al. 2020, "Bootstrap Your Own Latent", eq. 2.
func BYOL(prediction, target *graph.Node) *graph.Node {
	assertPaired("BYOL", prediction, target, 1)
	return graph.AddScalar(graph.MulScalar(graph.ReduceAllMean(pairCosine(prediction, target)), -2), 2)
}

// SimSiam is one direction of SimSiam's negative cosine similarity:
//
//	L = −1/N Σᵢ cos(pᵢ, zᵢ)
//
// prediction, target [N, D]; scalar in [−1, 1]. The method averages both directions and stops the target's gradient, without which
// everything collapses to one point.
//
// Chen and He 2021, "Exploring Simple Siamese Representation Learning", eq. 1.
func SimSiam(prediction, target *graph.Node) *graph.Node {
	assertPaired("SimSiam", prediction, target, 1)
	return graph.Neg(graph.ReduceAllMean(pairCosine(prediction, target)))
}
