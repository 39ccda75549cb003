package manifold

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// MaxTSNE is the largest number of rows that [TSNE] takes: it keeps N² affinities, 400 MB at that size.
const MaxTSNE = 10_000

// TSNEOptions are the settings of [TSNE]; the zero value is usable.
type TSNEOptions struct {
	// Perplexity is about how many neighbors each point tries to keep. 0 stands for 30, or (N−1)/3 if that
	// is less. Try several: structure that is there at one only may not be there at all.
	Perplexity float64

	// Iterations of gradient descent; 0 stands for 1,000, of which the first quarter with exaggeration.
	Iterations int

	// LearningRate; 0 stands for max(N/48, 50).
	LearningRate float64

	// Exaggeration multiplies the affinities in the first quarter; 0 stands for 12.
	Exaggeration float64

	// Seed of the small noise in the start.
	Seed uint64
}

// Layout is the outcome of [TSNE].
type Layout struct {
	// Points is the [N] positions in the plane; their unit and orientation mean nothing.
	Points [][2]float64

	// KL is the divergence left between the affinities in space and those in the plane, in nats. Compare it
	// only between runs on the same data with the same perplexity.
	KL float64

	// Perplexity is the one used.
	Perplexity float64
}

// TSNE lays the rows out in the plane so that neighbors stay neighbors: van der Maaten and Hinton 2008,
// "Visualizing Data using t-SNE", section 3. With Gaussian affinities in space, whose widths σ_i give each row
// the perplexity asked for, and Student's t in the plane,
//
//	p_j|i ∝ exp(−‖x̂_i − x̂_j‖²/2σ_i²),  p_ij = (p_j|i + p_i|j)/2N,  q_ij ∝ 1/(1 + ‖y_i − y_j‖²),
//
// it minimizes KL(P‖Q) = Σ p_ij ln(p_ij/q_ij) by gradient descent with momentum and early exaggeration. Rows
// are scaled to unit length, x̂ = x/‖x‖, as contrastive losses compare directions. It starts from the first
// two principal components, which keeps more of the large-scale order than a random start (Kobak and Berens
// 2019, "The art of using t-SNE for single-cell transcriptomics"), so the seed matters little.
//
// What it cannot show: the size and density of a cluster, how far two clusters are apart, and whether a
// cluster is one at all, since noise clumps too at low perplexity. Nor can new pictures be added.
//
// All N² pairs enter every iteration: some seconds for 1,500 rows.
// Errors: fewer than 4 rows or more than [MaxTSNE], a perplexity below 1 or above (N−1)/3, negative options,
// NaN or Inf.
func TSNE(e *eval.Embeddings, opt TSNEOptions) (*Layout, error) {
	if err := e.Validate(); err != nil {
		return nil, fmt.Errorf("manifold: t-SNE: %w", err)
	}
	if err := opt.resolve(e.N); err != nil {
		return nil, err
	}
	unit := unitRows(e)
	t := &tsne{n: e.N, p: affinities(unit, opt.Perplexity)}
	var err error
	if t.y, err = start(unit, opt.Seed); err != nil {
		return nil, err
	}
	t.descend(opt)
	kl := t.divergence()
	if math.IsNaN(kl) || math.IsInf(kl, 0) {
		return nil, fmt.Errorf("manifold: t-SNE diverged at learning rate %v: lower it, or leave it 0 for the default", opt.LearningRate)
	}
	return &Layout{Points: t.y, KL: kl, Perplexity: opt.Perplexity}, nil
}

func (opt *TSNEOptions) resolve(n int) error {
	if n < 4 {
		return fmt.Errorf("manifold: t-SNE of %d rows: want at least 4", n)
	}
	if n > MaxTSNE {
		return fmt.Errorf("manifold: t-SNE of %d rows: want at most %d, take a sample with Select", n, MaxTSNE)
	}
	most := float64(n-1) / 3
	if opt.Perplexity == 0 {
		opt.Perplexity = min(30, most)
	}
	if opt.Iterations == 0 {
		opt.Iterations = 1000
	}
	if opt.LearningRate == 0 {
		opt.LearningRate = max(float64(n)/48, 50)
	}
	if opt.Exaggeration == 0 {
		opt.Exaggeration = 12
	}
	switch {
	case !(opt.Perplexity >= 1 && opt.Perplexity <= most):
		return fmt.Errorf("manifold: t-SNE with perplexity %v of %d rows: want 1 … %.4g", opt.Perplexity, n, most)
	case opt.Iterations < 0 || !(opt.LearningRate > 0) || !(opt.Exaggeration >= 1):
		return fmt.Errorf("manifold: t-SNE with %d iterations, learning rate %v, exaggeration %v: want positive numbers, exaggeration at least 1", opt.Iterations, opt.LearningRate, opt.Exaggeration)
	}
	return nil
}

func unitRows(e *eval.Embeddings) *eval.Embeddings {
	unit := &eval.Embeddings{N: e.N, D: e.D, Vectors: make([]float32, len(e.Vectors))}
	for i := range e.N {
		sum := 0.0
		for _, v := range e.Row(i) {
			sum += float64(v) * float64(v)
		}
		if sum == 0 {
			continue
		}
		for j, v := range e.Row(i) {
			unit.Row(i)[j] = float32(float64(v) / math.Sqrt(sum))
		}
	}
	return unit
}

// start is the first two principal components at a spread of 10⁻⁴, with noise to part equal rows.
func start(unit *eval.Embeddings, seed uint64) ([][2]float64, error) {
	axes := min(2, unit.D)
	p, err := PCA(unit, axes)
	if err != nil {
		return nil, err
	}
	coordinates, err := p.Apply(unit)
	if err != nil {
		return nil, err
	}
	variance := 0.0
	for _, c := range coordinates {
		variance += c[0] * c[0] / float64(unit.N)
	}
	scale := 0.0
	if variance > 0 {
		scale = 1e-4 / math.Sqrt(variance)
	}
	rng := rand.New(rand.NewPCG(seed, 0x75AE))
	y := make([][2]float64, unit.N)
	for i := range y {
		for a := range 2 {
			y[i][a] = 1e-6 * rng.NormFloat64()
			if a < axes {
				y[i][a] += scale * coordinates[i][a]
			}
		}
	}
	return y, nil
}
