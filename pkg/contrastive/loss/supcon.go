package loss

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/support/exceptions"
)

// SupCon is the supervised contrastive loss: every row with the anchor's label is a positive. In its form L_out, with
// A(i) all rows but i and P(i) those of A(i) that carry label yᵢ:
//
//	L = mean over i of −1/|P(i)| Σ_{p∈P(i)} log( exp(zᵢ·zₚ/T) / Σ_{a∈A(i)} exp(zᵢ·zₐ/T) )
//
// z is [V, N, D], V views of N samples, with labels [N]; or plain rows [R, D] with labels [R]. labels are integers;
// rows are normalized here. Scalar, averaged over the anchors that have a positive; 0 with zero gradient if none has.
// With a label of its own for every sample and V = 2 this is [NTXent]. Options: [Inside] (L_in), [OverAllAnchors],
// [FirstViewAnchors], [BaseTemperature], [Summed], [With].
//
// Khosla et al. 2020, "Supervised Contrastive Learning", eq. 2 (L_out, the default) and eq. 3 (L_in).
func SupCon(z, labels *graph.Node, temperature float64, options ...Option) *graph.Node {
	d := newDialect("SupCon", temperature, options, true, false)
	z, labels, firstView := stackViews("SupCon", z, labels)
	if d.firstViewOnly && firstView == 0 {
		exceptions.Panicf("SupCon: FirstViewAnchors needs the views apart, z [V, N, D] with labels [N]; got rows %s", z.Shape())
	}
	rows := assertAtLeast("SupCon", z, 2)
	candidates := NotSelf(z.Graph(), rows, rows)
	positives := graph.LogicalAnd(SameLabel(labels, labels), candidates)
	return d.lossAmongViews(z, positives, candidates, firstView)
}

// SupConCeiling is ln(rows−1), SupCon's value, in both forms, when all of its rows (views × samples) look alike.
func SupConCeiling(rows int) float64 { return math.Log(float64(rows - 1)) }

// stackViews turns z [V, N, D] with labels [N] into rows [V·N, D] with labels [V·N] and returns N. Rows with a label
// each pass through, with 0 for N.
func stackViews(name string, z, labels *graph.Node) (rows, rowLabels *graph.Node, firstView int) {
	dims := z.Shape().Dimensions
	switch {
	case z.Rank() == 2 && labels.Rank() == 1 && labels.Shape().Dimensions[0] == dims[0]:
		return z, labels, 0
	case z.Rank() == 3 && labels.Rank() == 1 && labels.Shape().Dimensions[0] == dims[1]:
		views, n, width := dims[0], dims[1], dims[2]
		if n < 2 {
			exceptions.Panicf("%s: needs a batch of at least 2 samples, got %d (%s)", name, n, z.Shape())
		}
		rowLabels = graph.Reshape(graph.BroadcastPrefix(labels, views), views*n)
		return graph.Reshape(z, views*n, width), rowLabels, n
	}
	exceptions.Panicf("%s: want z [V, N, D] with labels [N], or z [R, D] with labels [R]; got %s and %s", name, z.Shape(), labels.Shape())
	return nil, nil, 0
}
