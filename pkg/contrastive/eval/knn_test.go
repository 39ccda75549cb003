package eval

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
)

func TestNeighborsBruteForce(t *testing.T) {
	backend := testbackend.New(t)
	for _, c := range []struct{ nq, nb, d, k int }{{7, 5, 3, 5}, {300, 501, 17, 9}, {33, 700, 64, 200}, {5, 100, 1, 3}} {
		q, b := gaussian(1, c.nq, c.d, 3), gaussian(2, c.nb, c.d, 3)
		copy(b.Row(1), make([]float32, c.d)) // a zero vector has the similarity 0
		copy(q.Row(2), make([]float32, c.d))
		copy(b.Row(3), b.Row(0)) // a duplicate: the lower index first
		indices, sims, err := Neighbors(backend, q, b, c.k)
		if err != nil {
			t.Fatal(err)
		}
		for i := range q.N {
			want := ranked(q.Row(i), b, -1)
			for r := range c.k {
				if indices[i][r] != want[r].index && math.Abs(want[r].sim-float64(sims[i][r])) > 1e-12 {
					// In one dimension all similarities are ±1 up to rounding in the last place.
					if c.d > 1 || math.Abs(want[r].sim-float64(sims[i][r])) > 1e-7 {
						t.Fatalf("%+v: query %d, rank %d: row %d (%v), want %d (%v)", c, i, r, indices[i][r], sims[i][r], want[r].index, want[r].sim)
					}
				}
				near(t, "similarity", float64(sims[i][r]), want[r].sim, 1e-6)
			}
		}
	}
}

func TestTilesDoNotMatter(t *testing.T) {
	backend := testbackend.New(t)
	q, b := gaussian(1, 130, 20, 4), gaussian(2, 257, 20, 4)
	for i := 10; i < 200; i++ {
		copy(b.Row(i), b.Row(i%7)) // many exact ties
	}
	var first *KNNResult
	var firstIndices [][]int32
	var firstRanks []int32
	for _, size := range []tiling{defaultTiling, {1, 1}, {7, 13}, {64, 256}, {200, 1}} {
		indices, _, err := neighbors(backend, q, b, 50, size)
		if err != nil {
			t.Fatal(err)
		}
		r, err := knn(backend, b, q, KNNOptions{K: 50, Temperature: 0.07}, size)
		if err != nil {
			t.Fatal(err)
		}
		found, err := retrieval(backend, q, b, []int{1, 5}, size)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first, firstIndices, firstRanks = r, indices, found.Ranks
			continue
		}
		if !reflect.DeepEqual(firstIndices, indices) || !reflect.DeepEqual(first, r) || !reflect.DeepEqual(firstRanks, found.Ranks) {
			t.Errorf("tiles of %v change the result", size)
		}
	}
}

func TestCollapsedIsDeterministic(t *testing.T) {
	e := &Embeddings{N: 500, D: 33}
	for range e.N {
		for j := range e.D {
			e.Vectors = append(e.Vectors, float32(math.Sin(float64(j+1))))
		}
	}
	q := e.Select([]int{0, 100, 499})
	for _, size := range []tiling{defaultTiling, {2, 37}} {
		indices, _, err := neighbors(testbackend.New(t), q, e, 200, size)
		if err != nil {
			t.Fatal(err)
		}
		for i := range indices {
			for r, g := range indices[i] {
				if int(g) != r {
					t.Fatalf("tiles %v: query %d: rank %d is row %d, want the lower index first", size, i, r, g)
				}
			}
		}
	}
}

func TestNeighborsLeavesSelfOut(t *testing.T) {
	e := angles([]int32{0, 0, 1, 1}, 0, 10, 100, 125)
	indices, _, err := Neighbors(testbackend.New(t), e, e, 3)
	if err != nil {
		t.Fatal(err)
	}
	if want := [][]int32{{1, 2, 3}, {0, 2, 3}, {3, 1, 0}, {2, 1, 0}}; !reflect.DeepEqual(indices, want) {
		t.Errorf("got %v, want %v", indices, want)
	}
	_, _, err = Neighbors(testbackend.New(t), e, e, 4)
	wantError(t, err, "more neighbors than pictures", "4 of 3")
}

