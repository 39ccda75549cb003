package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
)

// Symptoms are the numbers that [Diagnose] goes by. What was not measured is nil, and rules that need it are silent.
type Symptoms struct {
	Setup    Setup    `json:"setup"`
	Course   *Course  `json:"course,omitempty"`   // how training went
	Features *Space   `json:"features,omitempty"` // h, the encoder's output
	Head     *Space   `json:"head,omitempty"`     // z, the projection head's output, where the method has one
	Task     *Task    `json:"task,omitempty"`     // the pretext task on a batch
	Use      *Use     `json:"use,omitempty"`      // h and z put to use
	Leak     *Leak    `json:"leak,omitempty"`     // test data among training data
	Growth   *float64 `json:"growth,omitempty"`   // norm of the encoder's weights over that before the first step
}

// Setup is what a run was asked to do, as far as rules need it.
type Setup struct {
	Method     string `json:"method"`
	TotalSteps int    `json:"total_steps"`
	BatchSize  int    `json:"batch_size"`
	// NormRows is how many pictures share the statistics of a batch-norm; 0 if unknown.
	NormRows int `json:"norm_rows"`
	// Temperature is T, 0 for a method without.
	Temperature float64 `json:"temperature"`
	// InBatch says that the negatives of a sample are the others of its batch.
	InBatch bool `json:"in_batch"`
	// QueueLength is K, 0 for a method without a queue; QueueKeys is how many keys a step adds.
	QueueLength int `json:"queue_length"`
	QueueKeys   int `json:"queue_keys"`
	// Unnormalized says that the method compares z itself and not its direction.
	Unnormalized bool `json:"unnormalized"`
	// NoHead says that the loss acts on h.
	NoHead bool `json:"no_head"`

	// UsesLabels says that the method learns from labels or items; PairsByItem that positives are different pictures
	// of one item, which somebody has labeled.
	UsesLabels  bool `json:"uses_labels"`
	PairsByItem bool `json:"pairs_by_item"`
	// Classes is how many there are to learn from where the method uses labels.
	Classes int `json:"classes"`
}

// Course is how training went, from its history. Values of the end are medians over the last fifth of the records.
type Course struct {
	Steps     int     `json:"steps"`
	FirstLoss float64 `json:"first_loss"`
	Loss      float64 `json:"loss"`    // at the end
	Ceiling   float64 `json:"ceiling"` // the loss that tells nothing apart; 0 for a method without
	// BestLoss is the lowest median of five records in a row, WorstLoss the highest single record after a tenth of
	// the steps: warm-up and, with a queue, filling it are left out. 0 if there are too few records.
	BestLoss  float64 `json:"best_loss"`
	WorstLoss float64 `json:"worst_loss"`
	WorstStep int     `json:"worst_step"`

	FirstRank  float64 `json:"first_rank"` // place of the positive in the batch
	Rank       float64 `json:"rank"`
	Std        float64 `json:"std"`
	Uniformity float64 `json:"uniformity"`
}

// Share is the loss over its ceiling, 0 without one.
func (c *Course) Share(loss float64) float64 {
	if c.Ceiling <= 0 {
		return 0
	}
	return loss / c.Ceiling
}

// ceilingInWords writes the ceiling with the number of candidates that it is the logarithm of, if it is of one.
func (c *Course) ceilingInWords() string {
	candidates := math.Exp(c.Ceiling)
	if whole := math.Round(candidates); whole > 1 && whole < 1e6 && math.Abs(candidates-whole) < 2e-6*whole { // float32 has lost the rest
		return fmt.Sprintf("%.3f = ln %.0f", c.Ceiling, whole)
	}
	return fmt.Sprintf("%.3f", c.Ceiling)
}

// Space is the geometry of some vectors.
type Space struct {
	N             int     `json:"n"`
	D             int     `json:"d"`
	Std           float64 `json:"std"`        // [Std]
	Uniformity    float64 `json:"uniformity"` // [Uniformity] with t = 2
	EffectiveRank float64 `json:"effective_rank"`
	// Directions is how many eigenvalues of the covariance, largest first, hold 99 % of the variance.
	Directions int `json:"directions"`
	// Scale is the mean standard deviation per dimension of the vectors as they are.
	Scale float64 `json:"scale"`
}

