package eval

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
)

// KNNOptions are the two numbers of a weighted kNN classifier. The zero value is the field's default.
type KNNOptions struct {
	// K is the number of neighbors that vote. 0 stands for 200, or the whole bank if it is smaller.
	// A small bank wants a small K: 20 is usual for some thousand pictures.
	K int `json:"k"`

	// Temperature of the vote's weights exp(s/T), > 0. 0 stands for 0.1.
	Temperature float64 `json:"temperature"`
}

// KNNResult is what [KNN] found.
type KNNResult struct {
	// Accuracy is the share of queries whose predicted label is theirs; NaN if the queries have no labels.
	Accuracy float64 `json:"accuracy"`

	// Predictions has a label per query.
	Predictions []int32 `json:"-"`

	// Classes is the number of different labels in the bank; K and Temperature are the values used.
	Classes     int     `json:"classes"`
	K           int     `json:"k"`
	Temperature float64 `json:"temperature"`
}

// KNN classifies queries by a weighted vote of their K nearest rows in a labeled bank:
//
//	ŷ(q) = argmax_c Σ_{g ∈ N_K(q), y_g = c} exp(s(q, g)/T)
//
// with the cosine similarity s of [Neighbors]: Wu et al. 2018, "Unsupervised Feature Learning via
// Non-Parametric Instance Discrimination", section 3.4. The classes are those of the bank: a query with a
// label that the bank lacks counts as wrong. Of classes with equal votes the one with the nearest neighbor
// wins. If bank and queries are the same *Embeddings the accuracy is leave-one-out.
//
// Errors: K larger than the bank, T ≤ 0, a bank without labels, NaN or Inf, dimensions that differ.
func KNN(backend compute.Backend, bank, queries *Embeddings, opt KNNOptions) (*KNNResult, error) {
	return knn(backend, bank, queries, opt, defaultTiling)
}

func knn(backend compute.Backend, bank, queries *Embeddings, opt KNNOptions, size tiling) (*KNNResult, error) {
	if err := checkPair(queries, bank, "query", "bank"); err != nil {
		return nil, err
	}
	labels, err := bank.labels("bank")
	if err != nil {
		return nil, err
	}
	available := bank.N
	if bank == queries {
		available--
	}
	if opt.K == 0 {
		opt.K = min(200, available)
	}
	if opt.Temperature == 0 {
		opt.Temperature = 0.1
	}
	if err := checkVote(opt.Temperature); err != nil {
		return nil, err
	}
	indices, sims, err := neighbors(backend, queries, bank, opt.K, size)
	if err != nil {
		return nil, err
	}
	t, err := newTally(labels, queries)
	if err != nil {
		return nil, err
	}
	return t.count(indices, sims, opt), nil
}

func checkVote(temperature float64) error {
	if !(temperature > 0) || math.IsInf(temperature, 0) {
		return fmt.Errorf("eval: kNN temperature %v: want a positive number, usually 0.1", temperature)
	}
	return nil
}

// tally counts votes.
type tally struct {
	labels  []int32 // of the bank
	truth   []int32 // of the queries; nil: unknown
	classes int     // different labels in the bank
	votes   []float64
}

func newTally(labels []int32, queries *Embeddings) (*tally, error) {
	t := &tally{labels: labels}
	present := map[int32]bool{}
	highest := int32(0)
	for _, y := range labels {
		present[y] = true
		highest = max(highest, y)
	}
	t.classes, t.votes = len(present), make([]float64, highest+1)
	if queries.Images != nil && queries.Images.Labels != nil {
		var err error
		if t.truth, err = queries.labels("query"); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// count lets the first opt.K of each query's neighbors vote.
func (t *tally) count(indices [][]int32, sims [][]float32, opt KNNOptions) *KNNResult {
	r := &KNNResult{Accuracy: math.NaN(), Classes: t.classes, K: opt.K, Temperature: opt.Temperature, Predictions: make([]int32, len(indices))}
	for q := range indices {
		r.Predictions[q] = vote(t.labels, indices[q][:opt.K], sims[q][:opt.K], opt.Temperature, t.votes)
	}
	if t.truth != nil {
		r.Accuracy = accuracy(r.Predictions, t.truth)
	}
	return r
}

// vote leaves votes as it found it: all zero.
func vote(labels, indices []int32, sims []float32, temperature float64, votes []float64) int32 {
	for i, g := range indices {
		// Relative to the nearest neighbor: exp(s/T) itself overflows for small T.
		votes[labels[g]] += math.Exp(float64(sims[i]-sims[0]) / temperature)
	}
	best := labels[indices[0]]
	for _, g := range indices {
		if votes[labels[g]] > votes[best] {
			best = labels[g]
		}
	}
	for _, g := range indices {
		votes[labels[g]] = 0
	}
	return best
}

func accuracy(predictions, truth []int32) float64 {
	right := 0
	for i, p := range predictions {
		if p == truth[i] {
			right++
		}
	}
	return float64(right) / float64(len(truth))
}

// Confusion counts, for each true label, how often each label was predicted: [classes][classes], rows true.
// It fails if the lengths differ or a value is outside 0 … classes−1.
func Confusion(truth, predictions []int32, classes int) ([][]int, error) {
	if len(truth) != len(predictions) {
		return nil, fmt.Errorf("eval: confusion of %d labels with %d predictions", len(truth), len(predictions))
	}
	counts := make([][]int, classes)
	for i := range counts {
		counts[i] = make([]int, classes)
	}
	for i, y := range truth {
		p := predictions[i]
		if y < 0 || int(y) >= classes || p < 0 || int(p) >= classes {
			return nil, fmt.Errorf("eval: confusion: label %d, prediction %d at %d: want 0 … %d", y, p, i, classes-1)
		}
		counts[y][p]++
	}
	return counts, nil
}
