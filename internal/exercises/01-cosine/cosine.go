// Package cosine solves exercise 01.
package cosine

import "math"

// CosineMatrix has cos(aᵢ, bⱼ) = aᵢ·bⱼ / (‖aᵢ‖ ‖bⱼ‖) as its entry [i][j], and 0 if one of the two rows is zero.
func CosineMatrix(a, b [][]float64) [][]float64 {
	lengths := make([]float64, len(b)) // once for each row of b, not once for each pair
	for j := range b {
		lengths[j] = length(b[j])
	}
	cosines := make([][]float64, len(a))
	for i := range a {
		cosines[i] = make([]float64, len(b)) // a row of its own, all zeros
		li := length(a[i])
		for j := range b {
			if li > 0 && lengths[j] > 0 {
				cosines[i][j] = dot(a[i], b[j]) / (li * lengths[j])
			}
		}
	}
	return cosines
}

// length is ‖x‖, the square root of x·x.
func length(x []float64) float64 { return math.Sqrt(dot(x, x)) }

func dot(x, y []float64) float64 {
	sum := 0.0
	for d := range x {
		sum += x[d] * y[d]
	}
	return sum
}
