package loss_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// What the papers say of how their losses relate to each other.
func TestRelations(t *testing.T) {
	const temperature = 0.3
	b := randomBatch(31, 6, 5, 4)
	type node = *graph.Node
	out := graph.MustExecOnceN(goBackend(t), func(z1, z2, queue node) []node {
		g := z1.Graph()
		n := z1.Shape().Dimensions[0]
		instances := loss.InstanceLabels(g, n, 1)
		shrink := loss.With(func(a, b node) node { return graph.MulScalar(loss.CosineSimilarity(a, b), 2) })
		return []node{
			loss.NTXent(z1, z2, temperature), loss.SupCon(stacked(z1, z2), instances, temperature), // 0
			loss.SupCon(stacked(z1, z2), instances, temperature, loss.Inside()), loss.NTXent(z1, z2, temperature), // 1
			loss.CLIP(z1, z2, temperature), loss.CLIPLearned(z1, z2, graph.Const(g, -math.Log(temperature))), // 2
			loss.SigLIP(z1, z2, 7, -2), loss.SigLIPLearned(z1, z2, graph.Const(g, math.Log(7)), graph.Const(g, -2.0)), // 3
			loss.BYOL(z1, z2), graph.AddScalar(graph.MulScalar(loss.SimSiam(z1, z2), 2), 2), // 4
			loss.BYOL(z1, z2), loss.Alignment(z1, z2, 2), // 5
			loss.InfoNCE(z1, z2, temperature, shrink), loss.InfoNCE(z1, z2, temperature/2), // 6
			loss.NTXent(z1, z2, temperature, loss.Summed()), graph.MulScalar(loss.NTXent(z1, z2, temperature), 2*float64(n)), // 7
			// On the unit sphere −d² = 2cos − 2, and the constant cancels.
			loss.InfoNCE(loss.Normalize(z1), loss.Normalize(z2), 2*temperature, loss.With(loss.NegativeSquaredEuclidean)), loss.InfoNCE(z1, z2, temperature), // 8
		}
	}, b.z1, b.z2, b.queue)
	for i := 0; i < len(out); i += 2 {
		if a, b := float(out[i]), float(out[i+1]); !near(a, b, 1e-12) {
			t.Errorf("relation %d: %g and %g should be equal", i/2, a, b)
		}
	}
	// Jensen: L_in ≤ L_out (Khosla et al., section 3.2.2).
	labels := twice(b.labels)
	z := rows(b.z1, b.z2)
	if in, outside := oracle.SupConIn(z, labels, len(z), 0.3), oracle.SupConOut(z, labels, len(z), 0.3); in >= outside {
		t.Errorf("L_in = %g is not below L_out = %g", in, outside)
	}
}

// At the true constant NCE's loss is the smallest: data and noise from the same density have log 1/Z = 0.
func TestNCEFindsTheNormalizer(t *testing.T) {
	const nu = 3
	scores, logNoise := []float64{-1, -2, -0.5, -1.5}, []float64{-1, -2, -0.5, -1.5}
	noise := make([]float64, nu*len(scores))
	for i := range noise {
		noise[i] = scores[i%len(scores)]
	}
	type node = *graph.Node
	exec := graph.MustNewExec(goBackend(t), func(s, l, n, c node) []node {
		value := loss.NCE(s, l, n, n, c)
		return append(graph.Gradient(value, c), value)
	})
	for _, c := range []float64{-1, 0, 1} {
		out := exec.MustCall(scores, logNoise, noise, c)
		slope, value := float(out[0]), float(out[1])
		if want := (1+nu)*math.Log(1+nu) - nu*math.Log(nu); c == 0 && (!near(value, want, 1e-12) || math.Abs(slope) > 1e-12) {
			t.Errorf("at the optimum: %g with slope %g, want %g with 0", value, slope, want)
		}
		if c*slope < 0 || c != 0 && slope == 0 {
			t.Errorf("at c = %g the slope is %g: it leads away from 0", c, slope)
		}
	}
}

func TestPositiveRank(t *testing.T) {
	type node = *graph.Node
	exec := graph.MustNewExec(goBackend(t), func(s, positives, candidates node) node {
		return loss.PositiveRank(s, positives, candidates)
	})
	similarity := [][]float64{{9, 3, 1, 2}, {5, 9, 5, 5}, {1, 2, 9, 4}, {7, 7, 8, 9}}
	everyone := [][]bool{{false, true, true, true}, {true, false, true, true}, {true, true, false, true}, {true, true, true, false}}
	nobody := make([]bool, 4)
	for name, c := range map[string]struct {
		positives [][]bool
		want      float64
	}{
		"first":         {[][]bool{{false, true, false, false}, nobody, nobody, nobody}, 1},
		"last":          {[][]bool{{false, false, true, false}, nobody, nobody, nobody}, 3},
		"all tied":      {[][]bool{nobody, {true, false, false, false}, nobody, nobody}, 2},
		"best of two":   {[][]bool{nobody, nobody, {true, true, false, false}, nobody}, 2},
		"mean of two":   {[][]bool{{false, true, false, false}, nobody, nobody, {true, false, false, false}}, (1 + 2.5) / 2},
		"no positives":  {[][]bool{nobody, nobody, nobody, nobody}, 0},
		"self excluded": {[][]bool{nobody, nobody, nobody, {false, false, true, false}}, 1},
	} {
		got := float(exec.MustCall(similarity, c.positives, everyone)[0])
		want := oracle.PositiveRank(similarity, func(i, j int) bool { return c.positives[i][j] }, func(i, j int) bool { return everyone[i][j] })
		if got != c.want || want != c.want {
			t.Errorf("%s: graph %g, oracle %g, want %g", name, got, want, c.want)
		}
	}
	// A collapsed encoder has the middle rank, not the first.
	n := 8
	got := graph.MustExecOnce(goBackend(t), func(z node) node {
		positives, candidates := loss.TwoViewMasks(z.Graph(), n)
		return loss.PositiveRank(loss.CosineSimilarity(z, z), positives, candidates)
	}, combine(rows(make2(n), make2(n)), 0, rows(make2(n), make2(n)), 0, 1))
	if want := float64(2*n) / 2; float(got) != want {
		t.Errorf("rank of a collapsed encoder: %g, want the middle of %d candidates, %g", float(got), 2*n-1, want)
	}
}

func TestDINOCenterAndVICRegTerms(t *testing.T) {
	b := randomBatch(6, 5, 4, 2)
	type node = *graph.Node
	out := graph.MustExecOnceN(goBackend(t), func(z1, z2, center node) []node {
		terms := loss.VICReg(z1, z2, loss.VICRegDefaults)
		return []node{loss.DINOCenter(center, stacked(z1, z2), 0.9), terms.Invariance, terms.Variance, terms.Covariance}
	}, b.z1, b.z2, b.queue[0])
	want := oracle.DINOCenter(b.queue[0], [][][]float64{b.z1, b.z2}, 0.9)
	for k, got := range out[0].Value().([]float64) {
		if !near(got, want[k], 1e-12) {
			t.Errorf("center[%d] = %g, oracle %g", k, got, want[k])
		}
	}
	invariance, variance, covariance := oracle.VICRegTerms(b.z1, b.z2)
	for i, want := range []float64{invariance, variance, covariance} {
		if got := float(out[i+1]); !near(got, want, 1e-12) {
			t.Errorf("VICReg term %d is %g, oracle %g", i, got, want)
		}
	}
}
