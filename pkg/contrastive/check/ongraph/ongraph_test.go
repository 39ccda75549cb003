package ongraph_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/stretchr/testify/require"

	solution "github.com/contrastlab/contrastlab/internal/exercises/13-on-a-graph"
	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
	"github.com/contrastlab/contrastlab/pkg/contrastive/check/ongraph"
)

func TestSolution(t *testing.T) {
	r := check.InfoNCE(ongraph.PairLoss(testbackend.New(t), solution.InfoNCE))
	require.True(t, r.Passed(), r.String())
	r = check.PairGradients(ongraph.PairGradients(testbackend.New(t), solution.InfoNCE))
	require.True(t, r.Passed(), r.String())
}

// A mistake on the graph is the same mistake, and one that only the gradient shows is found there.
func TestMistakes(t *testing.T) {
	backend := testbackend.New(t)
	summed := func(q, k *graph.Node, temperature float64) *graph.Node {
		return graph.MulScalar(solution.InfoNCE(q, k, temperature), q.Shape().Dimensions[0])
	}
	r := check.InfoNCE(ongraph.PairLoss(backend, summed))
	require.Len(t, r.Mistakes, 1, r.String())
	require.Equal(t, "sum-for-mean", r.Mistakes[0].ID)

	keysStopped := func(q, k *graph.Node, temperature float64) *graph.Node {
		return solution.InfoNCE(q, graph.StopGradient(k), temperature)
	}
	r = check.PairGradients(ongraph.PairGradients(backend, keysStopped))
	require.Len(t, r.Mistakes, 1, r.String())
	require.Equal(t, "keys-stopped", r.Mistakes[0].ID)

	// The length is guarded after the root, where its gradient is infinite already.
	unguarded := func(q, k *graph.Node, temperature float64) *graph.Node {
		unit := func(x *graph.Node) *graph.Node {
			length := graph.L2Norm(x, -1)
			return graph.Div(x, graph.Where(graph.IsZero(length), graph.OnesLike(length), length))
		}
		return solution.InfoNCE(unit(q), unit(k), temperature)
	}
	r = check.PairGradients(ongraph.PairGradients(backend, unguarded))
	require.Len(t, r.Mistakes, 1, r.String())
	require.Equal(t, "root-at-zero", r.Mistakes[0].ID)
}

// What GoMLX panics with becomes a row that names the learner's line.
func TestPanics(t *testing.T) {
	t.Setenv(lang.Env, "en")
	backend := testbackend.New(t)
	r := check.InfoNCE(ongraph.PairLoss(backend, func(q, k *graph.Node, _ float64) *graph.Node {
		return graph.Add(q, graph.ReduceSum(k, -1)) // [n, width] and [n]
	}))
	require.Regexp(t, `^panics \(ongraph_test\.go:\d+\): .*`, r.Rows[0].Detail)
	require.NotContains(t, r.Rows[0].Detail, "\n")

	r = check.InfoNCE(ongraph.PairLoss(backend, func(q, _ *graph.Node, _ float64) *graph.Node { return graph.ReduceSum(q, -1) }))
	require.Contains(t, r.Rows[0].Detail, "the loss must be one number")
}

func TestNothingWritten(t *testing.T) {
	backend := testbackend.New(t)
	empty := func(_, _ *graph.Node, _ float64) *graph.Node { return nil }
	for _, r := range []check.Report{
		check.InfoNCE(ongraph.PairLoss(backend, empty)), check.PairGradients(ongraph.PairGradients(backend, empty)),
	} {
		require.Len(t, r.Mistakes, 1, r.String())
		require.Equal(t, check.Unwritten, r.Mistakes[0].ID)
	}
}
