package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
)

// EfficiencyOptions are the settings of [LabelEfficiency].
type EfficiencyOptions struct {
	// PerClass is the numbers of labels per class to try. Nil stands for 1, 5, 10, 50, 100.
	PerClass []int

	// Draws is how many random subsets are tried for each. 0 stands for 5.
	Draws int

	// Probe is used for each fit; its Seed draws the subsets too.
	Probe ProbeOptions

	// FewL2 is the λ where there are fewer than five labels per class on average, too few to hold some out. 0 stands
	// for 0.01.
	FewL2 float64
}

// EfficiencyPoint is a point of the label-efficiency curve.
type EfficiencyPoint struct {
	// PerClass labels were asked for per class, Labels were used in all: a class with fewer gives all it has.
	PerClass int `json:"per_class"`
	Labels   int `json:"labels"`

	// Accuracies of the draws on test; their mean, and their sample standard deviation, 0 for a single draw.
	Accuracies []float64 `json:"accuracies"`
	Mean       float64   `json:"mean"`
	Std        float64   `json:"std"`

	// Unconverged is the number of draws whose fit did not converge.
	Unconverged int `json:"unconverged"`
}

// LabelEfficiency is the accuracy of the [LinearProbe] by the number of labels it may see: for each of
// PerClass, a probe is fitted on several random class-balanced subsets of train and measured on the whole of test. A
// representation is the better the earlier its curve rises. The evaluation with 1 % and 10 % of the labels in
// Chen et al. 2020 (SimCLR), section 6, is its ancestor, with fine-tuning instead of a probe.
//
// The vectors are standardized over the whole of train, which needs no labels. λ is chosen on a held-out fifth of
// each subset, so that no more labels are used than the curve says.
//
// Errors: as [LinearProbe]; a number of labels or draws below 1.
func LabelEfficiency(backend compute.Backend, train, test *Embeddings, opt EfficiencyOptions) ([]EfficiencyPoint, error) {
	if opt.PerClass == nil {
		opt.PerClass = []int{1, 5, 10, 50, 100}
	}
	if opt.Draws == 0 {
		opt.Draws = 5
	}
	if opt.FewL2 == 0 {
		opt.FewL2 = 0.01
	}
	if opt.Draws < 1 {
		return nil, fmt.Errorf("eval: label efficiency: %d draws: want at least 1", opt.Draws)
	}
	for _, n := range opt.PerClass {
		if n < 1 {
			return nil, fmt.Errorf("eval: label efficiency: %d labels per class: want at least 1", n)
		}
	}
	few := opt.Probe
	few.L2 = []float64{opt.FewL2}
	if err := few.resolve(); err != nil {
		return nil, err
	}
	p, err := newProber(backend, train, test, &opt.Probe)
	if err != nil {
		return nil, err
	}
	defer p.close()

	points := make([]EfficiencyPoint, 0, len(opt.PerClass))
	for _, n := range opt.PerClass {
		point := EfficiencyPoint{PerClass: n}
		for draw := range opt.Draws {
			// The draws of one seed are nested: those with more labels contain those with fewer.
			rows := p.balanced(n, rand.New(rand.NewPCG(opt.Probe.Seed, uint64(draw))))
			probe := opt.Probe
			if len(rows) < 5*len(p.classes) {
				probe = few
			}
			result, err := p.run(rows, probe)
			if err != nil {
				return nil, err
			}
			point.Labels = len(rows)
			point.Accuracies = append(point.Accuracies, result.Accuracy)
			if !result.Converged {
				point.Unconverged++
			}
		}
		point.Mean, point.Std = meanStd(point.Accuracies)
		points = append(points, point)
	}
	return points, nil
}

// balanced draws up to n rows of each class.
func (p *prober) balanced(n int, rng *rand.Rand) []int {
	taken := make([]int, len(p.classes))
	var rows []int
	for _, r := range rng.Perm(len(p.y)) {
		if taken[p.y[r]] < n {
			taken[p.y[r]]++
			rows = append(rows, r)
		}
	}
	slices.Sort(rows)
	return rows
}

// meanStd is the mean and the standard deviation with n − 1.
func meanStd(values []float64) (mean, std float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	if len(values) < 2 {
		return mean, 0
	}
	for _, v := range values {
		std += (v - mean) * (v - mean) / float64(len(values)-1)
	}
	return mean, math.Sqrt(std)
}
