package augment_test

import (
	"encoding/json"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
)

// Two views of each of two pictures, from one seed.
func ExamplePolicy_Apply() {
	policy := augment.Emoji()
	exec := graph.MustNewExec(contrastive.MustBackend(), func(rng, pixels *graph.Node) []*graph.Node {
		rng, a := policy.Apply(rng, pixels, 32)
		rng, b := policy.Apply(rng, pixels, 32)
		return []*graph.Node{rng, a, b}
	})
	rng, err := graph.RNGStateFromSeed(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	pixels := tensors.FromFlatDataAndDimensions(make([]uint8, 2*48*48*4), 2, 48, 48, 4)
	views := exec.MustCall(rng, pixels)
	fmt.Println(views[1].Shape(), views[2].Shape())
	// Output: (Float32)[2, 32, 32, 3] (Float32)[2, 32, 32, 3]
}

// A policy of one's own, saved as a run saves it.
func ExamplePolicy() {
	policy := augment.Policy{Name: "mine", Transforms: []augment.Transform{
		augment.HorizontalFlip{P: 0.5},
		augment.Grayscale{P: 0.2},
	}}
	saved, err := json.Marshal(policy)
	fmt.Println(string(saved), err)
	// Output: {"Name":"mine","Transforms":[{"Transform":"HorizontalFlip","P":0.5},{"Transform":"Grayscale","P":0.2}]} <nil>
}
