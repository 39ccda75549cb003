// Package geometry solves exercise 07.
package geometry

import "math"

// Alignment is the mean over i of ‖x̂ᵢ − ŷᵢ‖², where x̂ = x/‖x‖.
func Alignment(x, y [][]float64) float64 {
	total := 0.0
	for i := range x {
		total += squaredDistance(unit(x[i]), unit(y[i]))
	}
	return total / float64(len(x))
}

// Uniformity is log( mean over all pairs i ≠ j of exp(−2 ‖x̂ᵢ − x̂ⱼ‖²) ).
func Uniformity(x [][]float64) float64 {
	units := make([][]float64, len(x))
	for i := range x {
		units[i] = unit(x[i]) // once, not for each pair
	}
	sum, pairs := 0.0, 0
	for i := range units {
		for j := range i { // j < i: the pair (j, i) has the same distance
			sum += math.Exp(-2 * squaredDistance(units[i], units[j]))
			pairs++
		}
	}
	return math.Log(sum / float64(pairs))
}

// unit is a/‖a‖ as a new slice; a row of zeros has no direction and stays as it is.
func unit(a []float64) []float64 {
	squares := 0.0
	for _, v := range a {
		squares += v * v
	}
	u := make([]float64, len(a))
	if squares == 0 {
		return u
	}
	length := math.Sqrt(squares)
	for j, v := range a {
		u[j] = v / length
	}
	return u
}

func squaredDistance(a, b []float64) float64 {
	sum := 0.0
	for j := range a {
		d := a[j] - b[j]
		sum += d * d
	}
	return sum
}
