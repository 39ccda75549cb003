// Package probe solves exercise 12.
package probe

import "math"

// Standardize is (x − μ)/σ of every feature, with μ and σ of the training part, and 0 of a feature that never varies.
func Standardize(train, test [][]float64) (a, b [][]float64) {
	width, n := len(train[0]), float64(len(train))
	mean, deviation := make([]float64, width), make([]float64, width)
	for j := range width {
		for _, x := range train {
			mean[j] += x[j]
		}
		mean[j] /= n
		for _, x := range train {
			deviation[j] += (x[j] - mean[j]) * (x[j] - mean[j])
		}
		deviation[j] = math.Sqrt(deviation[j] / n)
		if deviation[j] == 0 {
			deviation[j] = 1 // x − μ is 0 already
		}
	}
	apply := func(z [][]float64) [][]float64 {
		out := make([][]float64, len(z)) // the features themselves stay as they are
		for i, x := range z {
			out[i] = make([]float64, width)
			for j := range x {
				out[i][j] = (x[j] - mean[j]) / deviation[j]
			}
		}
		return out
	}
	return apply(train), apply(test)
}

// Step is one step of gradient descent on the mean cross-entropy of softmax(xW + b).
func Step(w [][]float64, b []float64, features [][]float64, labels []int, rate float64) (newW [][]float64, newB []float64) {
	gradW, gradB := make([][]float64, len(w)), make([]float64, len(b))
	for j := range gradW {
		gradW[j] = make([]float64, len(b))
	}
	for i, x := range features {
		for c, p := range softmax(logits(w, b, x)) {
			if c == labels[i] {
				p-- // probability minus target
			}
			for j := range x {
				gradW[j][c] += x[j] * p
			}
			gradB[c] += p
		}
	}
	by := rate / float64(len(features))
	for c := range b { // only now, when every picture has seen the same weights
		for j := range w {
			w[j][c] -= by * gradW[j][c]
		}
		b[c] -= by * gradB[c]
	}
	return w, b
}

// logits are xW + b.
func logits(w [][]float64, b, x []float64) []float64 {
	a := append([]float64(nil), b...)
	for c := range a {
		for j := range x {
			a[c] += x[j] * w[j][c]
		}
	}
	return a
}

// softmax is eˣ / Σ eˣ, relative to the largest so that nothing overflows.
func softmax(x []float64) []float64 {
	largest := math.Inf(-1)
	for _, v := range x {
		largest = max(largest, v)
	}
	p, sum := make([]float64, len(x)), 0.0
	for c, v := range x {
		p[c] = math.Exp(v - largest)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
	return p
}
