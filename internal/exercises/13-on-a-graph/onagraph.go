// Package onagraph solves exercise 13.
package onagraph

import "github.com/gomlx/gomlx/core/graph"

// InfoNCE is the mean over i of −log( exp(cos(qᵢ, kᵢ)/T) / Σⱼ exp(cos(qᵢ, kⱼ)/T) ), as a graph.
func InfoNCE(q, k *graph.Node, temperature float64) *graph.Node {
	q, k = graph.L2Normalize(q, -1), graph.L2Normalize(k, -1) // a zero row stays zero, with a finite gradient
	n := q.Shape().Dimensions[0]

	cosines := graph.Einsum("id,jd->ij", q, k)                                    // [n, n]
	logP := graph.LogSoftmax(graph.DivScalar(cosines, temperature), -1)           // along each row: the keys of a query
	own := graph.Where(graph.Diagonal(q.Graph(), n), logP, graph.ZerosLike(logP)) // the positives' only
	return graph.DivScalar(graph.Neg(graph.ReduceAllSum(own)), n)
}
