package eval

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Spectrum is the eigenvalues of the covariance matrix of the rows, largest first:
//
//	C = (1/N) Σ_i (x_i − x̄)(x_i − x̄)ᵀ,   D values ≥ 0,
//
// of the vectors as they are, not normalized. Values that fall to zero from some index on show dimensional
// collapse: Jing et al. 2022, "Understanding Dimensional Collapse in Contrastive Self-supervised Learning",
// section 3. Values below what rounding leaves, about 10⁻¹⁴ of the largest, are 0.
//
// It takes time in min(N, D)³: seconds at 1,500. It fails for NaN or Inf.
func Spectrum(e *Embeddings) ([]float64, error) {
	if err := e.check("given"); err != nil {
		return nil, err
	}
	x := make([]float64, len(e.Vectors))
	largest := 0.0
	for i, v := range e.Vectors {
		x[i] = float64(v)
		largest = max(largest, math.Abs(x[i]))
	}
	center(x, e.D)

	// The nonzero eigenvalues of XᵀX are those of XXᵀ: take the smaller.
	rows := mat.NewDense(e.N, e.D, x)
	size := min(e.N, e.D)
	var gram mat.SymDense
	if e.N < e.D {
		gram.SymOuterK(1/float64(e.N), rows)
	} else {
		gram.SymOuterK(1/float64(e.N), rows.T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(&gram, false) {
		return nil, fmt.Errorf("eval: spectrum: the eigenvalues of a %d×%d matrix did not converge", size, size)
	}
	values := eigen.Values(nil)
	slices.Reverse(values)
	// Centering leaves about ε·|x| in each value, the factorization ε·λ₁ in each eigenvalue.
	const epsilon = 0x1p-52
	floor := float64(size) * epsilon * max(values[0], epsilon*largest*largest*float64(e.D))
	for i, v := range values {
		if v <= floor {
			values[i] = 0
		}
	}
	return append(values, make([]float64, e.D-size)...), nil
}

// EffectiveRank is the number of dimensions that the rows really use: the exponential of the entropy of the
// normalized singular values σ of the mean-centered N×D matrix,
//
//	exp(−Σ_k p_k ln p_k),   p_k = σ_k / Σ_l σ_l.
//
// It is 1 for rows on a line, D for rows that spread equally in all D directions, and 0 here for rows that
// are all equal. The definition is that of Roy and Vetterli 2007, "The effective rank: a measure of effective
// dimensionality", section 2. RankMe (Garrido et al. 2023, section 3.1) takes the same without centering,
// on 25,600 rows; centered, a mean that all rows share does not count as a dimension. It cannot exceed
// N − 1: compare it only between sets of equal size.
//
// It fails for NaN or Inf.
func EffectiveRank(e *Embeddings) (float64, error) {
	values, err := Spectrum(e)
	if err != nil {
		return 0, err
	}
	return SpectrumRank(values), nil
}

// SpectrumRank is [EffectiveRank] of the eigenvalues that [Spectrum] gives, σ_k = √λ_k, for those who have them already.
func SpectrumRank(eigenvalues []float64) float64 {
	total := 0.0
	for _, v := range eigenvalues {
		total += math.Sqrt(v)
	}
	if total == 0 {
		return 0
	}
	entropy := 0.0
	for _, v := range eigenvalues {
		if p := math.Sqrt(v) / total; p > 0 {
			entropy -= p * math.Log(p)
		}
	}
	return math.Exp(entropy)
}
