package eval

import (
	"fmt"
	"math/rand/v2"
)

// PairOptions limit what [Similarities] draws.
type PairOptions struct {
	// Max is the largest number of positive and of negative pairs. 0 stands for 10,000.
	Max int

	// Seed of the draw; the same seed gives the same pairs.
	Seed uint64
}

// Similarities is the cosine similarities of positive pairs, two pictures of one item, and of negative pairs,
// two of different items: the two histograms that should part during training.
//
// All pairs i < j count if there are no more than Max of the kind; otherwise a uniform sample of Max.
// Errors: no items, no pair of a kind, NaN or Inf.
func Similarities(e *Embeddings, opt PairOptions) (positive, negative []float32, err error) {
	if err := e.check("given"); err != nil {
		return nil, nil, err
	}
	items, err := e.items("given")
	if err != nil {
		return nil, nil, err
	}
	if opt.Max == 0 {
		opt.Max = 10_000
	}
	if opt.Max < 0 {
		return nil, nil, fmt.Errorf("eval: similarities of at most %d pairs: want a positive number", opt.Max)
	}
	rng := rand.New(rand.NewPCG(opt.Seed, 0x51A1))
	inv := e.inverseNorms()
	sim := func(i, j int) float32 { return float32(dot(e.Row(i), e.Row(j)) * inv[i] * inv[j]) }

	groups, order := map[int32][]int{}, []int32{}
	for i, item := range items {
		if groups[item] == nil {
			order = append(order, item)
		}
		groups[item] = append(groups[item], i)
	}
	positives := 0
	for _, g := range groups {
		positives += len(g) * (len(g) - 1) / 2
	}
	negatives := e.N*(e.N-1)/2 - positives
	if positives == 0 || negatives == 0 {
		return nil, nil, fmt.Errorf("eval: similarities: %d pairs of the same item and %d of different items%s: both kinds are needed", positives, negatives, e.named())
	}

	// Positives in order, each taken with the probability that makes a uniform sample of exactly Max.
	seen, want := 0, min(positives, opt.Max)
	for _, item := range order {
		g := groups[item]
		for a := range g {
			for b := range a {
				if rng.IntN(positives-seen) < want-len(positive) {
					positive = append(positive, sim(g[b], g[a]))
				}
				seen++
			}
		}
	}
	if negatives <= opt.Max {
		for i := range e.N {
			for j := range i {
				if items[i] != items[j] {
					negative = append(negative, sim(j, i))
				}
			}
		}
		return positive, negative, nil
	}
	// Pairs are drawn until they are new and of different items: not for sets where almost all are positive.
	if negatives < e.N*(e.N-1)/64 {
		return nil, nil, fmt.Errorf("eval: similarities: only %d of %d pairs are of different items: set Max to at least that", negatives, e.N*(e.N-1)/2)
	}
	drawn := make(map[[2]int]bool, opt.Max)
	for len(negative) < opt.Max {
		i, j := rng.IntN(e.N), rng.IntN(e.N)
		pair := [2]int{min(i, j), max(i, j)}
		if items[i] != items[j] && !drawn[pair] {
			drawn[pair] = true
			negative = append(negative, sim(i, j))
		}
	}
	return positive, negative, nil
}
