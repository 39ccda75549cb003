package loss_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// TestInvariance changes the batch in ways that a loss must not see, and in ways that it must.
func TestInvariance(t *testing.T) {
	const n, width, k = 8, 6, 5
	all := cases(0.2)
	exec := graph.MustNewExec(goBackend(t), func(p []*graph.Node) []*graph.Node {
		var losses []*graph.Node
		for _, c := range all {
			losses = append(losses, c.graph(asNodes(p)))
		}
		return losses
	})
	run := func(b batch) []float64 {
		var values []float64
		for _, out := range exec.MustCall(b.args(dtypes.Float64)...) {
			values = append(values, float(out))
		}
		return values
	}
	base := randomBatch(21, n, width, k)
	before := run(base)
	rng := rand.New(rand.NewPCG(4, 4))
	same := func(what string, after []float64, applies func(c lossCase) bool) {
		t.Helper()
		for i, c := range all {
			if equal := near(after[i], before[i], 1e-10); applies(c) && !equal {
				t.Errorf("%s: %s changes it from %g to %g", c.name, what, before[i], after[i])
			}
		}
	}

	order := rng.Perm(n)
	permuted := batch{queue: base.queue}
	for _, i := range order {
		permuted.z1, permuted.z2 = append(permuted.z1, base.z1[i]), append(permuted.z2, base.z2[i])
		permuted.labels = append(permuted.labels, base.labels[i])
	}
	// NCE's case takes its constant from the first row.
	same("permuting the samples", run(permuted), func(c lossCase) bool { return c.name != "NCE" })

	broken := base
	broken.z2 = permuted.z2
	for i, after := range run(broken) {
		switch all[i].name {
		case "SupCon rows", "SupCon in rows", "SupCon all anchors", "Uniformity", "VICReg variance summed": // these compare no views
		default:
			if near(after, before[i], 1e-6) {
				t.Errorf("%s: does not notice that the views are of different samples", all[i].name)
			}
		}
	}

	reversed := base
	reversed.queue = [][]float64{base.queue[4], base.queue[1], base.queue[2], base.queue[3], base.queue[0]}
	same("permuting the queue", run(reversed), func(c lossCase) bool { return c.name == "InfoNCEQueue" })

	spin := rotation(rng, width)
	rotated := batch{z1: times(base.z1, spin), z2: times(base.z2, spin), queue: times(base.queue, spin), labels: base.labels}
	same("a rotation", run(rotated), func(c lossCase) bool { return c.rotation })

	scaled := batch{labels: base.labels, z1: scaleRows(rng, base.z1), z2: scaleRows(rng, base.z2), queue: scaleRows(rng, base.queue)}
	same("scaling the rows", run(scaled), func(c lossCase) bool { return c.scale })

	// Batch-normalized dimensions do not see a shift of each dimension, nor VICReg one that both views share.
	shift := combine(base.z1, 0, base.z1, 0, 3)
	shifted := base
	shifted.z1, shifted.z2 = combine(base.z1, 1, shift, 1, 0), combine(base.z2, 1, shift, 1, 0)
	same("shifting the dimensions", run(shifted), func(c lossCase) bool {
		return c.name == "BarlowTwins" || c.name == "VICReg" || c.name == "VICReg variance summed"
	})
}

// rotation is a random orthogonal matrix, by Gram and Schmidt.
func rotation(rng *rand.Rand, width int) [][]float64 {
	q := make([][]float64, width)
	for i := range q {
		for range width {
			q[i] = append(q[i], rng.NormFloat64())
		}
		for range 2 { // twice, for the digits
			for p := range i {
				dot := 0.0
				for j := range width {
					dot += q[i][j] * q[p][j]
				}
				for j := range width {
					q[i][j] -= dot * q[p][j]
				}
			}
		}
		length := 0.0
		for _, v := range q[i] {
			length += v * v
		}
		for j := range width {
			q[i][j] /= math.Sqrt(length)
		}
	}
	return q
}

func times(x, q [][]float64) [][]float64 {
	out := make([][]float64, len(x))
	for i := range x {
		out[i] = make([]float64, len(q))
		for j := range q {
			for d := range x[i] {
				out[i][j] += x[i][d] * q[j][d]
			}
		}
	}
	return out
}

func scaleRows(rng *rand.Rand, x [][]float64) [][]float64 {
	out := make([][]float64, len(x))
	for i := range x {
		factor := math.Exp(4 * rng.NormFloat64())
		for _, v := range x[i] {
			out[i] = append(out[i], factor*v)
		}
	}
	return out
}
