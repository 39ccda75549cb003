package contrastive_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// PullTogether wants two views alike, and nothing else: it collapses.
type PullTogether struct {
	Strength float64 `json:"strength" default:"2" help:"factor on the alignment"`
}

func init() { contrastive.Methods.Register(PullTogether{}) }

// Name is what config.json and -method call it.
func (PullTogether) Name() string { return "pull_together" }

// Step is the graph of one training step.
func (m PullTogether) Step(s *contrastive.Step) contrastive.Objective {
	z := s.Embed(s.Views...) // one [B, E] a view
	aligned := loss.Alignment(z[0], z[1], 2)
	return contrastive.Objective{Loss: graph.MulScalar(aligned, m.Strength), A: z[0], B: z[1]}
}

// A method is one struct with its hyperparameters, one Step, one registration.
func ExampleMethod() {
	config, err := contrastive.Config{Method: PullTogether{}}.WithDefaults()
	if err == nil {
		err = config.Set("strength=3")
	}
	fmt.Printf("%+v %v\n", config.Method, err)
	// Output: {Strength:3} <nil>
}
