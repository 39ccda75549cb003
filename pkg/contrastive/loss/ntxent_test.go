package loss_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

func TestFirst(t *testing.T) {
	backend := testbackend.New(t)
	z1 := make([][]float64, 4)
	z2 := make([][]float64, 4)
	for i := range z1 {
		for j := range 5 {
			a := math.Sin(0.7*float64(i+1)*float64(j+1) + 0.1)
			z1[i] = append(z1[i], a)
			z2[i] = append(z2[i], a+0.3*math.Cos(1.3*float64(i+1)-0.5*float64(j+1)))
		}
	}
	queue := make([][]float64, 6)
	for k := range queue {
		for j := range 5 {
			queue[k] = append(queue[k], math.Cos(0.9*float64(k+1)*float64(j+1)+0.2))
		}
	}
	out := graph.MustExecOnceN(backend, func(z1, z2, q *graph.Node) []*graph.Node {
		a := loss.NTXent(z1, z2, 0.5)
		b := loss.InfoNCEQueue(z1, z2, q, 0.5)
		c := loss.InfoNCE(z1, z2, 0.5, loss.Symmetric())
		d := loss.NTXent(graph.OnesLike(z1), graph.OnesLike(z1), 0.01)
		return append([]*graph.Node{a, b, c, d}, graph.Gradient(a, z1)...)
	}, z1, z2, queue)
	for i, want := range []float64{0.5733742693383427, 0.7643210739855892, 0.329354608914474, loss.NTXentCeiling(4)} {
		if got := out[i].Value().(float64); math.Abs(got-want) > 1e-5 {
			t.Errorf("%d: got %g want %g", i, got, want)
		}
	}
	t.Log(out[4])
}
