// Package onagraph is exercise 13: InfoNCE once more, as XLA computes it. README.md says what to write.
package onagraph

import "github.com/gomlx/gomlx/core/graph"

// InfoNCE is the mean over i of
//
//	−log( exp(cos(qᵢ, kᵢ)/T) / Σⱼ exp(cos(qᵢ, kⱼ)/T) )
//
// as nodes of a graph. q and k are of type Float64 and shape [n][width], row i of q and row i of k being two views of the
// same thing; the result is one number. It must be differentiable by q and by k.
func InfoNCE(q, k *graph.Node, temperature float64) *graph.Node {
	return nil // yours
}
