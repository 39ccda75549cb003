package contrastive

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// tripletRows bounds the rows that [Triplet] compares: 1024³ float32 are 4 GiB.
const tripletRows = 1024

// Triplet is "FaceNet: A Unified Embedding for Face Recognition and Clustering" (Schroff, Kalenichenko and Philbin
// 2015): every other label farther from the anchor than every view of its own label, by a margin, for the semi-hard
// triplets of the batch (sec. 3.2). All V·B views are compared in threes, a tensor of (V·B)³.
type Triplet struct {
	// Margin is how much farther, in squared distance between rows of length 1 (at most 4). Zero means 0.2.
	Margin float64 `json:"margin" default:"0.2" help:"how much farther negatives must be than positives"`
	// ByItem takes "the same thing", such as one emoji by several artists, for the label instead of the class.
	ByItem bool `json:"by_item"`
	// AllTriplets takes every triplet that violates the margin, not the semi-hard alone, whose negative is farther than
	// the positive. The hardest negatives of all can pull the embedding into one point.
	AllTriplets bool `json:"all_triplets" help:"every triplet that violates the margin, not only the semi-hard"`
	// Unsquared compares distances instead of their squares.
	Unsquared bool `json:"unsquared" help:"distances instead of their squares"`
}

func init() { Methods.Register(Triplet{}) }

// Name implements [Method].
func (Triplet) Name() string { return "triplet" }

// Needs implements [LabelUser].
func (m Triplet) Needs() (labels, items bool) { return !m.ByItem, m.ByItem }

// Validate implements [Validator].
func (m Triplet) Validate(c *Config) error {
	switch rows := c.Views * c.BatchSize; {
	case !(m.Margin > 0 && m.Margin <= 4):
		return fmt.Errorf("margin = %g: it must be above 0 and at most 4, the largest squared distance", m.Margin)
	case rows > tripletRows:
		return fmt.Errorf("views · batch_size = %d rows make %.1f billion triplets; lower batch_size to %d", rows, float64(rows)*float64(rows)*float64(rows)/1e9, tripletRows/c.Views)
	}
	return c.atLeastTwoViews()
}

// Step implements [Method].
func (m Triplet) Step(s *Step) Objective {
	z := s.Embed(s.Views...)
	labels := s.Labels
	if m.ByItem {
		labels = s.Items
	}
	triplet := loss.Triplet{Margin: m.Margin, Mining: loss.SemiHardTriplets, Squared: !m.Unsquared}
	if m.AllTriplets {
		triplet.Mining = loss.AllTriplets
	}
	// Where nothing is told apart, every triplet costs the margin.
	return Objective{Loss: triplet.Loss(Stack(z, 0), labels), Ceiling: m.Margin, A: z[0], B: z[1]}
}
