package optim

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/registry"
)

// Scaling is how the learning rate grows with the batch size B. With any but NoScaling, LearningRate is the rate for a
// batch of 256.
type Scaling int

const (
	// NoScaling: η = LearningRate, whatever the batch.
	NoScaling Scaling = iota
	// LinearScaling: η = LearningRate · B/256 (Goyal et al. 2017, sec. 2.1; SimCLR's 0.3 · B/256, Chen et al. 2020, sec. 2.2).
	LinearScaling
	// SquareRootScaling: η = LearningRate · √(B/256). SimCLR's 0.075 · √B (Chen et al. 2020, appendix B.1) is
	// LearningRate = 1.2.
	SquareRootScaling
)

var scalings = registry.NewChoice[Scaling]("scaling", "none", "linear", "square_root")

// MarshalText implements [encoding.TextMarshaler].
func (s Scaling) MarshalText() ([]byte, error) { return scalings.Marshal(s) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Scaling) UnmarshalText(text []byte) error { return scalings.Unmarshal(text, s) }

// String is the name.
func (s Scaling) String() string { return scalings.Name(s) }

// rate is the peak rate for batches of batchSize, given that for 256.
func (s Scaling) rate(learningRate float64, batchSize int) float64 {
	batches := float64(batchSize) / 256
	switch s {
	case LinearScaling:
		return learningRate * batches
	case SquareRootScaling:
		return learningRate * math.Sqrt(batches)
	}
	return learningRate
}