// MeasureSpace measures the geometry of e.
func MeasureSpace(e *Embeddings) (*Space, error) {
	s := &Space{N: e.N, D: e.D}
	var err error
	if s.Std, err = Std(e); err != nil {
		return nil, err
	}
	if s.Uniformity, err = Uniformity(e, 2); err != nil {
		return nil, err
	}
	if s.EffectiveRank, err = EffectiveRank(e); err != nil {
		return nil, err
	}
	spectrum, err := Spectrum(e)
	if err != nil {
		return nil, err
	}
	total, held := 0.0, 0.0
	for _, v := range spectrum {
		total += v
	}
	for held < 0.99*total {
		held += spectrum[s.Directions]
		s.Directions++
	}
	x := make([]float64, len(e.Vectors))
	for i, v := range e.Vectors {
		x[i] = float64(v)
	}
	center(x, e.D)
	variances := make([]float64, e.D)
	for i, v := range x {
		variances[i%e.D] += v * v
	}
	for _, v := range variances {
		s.Scale += math.Sqrt(v/float64(e.N)) / float64(e.D)
	}
	return s, nil
}

// Task is the pretext task on a batch of views: recall@1 of the second view among those of N samples.
type Task struct {
	Samples        int     `json:"samples"`
	ColorHistogram float64 `json:"color_histogram"`
	Pixels         float64 `json:"pixels"`
	Run            float64 `json:"run"` // by z of the run itself
}

// Use is a class found by the nearest neighbors of h and of z, leave-one-out on the same pictures.
type Use struct {
	Pictures int     `json:"pictures"`
	Features float64 `json:"features"`
	Head     float64 `json:"head"`
	// Z is McNemar's: (pictures that only z gets right − those that only h does)/√(their sum), which is within ±2
	// in 95 of 100 cases where neither is better.
	Z float64 `json:"z"`
}

// MeasureUse compares h and z of the same labeled pictures.
func MeasureUse(backend compute.Backend, h, z *Embeddings, k int) (*Use, error) {
	of := func(e *Embeddings) (*KNNResult, error) { return KNN(backend, e, e, KNNOptions{K: k}) }
	byH, err := of(h)
	if err != nil {
		return nil, err
	}
	byZ, err := of(z)
	if err != nil {
		return nil, err
	}
	labels, err := h.labels("given")
	if err != nil {
		return nil, err
	}
	onlyH, onlyZ := 0.0, 0.0
	for i, label := range labels {
		switch rightH, rightZ := byH.Predictions[i] == label, byZ.Predictions[i] == label; {
		case rightH && !rightZ:
			onlyH++
		case rightZ && !rightH:
			onlyZ++
		}
	}
	return &Use{Pictures: h.N, Features: byH.Accuracy, Head: byZ.Accuracy, Z: (onlyZ - onlyH) / math.Sqrt(max(1, onlyZ+onlyH))}, nil
}

// Leak is what training and test data share.
type Leak struct {
	Test     int    `json:"test"`     // test pictures
	Pictures int    `json:"pictures"` // of them, byte for byte among the training pictures
	Items    int    `json:"items"`    // test items of which there are training pictures
	Example  string `json:"example"`  // one of those items
}

// Severity says how much a finding matters.
type Severity int

const (
	// Note is worth knowing and needs no remedy.
	Note Severity = iota
	// Warning makes a run worse than it could be, or its numbers mean less than they seem to.
	Warning
	// Broken leaves an encoder that is of no use.
	Broken
)

var severityNames = []string{"note", "warning", "broken"}

// String is the severity in a word.
func (s Severity) String() string {
	if s < Note || s > Broken {
		return fmt.Sprintf("severity %d", int(s))
	}
	return severityNames[s]
}

// MarshalText implements [encoding.TextMarshaler].
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severityNames, string(text))
	if i < 0 {
		return fmt.Errorf("unknown severity %q", text)
	}
	*s = Severity(i)
	return nil
}

// Finding is one thing that is wrong with a run.
type Finding struct {
	ID       Disease  `json:"id"`
	Severity Severity `json:"severity"`
	Title    string   `json:"title"`    // what is wrong
	Evidence string   `json:"evidence"` // the number that shows it, beside the one it is judged by
	Remedy   string   `json:"remedy"`
}

// Diagnose names what is wrong in s: the worst first, nothing if nothing is. What follows from another finding is
// not told again: a collapsed encoder has learned nothing, too.
func Diagnose(s Symptoms) []Finding {
	var found []Finding
	has := map[Disease]bool{}
	for _, rule := range rules {
		if slices.ContainsFunc(rule.unless, func(d Disease) bool { return has[d] }) {
			continue
		}
		if f := rule.look(&s); f != nil {
			f.ID = rule.id
			has[rule.id] = true
			found = append(found, *f)
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return found
}
