package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// voteTemperature is T of the kNN votes, the field's.
const voteTemperature = 0.1

// maxProbed is how many values of pixels, pictures × dimensions, a linear probe is fitted to unless it is asked for: each
// of some thousand steps reads them all twice. An encoder's features are far fewer and always probed.
const maxProbed = 4_000_000

// measureClasses measures a row of pictures of which only the class is known.
func (e *evaluation) measureClasses(backend compute.Backend, row int, bank *eval.Embeddings) (err error) {
	m := &e.rows[row]
	options := eval.ClassificationOptions{Grid: eval.KNNGrid{K: e.neighborGrid(), Temperatures: []float64{voteTemperature}}, Clusters: &eval.KMeansOptions{}}
	if row > rowCentered || e.probesPixels() {
		options.Probe = &eval.ProbeOptions{}
	}
	if row == rowCentered {
		options.Probe = nil // it standardizes its input, so that the mean does not count
	}
	if m.classes, err = eval.Classification(backend, bank, m.test, options); err != nil {
		return err
	}
	switch {
	case row == rowCentered:
		m.classes.Probe = e.rows[rowPixels].classes.Probe
	case m.classes.Probe == nil:
		e.notes = append(e.notes, fmt.Sprintf("The linear probe of raw pixels is left out: it would be fitted to %s × %s values, more than %s million. -probe fits it all the same.",
			thousands(bank.N), thousands(bank.D), thousands(maxProbed/1_000_000)))
	case !m.classes.Probe.Converged:
		e.notes = append(e.notes, fmt.Sprintf("The linear probe of %s had not converged after %s iterations: read its accuracy as a lower bound.", m.name, thousands(m.classes.Probe.Iterations)))
	}
	return nil
}

// probesPixels says that pixels are few enough for a probe, or that it was asked for.
func (e *evaluation) probesPixels() bool {
	if e.probePixels {
		return true
	}
	channels := e.bank.Channels
	if channels == 4 {
		channels = 3
	}
	return e.bank.Len()*e.bank.Height*e.bank.Width*channels <= maxProbed
}

// neighborGrid is the usual numbers of neighbors that the bank has, and the one that was chosen.
func (e *evaluation) neighborGrid() []int {
	grid := []int{e.k}
	for _, k := range []int{1, 5, 20, 50, 100, 200} {
		if k <= e.bank.Len() {
			grid = append(grid, k)
		}
	}
	slices.Sort(grid)
	return slices.Compact(grid)
}

// classColumns are those of pictures of which only the class is known.
func (e *evaluation) classColumns() []column {
	s := e.rows[rowRun].classes
	counts := map[int32]int{}
	most := 0
	for _, label := range e.test.Labels {
		counts[label]++
		most = max(most, counts[label])
	}
	tests := float64(e.test.Len())
	knn := func(m *measured) float64 {
		for _, r := range m.classes.KNN {
			if r.K == e.k {
				return r.Accuracy
			}
		}
		return math.NaN()
	}
	optional := func(value func(*eval.ClassScores) *float64) func(*measured) float64 {
		return func(m *measured) float64 {
			if v := value(m.classes); v != nil {
				return *v
			}
			return math.NaN()
		}
	}
	accuracy := knn(&e.rows[rowRun])
	return append([]column{
		{"knn", "kNN", fmt.Sprintf("k=%d", e.k), fmt.Sprintf("%d-NN", e.k),
			fmt.Sprintf("share of %s test pictures whose class the %d nearest of %s training pictures vote for, each with exp(cosine/%g); the most frequent class alone: %.3f; standard error %.3f, by the choice of test pictures",
				thousands(s.TestSize), e.k, thousands(s.BankSize), voteTemperature, float64(most)/tests, math.Sqrt(accuracy*(1-accuracy)/tests)),
			"%.3f", knn},
		{"probe", "linear", "probe", "linear probe",
			"share that a logistic regression on the frozen vectors gets right; its penalty is chosen on a part of the training pictures",
			"%.3f", optional(func(s *eval.ClassScores) *float64 {
				if s.Probe == nil {
					return nil
				}
				return &s.Probe.Accuracy
			})},
		{"nmi", "NMI", "", "NMI",
			fmt.Sprintf("k-means of %s test pictures into as many clusters as classes, against the classes: mutual information, 0 … 1; chance is above 0", thousands(s.GeometryRows)),
			"%.3f", optional(func(s *eval.ClassScores) *float64 { return s.NMI })},
		{"ari", "ARI", "", "ARI", "the same by pairs of pictures, corrected for chance: 0 is chance, 1 agreement",
			"%.3f", optional(func(s *eval.ClassScores) *float64 { return s.ARI })},
	}, e.geometryColumns(func(m *measured) (uniformity, std, rank float64) {
		return m.classes.Uniformity, m.classes.Std, m.classes.EffectiveRank
	}, e.rows[rowPixels].classes.Dimensions, s.Dimensions)...)
}

// confusion counts which class the run takes for which: by the linear probe where the table has one, else by nearest
// neighbors; of pictures by several artists those that the table is of.
func (e *evaluation) confusion(backend compute.Backend) (*confusion, error) {
	m := &e.rows[rowRun]
	names := e.bank.LabelNames
	c := &confusion{By: fmt.Sprintf("%d-NN", e.k), Of: thousands(e.test.Len()) + " test pictures", Classes: names}
	truth := e.test.Labels
	var predictions []int32
	switch {
	case e.byItem():
		gallery := m.test.Select(firstItems(m.test, m.test.N, e.cross.Gallery))
		bank, err := e.bankOf(m)
		if err != nil {
			return nil, err
		}
		voted, err := eval.KNN(backend, bank, gallery, eval.KNNOptions{K: e.k, Temperature: voteTemperature})
		if err != nil {
			return nil, err
		}
		c.Of = fmt.Sprintf("%s test pictures by %s", thousands(gallery.N), e.cross.Gallery)
		truth, predictions = gallery.Images.Labels, voted.Predictions
	case m.classes.Probe != nil:
		c.By, predictions = "linear probe", m.classes.Probe.Predictions
	default:
		for _, r := range m.classes.KNN {
			if r.K == e.k {
				predictions = r.Predictions
			}
		}
	}
	var err error
	c.Counts, err = eval.Confusion(truth, predictions, len(names))
	return c, err
}