func TestKNNByHand(t *testing.T) {
	backend := testbackend.New(t)
	// The query at 0° sees class 0 at 10° and class 1 at 20° and −20°.
	bank := angles([]int32{0, 1, 1, 2}, 10, 20, -20, 180)
	query := angles([]int32{0}, 0)
	s := func(a float64) float64 { return math.Cos(a * math.Pi / 180) }
	// Two votes at 20° weigh as much as one at 10° where 2·exp(s(20)/T) = exp(s(10)/T).
	even := (s(10) - s(20)) / math.Ln2
	for _, c := range []struct {
		k    int
		temp float64
		want int32
	}{{1, 0.1, 0}, {3, even * 0.99, 0}, {3, even * 1.01, 1}, {4, 1e-5, 0}, {4, 1e5, 1}, {2, 1, 0}} {
		r, err := KNN(backend, bank, query, KNNOptions{K: c.k, Temperature: c.temp})
		if err != nil {
			t.Fatal(err)
		}
		if r.Predictions[0] != c.want || r.Classes != 3 {
			t.Errorf("k=%d T=%v: class %d of %d, want %d of 3", c.k, c.temp, r.Predictions[0], r.Classes, c.want)
		}
	}

	// A tie of votes goes to the nearest neighbor's class; of equally near ones, to the lower index.
	tie, err := KNN(backend, angles([]int32{4, 2}, 0, 0), query, KNNOptions{K: 2})
	if err != nil || tie.Predictions[0] != 4 {
		t.Errorf("tie: %+v, %v", tie, err)
	}
	// A label that the bank does not know is wrong, not an error.
	unseen, err := KNN(backend, bank, angles([]int32{9, 0}, 0, 0), KNNOptions{K: 1})
	if err != nil || unseen.Accuracy != 0.5 {
		t.Errorf("unseen label: %+v, %v", unseen, err)
	}
	one, err := KNN(backend, angles([]int32{3, 3}, 0, 90), angles([]int32{3, 3, 3}, 0, 180, 33), KNNOptions{})
	if err != nil || one.Accuracy != 1 || one.Classes != 1 || one.K != 2 || one.Temperature != 0.1 {
		t.Errorf("one class: %+v, %v", one, err)
	}
	zero := &Embeddings{N: 1, D: 2, Vectors: make([]float32, 2)}
	z, err := KNN(backend, bank, zero, KNNOptions{K: 4})
	if err != nil || z.Predictions[0] != 1 || !math.IsNaN(z.Accuracy) {
		t.Errorf("zero query sees all at similarity 0, so the larger class wins: %+v, %v", z, err)
	}
}

