package contrastive

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
)

// Method is a way to learn from views: a small struct whose exported, JSON-tagged fields are its
// hyperparameters and whose zero value, completed by `default` tags, is the paper's. To add one, write a
// file with the struct, its Name and its Step, and call Methods.Register in an init function.
//
// A method may also implement [Validator], [ViewPlanner], [LabelUser] or [TextUser].
type Method interface {
	// Name is the key under which the method is registered, e.g. "simclr".
	Name() string

	// Step builds the graph of one training step, from the views to the loss.
	Step(s *Step) Objective
}

// Validator is a method (or encoder) that can tell impossible settings before anything is compiled.
type Validator interface {
	Validate(c *Config) error
}

// ViewPlanner is a method that wants views other than Config.Views of Config.Augment.
type ViewPlanner interface {
	PlanViews(c *Config) []View
}

// View says how one view of each picture is made.
type View struct {
	Policy augment.Policy
	Size   int // pixels a side
}

// Objective is what a method makes of one batch.
type Objective struct {
	// Loss is the scalar to minimize.
	Loss *Node

	// Ceiling is the loss of an encoder that tells nothing apart, such as ln(2N−1) for NT-Xent; 0 where the
	// method has none. A loss is readable only against it.
	Ceiling float64

	// A and B are the embeddings [N, E] of the two sides of N positive pairs, normalized or not. The history's
	// alignment, uniformity, spread and positive rank are taken from them.
	A, B *Node
}

// Methods holds what can be named in config.json and on the command line.
var Methods = registry.New[Method]("method")

// Zero stands for an explicit zero in a field whose zero value means its default: MoCo{Momentum: Zero} is
// MoCo with m = 0. In a graph of float32 it is exactly 0.
const Zero = 1e-300
