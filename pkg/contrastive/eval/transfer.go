package eval

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
)

// Part is a named set of embeddings: the pictures by one artist, or all of them turned by 90°.
type Part struct {
	Name string
	*Embeddings
}

// ByDomain is the parts of e by Domains, in the order of DomainNames; a domain without a picture is left out.
func ByDomain(e *Embeddings) ([]Part, error) {
	if err := e.check("given"); err != nil {
		return nil, err
	}
	domains, err := e.domains("given")
	if err != nil {
		return nil, err
	}
	rows := make([][]int, len(e.Images.DomainNames))
	for i, d := range domains {
		if int(d) >= len(rows) {
			return nil, fmt.Errorf("eval: row %d%s is of domain %d, but there are %d names", i, e.named(), d, len(rows))
		}
		rows[d] = append(rows[d], i)
	}
	var parts []Part
	for d, name := range e.Images.DomainNames {
		if len(rows[d]) > 0 {
			parts = append(parts, Part{name, e.Select(rows[d])})
		}
	}
	return parts, nil
}

// TransferOptions are the settings of [Transfer]; the zero value is usable.
type TransferOptions struct {
	// K and Temperature are those of [KNN]; 0 stands for 20 and 0.1. K is lowered to the smallest bank.
	K           int
	Temperature float64

	// Probe is used for each fit; its Seed draws the subsets too.
	Probe ProbeOptions

	// WithoutProbe leaves the probe out, whose cost grows with rows × dimensions, as for many raw pixels.
	WithoutProbe bool

	// Draws is how many random parts of each training set are tried. 0 stands for 5.
	Draws int

	// Share of the training set that a draw holds; of the items, where it has some. 0 stands for 0.8.
	Share float64
}

// Spread is the accuracies of several draws.
type Spread struct {
	Values []float64 `json:"values"`
	Mean   float64   `json:"mean"`
	Std    float64   `json:"std"` // sample standard deviation, 0 for a single draw
}

// TransferResult is what [Transfer] found. Its matrices are [len(Train)][len(Test)].
type TransferResult struct {
	Train []string   `json:"train"`
	Test  []string   `json:"test"`
	KNN   [][]Spread `json:"knn"`
	Probe [][]Spread `json:"probe,omitempty"` // nil without the probe

	// K is the number of neighbors that voted; Unconverged is how many fits of a probe did not converge.
	K           int `json:"k"`
	Unconverged int `json:"unconverged"`
}

// Drop is how much accuracy row i of a matrix of r loses in column j against the column of its own name: the price
// of the move. It is false where no test part has that name.
func (r *TransferResult) Drop(matrix [][]Spread, i, j int) (float64, bool) {
	home := slices.Index(r.Test, r.Train[i])
	if home < 0 {
		return 0, false
	}
	return matrix[i][home].Mean - matrix[i][j].Mean, true
}

// DropSpread is [TransferResult.Drop] with how much it differs between the draws: each draw is compared with itself.
func (r *TransferResult) DropSpread(matrix [][]Spread, i, j int) (Spread, bool) {
	home := slices.Index(r.Test, r.Train[i])
	if home < 0 {
		return Spread{}, false
	}
	var drop Spread
	for d, there := range matrix[i][j].Values {
		drop.Values = append(drop.Values, matrix[i][home].Values[d]-there)
	}
	drop.Mean, drop.Std = meanStd(drop.Values)
	return drop, true
}

// Move is a matrix of [TransferResult] in three numbers, each over the draws.
type Move struct {
	Own    Spread `json:"own"`    // mean accuracy on the test part of the training part's name
	Others Spread `json:"others"` // mean accuracy on the other test parts
	Drop   Spread `json:"drop"`   // Own − Others, draw by draw
}

// Move sums a matrix up: every training part that has a test part of its name counts, and all its test parts. It is
// false where there is no such part, or none to move to.
func (r *TransferResult) Move(matrix [][]Spread) (*Move, bool) {
	var own, others []float64 // by draw
	homes, moves := 0.0, 0.0
	add := func(sums []float64, values []float64) []float64 {
		if sums == nil {
			sums = make([]float64, len(values))
		}
		for d, v := range values {
			sums[d] += v
		}
		return sums
	}
	for i := range matrix {
		home := slices.Index(r.Test, r.Train[i])
		for j, cell := range matrix[i] {
			switch {
			case home < 0:
			case j == home:
				own, homes = add(own, cell.Values), homes+1
			default:
				others, moves = add(others, cell.Values), moves+1
			}
		}
	}
	if homes == 0 || moves == 0 {
		return nil, false
	}
	m := &Move{}
	for d := range own {
		a, b := own[d]/homes, others[d]/moves
		m.Own.Values, m.Others.Values, m.Drop.Values = append(m.Own.Values, a), append(m.Others.Values, b), append(m.Drop.Values, a-b)
	}
	for _, s := range []*Spread{&m.Own, &m.Others, &m.Drop} {
		s.Mean, s.Std = meanStd(s.Values)
	}
	return m, true
}

