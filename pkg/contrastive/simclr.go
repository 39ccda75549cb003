package contrastive

import (
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// SimCLR is "A Simple Framework for Contrastive Learning of Visual Representations" (Chen et al. 2020):
// two views of each of N pictures pass one encoder and head, each view has the other as its positive and
// the 2(N−1) views of other pictures as negatives, and the loss is [loss.NTXent].
type SimCLR struct {
	// Temperature is T. Zero means 0.5, the paper's value for CIFAR-10 (appendix B.9); 0.1 for ImageNet.
	Temperature float64 `json:"temperature" default:"0.5"`
}

func init() { Methods.Register(SimCLR{}) }

// Name implements [Method].
func (SimCLR) Name() string { return "simclr" }

// Validate implements [Validator].
func (m SimCLR) Validate(c *Config) error {
	if err := checkTemperature(m.Temperature); err != nil {
		return err
	}
	return c.atLeastTwoViews()
}

// Step implements [Method].
func (m SimCLR) Step(s *Step) Objective {
	z := s.Embed(s.Views[:2]...)
	n := z[0].Shape().Dimensions[0]
	return Objective{
		Loss:    loss.NTXent(z[0], z[1], m.Temperature),
		Ceiling: loss.NTXentCeiling(n),
		A:       z[0], B: z[1],
	}
}
