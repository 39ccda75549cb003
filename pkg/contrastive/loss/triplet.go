package loss

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/support/exceptions"
)

// Mining says which triplets of a batch count.
type Mining int

const (
	// AllTriplets takes every anchor with every positive and every negative.
	AllTriplets Mining = iota
	// SemiHardTriplets takes those whose negative is farther than the positive, but by less than the margin (section 3.2).
	SemiHardTriplets
)

// Triplet wants every negative farther from the anchor than every positive, by a margin. Its zero value has margin 0: set one
// (0.2 in the paper).
type Triplet struct {
	Margin float64 // m ≥ 0, in units of the distance
	Mining Mining

	// Squared takes squared distances, as eq. 1 of the paper does. The default is the distance itself.
	Squared bool
	// Raw leaves the rows as they are instead of normalizing them.
	Raw bool
}

// Loss is, over the triplets (a, p, n) with yₐ = yₚ ≠ yₙ and a ≠ p that are mined,
//
//	L = mean of those max(0, d(a, p) − d(a, n) + m) that are not 0
//
// z is [R, D] with labels [R], or [V, N, D] with labels [N] as in [SupCon]; d is the Euclidean distance between normalized rows.
// Scalar, 0 with zero gradient if no triplet violates the margin. It builds an [R, R, R] tensor: 64 MiB of float32 for 256 rows.
//
// Schroff, Kalenichenko and Philbin 2015, "FaceNet: A Unified Embedding for Face Recognition and Clustering", eq. 1; the mean over non-zero
// triplets is that of Hermans, Beyer and Leibe 2017, "In Defense of the Triplet Loss for Person Re-Identification".
func (t Triplet) Loss(z, labels *graph.Node) *graph.Node {
	if !(t.Margin >= 0) {
		exceptions.Panicf("Triplet: margin must be ≥ 0, got %g", t.Margin)
	}
	z, labels, _ = stackViews("Triplet", z, labels)
	rows := assertAtLeast("Triplet", z, 2)
	if z = promote(z); !t.Raw {
		z = Normalize(z)
	}
	squares := graph.ReduceSum(graph.Square(graph.Sub(graph.ExpandAxes(z, 1), graph.ExpandAxes(z, 0))), -1) // [R, R], from differences: exact when close
	distances := squares
	if !t.Squared {
		distances = safeSqrt(squares)
	}
	same := SameLabel(labels, labels)
	positives := graph.ExpandAxes(graph.LogicalAnd(same, NotSelf(z.Graph(), rows, rows)), 2) // [R, R, 1]
	negatives := graph.ExpandAxes(graph.LogicalNot(same), 1)                                 // [R, 1, R]
	near, far := graph.ExpandAxes(distances, 2), graph.ExpandAxes(distances, 1)
	violation := graph.AddScalar(graph.Sub(near, far), t.Margin)
	violation.AssertDims(rows, rows, rows) // anchor, positive, negative

	counts := graph.LogicalAnd(graph.LogicalAnd(positives, negatives), graph.GreaterThan(violation, graph.ScalarZero(z.Graph(), z.DType())))
	switch t.Mining {
	case AllTriplets:
	case SemiHardTriplets:
		counts = graph.LogicalAnd(counts, graph.LessThan(near, far))
	default:
		exceptions.Panicf("Triplet: unknown Mining %d", t.Mining)
	}
	total := graph.ReduceAllSum(graph.Where(counts, violation, graph.ZerosLike(violation)))
	return graph.Div(total, graph.MaxScalar(graph.ReduceAllSum(graph.ConvertDType(counts, z.DType())), 1))
}

// safeSqrt is √x with derivative 0 instead of ∞ at 0: two equal rows have no direction in which to part.
func safeSqrt(x *graph.Node) *graph.Node {
	isZero := graph.Equal(x, graph.ZerosLike(x))
	return graph.Where(isZero, graph.ZerosLike(x), graph.Sqrt(graph.Where(isZero, graph.OnesLike(x), x)))
}
