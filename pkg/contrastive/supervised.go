package contrastive

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
)

// Supervised is the plain baseline with labels: a linear classifier on the encoder's features h, trained
// together with it by cross-entropy over one view of each picture,
//
//	L = mean of −log softmax(W h + b)_label
//
// Its head is not used.
type Supervised struct {
	// Classes is how many there are; labels run from 0 to Classes−1. Zero is filled in from the data.
	Classes int `json:"classes"`
}

func init() { Methods.Register(Supervised{}) }

// Name implements [Method].
func (Supervised) Name() string { return "supervised" }

// Needs implements [LabelUser].
func (Supervised) Needs() (labels, items bool) { return true, false }

// Validate implements [Validator].
func (m Supervised) Validate(c *Config) error {
	if m.Classes < 2 {
		return fmt.Errorf("classes = %d: a classifier needs at least 2", m.Classes)
	}
	return nil
}

// PlanViews implements [ViewPlanner]: there is nothing to compare a second view with.
func (Supervised) PlanViews(c *Config) []View { return []View{{Policy: c.Augment, Size: c.Size}} }

// forClasses implements classCounter.
func (m Supervised) forClasses(n int) Method {
	if m.Classes == 0 {
		m.Classes = n
	}
	return m
}

// Step implements [Method].
func (m Supervised) Step(s *Step) Objective {
	h := s.Features(s.Views[0])
	logits := layers.Dense(s.Scope("classifier"), h, true, m.Classes) // [B, classes]
	target := OneHot(s.Labels, m.Classes, dtypes.Float32)
	cross := Neg(ReduceAllMean(ReduceSum(Mul(target, LogSoftmax(logits)), -1)))
	return Objective{Loss: cross, Ceiling: math.Log(float64(m.Classes)), A: h, B: h}
}
