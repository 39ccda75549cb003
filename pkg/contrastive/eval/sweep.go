package eval

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
)

// KNNGrid is what [KNNSweep] tries: every K with every temperature. The zero value is usable.
type KNNGrid struct {
	// K holds numbers of neighbors. Nil stands for 1, 5, 20, 50, 100, 200.
	K []int

	// Temperatures of the vote. Nil stands for 0.07 and 0.1, the two in use.
	Temperatures []float64
}

// KNNSweepResult is what [KNNSweep] found.
type KNNSweepResult struct {
	// Results are those of the grid, by K and within it by temperature, both as given.
	Results []*KNNResult `json:"results"`

	// Notes say what was asked for and could not be: a K beyond the bank.
	Notes []string `json:"notes,omitempty"`
}

// At is the result at k and temperature, nil if the grid has none.
func (r *KNNSweepResult) At(k int, temperature float64) *KNNResult {
	for _, one := range r.Results {
		if one.K == k && one.Temperature == temperature {
			return one
		}
	}
	return nil
}

// Best is the first of the results with the highest accuracy. Read from test queries it has been chosen on the
// test labels: choose by a sweep of the bank over itself, which leaves each row out of its own vote.
func (r *KNNSweepResult) Best() *KNNResult {
	best := r.Results[0]
	for _, one := range r.Results {
		if one.Accuracy > best.Accuracy {
			best = one
		}
	}
	return best
}

// KNNSweep is [KNN] for a grid of neighbors and temperatures in one pass: the similarities are computed once, for
// the largest K, and the first K of the neighbors vote. Each result is what [KNN] gives for the same two numbers.
//
// A K larger than the bank is lowered to it, which a note tells; what then occurs twice is tried once.
// Errors: those of [KNN], and K < 1 or an empty grid.
func KNNSweep(backend compute.Backend, bank, queries *Embeddings, grid KNNGrid) (*KNNSweepResult, error) {
	if grid.K == nil {
		grid.K = []int{1, 5, 20, 50, 100, 200}
	}
	if grid.Temperatures == nil {
		grid.Temperatures = []float64{0.07, 0.1}
	}
	if len(grid.K) == 0 || len(grid.Temperatures) == 0 {
		return nil, fmt.Errorf("eval: kNN over %d numbers of neighbors and %d temperatures: want at least one of each, or nil for the default", len(grid.K), len(grid.Temperatures))
	}
	for _, t := range grid.Temperatures {
		if err := checkVote(t); err != nil {
			return nil, err
		}
	}
	if err := checkPair(queries, bank, "query", "bank"); err != nil {
		return nil, err
	}
	labels, err := bank.labels("bank")
	if err != nil {
		return nil, err
	}
	t, err := newTally(labels, queries)
	if err != nil {
		return nil, err
	}
	available := bank.N
	if bank == queries {
		available--
	}
	result := &KNNSweepResult{}
	var ks []int
	for _, k := range grid.K {
		if k > available && available > 0 {
			result.Notes = append(result.Notes, fmt.Sprintf("k = %d is lowered to %d, all there are in the bank%s", k, available, bank.named()))
			k = available
		}
		if !slices.Contains(ks, k) {
			ks = append(ks, k)
		}
	}
	if k := slices.Min(ks); k < 1 {
		return nil, fmt.Errorf("eval: k = %d neighbors: want at least 1", k)
	}
	indices, sims, err := neighbors(backend, queries, bank, slices.Max(ks), defaultTiling)
	if err != nil {
		return nil, err
	}
	for _, k := range ks {
		for _, temperature := range grid.Temperatures {
			result.Results = append(result.Results, t.count(indices, sims, KNNOptions{K: k, Temperature: temperature}))
		}
	}
	return result, nil
}
