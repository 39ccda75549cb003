package check

import (
	"cmp"
	"math"
	"slices"
)

// Eigenvalues are the eigenvalues of a symmetric matrix [d][d], largest first: given to exercises, so that a spectrum needs
// no library. Rounding can leave a tiny negative one where a covariance matrix has 0. It turns the matrix, a copy of it, by
// Jacobi rotations until nothing is left off the diagonal.
func Eigenvalues(symmetric [][]float64) []float64 {
	a, d := clone(symmetric), len(symmetric)
	for range 60 { // sweeps; a dozen are plenty
		off, on := 0.0, 0.0
		for i := range d {
			on += a[i][i] * a[i][i]
			for j := range i {
				off += a[i][j] * a[i][j]
			}
		}
		if !(off > 1e-30*on) {
			break
		}
		for p := range d {
			for q := p + 1; q < d; q++ {
				rotate(a, p, q)
			}
		}
	}
	values := make([]float64, d)
	for i := range values {
		values[i] = a[i][i]
	}
	slices.SortFunc(values, func(x, y float64) int { return cmp.Compare(y, x) })
	return values
}

// rotate turns dimensions p and q so that a[p][q] becomes 0.
func rotate(a [][]float64, p, q int) {
	if a[p][q] == 0 {
		return
	}
	ratio := (a[q][q] - a[p][p]) / (2 * a[p][q])
	tangent := math.Copysign(1, ratio) / (math.Abs(ratio) + math.Hypot(1, ratio))
	cosine := 1 / math.Hypot(1, tangent)
	sine := tangent * cosine
	for i := range a {
		x, y := a[i][p], a[i][q]
		a[i][p], a[i][q] = cosine*x-sine*y, sine*x+cosine*y
	}
	for i := range a {
		x, y := a[p][i], a[q][i]
		a[p][i], a[q][i] = cosine*x-sine*y, sine*x+cosine*y
	}
}
