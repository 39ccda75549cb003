package contrastive

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// Diagnosis is what the doctor says of a run: the findings, worst first, and the numbers that they go by.
type Diagnosis struct {
	Findings []eval.Finding `json:"findings"`
	Symptoms eval.Symptoms  `json:"symptoms"`
}

// Healthy says that there is nothing worse than a note.
func (d *Diagnosis) Healthy() bool {
	return !slices.ContainsFunc(d.Findings, func(f eval.Finding) bool { return f.Severity > eval.Note })
}

// diagnosedNeighbors vote in the comparison of h and z.
const diagnosedNeighbors = 20

// Diagnose examines the run: its configuration, its history, and what it makes of a batch of up to 256 pictures and
// of views of them. images are those that it was trained on; test, which may be nil, those that it is to be measured
// on. [eval.Diagnose] has the rules. Nothing of the run is changed.
//
// Errors: pictures of another size, and features that are not finite.
func (r *Run) Diagnose(images, test *datasets.Images) (*Diagnosis, error) {
	s := eval.Symptoms{Course: r.course()}
	var err error
	if s.Setup, err = r.setup(images); err != nil {
		return nil, err
	}
	h, z, err := r.examineTask(images, &s)
	if err != nil {
		return nil, err
	}
	if s.Features, err = eval.MeasureSpace(h); err != nil {
		return nil, err
	}
	if z != nil {
		if s.Head, err = eval.MeasureSpace(z); err != nil {
			return nil, err
		}
	}
	if z != nil && !s.Setup.NoHead && images.Labels != nil && h.N > 2*diagnosedNeighbors {
		if s.Use, err = eval.MeasureUse(r.backend, h, z, diagnosedNeighbors); err != nil {
			return nil, err
		}
	}
	if s.Growth, err = r.growth(images); err != nil {
		return nil, err
	}
	if test != nil {
		s.Leak = leak(images, test)
	}
	return &Diagnosis{Findings: eval.Diagnose(s), Symptoms: s}, nil
}

// examineTask measures the pretext task, where it is one of views, and returns h and z of pictures without random
// views; z is nil for a method that uses no head.
func (r *Run) examineTask(images *datasets.Images, s *eval.Symptoms) (h, z *eval.Embeddings, err error) {
	pairs, err := r.pairs(images)
	if err == nil {
		shortcuts, err := pairs.shortcuts(r.backend)
		if err != nil {
			return nil, nil, err
		}
		s.Task = &eval.Task{Samples: shortcuts.Samples, ColorHistogram: shortcuts.ColorHistogram, Pixels: shortcuts.Pixels}
		if s.Task.Run, err = recallAt1(r.backend, pairs.embeddings[0], pairs.embeddings[1]); err != nil {
			return nil, nil, err
		}
		return pairs.features[2], pairs.embeddings[2], nil
	}
	if !errors.Is(err, ErrNoPretext) {
		return nil, nil, err
	}
	some := images.Shuffle(uint64(r.Config.Seed)).Take(shortcutSamples)
	if h, err = r.Embed(some); err != nil {
		return nil, nil, err
	}
	for range r.store.Scope(learnScope + "/head").IterVariables() {
		z, err = r.EmbedHead(some)
		break
	}
	return h, z, err
}

// setup is what rules need to know of the configuration.
func (r *Run) setup(images *datasets.Images) (eval.Setup, error) {
	c := r.Config
	s := eval.Setup{Method: c.Method.Name(), BatchSize: c.BatchSize, TotalSteps: c.TotalSteps(images), PairsByItem: c.Positives == SameItem}
	settings, err := c.Settings()
	if err != nil {
		return s, err
	}
	for _, setting := range settings {
		if setting.Part == "method" && setting.Name == "temperature" {
			if s.Temperature, err = strconv.ParseFloat(setting.Value, 64); err != nil {
				return s, err
			}
		}
	}
	splits := 1
	if moco, ok := c.Method.(MoCo); ok {
		s.QueueLength, s.QueueKeys, splits = moco.QueueLength, moco.keysPerStep(c.BatchSize), max(1, moco.Splits)
	}
	s.InBatch = s.Temperature > 0 && s.QueueLength == 0
	for v := range r.store.Scope(learnScope + "/encoder").IterVariables() {
		if strings.Contains(v.Path(), "batch_normalization") {
			s.NormRows = c.BatchSize / splits
			if s.QueueLength == 0 && len(c.planViews(images)) > 1 {
				s.NormRows *= 2 // two views at least pass the encoder together
			}
			break
		}
	}
	_, s.Unnormalized = c.Method.(VICReg)
	_, s.NoHead = c.Head.(encoder.NoHead)
	if user, ok := c.Method.(LabelUser); ok {
		labels, items := user.Needs()
		s.UsesLabels = labels || items
		if labels {
			s.Classes = distinct(images.Labels)
		}
		if items {
			s.Classes = distinct(images.Items)
		}
	}
	return s, nil
}

