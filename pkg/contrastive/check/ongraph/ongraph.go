// Package ongraph lets the checks of package check try functions that build a GoMLX graph:
//
//	check.InfoNCE(ongraph.PairLoss(backend, InfoNCE))
//	check.PairGradients(ongraph.PairGradients(backend, InfoNCE))
//
// A function is compiled once for each shape and temperature, for nodes of type Float64, so that it is held to the same
// tolerance as one in plain Go.
//
// What you may touch here: how rows become nodes and back. What is checked stands in package check.
package ongraph

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/contrastlab/contrastlab/internal/lang"
)

// Loss builds the graph of a loss of two views: q and k are Float64 of shape [n][width], the result is one number.
type Loss = func(q, k *graph.Node, temperature float64) *graph.Node

// PairLoss is f on rows of numbers. It panics, with a message for the learner, where f or GoMLX does or the result is not
// one number; a nil node counts as 0.
func PairLoss(backend compute.Backend, f Loss) func(q, k [][]float64, temperature float64) float64 {
	run := compiled(backend, func(q, k *graph.Node, temperature float64) []*graph.Node {
		if loss := scalar(f(q, k, temperature)); loss != nil {
			return []*graph.Node{loss}
		}
		return nil
	})
	return func(q, k [][]float64, temperature float64) float64 {
		outputs := run(q, k, temperature)
		if outputs == nil {
			return 0
		}
		return tensors.ToScalar[float64](outputs[0])
	}
}

// PairGradients is what automatic differentiation makes of f: ∂f/∂q and ∂f/∂k, in the shapes of q and k. It panics as
// [PairLoss] does; for a nil node it returns nil.
func PairGradients(backend compute.Backend, f Loss) func(q, k [][]float64, temperature float64) (dq, dk [][]float64) {
	run := compiled(backend, func(q, k *graph.Node, temperature float64) []*graph.Node {
		if loss := scalar(f(q, k, temperature)); loss != nil {
			return graph.Gradient(loss, q, k)
		}
		return nil
	})
	return func(q, k [][]float64, temperature float64) (dq, dk [][]float64) {
		outputs := run(q, k, temperature)
		if outputs == nil {
			return nil, nil
		}
		return outputs[0].Value().([][]float64), outputs[1].Value().([][]float64)
	}
}

// scalar asserts that a loss is one number.
func scalar(loss *graph.Node) *graph.Node {
	if loss != nil && (!loss.IsScalar() || loss.DType() != dtypes.Float64) {
		panic(fmt.Errorf("%s", lang.Text{
			En: "the loss must be one number, (Float64), not %s: average over the pairs, and keep the type of q",
			Zh: "损失应是一个数 (Float64)，而不是 %s：要对各对取平均，并保持 q 的类型",
		}.Sprintf(loss.Shape())))
	}
	return loss
}

// compiled runs what build makes, compiled once for each shape and temperature; nil where it makes nothing. build is
// called on the stack of the call, so that a panic in it still shows the learner's line.
func compiled(backend compute.Backend, build func(q, k *graph.Node, temperature float64) []*graph.Node) func(q, k [][]float64, temperature float64) []*tensors.Tensor {
	type key struct {
		queries, keys, width int
		temperature          float64
	}
	cache := map[key]*graph.Graph{}
	return func(q, k [][]float64, temperature float64) []*tensors.Tensor {
		at := key{len(q), len(k), len(q[0]), temperature}
		g, known := cache[at]
		if !known {
			g = graph.NewGraph(backend, fmt.Sprintf("%dx%d", at.queries, at.width))
			whole := false
			defer func() {
				if !whole {
					g.Finalize()
				}
			}()
			outputs := build(
				graph.Parameter(g, "q", shapes.Make(dtypes.Float64, at.queries, at.width)),
				graph.Parameter(g, "k", shapes.Make(dtypes.Float64, at.keys, at.width)), temperature)
			if outputs == nil {
				return nil
			}
			if err := g.Compile(outputs...); err != nil {
				panic(err)
			}
			cache[at], whole = g, true
		}
		return g.Run(q, k)
	}
}
