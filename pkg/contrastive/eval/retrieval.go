package eval

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
)

// RetrievalResult is what [Retrieval] found.
type RetrievalResult struct {
	// K and Recall go together: Recall[i] is the share of queries with a hit among the first K[i].
	K      []int     `json:"k"`
	Recall []float64 `json:"recall"`

	// MRR is the mean of 1/rank of the first hit.
	MRR float64 `json:"mrr"`

	// Ranks is the rank of each query's first hit, from 1; 0 for a query without a counterpart.
	Ranks []int32 `json:"-"`

	// Counted queries have a counterpart in the gallery; Missing ones do not and enter no mean.
	Counted int `json:"counted"`
	Missing int `json:"missing"`
}

// At is the recall at k, which must be one of those asked for, or NaN.
func (r *RetrievalResult) At(k int) float64 {
	if i := slices.Index(r.K, k); i >= 0 {
		return r.Recall[i]
	}
	return math.NaN()
}

// Retrieval looks for another picture of the same thing: for each query the gallery is ranked by cosine
// similarity, and a hit is a picture with the query's Item, e.g. the same emoji by another artist. With
// rank_q the rank of the first hit,
//
//	recall@k = mean_q [rank_q ≤ k],   MRR = mean_q 1/rank_q.
//
// Chance is about k/gallery.N. Equal similarities rank by gallery index, which for a collapsed encoder is chance too.
// If queries and gallery are the same *Embeddings a picture is not its own hit.
//
// The ranks are exact: what lies within rounding of the hit is compared again in float64.
// Errors: no items, k < 1 or larger than the gallery, no query with a counterpart, NaN or Inf, dimensions
// that differ.
func Retrieval(backend compute.Backend, queries, gallery *Embeddings, ks ...int) (*RetrievalResult, error) {
	return retrieval(backend, queries, gallery, ks, defaultTiling)
}

func retrieval(backend compute.Backend, queries, gallery *Embeddings, ks []int, size tiling) (*RetrievalResult, error) {
	if err := checkPair(queries, gallery, "query", "gallery"); err != nil {
		return nil, err
	}
	for _, k := range ks {
		if k < 1 || k > gallery.N {
			return nil, fmt.Errorf("eval: recall@%d in a gallery of %d pictures: want 1 … %d", k, gallery.N, gallery.N)
		}
	}
	wanted, err := queries.items("query")
	if err != nil {
		return nil, err
	}
	have, err := gallery.items("gallery")
	if err != nil {
		return nil, err
	}

	where := map[int32][]int32{}
	for g, item := range have {
		where[item] = append(where[item], int32(g))
	}
	qInv, gInv := queries.inverseNorms(), gallery.inverseNorms()
	sim := func(q int, g int32) float64 { return dot(queries.Row(q), gallery.Row(int(g))) * qInv[q] * gInv[g] }
	self := queries == gallery
	hits := make([]match, queries.N)
	parallel(queries.N, func(q int) {
		hits[q] = match{math.Inf(-1), -1}
		for _, g := range where[wanted[q]] {
			if self && int(g) == q {
				continue
			}
			if s := sim(q, g); s > hits[q].sim {
				hits[q] = match{s, g}
			}
		}
	})

	result := &RetrievalResult{K: slices.Clone(ks), Recall: make([]float64, len(ks)), Ranks: make([]int32, queries.N)}
	err = cosines(backend, queries, gallery, size, func(tile []float32, stride, q0, qn, b0, bn int) {
		parallel(qn, func(i int) {
			q := q0 + i
			hit := hits[q]
			if hit.index < 0 {
				return
			}
			ahead := 0
			high, low := float32(hit.sim+rounding), float32(hit.sim-rounding)
			for j, s := range tile[i*stride : i*stride+bn] {
				g := int32(b0 + j)
				if s < low || g == hit.index || self && int(g) == q {
					continue
				}
				if s > high {
					ahead++
				} else if exact := sim(q, g); exact > hit.sim || exact == hit.sim && g < hit.index {
					ahead++
				}
			}
			result.Ranks[q] += int32(ahead) // one goroutine per query, one tile at a time
		})
	})
	if err != nil {
		return nil, err
	}
	for q, hit := range hits {
		if hit.index < 0 {
			result.Missing++
			continue
		}
		result.Ranks[q]++
		result.Counted++
		result.MRR += 1 / float64(result.Ranks[q])
		for i, k := range ks {
			if int(result.Ranks[q]) <= k {
				result.Recall[i]++
			}
		}
	}
	if result.Counted == 0 {
		return nil, fmt.Errorf("eval: none of the %d queries%s has its item in the gallery%s: compare pictures of the same things", queries.N, queries.named(), gallery.named())
	}
	result.MRR /= float64(result.Counted)
	for i := range ks {
		result.Recall[i] /= float64(result.Counted)
	}
	return result, nil
}

// rounding bounds the error of the backend's products of unit vectors. In float32 it is about 10⁻⁶; a GPU may
// round the factors to TF32, 2⁻¹¹ each, which by Cauchy-Schwarz costs at most 2⁻¹⁰ in the sum.
const rounding = 1e-3
