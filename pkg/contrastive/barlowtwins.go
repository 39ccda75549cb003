package contrastive

import (
	"fmt"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// BarlowTwins is "Barlow Twins: Self-Supervised Learning via Redundancy Reduction" (Zbontar et al. 2021):
// the cross-correlation matrix of the two views' embeddings is pulled towards the identity.
type BarlowTwins struct {
	// Lambda weighs the off-diagonal part. Zero means 0.005.
	Lambda float64 `json:"lambda" default:"0.005"`
}

func init() { Methods.Register(BarlowTwins{}) }

// Name implements [Method].
func (BarlowTwins) Name() string { return "barlow_twins" }

// Validate implements [Validator].
func (m BarlowTwins) Validate(c *Config) error {
	if !(m.Lambda >= 0) {
		return fmt.Errorf("lambda = %g: it must not be negative", m.Lambda)
	}
	return c.atLeastTwoViews()
}

// Step implements [Method].
func (m BarlowTwins) Step(s *Step) Objective {
	z := s.Embed(s.Views[:2]...)
	return Objective{Loss: loss.BarlowTwins(z[0], z[1], m.Lambda), A: z[0], B: z[1]}
}
