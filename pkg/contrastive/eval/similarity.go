package eval

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// tiling is the size of the pieces in which similarities are computed: at most queries × bank values are
// in memory at a time.
type tiling struct{ queries, bank int }

// A tile of 256 × 8192 takes 8 MB, which stays near the cache and still keeps the matrix product busy.
var defaultTiling = tiling{queries: 256, bank: 8192}

// cosines computes all cosine similarities between queries and bank on the backend, in float32, and hands
// them to visit tile by tile: sims[i*stride+j] belongs to query q0+i and bank row b0+j, for i < qn, j < bn.
// For each query the tiles come in the order of the bank. sims is valid during the call only.
func cosines(backend compute.Backend, queries, bank *Embeddings, size tiling, visit func(sims []float32, stride, q0, qn, b0, bn int)) error {
	if backend == nil {
		return fmt.Errorf("eval: no backend: pass contrastive.Backend() or compute.New()")
	}
	size.queries = min(size.queries, queries.N)
	size.bank = min(size.bank, bank.N)
	exec, err := graph.NewExec(backend, func(q, b *graph.Node) *graph.Node {
		q.AssertDims(size.queries, queries.D)
		b.AssertDims(size.bank, queries.D)
		return graph.Einsum("qd,bd->qb", q, b)
	})
	if err != nil {
		return fmt.Errorf("eval: similarities: %w", err)
	}
	defer exec.Finalize()

	// The bank stays on the device: it is read once per tile of queries.
	tiles, err := unitTiles(bank, size.bank)
	defer func() {
		for _, t := range tiles {
			_ = t.FinalizeAll()
		}
	}()
	if err != nil {
		return err
	}
	inv := queries.inverseNorms()
	for q0 := 0; q0 < queries.N; q0 += size.queries {
		qn := min(size.queries, queries.N-q0)
		q, err := unitTile(queries, inv, q0, size.queries)
		if err != nil {
			return err
		}
		for t, b := range tiles {
			b0 := t * size.bank
			out, err := exec.Call1(q, b)
			if err != nil {
				return fmt.Errorf("eval: similarities of a tile of %d × %d: %w", size.queries, size.bank, err)
			}
			err = tensors.ConstFlatData(out, func(sims []float32) {
				visit(sims, size.bank, q0, qn, b0, min(size.bank, bank.N-b0))
			})
			if err := firstError(err, out.FinalizeAll()); err != nil {
				return fmt.Errorf("eval: reading similarities: %w", err)
			}
		}
		if err := q.FinalizeAll(); err != nil {
			return fmt.Errorf("eval: similarities: %w", err)
		}
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func unitTiles(e *Embeddings, rows int) (tiles []*tensors.Tensor, err error) {
	inv := e.inverseNorms()
	for start := 0; start < e.N; start += rows {
		t, err := unitTile(e, inv, start, rows)
		if err != nil {
			return tiles, err
		}
		tiles = append(tiles, t)
	}
	return tiles, nil
}

// unitTile is [rows, D]: the rows from start on at unit length, filled up with zeros, so that all tiles have
// one shape and the product is compiled once.
func unitTile(e *Embeddings, inv []float64, start, rows int) (*tensors.Tensor, error) {
	t := tensors.FromShape(shapes.Make(dtypes.Float32, rows, e.D))
	err := tensors.MutableFlatData(t, func(flat []float32) {
		end := min(start+rows, e.N)
		parallel(end-start, func(i int) {
			to := flat[i*e.D : (i+1)*e.D]
			for j, v := range e.Row(start + i) {
				to[j] = float32(float64(v) * inv[start+i])
			}
		})
		clear(flat[(end-start)*e.D:])
	})
	if err != nil {
		return nil, fmt.Errorf("eval: a tile of %d × %d: %w", rows, e.D, err)
	}
	return t, nil
}
