// Package infonce solves exercise 03.
package infonce

import "math"

// InfoNCE is the mean over i of −log( exp(cos(qᵢ, kᵢ)/T) / Σⱼ exp(cos(qᵢ, kⱼ)/T) ).
func InfoNCE(q, k [][]float64, temperature float64) float64 {
	total := 0.0
	for i := range q {
		logits := make([]float64, len(k))
		largest := math.Inf(-1)
		for j := range k {
			logits[j] = cosine(q[i], k[j]) / temperature
			largest = max(largest, logits[j])
		}
		sum := 0.0
		for _, l := range logits {
			sum += math.Exp(l - largest) // at most 1: nothing overflows, and the largest cancels below
		}
		total += largest + math.Log(sum) - logits[i]
	}
	return total / float64(len(q))
}

// cosine is a·b / (‖a‖ ‖b‖), and 0 if one of them has no direction.
func cosine(a, b []float64) float64 {
	dot, aa, bb := 0.0, 0.0, 0.0
	for j := range a {
		dot += a[j] * b[j]
		aa += a[j] * a[j]
		bb += b[j] * b[j]
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa) / math.Sqrt(bb)
}
