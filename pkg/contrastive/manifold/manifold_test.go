package manifold

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.12g, want %.12g ± %g", what, got, want, tolerance)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", parts)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
}

// blobs is n rows around classes directions, in turn.
func blobs(n, d, classes int, spread float64) *eval.Embeddings {
	rng := rand.New(rand.NewPCG(9, 9))
	e := &eval.Embeddings{N: n, D: d, Vectors: make([]float32, n*d)}
	for i := range n {
		for j := range d {
			e.Row(i)[j] = float32(spread * rng.NormFloat64())
		}
		e.Row(i)[i%classes]++
	}
	return e
}

func TestPCAByHand(t *testing.T) {
	// Variance 4.5 along (3, 4)/5 and 0.5 along (−4, 3)/5, around (10, 20).
	e := &eval.Embeddings{N: 4, D: 2, Vectors: []float32{10 + 1.8, 20 + 2.4, 10 - 1.8, 20 - 2.4, 10 - 0.8, 20 + 0.6, 10 + 0.8, 20 - 0.6}}
	p, err := PCA(e, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.6, 0.8, 0.8, -0.6} {
		near(t, "axis", p.Axes[i], want, 1e-6)
	}
	near(t, "explained", p.Explained[0], 0.9, 1e-6)
	near(t, "explained", p.Explained[1], 0.1, 1e-6)
	points, err := p.Apply(e)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{{3, 0}, {-3, 0}, {0, -1}, {0, 1}} {
		near(t, "x", points[i][0], want[0], 1e-5)
		near(t, "y", points[i][1], want[1], 1e-5)
	}
}

// With all axes the map is a rotation: distances stay. The case N < D goes through the other Gram matrix.
func TestPCAKeepsDistances(t *testing.T) {
	for _, e := range []*eval.Embeddings{blobs(40, 6, 3, 0.5), blobs(6, 40, 3, 0.5)} {
		p, err := PCA(e, 6) // of 6 rows, the sixth is zero
		if err != nil {
			t.Fatal(err)
		}
		points, err := p.Apply(e)
		if err != nil {
			t.Fatal(err)
		}
		explained := 0.0
		for a, s := range p.Explained {
			explained += s
			if a > 0 && s > p.Explained[a-1] {
				t.Errorf("axis %d explains %v after %v", a, s, p.Explained[a-1])
			}
		}
		near(t, "explained by all", explained, 1, 1e-9)
		for i := range e.N {
			for j := range i {
				space, plane := 0.0, 0.0
				for k := range e.D {
					space += math.Pow(float64(e.Row(i)[k])-float64(e.Row(j)[k]), 2)
				}
				for k := range p.K {
					plane += math.Pow(points[i][k]-points[j][k], 2)
				}
				near(t, "distance", plane, space, 1e-6)
			}
		}
	}
}

func TestPCAOddInput(t *testing.T) {
	e := blobs(5, 3, 3, 1)
	same := e.Select([]int{1, 1, 1})
	p, err := PCA(same, 2)
	if err != nil {
		t.Fatal(err)
	}
	points, err := p.Apply(same)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range points {
		near(t, "a single point", math.Hypot(q[0], q[1]), 0, 1e-6)
	}
	_, err = PCA(e, 4)
	wantError(t, err, "4 axes of 5 rows", "1 … 3")
	_, err = PCA(e, 0)
	wantError(t, err, "0 axes")
	_, err = p.Apply(blobs(2, 4, 2, 1))
	wantError(t, err, "3 dimensions", "of 4")
	e.Vectors[4] = float32(math.NaN())
	_, err = PCA(e, 1)
	wantError(t, err, "PCA", "row 1, column 1")
	_, err = p.Apply(e)
	wantError(t, err, "row 1, column 1")
	_, err = TSNE(e, TSNEOptions{})
	wantError(t, err, "t-SNE", "row 1, column 1")
}

func TestNeighborhoodHasThePerplexity(t *testing.T) {
	distances := make([]float64, 50)
	for j := range distances {
		distances[j] = 1000 + math.Pow(float64(j-20), 2) // far from everything, as an outlier is
	}
	for _, perplexity := range []float64{2, 5, 16} {
		p := neighborhood(distances, 20, perplexity)
		sum, entropy := 0.0, 0.0
		for _, v := range p {
			sum += v
			if v > 0 {
				entropy -= v * math.Log(v)
			}
		}
		near(t, "sum", sum, 1, 1e-12)
		near(t, "perplexity", math.Exp(entropy), perplexity, 1e-4)
		near(t, "self", p[20], 0, 0)
	}
}

