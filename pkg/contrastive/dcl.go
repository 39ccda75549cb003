package contrastive

import "github.com/contrastlab/contrastlab/pkg/contrastive/loss"

// DCL is "Decoupled Contrastive Learning" (Yeh et al. 2022): NT-Xent with the positive left out of the
// denominator, which removes the coupling that weakens the gradient in small batches.
type DCL struct {
	// Temperature is T. Zero means 0.1.
	Temperature float64 `json:"temperature" default:"0.1"`
}

func init() { Methods.Register(DCL{}) }

// Name implements [Method].
func (DCL) Name() string { return "dcl" }

// Validate implements [Validator].
func (m DCL) Validate(c *Config) error {
	return firstError(checkTemperature(m.Temperature), c.atLeastTwoViews())
}

// Step implements [Method].
func (m DCL) Step(s *Step) Objective {
	z := s.Embed(s.Views[:2]...)
	return Objective{Loss: loss.DCL(z[0], z[1], m.Temperature), Ceiling: loss.DCLCeiling(z[0].Shape().Dimensions[0]), A: z[0], B: z[1]}
}
