package eval

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
)

// ProbeOptions are the settings of a linear probe; the zero value is usable.
type ProbeOptions struct {
	// L2 holds the weights λ of the penalty to choose from. Nil stands for 10⁻⁵ … 1 in steps of ten. With a
	// single value nothing is chosen and no validation part is held out.
	L2 []float64

	// Validation is the share of the training rows on which λ is chosen. 0 stands for 0.2.
	Validation float64

	// Seed draws the validation part.
	Seed uint64

	// MaxIterations bounds each fit. 0 stands for 2,000.
	MaxIterations int
}

// ProbeResult is what [LinearProbe] found.
type ProbeResult struct {
	// Accuracy on test, and that on the whole of train with the same weights: the gap is overfitting.
	Accuracy      float64 `json:"accuracy"`
	TrainAccuracy float64 `json:"train_accuracy"`

	// Predictions has a label per test row.
	Predictions []int32 `json:"-"`

	// L2 is the λ chosen; ValidationAccuracy is the accuracy of each candidate, nil if there was one only.
	L2                 float64   `json:"l2"`
	ValidationAccuracy []float64 `json:"validation_accuracy,omitempty"`

	// Classes is the number of different labels in train.
	Classes int `json:"classes"`

	// Converged says that every component of the gradient of the final fit fell below 10⁻⁶;
	// Iterations is how many steps of L-BFGS that fit took, Loss the objective where it ended.
	Converged  bool    `json:"converged"`
	Iterations int     `json:"iterations"`
	Loss       float64 `json:"loss"`
}

// LinearProbe measures how well the classes can be told apart by hyperplanes in a frozen feature space: a
// multinomial logistic regression on the standardized vectors x̃ = (x − μ)/σ, with μ and σ of train,
//
//	min_{W,b}  −(1/N) Σ_i log softmax(x̃_i W + b)[y_i]  +  (λ/2) ‖W‖²_F,
//
// solved on the full batch by L-BFGS to convergence, in float64 on the backend: there is no learning rate
// or schedule that would favor one encoder over another. λ is the candidate with the best accuracy on a
// part of train that is held out for this (the largest of equally good ones), and W is then fitted again on the whole of
// train. The test labels choose nothing. Where train has Items, all pictures of an item fall on one side of the
// split, as those of test are new items too. The protocol is that of Chen et al. 2020 (SimCLR), appendix B.6,
// and Radford et al. 2021 (CLIP), appendix A.3.
//
// A dimension that is constant in train does not count. A test label that train lacks is wrong.
// Errors: no labels, fewer than two classes, λ < 0, a validation share outside (0, 1), NaN or Inf.
func LinearProbe(backend compute.Backend, train, test *Embeddings, opt ProbeOptions) (*ProbeResult, error) {
	p, err := newProber(backend, train, test, &opt)
	if err != nil {
		return nil, err
	}
	defer p.close()
	return p.run(seq0(train.N), opt)
}