func distinct(values []int32) int {
	seen := map[int32]bool{}
	for _, v := range values {
		seen[v] = true
	}
	return len(seen)
}

// course sums the history up; nil without one.
func (r *Run) course() *eval.Course {
	n := len(r.History)
	if n == 0 {
		return nil
	}
	of := func(records []Record, value func(Record) float64) float64 {
		values := make([]float64, len(records))
		for i, record := range records {
			values[i] = value(record)
		}
		slices.Sort(values)
		return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
	}
	lossOf := func(r Record) float64 { return r.Loss }
	first, end := r.History[0], r.History[n-max(1, n/5):]
	c := &eval.Course{Steps: r.History[n-1].Step, FirstLoss: first.Loss, FirstRank: first.PositiveRank, Loss: of(end, lossOf),
		Rank: of(end, func(r Record) float64 { return r.PositiveRank }), Std: of(end, func(r Record) float64 { return r.Std }),
		Uniformity: of(end, func(r Record) float64 { return r.Uniformity })}
	skip := c.Steps / 10
	if moco, ok := r.Config.Method.(MoCo); ok {
		skip = max(skip, moco.QueueLength/moco.keysPerStep(r.Config.BatchSize))
	}
	var later []Record
	for _, record := range r.History {
		if record.LossShare > 0 {
			c.Ceiling = record.Loss / record.LossShare
		}
		if record.Step > skip && record.Step > 1 {
			later = append(later, record)
		}
	}
	if len(later) < 5 {
		return c
	}
	c.BestLoss, c.WorstLoss = math.Inf(1), math.Inf(-1)
	for i, record := range later {
		if i >= 4 {
			c.BestLoss = min(c.BestLoss, of(later[i-4:i+1], lossOf))
		}
		if record.Loss > c.WorstLoss {
			c.WorstLoss, c.WorstStep = record.Loss, record.Step
		}
	}
	return c
}

// growth is the norm of the encoder's weights over that of the same encoder before its first step.
func (r *Run) growth(images *datasets.Images) (*float64, error) {
	fresh, err := Untrained(r.backend, images, r.Config)
	if err != nil {
		return nil, err
	}
	err = exceptions.TryCatch[error](func() { // building the graph makes the variables; it is not compiled
		g := NewGraph(r.backend, "untrained")
		defer g.Finalize()
		pixels := Parameter(g, "pixels", shapes.Make(dtypes.Uint8, 2, images.Height, images.Width, images.Channels))
		r.Config.Encoder.Features(fresh.store.Scope(learnScope+"/encoder"), r.Config.Augment.Plain(pixels, r.Config.size(images)))
	})
	if err == nil {
		err = fresh.store.InitializeVariables(r.backend, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("the untrained encoder: %w", err)
	}
	before, err := fresh.weightNorm()
	if err != nil {
		return nil, err
	}
	now, err := r.weightNorm()
	if err != nil || before == 0 {
		return nil, err
	}
	growth := now / before
	return &growth, nil
}

// weightNorm is the Euclidean norm of the encoder's weights, biases and norms left out.
func (r *Run) weightNorm() (float64, error) {
	squares := 0.0
	for v := range r.store.Scope(learnScope + "/encoder").IterVariables() {
		if !v.Trainable || v.Shape().Rank() < 2 {
			continue
		}
		value, err := v.Value()
		if err != nil {
			return 0, err
		}
		flat, err := tensors.CopyFlatData[float32](value)
		if err != nil {
			return 0, err
		}
		for _, x := range flat {
			squares += float64(x) * float64(x)
		}
	}
	return math.Sqrt(squares), nil
}

// leak counts what test has in common with images.
func leak(images, test *datasets.Images) *eval.Leak {
	l := &eval.Leak{Test: test.Len()}
	picture := func(of *datasets.Images, i int) [sha256.Size]byte {
		size := of.Height * of.Width * of.Channels
		return sha256.Sum256(of.Pixels[i*size : (i+1)*size])
	}
	known, items := map[[sha256.Size]byte]bool{}, map[string]bool{}
	for i := range images.Len() {
		known[picture(images, i)] = true
		if images.Items != nil {
			items[images.ItemNames[images.Items[i]]] = true
		}
	}
	shared := map[string]bool{}
	for i := range test.Len() {
		if known[picture(test, i)] {
			l.Pictures++
		}
		if test.Items == nil {
			continue
		}
		if name := test.ItemNames[test.Items[i]]; items[name] && !shared[name] {
			shared[name] = true
			if l.Example == "" {
				l.Example = name
			}
		}
	}
	l.Items = len(shared)
	return l
}
