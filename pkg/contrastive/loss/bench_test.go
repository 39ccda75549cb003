package loss_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// A loss with its gradients, 256 pairs of 128 dimensions: what it adds to a training step.
func BenchmarkLosses(b *testing.B) {
	data := randomBatch(1, 256, 128, 4096).args(dtypes.Float32)
	for i := range data {
		data[i] = tensors.MustFromAnyValue(data[i]) // uploaded once
	}
	for _, c := range []struct {
		name string
		loss func(p nodes) node
	}{
		{"NTXent", func(p nodes) node { return loss.NTXent(p.z1, p.z2, 0.2) }},
		{"SupCon", func(p nodes) node { return loss.SupCon(stacked(p.z1, p.z2), p.labels, 0.1) }},
		{"InfoNCE", func(p nodes) node { return loss.InfoNCE(p.z1, p.z2, 0.2) }},
		{"InfoNCEQueue4096", func(p nodes) node { return loss.InfoNCEQueue(p.z1, graph.StopGradient(p.z2), p.queue, 0.2) }},
		{"BarlowTwins", func(p nodes) node { return loss.BarlowTwins(p.z1, p.z2, 0.005) }},
		{"VICReg", func(p nodes) node { return loss.VICReg(p.z1, p.z2, loss.VICRegDefaults).Loss }},
		{"TripletSemiHard", func(p nodes) node {
			return loss.Triplet{Margin: 0.2, Mining: loss.SemiHardTriplets}.Loss(p.z1, p.labels)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			exec := graph.MustNewExec(testbackend.New(b), func(p []node) []node {
				value := c.loss(asNodes(p))
				return append(graph.Gradient(value, p[0], p[1]), value)
			})
			step := func() { // reading the value waits for the device
				if out := exec.MustCall(data...); out[2].Value() == nil {
					b.Fatal("no value")
				}
			}
			step() // compiles
			for b.Loop() {
				step()
			}
		})
	}
}