func TestAffinitiesAreADistribution(t *testing.T) {
	p := affinities(unitRows(blobs(60, 5, 3, 0.3)), 10)
	sum := 0.0
	for i := range 60 {
		for j := range 60 {
			sum += float64(p[i*60+j])
			if p[i*60+j] != p[j*60+i] || i == j && p[i*60+j] != 0 {
				t.Fatalf("p[%d, %d] = %v, p[%d, %d] = %v", i, j, p[i*60+j], j, i, p[j*60+i])
			}
		}
	}
	near(t, "sum", sum, 1, 1e-5)
}

func TestGradientIsTheDerivative(t *testing.T) {
	const n = 12
	rng := rand.New(rand.NewPCG(2, 2))
	s := &tsne{n: n, p: affinities(unitRows(blobs(n, 4, 2, 0.4)), 3), y: make([][2]float64, n)}
	for i := range s.y {
		s.y[i] = [2]float64{rng.NormFloat64(), rng.NormFloat64()}
	}
	gradient := make([][2]float64, n)
	s.gradient(1, gradient)
	for i := range n {
		for a := range 2 {
			const h = 1e-5
			s.y[i][a] += h
			up := s.divergence()
			s.y[i][a] -= 2 * h
			down := s.divergence()
			s.y[i][a] += h
			near(t, "gradient", gradient[i][a], (up-down)/(2*h), 1e-6)
		}
	}
}

func TestTSNEKeepsNeighbors(t *testing.T) {
	const n, classes = 150, 5
	e := blobs(n, 20, classes, 0.08)
	layout, err := TSNE(e, TSNEOptions{Iterations: 500, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	together := 0
	for i, p := range layout.Points {
		nearest, at := math.Inf(1), -1
		for j, q := range layout.Points {
			if d := math.Hypot(p[0]-q[0], p[1]-q[1]); j != i && d < nearest {
				nearest, at = d, j
			}
		}
		if at%classes == i%classes {
			together++
		}
	}
	if together < n*98/100 {
		t.Errorf("%d of %d points have a neighbor of their class", together, n)
	}
	if layout.KL < 0 || layout.KL > 1.2 || layout.Perplexity != 30 {
		t.Errorf("KL %v, perplexity %v", layout.KL, layout.Perplexity)
	}
	again, err := TSNE(e, TSNEOptions{Iterations: 500, Seed: 1})
	if err != nil || !slices.Equal(layout.Points, again.Points) || layout.KL != again.KL {
		t.Errorf("the same seed gives another layout (%v)", err)
	}
	other, err := TSNE(e, TSNEOptions{Iterations: 500, Seed: 2})
	if err != nil || slices.Equal(layout.Points, other.Points) {
		t.Errorf("another seed gives the same layout (%v)", err)
	}
	early, err := TSNE(e, TSNEOptions{Iterations: 8, Seed: 1})
	if err != nil || early.KL <= layout.KL {
		t.Errorf("KL %v after 8 iterations, %v after 500 (%v)", early.KL, layout.KL, err)
	}
}

func TestTSNEOddInput(t *testing.T) {
	e := blobs(30, 4, 2, 0.1)
	for name, odd := range map[string]*eval.Embeddings{
		"equal rows":    e.Select(make([]int, 20)),
		"pairs":         e.Select([]int{0, 0, 1, 1, 2, 2, 3, 3}),
		"one dimension": {N: 5, D: 1, Vectors: []float32{1, -1, 2, 0, -3}},
		"four rows":     e.Select([]int{0, 1, 2, 3}),
	} {
		layout, err := TSNE(odd, TSNEOptions{Iterations: 100})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, p := range layout.Points {
			if math.IsNaN(p[0] + p[1]) {
				t.Errorf("%s: point %d is %v", name, i, p)
			}
		}
	}
	run := func(e *eval.Embeddings, opt TSNEOptions) error {
		_, err := TSNE(e, opt)
		return err
	}
	wantError(t, run(e.Select([]int{0, 1, 2}), TSNEOptions{}), "3 rows", "at least 4")
	wantError(t, run(e, TSNEOptions{Perplexity: 10}), "perplexity 10 of 30 rows", "9.667")
	wantError(t, run(e, TSNEOptions{Perplexity: 0.5}), "perplexity 0.5")
	wantError(t, run(e, TSNEOptions{Iterations: -1}), "-1 iterations")
	wantError(t, run(e, TSNEOptions{LearningRate: math.NaN()}), "learning rate NaN")
	wantError(t, run(e, TSNEOptions{Exaggeration: 0.5}), "exaggeration 0.5")
	wantError(t, run(e, TSNEOptions{LearningRate: 1e300, Iterations: 20}), "diverged", "1e+300")
	wantError(t, run(&eval.Embeddings{N: MaxTSNE + 1, D: 1, Vectors: make([]float32, MaxTSNE+1)}, TSNEOptions{}), "10001 rows", "Select")
}

func BenchmarkTSNE1560(b *testing.B) {
	e := blobs(1560, 128, 9, 0.1)
	for b.Loop() {
		if _, err := TSNE(e, TSNEOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