// Transfer trains on each part of train and tests on each part of test: kNN with the training part as bank, and the
// [LinearProbe]. What holds only for one artist, or only for clean pictures, shows as a drop beside the diagonal.
//
// Each training part is tried in several random draws, the same for kNN and probe; what spreads is the choice of training
// pictures, not that of test pictures. λ is chosen by the first draw, inside the training part, and kept for
// the others.
//
// For a robustness test give one training part, "clean", and as test parts "clean" and the same pictures damaged by
// [Corruptions] and embedded.
//
// Errors: no part, parts with different dimensions, without labels or with one class, draws below 1, a share outside
// (0, 1], NaN or Inf.
func Transfer(backend compute.Backend, train, test []Part, opt TransferOptions) (*TransferResult, error) {
	if opt.K == 0 {
		opt.K = 20
	}
	if opt.Temperature == 0 {
		opt.Temperature = 0.1
	}
	if opt.Draws == 0 {
		opt.Draws = 5
	}
	if opt.Share == 0 {
		opt.Share = 0.8
	}
	switch {
	case len(train) == 0 || len(test) == 0:
		return nil, fmt.Errorf("eval: transfer from %d parts to %d: want at least one of each", len(train), len(test))
	case opt.Draws < 1:
		return nil, fmt.Errorf("eval: transfer: %d draws: want at least 1", opt.Draws)
	case !(opt.Share > 0 && opt.Share <= 1):
		return nil, fmt.Errorf("eval: transfer: a share of %v: want a number above 0, at most 1", opt.Share)
	}
	all, ends, err := stack(test)
	if err != nil {
		return nil, err
	}
	draws := make([][][]int, len(train))
	for i, part := range train {
		if err := part.check("train"); err != nil {
			return nil, fmt.Errorf("%s: %w", part.Name, err)
		}
		for d := range opt.Draws {
			rows, err := part.draw(opt.Share, rand.New(rand.NewPCG(opt.Probe.Seed, uint64(d))))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", part.Name, err)
			}
			draws[i] = append(draws[i], rows)
			opt.K = min(opt.K, len(rows))
		}
	}
	r := &TransferResult{K: opt.K}
	for _, part := range test {
		r.Test = append(r.Test, part.Name)
	}
	for i, part := range train {
		r.Train = append(r.Train, part.Name)
		r.KNN = append(r.KNN, make([]Spread, len(test)))
		if !opt.WithoutProbe {
			r.Probe = append(r.Probe, make([]Spread, len(test)))
		}
		if err := r.from(i, backend, part, draws[i], all, ends, opt); err != nil {
			return nil, fmt.Errorf("%s: %w", part.Name, err)
		}
	}
	return r, nil
}

// from fills row i.
func (r *TransferResult) from(i int, backend compute.Backend, part Part, draws [][]int, all *Embeddings, ends []int, opt TransferOptions) error {
	add := func(row []Spread, predictions []int32) {
		start := 0
		for j, end := range ends {
			row[j].Values = append(row[j].Values, accuracy(predictions[start:end], all.Images.Labels[start:end]))
			start = end
		}
	}
	for _, rows := range draws {
		voted, err := KNN(backend, part.Select(rows), all, KNNOptions{K: opt.K, Temperature: opt.Temperature})
		if err != nil {
			return err
		}
		add(r.KNN[i], voted.Predictions)
	}
	if !opt.WithoutProbe {
		p, err := newProber(backend, part.Embeddings, all, &opt.Probe)
		if err != nil {
			return err
		}
		defer p.close()
		for d, rows := range draws {
			probed, err := p.run(rows, opt.Probe)
			if err != nil {
				return err
			}
			if d == 0 {
				opt.Probe.L2 = []float64{probed.L2}
			}
			if !probed.Converged {
				r.Unconverged++
			}
			add(r.Probe[i], probed.Predictions)
		}
	}
	for _, matrix := range [][][]Spread{r.KNN, r.Probe} {
		if matrix == nil {
			continue
		}
		for j := range matrix[i] {
			s := &matrix[i][j]
			s.Mean, s.Std = meanStd(s.Values)
		}
	}
	return nil
}

// draw is a random share of the rows in ascending order, whole items where there are some.
func (e *Embeddings) draw(share float64, rng *rand.Rand) ([]int, error) {
	groups := make([]int32, e.N)
	for i := range groups {
		groups[i] = int32(i)
	}
	if e.Images != nil && e.Images.Items != nil {
		var err error
		if groups, err = e.items("train"); err != nil {
			return nil, err
		}
	}
	names := slices.Compact(slices.Sorted(slices.Values(groups)))
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	taken := map[int32]bool{}
	for _, name := range names[:max(1, int(share*float64(len(names))+0.5))] {
		taken[name] = true
	}
	var rows []int
	for i, g := range groups {
		if taken[g] {
			rows = append(rows, i)
		}
	}
	return rows, nil
}

// stack puts parts one after the other, with the row after the last of each. Of what is known of them it keeps labels.
func stack(parts []Part) (*Embeddings, []int, error) {
	first := parts[0]
	var all *Embeddings
	var ends []int
	for _, part := range parts {
		if err := checkPair(part.Embeddings, first.Embeddings, "test", "first test"); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", part.Name, err)
		}
		labels, err := part.labels("test")
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", part.Name, err)
		}
		if all == nil {
			im := *first.Images
			im.Pixels, im.Labels, im.FineLabels, im.Items, im.Domains, im.Captions = nil, nil, nil, nil, nil, nil
			all = &Embeddings{D: first.D, Images: &im}
		}
		all.N += part.N
		all.Vectors = append(all.Vectors, part.Vectors...)
		all.Images.Labels = append(all.Images.Labels, labels...)
		ends = append(ends, all.N)
	}
	return all, ends, nil
}
