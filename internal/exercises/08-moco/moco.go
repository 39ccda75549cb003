// Package moco solves exercise 08.
package moco

import (
	"math"
	"slices"
)

// EMA moves the momentum encoder a step after the query encoder: keyᵢ ← m·keyᵢ + (1 − m)·queryᵢ.
func EMA(key, query []float64, momentum float64) {
	for i := range key {
		key[i] = momentum*key[i] + (1-momentum)*query[i]
	}
}

// Enqueue puts copies of the keys behind the queue's and lets the oldest leave, in front, where they are too many.
func Enqueue(queue, keys [][]float64, capacity int) [][]float64 {
	for _, key := range keys {
		queue = append(queue, slices.Clone(key))
	}
	return queue[max(0, len(queue)-capacity):]
}

// QueryGradient is the gradient of MoCo's loss by q, (Σⱼ pⱼcⱼ − kᵢ)/(T·n) with c for the candidates, and by k, where it is
// stopped.
func QueryGradient(q, k, queue [][]float64, temperature float64) (dq, dk [][]float64) {
	scale := 1 / (temperature * float64(len(q)))
	for i := range q {
		candidates := append([][]float64{k[i]}, queue...) // the positive first; no other query's key
		gradient := make([]float64, len(q[i]))
		for j, p := range softmax(q[i], candidates, temperature) {
			if j == 0 {
				p-- // the pull of the positive
			}
			for d, v := range candidates[j] {
				gradient[d] += p * v * scale
			}
		}
		dq = append(dq, gradient)
		dk = append(dk, make([]float64, len(k[i])))
	}
	return dq, dk
}

// softmax is the share of each candidate in Σ exp(q·c/T).
func softmax(q []float64, candidates [][]float64, temperature float64) []float64 {
	p := make([]float64, len(candidates))
	for j, c := range candidates {
		for d := range q {
			p[j] += q[d] * c[d] / temperature
		}
	}
	largest, sum := slices.Max(p), 0.0
	for j := range p {
		p[j] = math.Exp(p[j] - largest) // at most 1
		sum += p[j]
	}
	for j := range p {
		p[j] /= sum
	}
	return p
}