func TestKNNBruteForceAndPermutation(t *testing.T) {
	backend := testbackend.New(t)
	bank, queries := gaussian(3, 400, 12, 5), gaussian(4, 150, 12, 5)
	for _, e := range []*Embeddings{bank, queries} {
		for i, y := range e.Images.Labels {
			e.Row(i)[y] += 2
		}
	}
	const k, temp = 21, 0.07
	r, err := KNN(backend, bank, queries, KNNOptions{K: k, Temperature: temp})
	if err != nil {
		t.Fatal(err)
	}
	right := 0.0
	for q := range queries.N {
		votes := map[int32]float64{}
		for _, m := range ranked(queries.Row(q), bank, -1)[:k] {
			votes[bank.Images.Labels[m.index]] += math.Exp(m.sim / temp)
		}
		best := int32(0)
		for c := range int32(5) {
			if votes[c] > votes[best] {
				best = c
			}
		}
		if r.Predictions[q] != best {
			t.Errorf("query %d: %d, want %d", q, r.Predictions[q], best)
		}
		if best == queries.Images.Labels[q] {
			right++
		}
	}
	near(t, "accuracy", r.Accuracy, right/150, 1e-12)
	if r.Accuracy < 0.5 || r.Accuracy > 0.99 {
		t.Errorf("accuracy %v does not test anything", r.Accuracy)
	}

	perm := rand.New(rand.NewPCG(5, 5)).Perm(bank.N)
	p, err := KNN(backend, bank.Select(perm), queries, KNNOptions{K: k, Temperature: temp})
	if err != nil || !reflect.DeepEqual(p.Predictions, r.Predictions) {
		t.Errorf("a permuted bank changes the predictions (%v)", err)
	}

	shuffled := bank.Select(seq(bank.N))
	rand.New(rand.NewPCG(6, 6)).Shuffle(bank.N, func(i, j int) {
		l := shuffled.Images.Labels
		l[i], l[j] = l[j], l[i]
	})
	s, err := KNN(backend, shuffled, queries, KNNOptions{K: k})
	if err != nil || s.Accuracy < 0.05 || s.Accuracy > 0.35 {
		t.Errorf("shuffled labels of 5 classes: accuracy %v, %v", s.Accuracy, err)
	}
}

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func TestErrors(t *testing.T) {
	backend := testbackend.New(t)
	bank, query := angles([]int32{0, 1}, 0, 90), angles([]int32{0}, 0)
	run := func(b, q *Embeddings, opt KNNOptions) error {
		_, err := KNN(backend, b, q, opt)
		return err
	}
	wantError(t, run(bank, query, KNNOptions{K: 3}), "more neighbors than pictures", "3 of 2")
	wantError(t, run(bank, query, KNNOptions{K: -1}), "k = -1")
	wantError(t, run(bank, query, KNNOptions{Temperature: -1}), "temperature -1")
	wantError(t, run(bank, query, KNNOptions{Temperature: math.NaN()}), "temperature NaN")
	wantError(t, run(&Embeddings{N: 1, D: 2, Vectors: []float32{1, 2}}, query, KNNOptions{}), "bank", "no Labels")
	wantError(t, run(angles([]int32{0, -1}, 0, 1), query, KNNOptions{}), "Labels[1] = -1", "Select")
	wantError(t, run(angles([]int32{0}, 0, 1), query, KNNOptions{}), "2 rows but 1 Labels")
	wantError(t, run(nil, query, KNNOptions{}), "bank embeddings are nil")
	wantError(t, run(&Embeddings{D: 2}, query, KNNOptions{}), "empty")
	wantError(t, run(&Embeddings{N: 2, D: 2, Vectors: make([]float32, 3)}, query, KNNOptions{}), "3 values", "2×2 = 4")
	wantError(t, run(gaussian(1, 3, 5, 2), query, KNNOptions{}), "2 dimensions", "5")
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(-1))} {
		b := angles([]int32{0, 1}, 0, 90)
		b.Vectors[3] = bad
		wantError(t, run(b, query, KNNOptions{}), "bank", "(angles)", "row 1, column 1")
		wantError(t, run(bank, b, KNNOptions{}), "query", "row 1, column 1")
		for name, err := range map[string]error{
			"retrieval":  second(Retrieval(backend, b, bank, 1)),
			"alignment":  second(Alignment(b, b, 2)),
			"uniformity": second(Uniformity(b, 2)),
			"std":        second(Std(b)),
			"rank":       second(EffectiveRank(b)),
		} {
			t.Run(name, func(t *testing.T) { wantError(t, err, "row 1, column 1") })
		}
	}
	_, err := KNN(nil, bank, query, KNNOptions{})
	wantError(t, err, "no backend")
	wantError(t, second(Retrieval(backend, query, bank, 3)), "recall@3", "2 pictures")
	wantError(t, second(Retrieval(backend, query, bank, 0)), "recall@0")
	wantError(t, second(Retrieval(backend, angles([]int32{7}, 0), bank, 1)), "none of the 1 queries")
	wantError(t, second(Retrieval(backend, &Embeddings{N: 1, D: 2, Vectors: []float32{1, 2}, Images: &datasets.Images{}}, bank, 1)), "no Items")
	wantError(t, second(Alignment(bank, query, 2)), "2 rows with 1")
	wantError(t, second(Alignment(bank, bank, 0)), "alpha = 0")
	wantError(t, second(Uniformity(query, 2)), "1 row")
	wantError(t, second(Uniformity(bank, -1)), "t = -1")
}

func second[T any](_ T, err error) error { return err }

func TestConfusion(t *testing.T) {
	c, err := Confusion([]int32{0, 0, 1, 2}, []int32{0, 1, 1, 0}, 3)
	if want := [][]int{{1, 1, 0}, {0, 1, 0}, {1, 0, 0}}; err != nil || !reflect.DeepEqual(c, want) {
		t.Errorf("got %v, %v", c, err)
	}
	wantError(t, second(Confusion([]int32{0}, []int32{0, 1}, 2)), "1 labels", "2 predictions")
	wantError(t, second(Confusion([]int32{0}, []int32{2}, 2)), "prediction 2 at 0")
}

func BenchmarkKNN10kx50k(b *testing.B) {
	backend := testbackend.New(b)
	bank, queries := gaussian(1, 50_000, 128, 10), gaussian(2, 10_000, 128, 10)
	for b.Loop() {
		if _, err := KNN(backend, bank, queries, KNNOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
