package eval

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// blobs is Gaussian classes around fixed centers, apart standard deviations from the origin.
func blobs(seed uint64, n, d, classes int, apart float64) *Embeddings {
	e := gaussian(seed, n, d, classes)
	e.Images.Items = nil
	for i, y := range e.Images.Labels {
		e.Row(i)[int(y)%d] += float32(apart)
		e.Row(i)[d-1] *= 30 // standardizing must undo this
	}
	return e
}

// descend is plain gradient descent in float64 on the probe's objective, from other equations than the
// solver's: one loop per row, gradient by hand.
func descend(x [][]float64, y []int32, classes int, l2 float64, steps int) (w [][]float64, loss float64) {
	d, n := len(x[0]), float64(len(x))
	w = make([][]float64, classes) // the bias is the last weight, not penalized
	for c := range w {
		w[c] = make([]float64, d+1)
	}
	for range steps {
		loss = 0
		grad := make([][]float64, classes)
		for c := range grad {
			grad[c] = make([]float64, d+1)
			for j := range d {
				grad[c][j] = l2 * w[c][j]
				loss += l2 / 2 * w[c][j] * w[c][j]
			}
		}
		p := make([]float64, classes)
		for i, row := range x {
			z := 0.0
			for c := range p {
				logit := w[c][d]
				for j, v := range row {
					logit += w[c][j] * v
				}
				p[c] = math.Exp(logit)
				z += p[c]
			}
			loss -= math.Log(p[y[i]]/z) / n
			for c := range p {
				g := p[c] / z / n
				if int32(c) == y[i] {
					g -= 1 / n
				}
				for j, v := range row {
					grad[c][j] += g * v
				}
				grad[c][d] += g
			}
		}
		for c := range w {
			for j := range w[c] {
				w[c][j] -= grad[c][j]
			}
		}
	}
	return w, loss
}

func TestProbeReachesTheOptimum(t *testing.T) {
	const d, classes, l2 = 6, 3, 0.01
	train, test := blobs(1, 240, d, classes, 1.2), blobs(2, 240, d, classes, 1.2)
	r, err := LinearProbe(testbackend.New(t), train, test, ProbeOptions{L2: []float64{l2}})
	if err != nil {
		t.Fatal(err)
	}
	x, xt := make([][]float64, train.N), make([][]float64, test.N)
	for i := range x {
		x[i], xt[i] = make([]float64, d), make([]float64, d)
	}
	for j := range d {
		mean, variance := 0.0, 0.0
		for i := range train.N {
			mean += float64(train.Row(i)[j]) / 240
		}
		for i := range train.N {
			variance += math.Pow(float64(train.Row(i)[j])-mean, 2) / 240
		}
		for i := range train.N {
			x[i][j] = (float64(train.Row(i)[j]) - mean) / math.Sqrt(variance)
			xt[i][j] = (float64(test.Row(i)[j]) - mean) / math.Sqrt(variance)
		}
	}
	w, loss := descend(x, train.Images.Labels, classes, l2, 5000)
	near(t, "loss at the optimum", r.Loss, loss, 1e-9)
	right := 0.0
	for i, row := range xt {
		best, at := math.Inf(-1), 0
		for c := range classes {
			logit := w[c][d]
			for j, v := range row {
				logit += w[c][j] * v
			}
			if logit > best {
				best, at = logit, c
			}
		}
		if int32(at) != r.Predictions[i] {
			t.Errorf("test row %d: %d, want %d", i, r.Predictions[i], at)
		}
		if int32(at) == test.Images.Labels[i] {
			right++
		}
	}
	near(t, "accuracy", r.Accuracy, right/240, 1e-12)
	if !r.Converged || r.Iterations < 3 || r.Classes != 3 || r.ValidationAccuracy != nil || r.Accuracy < 0.5 || r.Accuracy > 0.95 {
		t.Errorf("%+v", r)
	}
}