// seq0 is 0 … n−1.
func seq0(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func (opt *ProbeOptions) resolve() error {
	if opt.L2 == nil {
		opt.L2 = []float64{1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1}
	}
	if len(opt.L2) == 0 {
		return fmt.Errorf("eval: linear probe: no L2 to choose from: leave it nil for the default")
	}
	for _, l := range opt.L2 {
		if !(l >= 0) || math.IsInf(l, 0) {
			return fmt.Errorf("eval: linear probe: L2 = %v: want a finite number, at least 0", l)
		}
	}
	if opt.Validation == 0 {
		opt.Validation = 0.2
	}
	if !(opt.Validation > 0 && opt.Validation < 1) {
		return fmt.Errorf("eval: linear probe: validation share %v: want a number between 0 and 1", opt.Validation)
	}
	if opt.MaxIterations == 0 {
		opt.MaxIterations = 2000
	}
	if opt.MaxIterations < 0 {
		return fmt.Errorf("eval: linear probe: at most %d iterations: want a positive number", opt.MaxIterations)
	}
	return nil
}

// prober holds what all fits on one pair of sets share.
type prober struct {
	solver      *solver
	d           int
	train, test []float64 // standardized, row-major
	labels      []int32   // of train
	classes     []int32   // the different labels in ascending order; fits use indices into it
	y           []int32   // of train, such indices
	truth       []int32   // of test, labels
	groups      []int32   // what stays together when train is split; nil: nothing
}

func newProber(backend compute.Backend, train, test *Embeddings, opt *ProbeOptions) (*prober, error) {
	if err := opt.resolve(); err != nil {
		return nil, err
	}
	if err := checkPair(train, test, "train", "test"); err != nil {
		return nil, err
	}
	p := &prober{d: train.D}
	var err error
	if p.labels, err = train.labels("train"); err != nil {
		return nil, err
	}
	if p.truth, err = test.labels("test"); err != nil {
		return nil, err
	}
	if train.Images.Items != nil {
		if p.groups, err = train.items("train"); err != nil {
			return nil, err
		}
	}
	p.classes = slices.Compact(slices.Sorted(slices.Values(p.labels)))
	if len(p.classes) < 2 {
		return nil, fmt.Errorf("eval: linear probe: train%s has %d class: want at least 2", train.named(), len(p.classes))
	}
	p.y = make([]int32, train.N)
	for i, label := range p.labels {
		at, _ := slices.BinarySearch(p.classes, label)
		p.y[i] = int32(at)
	}
	p.standardize(train, test)
	p.solver, err = newSolver(backend, p.d, len(p.classes))
	return p, err
}

func (p *prober) close() { p.solver.close() }

func (p *prober) standardize(train, test *Embeddings) {
	d := p.d
	mean, scale := make([]float64, d), make([]float64, d)
	for i, v := range train.Vectors {
		mean[i%d] += float64(v) / float64(train.N)
	}
	for i, v := range train.Vectors {
		scale[i%d] += (float64(v) - mean[i%d]) * (float64(v) - mean[i%d]) / float64(train.N)
	}
	for j, variance := range scale {
		// Rounding leaves a constant column with a variance of about (ε·mean)².
		if scale[j] = 0; variance > 1e-24*mean[j]*mean[j] {
			scale[j] = 1 / math.Sqrt(variance)
		}
	}
	apply := func(e *Embeddings) []float64 {
		x := make([]float64, len(e.Vectors))
		for i, v := range e.Vectors {
			x[i] = (float64(v) - mean[i%d]) * scale[i%d]
		}
		return x
	}
	p.train, p.test = apply(train), apply(test)
}

// run chooses λ within the given rows of train and fits on all of them.
func (p *prober) run(rows []int, opt ProbeOptions) (*ProbeResult, error) {
	result := &ProbeResult{Classes: len(p.classes), L2: opt.L2[0]}
	if len(opt.L2) > 1 {
		if err := p.choose(rows, opt, result); err != nil {
			return nil, err
		}
	}
	problem := p.solver.load(gather(p.train, rows, p.d), pick(p.y, rows))
	defer problem.close()
	fit, err := problem.fit(result.L2, nil, opt.MaxIterations)
	if err != nil {
		return nil, err
	}
	result.Converged, result.Iterations, result.Loss = fit.converged, fit.iterations, fit.loss
	result.Predictions = p.predict(p.test, fit.theta)
	result.Accuracy = accuracy(result.Predictions, p.truth)
	result.TrainAccuracy = accuracy(p.predict(gather(p.train, rows, p.d), fit.theta), pick(p.labels, rows))
	return result, nil
}

// choose sets result.L2 by the accuracy on a held-out part of rows.
func (p *prober) choose(rows []int, opt ProbeOptions, result *ProbeResult) error {
	fitRows, held := p.split(rows, opt.Validation, opt.Seed)
	if len(held) == 0 || len(fitRows) == 0 {
		return fmt.Errorf("eval: linear probe: a validation share of %v of %d rows leaves %d to fit and %d to validate: give a single L2, or more rows", opt.Validation, len(rows), len(fitRows), len(held))
	}
	problem := p.solver.load(gather(p.train, fitRows, p.d), pick(p.y, fitRows))
	defer problem.close()
	heldX, heldY := gather(p.train, held, p.d), pick(p.labels, held)

	// From the strongest penalty to the weakest, each fit starting where the last one ended.
	order := seq0(len(opt.L2))
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(opt.L2[b], opt.L2[a]) })
	result.ValidationAccuracy = make([]float64, len(opt.L2))
	best := -1.0
	var theta []float64
	for _, i := range order {
		fit, err := problem.fit(opt.L2[i], theta, opt.MaxIterations)
		if err != nil {
			return err
		}
		theta = fit.theta
		acc := accuracy(p.predict(heldX, theta), heldY)
		result.ValidationAccuracy[i] = acc
		if acc > best {
			best, result.L2 = acc, opt.L2[i]
		}
	}
	return nil
}

// split draws whole groups until the share is reached.
func (p *prober) split(rows []int, share float64, seed uint64) (fit, held []int) {
	group := func(r int) int32 {
		if p.groups == nil {
			return int32(r)
		}
		return p.groups[r]
	}
	members := map[int32][]int{}
	var order []int32
	for _, r := range rows {
		g := group(r)
		if members[g] == nil {
			order = append(order, g)
		}
		members[g] = append(members[g], r)
	}
	rand.New(rand.NewPCG(seed, 0x9B0BE)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for _, g := range order {
		if float64(len(held)+len(members[g])) <= share*float64(len(rows)) {
			held = append(held, members[g]...)
		} else {
			fit = append(fit, members[g]...)
		}
	}
	return fit, held
}

func gather(x []float64, rows []int, d int) []float64 {
	g := make([]float64, 0, len(rows)*d)
	for _, r := range rows {
		g = append(g, x[r*d:(r+1)*d]...)
	}
	return g
}

// predict is the label with the largest logit, of equal ones the smallest label.
func (p *prober) predict(x, theta []float64) []int32 {
	c := len(p.classes)
	predictions := make([]int32, len(x)/p.d)
	parallel(len(predictions), func(i int) {
		logits := slices.Clone(theta[p.d*c:])
		for j, v := range x[i*p.d : (i+1)*p.d] {
			for k, w := range theta[j*c : (j+1)*c] {
				logits[k] += v * w
			}
		}
		best := 0
		for k, l := range logits {
			if l > logits[best] {
				best = k
			}
		}
		predictions[i] = p.classes[best]
	})
	return predictions
}
