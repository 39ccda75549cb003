// Package collapse solves exercise 06.
package collapse

import (
	"math"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

// The thresholds lie in the gaps between the example runs.
const (
	lowestSpread    = 0.1 // std·√D; a complete collapse is below
	lowestRankShare = 0.2 // effective rank over D; a dimensional collapse is below
)

// Diagnose tells a healthy encoder from a complete and from a dimensional collapse, by the embeddings of some pictures.
func Diagnose(z [][]float64) check.Verdict {
	covariance := covarianceOf(units(z))
	d := float64(len(covariance))
	spread := 0.0
	for j := range covariance {
		spread += math.Sqrt(covariance[j][j]) / math.Sqrt(d) // √D times the mean over D dimensions
	}
	switch {
	case spread < lowestSpread: // first: the rank of what is left of a point says nothing
		return check.Collapsed
	case effectiveRank(check.Eigenvalues(covariance)) < lowestRankShare*d:
		return check.Dimensional
	default:
		return check.Healthy
	}
}

// units are the rows at length 1, as cosines see them; rows of zeros stay.
func units(z [][]float64) [][]float64 {
	out := make([][]float64, len(z))
	for i, row := range z {
		squares := 0.0
		for _, v := range row {
			squares += v * v
		}
		out[i] = make([]float64, len(row))
		if squares == 0 {
			continue
		}
		for j, v := range row {
			out[i][j] = v / math.Sqrt(squares)
		}
	}
	return out
}

// covarianceOf is (1/n) Σᵢ (xᵢ − x̄)(xᵢ − x̄)ᵀ.
func covarianceOf(x [][]float64) [][]float64 {
	n, d := float64(len(x)), len(x[0])
	mean := make([]float64, d)
	for _, row := range x {
		for j, v := range row {
			mean[j] += v / n
		}
	}
	c := make([][]float64, d)
	for j := range c {
		c[j] = make([]float64, d)
		for k := range c[j] {
			for _, row := range x {
				c[j][k] += (row[j] - mean[j]) * (row[k] - mean[k]) / n
			}
		}
	}
	return c
}

// effectiveRank is e to the entropy of the shares √λ / Σ√λ.
func effectiveRank(eigenvalues []float64) float64 {
	total := 0.0
	for _, v := range eigenvalues {
		total += math.Sqrt(max(0, v)) // rounding may leave less than nothing
	}
	entropy := 0.0
	for _, v := range eigenvalues {
		if p := math.Sqrt(max(0, v)) / total; p > 0 {
			entropy -= p * math.Log(p)
		}
	}
	return math.Exp(entropy)
}