func TestProbeSeparableShuffledAndChance(t *testing.T) {
	backend := testbackend.New(t)
	train, test := blobs(3, 600, 8, 4, 12), blobs(4, 400, 8, 4, 12)
	r, err := LinearProbe(backend, train, test, ProbeOptions{})
	if err != nil || r.Accuracy < 0.995 || !r.Converged || len(r.ValidationAccuracy) != 6 {
		t.Errorf("separable: %+v, %v", r, err)
	}
	// With equally good candidates the strongest penalty is taken.
	best := slices.Max(r.ValidationAccuracy)
	for i, acc := range r.ValidationAccuracy {
		if l2 := math.Pow(10, float64(i-5)); acc == best && l2 > r.L2*1.001 {
			t.Errorf("L2 = %v chosen, but %v is as good: %v", r.L2, l2, r.ValidationAccuracy)
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(train.N, func(i, j int) {
		l := train.Images.Labels
		l[i], l[j] = l[j], l[i]
	})
	s, err := LinearProbe(backend, train, test, ProbeOptions{})
	if err != nil || s.Accuracy > 0.45 {
		t.Errorf("shuffled labels of 4 classes: accuracy %v, %v", s.Accuracy, err)
	}
}

// Overfitting features: the penalty must be chosen on held-out rows, and the labels of test must not count.
func TestProbeChoosesL2OnTrainOnly(t *testing.T) {
	backend := testbackend.New(t)
	train, test := blobs(5, 150, 100, 2, 1.2), blobs(6, 2000, 100, 2, 1.2)
	chosen, err := LinearProbe(backend, train, test, ProbeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	weak, err := LinearProbe(backend, train, test, ProbeOptions{L2: []float64{1e-5}})
	if err != nil {
		t.Fatal(err)
	}
	if weak.TrainAccuracy < 0.999 || chosen.Accuracy <= weak.Accuracy {
		t.Errorf("L2 = %v gives %v, 1e-5 gives %v (on train %v)", chosen.L2, chosen.Accuracy, weak.Accuracy, weak.TrainAccuracy)
	}
	for i := range test.Images.Labels {
		test.Images.Labels[i] = 1 - test.Images.Labels[i]
	}
	flipped, err := LinearProbe(backend, train, test, ProbeOptions{})
	if err != nil || flipped.L2 != chosen.L2 || !slices.Equal(flipped.Predictions, chosen.Predictions) {
		t.Errorf("the test labels change what is predicted (%v)", err)
	}
	near(t, "accuracy on flipped labels", flipped.Accuracy, 1-chosen.Accuracy, 1e-12)
}

func TestProbeSplitKeepsItemsTogether(t *testing.T) {
	e := gaussian(1, 100, 2, 2)
	e.Images.Items = nil
	for i := range e.N {
		e.Images.Items = append(e.Images.Items, int32(i%25))
	}
	opt := ProbeOptions{}
	p, err := newProber(testbackend.New(t), e, e, &opt)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	fit, held := p.split(seq(100), 0.2, 7)
	if len(held) != 20 || len(fit) != 80 {
		t.Fatalf("%d and %d rows", len(fit), len(held))
	}
	for _, r := range held {
		for _, f := range fit {
			if r%25 == f%25 {
				t.Fatalf("rows %d and %d of one item are on both sides", r, f)
			}
		}
	}
	if _, again := p.split(seq(100), 0.2, 8); slices.Equal(held, again) {
		t.Error("another seed gives the same split")
	}
}

func TestProbeOddInput(t *testing.T) {
	backend := testbackend.New(t)
	// Labels with gaps, one of them unknown to train; a constant dimension.
	train := &Embeddings{N: 4, D: 2, Vectors: []float32{-1, 7, -2, 7, 1, 7, 2, 7}, Images: &datasets.Images{Labels: []int32{3, 3, 40, 40}}}
	test := &Embeddings{N: 3, D: 2, Vectors: []float32{-1, 7, 3, 1e6, 1, 7}, Images: &datasets.Images{Labels: []int32{3, 40, 12}}}
	r, err := LinearProbe(backend, train, test, ProbeOptions{L2: []float64{1e-3}})
	if err != nil || !slices.Equal(r.Predictions, []int32{3, 40, 40}) || r.Classes != 2 || !r.Converged {
		t.Errorf("%+v, %v", r, err)
	}
	short, err := LinearProbe(backend, blobs(1, 300, 20, 3, 1), test20(), ProbeOptions{L2: []float64{1e-5}, MaxIterations: 2})
	if err != nil || short.Converged || short.Iterations > 2 {
		t.Errorf("two iterations: %+v, %v", short, err)
	}
	probe := func(train *Embeddings, opt ProbeOptions) error {
		return second(LinearProbe(backend, train, test, opt))
	}
	wantError(t, probe(train, ProbeOptions{L2: []float64{-1}}), "L2 = -1")
	wantError(t, probe(train, ProbeOptions{L2: []float64{}}), "no L2")
	wantError(t, probe(train, ProbeOptions{Validation: 1}), "validation share 1")
	wantError(t, probe(train, ProbeOptions{MaxIterations: -1}), "-1 iterations")
	wantError(t, probe(train, ProbeOptions{}), "leaves 4 to fit and 0 to validate")
	wantError(t, probe(train.Select([]int{0, 1}), ProbeOptions{}), "1 class")
	wantError(t, probe(&Embeddings{N: 1, D: 2, Vectors: []float32{1, 2}}, ProbeOptions{}), "train", "no Labels")
	wantError(t, second(LinearProbe(nil, train, test, ProbeOptions{})), "no backend")
	train.Vectors[2] = float32(math.NaN())
	wantError(t, probe(train, ProbeOptions{}), "train", "row 1, column 0")
}

func test20() *Embeddings { return blobs(2, 10, 20, 3, 1) }

func BenchmarkLinearProbe4984x128(b *testing.B) {
	backend := testbackend.New(b)
	train, test := blobs(1, 4984, 128, 9, 1), blobs(2, 1248, 128, 9, 1)
	for b.Loop() {
		r, err := LinearProbe(backend, train, test, ProbeOptions{})
		if err != nil || !r.Converged {
			b.Fatal(r, err)
		}
		b.ReportMetric(float64(r.Iterations), "iterations")
		b.ReportMetric(r.Accuracy, "accuracy")
	}
}
