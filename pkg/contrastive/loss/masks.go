package loss

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/support/exceptions"
)

// PairMask is true where the column is the row's partner, i = j: [n, m], Bool.
func PairMask(g *graph.Graph, n, m int) *graph.Node {
	shape := shapes.Make(dtypes.Int32, n, m)
	return graph.Equal(graph.Iota(g, shape, 0), graph.Iota(g, shape, 1))
}

// NotSelf is true everywhere but on the diagonal: [n, m], Bool. It keeps an anchor from being its own candidate.
func NotSelf(g *graph.Graph, n, m int) *graph.Node {
	return graph.LogicalNot(PairMask(g, n, m))
}

// SameLabel is true where row and column carry the same label: rows [N], columns [M], integers → [N, M], Bool.
func SameLabel(rows, columns *graph.Node) *graph.Node {
	if rows.Rank() != 1 || columns.Rank() != 1 || rows.DType() != columns.DType() || !rows.DType().IsInt() {
		exceptions.Panicf("SameLabel: want integer labels [N] and [M] of one dtype, got %s and %s", rows.Shape(), columns.Shape())
	}
	return graph.Equal(graph.ExpandAxes(rows, 1), graph.ExpandAxes(columns, 0))
}

// InstanceLabels numbers the samples of a batch that was made into several views stacked one after the other:
// 0, 1, …, n−1, 0, 1, …; [views·n], Int32. Two rows with the same number are views of one sample.
func InstanceLabels(g *graph.Graph, n, views int) *graph.Node {
	return graph.Reshape(graph.Iota(g, shapes.Make(dtypes.Int32, views, n), 1), views*n)
}

// TwoViewMasks are the masks of NT-Xent over the 2n rows [z1; z2]: the other view is the positive, everything but
// the row itself a candidate. Both are [2n, 2n], Bool; [PositiveRank] takes them as they are.
func TwoViewMasks(g *graph.Graph, n int) (positives, candidates *graph.Node) {
	labels := InstanceLabels(g, n, 2)
	candidates = NotSelf(g, 2*n, 2*n)
	return graph.LogicalAnd(SameLabel(labels, labels), candidates), candidates
}
