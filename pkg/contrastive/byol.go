package contrastive

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// BYOL is "Bootstrap Your Own Latent" (Grill et al. 2020): a predictor on one view's embedding predicts the
// momentum encoder's embedding of the other view, both ways; there are no negatives. The predictor and the
// slowly moving target keep it from collapsing.
type BYOL struct {
	// Momentum is τ at the first step; it rises to 1 along half a cosine. Zero means 0.99; the paper has 0.996
	// for runs of hundreds of thousands of steps (sec. 3.3).
	Momentum float64 `json:"momentum" default:"0.99"`
	// PredictorHidden is the width of the predictor's hidden layer. Zero means 256; the paper has 4096.
	PredictorHidden int `json:"predictor_hidden" default:"256"`
}

func init() { Methods.Register(BYOL{}) }

// Name implements [Method].
func (BYOL) Name() string { return "byol" }

// Validate implements [Validator].
func (m BYOL) Validate(c *Config) error {
	return firstError(checkMomentum(m.Momentum), checkWidth(m.PredictorHidden), c.atLeastTwoViews())
}

// Step implements [Method].
func (m BYOL) Step(s *Step) Objective {
	z := s.Embed(s.Views[:2]...)
	predictor := encoder.MLPHead{Hidden: m.PredictorHidden, Layers: 2, Dim: z[0].Shape().Dimensions[1]}
	p := split(predictor.Project(s.Scope("predictor"), Concatenate(z, 0)), 2)
	s.Follow(s.risingMomentum(m.Momentum))
	target := s.EmbedByMomentum(s.Views[:2]...)
	return Objective{Loss: Add(loss.BYOL(p[0], target[1]), loss.BYOL(p[1], target[0])), A: z[0], B: z[1]}
}
