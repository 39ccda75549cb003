package contrastive

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// MoCoV3 is "An Empirical Study of Training Self-Supervised Vision Transformers" (Chen, Xie and He 2021,
// algorithm 1): no queue, the keys of the batch are the negatives; a predictor on the queries; both views
// serve as query and as key.
type MoCoV3 struct {
	// Temperature is T. Zero means 0.2.
	Temperature float64 `json:"temperature" default:"0.2"`
	// Momentum is m at the first step; it rises to 1 along half a cosine. Zero means 0.99, as for [MoCo].
	Momentum float64 `json:"momentum" default:"0.99"`
	// ConstantMomentum keeps m as it is at the first step.
	ConstantMomentum bool `json:"constant_momentum" help:"m stays instead of rising to 1 along half a cosine"`
	// PredictorHidden is the width of the predictor's hidden layer. Zero means 256.
	PredictorHidden int `json:"predictor_hidden" default:"256"`
}

func init() { Methods.Register(MoCoV3{}) }

// Name implements [Method].
func (MoCoV3) Name() string { return "moco_v3" }

// Validate implements [Validator].
func (m MoCoV3) Validate(c *Config) error {
	return firstError(checkTemperature(m.Temperature), checkMomentum(m.Momentum), checkWidth(m.PredictorHidden), c.atLeastTwoViews())
}

// Step implements [Method].
func (m MoCoV3) Step(s *Step) Objective {
	z := s.Embed(s.Views[:2]...)
	predictor := encoder.MLPHead{Hidden: m.PredictorHidden, Layers: 2, Dim: z[0].Shape().Dimensions[1]}
	q := split(predictor.Project(s.Scope("predictor"), Concatenate(z, 0)), 2)
	momentum := s.risingMomentum(m.Momentum)
	if m.ConstantMomentum {
		momentum = Scalar(s.Graph(), dtypes.Float32, m.Momentum)
	}
	s.Follow(momentum)
	k := s.EmbedByMomentum(s.Views[:2]...)
	return Objective{
		Loss:    Add(loss.MoCoV3(q[0], k[1], m.Temperature), loss.MoCoV3(q[1], k[0], m.Temperature)),
		Ceiling: 4 * m.Temperature * loss.InfoNCECeiling(z[0].Shape().Dimensions[0]),
		A:       z[0], B: z[1],
	}
}
