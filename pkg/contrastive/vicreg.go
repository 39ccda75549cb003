package contrastive

import (
	"fmt"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// VICReg is "VICReg: Variance-Invariance-Covariance Regularization" (Bardes, Ponce and LeCun 2022): views
// alike, every dimension alive, dimensions different, each a term of its own. Without the variance term it
// collapses.
type VICReg struct {
	// Invariance, Variance and Covariance weigh the terms. Zero means 25, 25 and 1; write [Zero] for none.
	Invariance float64 `json:"invariance" default:"25"`
	Variance   float64 `json:"variance" default:"25"`
	Covariance float64 `json:"covariance" default:"1"`
}

func init() { Methods.Register(VICReg{}) }

// Name implements [Method].
func (VICReg) Name() string { return "vicreg" }

// Validate implements [Validator].
func (m VICReg) Validate(c *Config) error {
	if !(m.Invariance >= 0 && m.Variance >= 0 && m.Covariance >= 0) {
		return fmt.Errorf("invariance = %g, variance = %g, covariance = %g: none can be negative", m.Invariance, m.Variance, m.Covariance)
	}
	return c.atLeastTwoViews()
}

// Step implements [Method].
func (m VICReg) Step(s *Step) Objective {
	z := s.Embed(s.Views[:2]...)
	terms := loss.VICReg(z[0], z[1], loss.VICRegWeights{Invariance: m.Invariance, Variance: m.Variance, Covariance: m.Covariance})
	return Objective{Loss: terms.Loss, A: z[0], B: z[1]}
}
