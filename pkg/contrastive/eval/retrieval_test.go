package eval

import (
	"math"
	"reflect"
	"testing"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

func TestRetrievalByHand(t *testing.T) {
	backend := testbackend.New(t)
	gallery := angles([]int32{0, 1, 2, 1}, 0, 30, 60, 90)
	queries := angles([]int32{0, 1, 2, 0, 8}, 5, 100, 0, 59, 1)
	r, err := Retrieval(backend, queries, gallery, 1, 2, 4)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int32{1, 1, 3, 4, 0}; !reflect.DeepEqual(r.Ranks, want) {
		t.Errorf("ranks %v, want %v", r.Ranks, want)
	}
	if want := []float64{0.5, 0.5, 1}; !reflect.DeepEqual(r.Recall, want) {
		t.Errorf("recall %v, want %v", r.Recall, want)
	}
	near(t, "MRR", r.MRR, (1+1+1./3+1./4)/4, 1e-12)
	if r.Counted != 4 || r.Missing != 1 || r.At(2) != 0.5 || !math.IsNaN(r.At(3)) {
		t.Errorf("%+v", r)
	}
}

func TestRetrievalBruteForce(t *testing.T) {
	q, g := gaussian(7, 200, 10, 60), gaussian(8, 150, 10, 60)
	for i := 20; i < 60; i++ {
		copy(g.Row(i), g.Row(i-20)) // exact ties between different items
	}
	for _, gallery := range []*Embeddings{g, q} {
		r, err := Retrieval(testbackend.New(t), q, gallery, 1, 5, 10)
		if err != nil {
			t.Fatal(err)
		}
		hits, mrr, counted := 0.0, 0.0, 0.0
		for i := range q.N {
			skip := -1
			if gallery == q {
				skip = i
			}
			want := int32(0)
			for rank, m := range ranked(q.Row(i), gallery, skip) {
				if gallery.Images.Items[m.index] == q.Images.Items[i] {
					want = int32(rank + 1)
					counted++
					mrr += 1 / float64(want)
					if want <= 5 {
						hits++
					}
					break
				}
			}
			if r.Ranks[i] != want {
				t.Errorf("query %d: rank %d, want %d", i, r.Ranks[i], want)
			}
		}
		near(t, "recall@5", r.At(5), hits/counted, 1e-12)
		near(t, "MRR", r.MRR, mrr/counted, 1e-12)
	}
}

// A collapsed encoder must look like chance, not like a perfect one.
func TestRetrievalCollapsed(t *testing.T) {
	e := &Embeddings{N: 100, D: 3, Images: angles(nil).Images}
	for i := range e.N {
		e.Vectors = append(e.Vectors, 0.3, -0.1, 0.7)
		e.Images.Items = append(e.Images.Items, int32(i))
	}
	r, err := Retrieval(testbackend.New(t), e, e.Select(seq(100)), 1, 10)
	if err != nil || r.At(1) != 0.01 || r.At(10) != 0.1 {
		t.Errorf("%v, %v", r.Recall, err)
	}
}
