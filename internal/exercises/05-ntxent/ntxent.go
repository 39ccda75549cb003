// Package ntxent solves exercise 05.
package ntxent

import (
	"math"
	"slices"
)

// Masks are the positives and the candidates of 2n rows, of which rows i and n+i belong together.
func Masks(n int) (positive, candidate [][]bool) {
	positive, candidate = make([][]bool, 2*n), make([][]bool, 2*n)
	for i := range 2 * n {
		positive[i], candidate[i] = make([]bool, 2*n), make([]bool, 2*n)
		positive[i][(i+n)%(2*n)] = true // from a first view n down, from a second one n up
		for j := range 2 * n {
			candidate[i][j] = j != i
		}
	}
	return positive, candidate
}

// NTXent is the mean over all 2n rows i of −log( exp(cos(zᵢ, z_p)/T) / Σ_{a≠i} exp(cos(zᵢ, z_a)/T) ).
func NTXent(z1, z2 [][]float64, temperature float64) float64 {
	z := slices.Concat(z1, z2)
	positive, candidate := Masks(len(z1))
	total := 0.0
	for i := range z {
		var own float64      // the logit of the positive
		var logits []float64 // those of all candidates, the positive included
		for j := range z {
			logit := cosine(z[i], z[j]) / temperature
			if positive[i][j] {
				own = logit
			}
			if candidate[i][j] {
				logits = append(logits, logit)
			}
		}
		total += logSumExp(logits) - own
	}
	return total / float64(len(z))
}

// logSumExp is log Σ eˣ, relative to the largest so that nothing overflows.
func logSumExp(x []float64) float64 {
	largest, sum := slices.Max(x), 0.0
	for _, v := range x {
		sum += math.Exp(v - largest)
	}
	return largest + math.Log(sum)
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
