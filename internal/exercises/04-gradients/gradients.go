// Package gradients solves exercise 04.
package gradients

import "math"

// Gradients are ∂L/∂q = (Σⱼ pⱼkⱼ − k₀)/T and ∂L/∂kⱼ = (pⱼ − [j = 0]) q/T of L = −log p₀, p = softmax(q·kⱼ/T).
func Gradients(q []float64, keys [][]float64, temperature float64) (dq []float64, dkeys [][]float64) {
	logits := make([]float64, len(keys))
	for j, k := range keys {
		for d := range q {
			logits[j] += q[d] * k[d] / temperature
		}
	}
	forces := softmax(logits) // ∂L/∂logit is what is believed ...
	forces[0]--               // ... minus what is true: it pulls the positive and pushes the rest

	dq, dkeys = make([]float64, len(q)), make([][]float64, len(keys))
	for j, k := range keys {
		dkeys[j] = make([]float64, len(q))
		for d := range q {
			dq[d] += forces[j] * k[d] / temperature // ∂logit/∂q is k/T
			dkeys[j][d] = forces[j] * q[d] / temperature
		}
	}
	return dq, dkeys
}

// softmax is eˣ / Σ eˣ, relative to the largest so that nothing overflows.
func softmax(x []float64) []float64 {
	largest := math.Inf(-1)
	for _, v := range x {
		largest = max(largest, v)
	}
	p, sum := make([]float64, len(x)), 0.0
	for j, v := range x {
		p[j] = math.Exp(v - largest)
		sum += p[j]
	}
	for j := range p {
		p[j] /= sum
	}
	return p
}
