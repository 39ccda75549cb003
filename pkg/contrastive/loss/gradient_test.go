package loss_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// gradients runs the gradients of all losses with respect to z1, z2 and the queue in one graph: [case][input][row][column].
func gradients(t *testing.T, all []lossCase, args []any) [][3][][]float64 {
	t.Helper()
	out := graph.MustExecOnceN(goBackend(t), func(p []*graph.Node) []*graph.Node {
		var all3 []*graph.Node
		for _, c := range all {
			all3 = append(all3, graph.Gradient(c.graph(asNodes(p)), p[0], p[1], p[2])...)
		}
		return all3
	}, args...)
	result := make([][3][][]float64, len(all))
	for i := range out {
		result[i/3][i%3] = matrix(out[i])
	}
	return result
}

// Every gradient equals the central difference of the oracle, coordinate by coordinate.
func TestGradientsAgainstFiniteDifferences(t *testing.T) {
	const h = 1e-6
	for _, temperature := range []float64{0.5, 0.1} {
		b := randomBatch(11, 6, 4, 3)
		all := cases(temperature)
		got := gradients(t, all, b.args(dtypes.Float64))
		nonZero := 0
		for c := range all {
			for input, x := range [][][]float64{b.z1, b.z2, b.queue} {
				for i := range x {
					for j := range x[i] {
						old := x[i][j]
						x[i][j] = old + h
						up := all[c].oracle(b)
						x[i][j] = old - h
						down := all[c].oracle(b)
						x[i][j] = old
						want := (up - down) / (2 * h)
						if !near(got[c][input][i][j], want, 2e-6) {
							t.Errorf("%s at T=%g: derivative by input %d [%d, %d] is %g, finite differences give %g",
								all[c].name, temperature, input, i, j, got[c][input][i][j], want)
						}
						if want != 0 {
							nonZero++
						}
					}
				}
			}
		}
		if nonZero < 1000 {
			t.Errorf("only %d derivatives are not 0: the test sees nothing", nonZero)
		}
	}
}

// The gradients that are taught equal those of autodiff, of finite differences and of the formula in plain loops.
func TestInfoNCEGradients(t *testing.T) {
	const temperature = 0.3
	b := randomBatch(5, 4, 6, 9)
	keys := append(append([][]float64{}, b.z2...), b.queue...)
	out := graph.MustExecOnceN(testbackend.New(t), func(q, k *graph.Node) []*graph.Node {
		c := loss.Contrast{Similarity: loss.DotSimilarity, Temperature: temperature}
		n, m := q.Shape().Dimensions[0], k.Shape().Dimensions[0]
		auto := graph.Gradient(c.Loss(q, k, loss.PairMask(q.Graph(), n, m), nil), q, k)
		one := graph.Slice(q, graph.AxisRangeFromStart(1))
		return []*graph.Node{
			loss.InfoNCEGradQuery(q, k, temperature), loss.InfoNCEGradKeys(q, k, temperature), auto[0], auto[1],
			loss.InfoNCEGradQuery(one, k, temperature), loss.InfoNCEGradKeys(one, k, temperature),
		}
	}, b.z1, keys)
	compare := func(what string, got, want [][]float64, tolerance float64) {
		t.Helper()
		for i := range want {
			for j := range want[i] {
				if !near(got[i][j], want[i][j], tolerance) {
					t.Errorf("%s [%d, %d]: %g and %g", what, i, j, got[i][j], want[i][j])
				}
			}
		}
	}
	compare("∂L/∂q against autodiff", matrix(out[0]), matrix(out[2]), 1e-12)
	compare("∂L/∂k against autodiff", matrix(out[1]), matrix(out[3]), 1e-12)

	q := b.z1[0]
	compare("∂L/∂q of one query against the formula", matrix(out[4]), [][]float64{oracle.InfoNCEGradQuery(q, keys, temperature)}, 1e-12)
	compare("∂L/∂k of one query against the formula", matrix(out[5]), oracle.InfoNCEGradKeys(q, keys, temperature), 1e-12)

	value := func() float64 {
		logits := make([]float64, len(keys))
		for j := range keys {
			logits[j] = oracle.Dot(q, keys[j]) / temperature
		}
		return oracle.LogSumExp(logits) - logits[0]
	}
	differences := func(x [][]float64) [][]float64 {
		d := make([][]float64, len(x))
		for i := range x {
			for j := range x[i] {
				old := x[i][j]
				x[i][j] = old + 1e-6
				up := value()
				x[i][j] = old - 1e-6
				d[i] = append(d[i], (up-value())/2e-6)
				x[i][j] = old
			}
		}
		return d
	}
	compare("∂L/∂q of one query against finite differences", matrix(out[4]), differences([][]float64{q}), 1e-7)
	compare("∂L/∂k of one query against finite differences", matrix(out[5]), differences(keys), 1e-7)
}

// The gradients with respect to a learned temperature and bias arrive too.
func TestLearnedScalarsHaveGradients(t *testing.T) {
	b := randomBatch(8, 5, 4, 2)
	out := graph.MustExecOnceN(goBackend(t), func(x, y, logScale, bias *graph.Node) []*graph.Node {
		clip := loss.CLIPLearned(x, y, logScale)
		siglip := loss.SigLIPLearned(x, y, logScale, bias)
		return append(graph.Gradient(clip, logScale), graph.Gradient(siglip, logScale, bias)...)
	}, b.z1, b.z2, 1.2, -3.0)
	clip := func(s, _ float64) float64 { return oracle.CLIP(b.z1, b.z2, math.Exp(-s)) }
	siglip := func(s, bias float64) float64 { return oracle.SigLIP(b.z1, b.z2, math.Exp(s), bias) }
	const h = 1e-6
	for i, want := range []float64{
		(clip(1.2+h, 0) - clip(1.2-h, 0)) / (2 * h),
		(siglip(1.2+h, -3) - siglip(1.2-h, -3)) / (2 * h),
		(siglip(1.2, -3+h) - siglip(1.2, -3-h)) / (2 * h),
	} {
		if got := float(out[i]); !near(got, want, 1e-7) || got == 0 {
			t.Errorf("gradient %d: %g, finite differences give %g", i, got, want)
		}
	}
}
