package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
)

// Neighbors finds for each query the k rows of the gallery with the highest cosine similarity
//
//	s(q, g) = q·g / (‖q‖ ‖g‖)
//
// nearest first: indices and sims are [queries.N][k]. A zero vector has the similarity 0 to everything.
// If queries and gallery are the same *Embeddings a row is not its own neighbor.
//
// The candidates come from float32 products on the backend, the final order from float64: among equal
// similarities the lower index comes first. Should more than 64 rows tie with the k-th to within 2⁻¹⁸ (an
// encoder that has collapsed), the lower indices are taken, so that the result is still deterministic. On a GPU
// that multiplies in TF32 the candidates are chosen to within 10⁻³, their order is exact all the same.
//
// Errors: k < 1, k larger than the gallery, dimensions that differ, NaN or Inf.
func Neighbors(backend compute.Backend, queries, gallery *Embeddings, k int) (indices [][]int32, sims [][]float32, err error) {
	return neighbors(backend, queries, gallery, k, defaultTiling)
}

func neighbors(backend compute.Backend, queries, gallery *Embeddings, k int, size tiling) (indices [][]int32, sims [][]float32, err error) {
	if err := checkPair(queries, gallery, "query", "gallery"); err != nil {
		return nil, nil, err
	}
	self := queries == gallery
	available := gallery.N
	if self {
		available--
	}
	if k < 1 {
		return nil, nil, fmt.Errorf("eval: k = %d neighbors: want at least 1", k)
	}
	if k > available {
		return nil, nil, fmt.Errorf("eval: more neighbors than pictures: k = %d of %d%s: lower k", k, available, gallery.named())
	}

	indices = make([][]int32, queries.N)
	sims = make([][]float32, queries.N)
	qInv, gInv := queries.inverseNorms(), gallery.inverseNorms()
	heaps := make([]topK, min(size.queries, queries.N))
	for i := range heaps {
		heaps[i].entries = make([]scored, 0, min(k+64, available))
	}
	finish := func(q int, h *topK) {
		exact := make([]match, len(h.entries))
		for i, c := range h.entries {
			s := dot(queries.Row(q), gallery.Row(int(c.index))) * qInv[q] * gInv[c.index]
			exact[i] = match{s, c.index}
		}
		slices.SortFunc(exact, func(a, b match) int {
			return cmp.Or(cmp.Compare(b.sim, a.sim), cmp.Compare(a.index, b.index))
		})
		indices[q], sims[q] = make([]int32, k), make([]float32, k)
		for i, m := range exact[:k] {
			indices[q][i], sims[q][i] = m.index, float32(m.sim)
		}
	}
	err = cosines(backend, queries, gallery, size, func(tile []float32, stride, q0, qn, b0, bn int) {
		parallel(qn, func(i int) {
			h := &heaps[i]
			if b0 == 0 {
				h.entries = h.entries[:0]
			}
			skip := -1
			if self {
				skip = q0 + i - b0
			}
			h.scan(tile[i*stride:i*stride+bn], int32(b0), skip)
			if b0+bn == gallery.N {
				finish(q0+i, h)
			}
		})
	})
	if err != nil {
		return nil, nil, err
	}
	return indices, sims, nil
}

type match struct {
	sim   float64
	index int32
}

// scored is a candidate; key is its similarity in steps of 2⁻¹⁸, coarse enough to hide rounding of float32
// products, which can differ between the columns of a tile.
type scored struct{ key, index int32 }

const keySteps = 1 << 18

func (a scored) worse(b scored) bool {
	return a.key < b.key || a.key == b.key && a.index > b.index
}

// topK holds the best cap(entries) candidates as a heap with the worst of them at the root.
type topK struct{ entries []scored }

// scan offers similarities of rows first, first+1, …; indices must increase from call to call.
func (h *topK) scan(sims []float32, first int32, skip int) {
	j := 0
	for ; j < len(sims) && len(h.entries) < cap(h.entries); j++ {
		if j != skip {
			h.entries = append(h.entries, scored{key(sims[j]), first + int32(j)})
			h.up(len(h.entries) - 1)
		}
	}
	if j == len(sims) {
		return
	}
	// Later rows lose ties, so a row enters only if its key is at least one step above the root's.
	enter := h.threshold()
	for ; j < len(sims); j++ {
		s := sims[j]
		if s < enter || j == skip {
			continue
		}
		h.entries[0] = scored{key(s), first + int32(j)}
		h.down()
		enter = h.threshold()
	}
}

func key(s float32) int32 { return int32(math.Floor(float64(s)*keySteps + 0.5)) }

// threshold is the smallest similarity whose key exceeds the root's; exact in float32, as it needs 20 bits.
func (h *topK) threshold() float32 {
	return float32((float64(h.entries[0].key) + 0.5) / keySteps)
}

func (h *topK) up(i int) {
	e := h.entries
	for i > 0 {
		parent := (i - 1) / 2
		if !e[i].worse(e[parent]) {
			return
		}
		e[i], e[parent] = e[parent], e[i]
		i = parent
	}
}

func (h *topK) down() {
	e := h.entries
	i := 0
	for {
		child := 2*i + 1
		if child >= len(e) {
			return
		}
		if child+1 < len(e) && e[child+1].worse(e[child]) {
			child++
		}
		if !e[child].worse(e[i]) {
			return
		}
		e[i], e[child] = e[child], e[i]
		i = child
	}
}
