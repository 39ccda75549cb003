package manifold

import (
	"fmt"
	"math"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"gonum.org/v1/gonum/mat"
)

// Projection is an affine map from D dimensions to K orthogonal axes, found by [PCA].
type Projection struct {
	Mean []float64 // [D]
	Axes []float64 // [K, D], row-major, by falling variance; of length 1, or 0 where no variance is left
	D, K int

	// Explained is the share of the total variance along each axis, [K]. If the shares are small, the plane
	// hides most of what the encoder has learned.
	Explained []float64
}

// PCA finds the k directions along which the rows vary most: the eigenvectors with the largest eigenvalues of
// the covariance matrix (1/N) Σ_i (x_i − x̄)(x_i − x̄)ᵀ. The vectors are taken as they are, not normalized.
// Pearson 1901, "On Lines and Planes of Closest Fit to Systems of Points in Space".
//
// The sign of an axis is arbitrary; here its largest component is positive, so that a plot does not flip from
// run to run. It takes time in min(N, D)³: seconds at 1,500.
// Errors: k < 1 or larger than min(N, D), NaN or Inf.
func PCA(e *eval.Embeddings, k int) (*Projection, error) {
	if err := e.Validate(); err != nil {
		return nil, fmt.Errorf("manifold: PCA: %w", err)
	}
	n, d := e.N, e.D
	if k < 1 || k > min(n, d) {
		return nil, fmt.Errorf("manifold: PCA to %d axes of %d rows of %d values: want 1 … %d", k, n, d, min(n, d))
	}
	p := &Projection{D: d, K: k, Mean: make([]float64, d), Axes: make([]float64, k*d), Explained: make([]float64, k)}
	for i, v := range e.Vectors {
		p.Mean[i%d] += float64(v) / float64(n)
	}
	centered := make([]float64, n*d)
	total := 0.0
	for i, v := range e.Vectors {
		centered[i] = float64(v) - p.Mean[i%d]
		total += centered[i] * centered[i] / float64(n)
	}

	// The smaller of XᵀX and XXᵀ: they share their nonzero eigenvalues, and Xᵀu is an eigenvector of the first
	// for u of the second.
	rows := mat.NewDense(n, d, centered)
	var gram mat.SymDense
	if n < d {
		gram.SymOuterK(1/float64(n), rows)
	} else {
		gram.SymOuterK(1/float64(n), rows.T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(&gram, true) {
		return nil, fmt.Errorf("manifold: PCA: the eigenvectors of a %d×%d matrix did not converge", min(n, d), min(n, d))
	}
	values := eigen.Values(nil) // ascending
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	floor := float64(len(values)) * 0x1p-50 * values[len(values)-1]
	for a := range k {
		column := len(values) - 1 - a
		if values[column] <= floor {
			break // rounding has chosen the direction: the axis stays zero, and so do the coordinates
		}
		axis := mat.NewVecDense(d, p.Axes[a*d:(a+1)*d])
		if n < d {
			axis.MulVec(rows.T(), vectors.ColView(column))
		} else {
			axis.CopyVec(vectors.ColView(column))
		}
		orient(axis.RawVector().Data)
		p.Explained[a] = values[column] / total
	}
	return p, nil
}

// orient scales to length 1 with the largest component positive.
func orient(axis []float64) {
	norm, largest := 0.0, 0.0
	for _, v := range axis {
		norm = math.Hypot(norm, v)
		if math.Abs(v) > math.Abs(largest)*(1+1e-9) {
			largest = v
		}
	}
	scale := math.Copysign(1/norm, largest)
	for j := range axis {
		axis[j] *= scale
	}
}

// Apply projects other vectors of the same dimension onto the axes: [N][K] coordinates (x − mean)·axis.
// It fails if the dimension differs, or for NaN or Inf.
func (p *Projection) Apply(e *eval.Embeddings) ([][]float64, error) {
	if err := e.Validate(); err != nil {
		return nil, fmt.Errorf("manifold: projection: %w", err)
	}
	if e.D != p.D {
		return nil, fmt.Errorf("manifold: projection of %d dimensions applied to vectors of %d: embed both with the same encoder", p.D, e.D)
	}
	points := make([][]float64, e.N)
	for i := range points {
		points[i] = make([]float64, p.K)
		for j, v := range e.Row(i) {
			for a := range p.K {
				points[i][a] += (float64(v) - p.Mean[j]) * p.Axes[a*p.D+j]
			}
		}
	}
	return points, nil
}
