package eval

import (
	"fmt"
	"math"
)

// Alignment is the mean distance between the two members of a positive pair on the unit sphere,
//
//	(1/N) Σ_i ‖â_i − b̂_i‖₂^α,   x̂ = x/‖x‖,
//
// with row i of a and row i of b being views of one thing: Wang and Isola 2020, "Understanding Contrastive
// Representation Learning through Alignment and Uniformity on the Hypersphere", section 4.1; they use α = 2,
// where it is 2 − 2·cos. 0 is perfect, and also what a collapsed encoder shows: read it with [Uniformity].
//
// Errors: different shapes, α ≤ 0, NaN or Inf.
func Alignment(a, b *Embeddings, alpha float64) (float64, error) {
	if err := checkPair(a, b, "first", "second"); err != nil {
		return 0, err
	}
	if a.N != b.N {
		return 0, fmt.Errorf("eval: alignment of %d rows with %d: row i of both must be views of one thing", a.N, b.N)
	}
	if !(alpha > 0) {
		return 0, fmt.Errorf("eval: alignment: alpha = %v: want a positive number, usually 2", alpha)
	}
	ua, ub := a.normalized(), b.normalized()
	total := 0.0
	for i := range a.N {
		d2 := 0.0
		for j := i * a.D; j < (i+1)*a.D; j++ {
			d := ua[j] - ub[j]
			d2 += d * d
		}
		total += math.Pow(d2, alpha/2)
	}
	return total / float64(a.N), nil
}

// Uniformity is the logarithm of the mean Gaussian potential over all pairs of different rows,
//
//	log( 2/(N(N−1)) Σ_{i<j} exp(−t ‖x̂_i − x̂_j‖₂²) ),   x̂ = x/‖x‖,
//
// Wang and Isola 2020, section 4.1; they use t = 2. Lower is more uniform: 0 when all rows are equal, near −2t
// for random directions in many dimensions, which are all but orthogonal. All N(N−1)/2 distances are computed
// in plain Go, so for tens of thousands of rows take a sample with Select.
//
// Errors: fewer than two rows, t ≤ 0, NaN or Inf.
func Uniformity(e *Embeddings, t float64) (float64, error) {
	if err := e.check("given"); err != nil {
		return 0, err
	}
	if e.N < 2 {
		return 0, fmt.Errorf("eval: uniformity of %d row: want at least 2", e.N)
	}
	if !(t > 0) {
		return 0, fmt.Errorf("eval: uniformity: t = %v: want a positive number, usually 2", t)
	}
	unit := e.normalized()
	sums := make([]float64, e.N)
	parallel(e.N, func(i int) {
		x := unit[i*e.D : (i+1)*e.D]
		for j := range i {
			y := unit[j*e.D : (j+1)*e.D]
			d2 := 0.0
			for k, v := range x {
				d := v - y[k]
				d2 += d * d
			}
			sums[i] += math.Exp(-t * d2)
		}
	})
	total := 0.0
	for _, s := range sums {
		total += s
	}
	return math.Log(total / (float64(e.N) * float64(e.N-1) / 2)), nil
}

// Std is the standard deviation of each dimension of the rows at unit length, averaged over the dimensions
// and multiplied by √D:
//
//	√D · (1/D) Σ_j std_i(x̂_ij),   x̂ = x/‖x‖.
//
// It is 1 when the rows spread evenly over the sphere and 0 when they have collapsed to a point: Chen and
// He 2021, "Exploring Simple Siamese Representation Learning", section 4.1, which plots it without the √D.
// Between the two lies partial collapse, or a mean that all rows share; see [EffectiveRank].
//
// It fails for NaN or Inf. One row has the value 0.
func Std(e *Embeddings) (float64, error) {
	if err := e.check("given"); err != nil {
		return 0, err
	}
	unit := e.normalized()
	center(unit, e.D)
	variances := make([]float64, e.D)
	for i, v := range unit {
		variances[i%e.D] += v * v
	}
	total := 0.0
	for _, v := range variances {
		total += math.Sqrt(v / float64(e.N))
	}
	return total / math.Sqrt(float64(e.D)), nil
}

// center subtracts the mean of each of the d columns.
func center(rows []float64, d int) {
	mean := make([]float64, d)
	for i, v := range rows {
		mean[i%d] += v
	}
	n := float64(len(rows) / d)
	for j := range mean {
		mean[j] /= n
	}
	for i := range rows {
		rows[i] -= mean[i%d]
	}
}
