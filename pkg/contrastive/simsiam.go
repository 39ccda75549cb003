package contrastive

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// SimSiam is "Exploring Simple Siamese Representation Learning" (Chen and He 2021, algorithm 1): BYOL
// without a momentum encoder. What is left to keep it from collapsing are the stopped gradient and the
// predictor; each can be taken away here, to see it collapse (their sec. 4.1 and 4.2).
type SimSiam struct {
	// PredictorHidden is the width of the predictor's bottleneck. Zero means 64.
	PredictorHidden int `json:"predictor_hidden" default:"64"`
	// LetGradientThrough removes the stopped gradient: it collapses.
	LetGradientThrough bool `json:"let_gradient_through"`
	// NoPredictor removes the predictor: it collapses.
	NoPredictor bool `json:"no_predictor"`
}

func init() { Methods.Register(SimSiam{}) }

// Name implements [Method].
func (SimSiam) Name() string { return "simsiam" }

// Validate implements [Validator].
func (m SimSiam) Validate(c *Config) error {
	return firstError(checkWidth(m.PredictorHidden), c.atLeastTwoViews())
}

// Step implements [Method].
func (m SimSiam) Step(s *Step) Objective {
	z := s.Embed(s.Views[:2]...)
	p := z
	if !m.NoPredictor {
		predictor := encoder.MLPHead{Hidden: m.PredictorHidden, Layers: 2, Dim: z[0].Shape().Dimensions[1]}
		p = split(predictor.Project(s.Scope("predictor"), Concatenate(z, 0)), 2)
	}
	target := []*Node{StopGradient(z[0]), StopGradient(z[1])}
	if m.LetGradientThrough {
		target = z
	}
	both := Add(loss.SimSiam(p[0], target[1]), loss.SimSiam(p[1], target[0]))
	return Objective{Loss: MulScalar(both, 0.5), A: z[0], B: z[1]}
}
