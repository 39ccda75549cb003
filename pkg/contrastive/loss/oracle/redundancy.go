package oracle

import "math"

// BarlowTwins is Σ (1 − Cᵢᵢ)² + λ Σ_{i≠j} Cᵢⱼ² of the cross-correlation of the two views' dimensions.
func BarlowTwins(z1, z2 [][]float64, lambda float64) float64 {
	total := 0.0
	width := len(z1[0])
	for i := range width {
		for j := range width {
			x, y := standardized(column(z1, i)), standardized(column(z2, j))
			c := Dot(x, y) / float64(len(x))
			if i == j {
				total += (1 - c) * (1 - c)
			} else {
				total += lambda * c * c
			}
		}
	}
	return total
}

// VICReg is λ·s + μ·v + ν·c, v being the mean over the two views and c the sum.
func VICReg(z1, z2 [][]float64, invariance, variance, covariance float64) float64 {
	s, v, c := VICRegTerms(z1, z2)
	return invariance*s + variance*v + covariance*c
}

// VICRegTerms are the three terms, not weighted.
func VICRegTerms(z1, z2 [][]float64) (invariance, variance, covariance float64) {
	n, width := float64(len(z1)), len(z1[0])
	for i := range z1 {
		invariance += SquaredDistance(z1[i], z2[i]) / (n * float64(width))
	}
	for _, z := range [][][]float64{z1, z2} {
		for i := range width {
			x := deviations(column(z, i))
			std := math.Sqrt(Dot(x, x)/(n-1) + 1e-4)
			variance += 0.5 * math.Max(0, 1-std) / float64(width)
			for j := range width {
				if i != j {
					cov := Dot(x, deviations(column(z, j))) / (n - 1)
					covariance += cov * cov / float64(width)
				}
			}
		}
	}
	return invariance, variance, covariance
}

// column is dimension j of every row.
func column(z [][]float64, j int) []float64 {
	x := make([]float64, len(z))
	for i := range z {
		x[i] = z[i][j]
	}
	return x
}

// deviations is x minus its mean.
func deviations(x []float64) []float64 {
	mean := Mean(x)
	d := make([]float64, len(x))
	for i := range x {
		d[i] = x[i] - mean
	}
	return d
}

// standardized is (x − mean)/√(variance + 10⁻⁵), the variance being divided by N.
func standardized(x []float64) []float64 {
	d := deviations(x)
	std := math.Sqrt(Dot(d, d)/float64(len(d)) + 1e-5)
	for i := range d {
		d[i] /= std
	}
	return d
}
