package contrastive

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// SupCon is "Supervised Contrastive Learning" (Khosla et al. 2020): all views of all pictures with the
// anchor's label are its positives. The paper then trains a linear classifier on the frozen encoder
// (sec. 3.1): eval.LinearProbe on [Run.Embed], as in the example.
type SupCon struct {
	// Temperature is T. Zero means 0.1 (sec. 4).
	Temperature float64 `json:"temperature" default:"0.1"`
	// ByItem takes "the same thing", such as one emoji by several artists, for the label instead of the class.
	ByItem bool `json:"by_item"`
	// Inside uses L_in (eq. 3) instead of L_out (eq. 2), which the paper finds better.
	Inside bool `json:"inside"`
}

func init() { Methods.Register(SupCon{}) }

// Name implements [Method].
func (SupCon) Name() string { return "supcon" }

// Needs implements [LabelUser].
func (m SupCon) Needs() (labels, items bool) { return !m.ByItem, m.ByItem }

// Validate implements [Validator].
func (m SupCon) Validate(c *Config) error {
	return firstError(checkTemperature(m.Temperature), c.atLeastTwoViews())
}

// Step implements [Method].
func (m SupCon) Step(s *Step) Objective {
	z := s.Embed(s.Views...)
	labels := s.Labels
	if m.ByItem {
		labels = s.Items
	}
	var options []loss.Option
	if m.Inside {
		options = append(options, loss.Inside())
	}
	rows := len(z) * z[0].Shape().Dimensions[0]
	return Objective{
		Loss:    loss.SupCon(Stack(z, 0), labels, m.Temperature, options...),
		Ceiling: loss.SupConCeiling(rows),
		A:       z[0], B: z[1],
	}
}

// LabelUser is a method that learns from labels or items: without them it cannot train, and with them it
// is not self-supervised.
type LabelUser interface {
	Needs() (labels, items bool)
}

// checkLabels refuses data without what the method needs.
func (c *Config) checkLabels(hasLabels, hasItems bool, name string) error {
	user, ok := c.Method.(LabelUser)
	if !ok {
		return nil
	}
	switch labels, items := user.Needs(); {
	case labels && !hasLabels:
		return fmt.Errorf("%s learns from labels, and %s has none; choose a method without labels, such as simclr", c.Method.Name(), name)
	case items && !hasItems:
		return fmt.Errorf("%s learns from which pictures show the same item, and %s does not say; choose a method without it, such as simclr", c.Method.Name(), name)
	}
	return nil
}
