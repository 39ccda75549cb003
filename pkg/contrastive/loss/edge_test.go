package loss_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

const edgeN, edgeWidth, edgeK = 6, 4, 5

// filled is a batch of one value.
func filled(value float64) batch {
	matrix := func(n int) [][]float64 { return combine(make2(n), 0, make2(n), 0, value) }
	return batch{z1: matrix(edgeN), z2: matrix(edgeN), queue: matrix(edgeK), labels: []int{0, 1, 2, 0, 1, 2}}
}

func make2(n int) [][]float64 {
	x := make([][]float64, n)
	for i := range x {
		x[i] = make([]float64, edgeWidth)
	}
	return x
}

// scaled is x·factor for every row but those named, which become zero.
func scaled(b batch, factor float64, zero ...int) batch {
	out := batch{z1: combine(b.z1, factor, b.z1, 0, 0), z2: combine(b.z2, factor, b.z2, 0, 0), queue: combine(b.queue, factor, b.queue, 0, 0), labels: b.labels}
	for _, i := range zero {
		out.z1[i], out.queue[i%edgeK] = make([]float64, edgeWidth), make([]float64, edgeWidth)
	}
	return out
}

// edgeExec compiles all losses and their gradients once; run gives a value and the largest |derivative| per loss.
type edgeExec struct {
	exec *graph.Exec
	all  []lossCase
}

func newEdgeExec(backend compute.Backend, temperature float64) edgeExec {
	all := cases(temperature)
	return edgeExec{all: all, exec: graph.MustNewExec(backend, func(p []*graph.Node) []*graph.Node {
		var outputs []*graph.Node
		for _, c := range all {
			value := c.graph(asNodes(p))
			outputs = append(outputs, value)
			outputs = append(outputs, graph.Gradient(value, p[0], p[1], p[2])...)
		}
		return outputs
	})}
}

func (e edgeExec) run(b batch) (values, steepest map[string]float64) {
	values, steepest = map[string]float64{}, map[string]float64{}
	out := e.exec.MustCall(b.args(dtypes.Float32)...)
	for i, c := range e.all {
		values[c.name] = float(out[4*i])
		for _, gradient := range out[4*i+1 : 4*i+4] {
			for _, row := range matrix(gradient) {
				for _, v := range row {
					if math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) > steepest[c.name] {
						steepest[c.name] = math.Abs(v)
					}
				}
			}
		}
	}
	return values, steepest
}

// In float32 at T = 0.01, on XLA and on the pure Go backend: nothing is ever NaN or infinite, and what must be known is.
func TestEdges(t *testing.T) {
	for name, backend := range map[string]compute.Backend{"xla": testbackend.New(t), "go": goBackend(t)} {
		t.Run(name, func(t *testing.T) { testEdges(t, newEdgeExec(backend, 0.01)) })
	}
}

func testEdges(t *testing.T, exec edgeExec) {
	random := randomBatch(2, edgeN, edgeWidth, edgeK)
	random.labels = []int{0, 1, 2, 0, 1, 2}
	finite := func(what string, b batch, applies func(c lossCase) bool) (values, steepest map[string]float64) {
		t.Helper()
		values, steepest = exec.run(b)
		for _, c := range exec.all {
			v, g := values[c.name], steepest[c.name]
			if applies(c) && (math.IsNaN(v) || math.IsInf(v, 0) || math.IsNaN(g) || math.IsInf(g, 0)) {
				t.Errorf("%s of %s is %g with a derivative of %g", c.name, what, v, g)
			}
		}
		return values, steepest
	}
	always := func(lossCase) bool { return true }
	usual := func(c lossCase) bool { return c.scale } // those that see directions only

	equal, _ := finite("equal rows", filled(0.7), always)
	for name, want := range map[string]float64{
		"NTXent": loss.NTXentCeiling(edgeN), "InfoNCE": loss.InfoNCECeiling(edgeN), "InfoNCEQueue": loss.InfoNCEQueueCeiling(edgeK),
		"DCL": loss.DCLCeiling(edgeN), "CLIP": loss.InfoNCECeiling(edgeN), "MoCoV3": 0.02 * loss.InfoNCECeiling(edgeN),
		"SupCon out": loss.SupConCeiling(2 * edgeN), "SupCon in": loss.SupConCeiling(2 * edgeN), "SupCon rows": loss.SupConCeiling(edgeN),
		"BYOL": 0, "SimSiam": -1, "Alignment": 0, "Alignment alpha 1": 0, "Uniformity": 0, "Triplet": 0.2, "Triplet semi-hard": 0,
		"NTXent euclidean": loss.NTXentCeiling(edgeN),
	} {
		if !near(equal[name], want, 1e-5) {
			t.Errorf("%s of equal rows is %g, want %g", name, equal[name], want)
		}
	}
	nothing, _ := finite("zeros", filled(0), always)
	if want := loss.NTXentCeiling(edgeN); !near(nothing["NTXent"], want, 1e-6) {
		t.Errorf("NTXent of zeros is %g, want %g", nothing["NTXent"], want)
	}
	finite("some rows of zero", scaled(random, 1, 0, 3), always)
	finite("rows of 1e-25", scaled(random, 1e-25), usual)
	finite("rows of 1e25, whose squares overflow", scaled(random, 1e25), usual)
	finite("rows of 100", scaled(random, 100), always)

	// Logits of a million: e^{1e6} is far beyond any float.
	large, _ := finite("large inner products", scaled(random, 50), always)
	want := map[string]float64{}
	for _, c := range exec.all {
		want[c.name] = c.oracle(scaled(random, 50))
	}
	if name := "InfoNCE symmetric dot"; !near(large[name], want[name], 1e-5) || want[name] < 100 {
		t.Errorf("%s of large logits is %g, oracle %g", name, large[name], want[name])
	}

	// Opposite views: the positive is the worst candidate by far, and the loss 2/T.
	worst := scaled(random, 1)
	for i := range worst.z1 {
		worst.z1[i] = []float64{1, 0, 0, 0}
		worst.z2[i] = []float64{-1, 0, 0, 0}
	}
	opposed, _ := finite("opposite views", worst, always)
	if want := 200 + math.Log(edgeN-1); !near(opposed["NTXent"], want, 1e-5) {
		t.Errorf("NTXent of opposite views at T = 0.01 is %g, want 2/T + ln(N−1) = %g", opposed["NTXent"], want)
	}

	// No anchor has a positive: loss 0 and gradient exactly 0.
	lonely := random
	lonely.labels = []int{0, 1, 2, 3, 4, 5}
	values, steepest := finite("a batch without positives", lonely, always)
	for _, name := range []string{"SupCon rows", "SupCon in rows", "SupCon all anchors", "Triplet raw"} {
		if values[name] != 0 || steepest[name] != 0 {
			t.Errorf("%s without positives is %g with a derivative of %g, want exactly 0", name, values[name], steepest[name])
		}
	}
	// No negatives: no triplet either.
	together := random
	together.labels = make([]int, edgeN)
	values, steepest = finite("a batch of one class", together, always)
	for _, name := range []string{"Triplet", "Triplet semi-hard", "Triplet raw"} {
		if values[name] != 0 || steepest[name] != 0 {
			t.Errorf("%s without negatives is %g with a derivative of %g, want exactly 0", name, values[name], steepest[name])
		}
	}
}

// One sample is a batch for the losses that need no other.
func TestOneSample(t *testing.T) {
	b := batch{z1: [][]float64{{3, 4}}, z2: [][]float64{{4, 3}}, queue: [][]float64{{0, 1}}, labels: []int{0}}
	want := map[string]float64{
		"InfoNCEQueue": math.Log1p(math.Exp((0.8 - 0.96) / 0.5)), "BYOL": 2 - 2*0.96, "SimSiam": -0.96, "Alignment": 0.08,
		"SigLIP": math.Log1p(math.Exp(-(9.6 - 10))), "Pairwise": 1, "DINO": math.NaN(), "NCE": math.NaN(),
	}
	var chosen []lossCase
	for _, c := range cases(0.5) {
		if _, ok := want[c.name]; ok {
			chosen = append(chosen, c)
		}
	}
	for i, got := range evaluate(goBackend(t), chosen, b.args(dtypes.Float64)) {
		name := chosen[i].name
		expect := want[name]
		if math.IsNaN(expect) { // not worked out by hand
			expect = chosen[i].oracle(b)
		}
		if !near(got, expect, 1e-12) {
			t.Errorf("%s of one sample: %g, want %g", name, got, expect)
		}
	}
}

// Wrong input is refused while the graph is built, in words that name the loss and the problem.
func TestRefusals(t *testing.T) {
	type node = *graph.Node
	pair := func(n, width int) []any {
		return []any{make2(n)[:n], func() [][]float64 {
			x := make([][]float64, n)
			for i := range x {
				x[i] = make([]float64, width)
			}
			return x
		}()}
	}
	labels := []int32{0, 1, 0, 1}
	for _, c := range []struct {
		build   any
		args    []any
		message string
	}{
		{func(a, b node) node { return loss.NTXent(a, b, 0) }, pair(4, 4), "NTXent: temperature must be a finite number > 0, got 0"},
		{func(a, b node) node { return loss.NTXent(a, b, math.NaN()) }, pair(4, 4), "NTXent: temperature must be"},
		{func(a, b node) node { return loss.NTXent(a, b, -1) }, pair(4, 4), "got -1"},
		{func(a, b node) node { return loss.NTXent(a, b, 0.5) }, pair(1, 4), "NTXent: needs a batch of at least 2, got 1"},
		{func(a, b node) node { return loss.NTXent(a, b, 0.5) }, pair(4, 3), "NTXent: the two views must have the same shape"},
		{func(a, b node) node { return loss.DCL(a, b, 0.5) }, pair(1, 4), "DCL: needs a batch of at least 2"},
		{func(a, b node) node { return loss.InfoNCE(a, b, 0.5) }, pair(1, 4), "InfoNCE: needs a batch of at least 2"},
		{func(a, b node) node { return loss.InfoNCEQueue(a, a, b, 0.5) }, pair(4, 3), "InfoNCEQueue: want rows"},
		{func(a, b node) node { return loss.CosineSimilarity(a, b) }, pair(4, 3), "similarity: want rows [N, D] and [M, D]"},
		{func(a, b node) node { return loss.CLIP(a, b, 0) }, pair(4, 4), "temperature"},
		{func(a, b node) node { return loss.CLIPLearned(a, b, a) }, pair(4, 4), "logScale must be a floating-point scalar"},
		{func(a, b node) node { return loss.SigLIP(a, b, 0, -10) }, pair(4, 4), "SigLIP: inverse temperature t must be"},
		{func(a, b node) node { return loss.BarlowTwins(a, b, 0.005) }, pair(1, 4), "BarlowTwins: needs a batch of at least 2"},
		{func(a, b node) node { return loss.BarlowTwins(a, b, -1) }, pair(4, 4), "BarlowTwins: lambda must be ≥ 0"},
		{func(a, b node) node { return loss.VICReg(a, b, loss.VICRegDefaults).Loss }, pair(1, 4), "VICReg: needs a batch of at least 2"},
		{func(a, b node) node { return loss.BYOL(a, b) }, pair(4, 3), "BYOL: the two views"},
		{func(a, b node) node { return loss.SimSiam(a, b) }, pair(4, 3), "SimSiam: the two views"},
		{func(a, b node) node { return loss.Alignment(a, b, 0) }, pair(4, 4), "Alignment: alpha must be"},
		{func(a, _ node) node { return loss.Uniformity(a, 2) }, pair(1, 4), "Uniformity: needs a batch of at least 2"},
		{func(a, l node) node { return loss.SupCon(a, l, 0.5) }, []any{make2(3), labels}, "SupCon: want z [V, N, D] with labels [N]"},
		{func(a, l node) node { return loss.SupCon(a, l, 0.5, loss.FirstViewAnchors()) }, []any{make2(4), labels}, "FirstViewAnchors needs the views apart"},
		{func(a, l node) node { return loss.SupCon(a, l, 0.5, loss.BaseTemperature(-1)) }, []any{make2(4), labels}, "base temperature must be"},
		{func(a, l node) node { return loss.SupCon(stacked(a, a), l, 0.5) }, []any{make2(1), labels[:1]}, "SupCon: needs a batch of at least 2 samples"},
		{func(a, l node) node { return loss.SupCon(a, graph.ConvertDType(l, dtypes.Float32), 0.5) }, []any{make2(4), labels}, "want integer labels"},
		{func(a, b node) node { return loss.InfoNCE(a, b, 1, loss.FirstViewAnchors()) }, pair(4, 4), "FirstViewAnchors does not apply"},
		{func(a, b node) node { return loss.NTXent(a, b, 1, loss.Symmetric()) }, pair(4, 4), "Symmetric does not apply"},
		{func(a, l node) node { return loss.Triplet{Margin: -1}.Loss(a, l) }, []any{make2(4), labels}, "Triplet: margin must be ≥ 0"},
		{func(a, l node) node { return loss.Pairwise(a, a, l, 1) }, []any{make2(4), labels}, "Pairwise: similar must be Bool[4]"},
		{func(a, b node) node { return loss.DINO(stacked(a), stacked(b), row(a, 0), 0.04, 0.1) }, pair(4, 4), "at least one other"},
		{func(a, b node) node { return loss.DINO(stacked(a), stacked(b, b), row(a, 0), 0, 0.1) }, pair(4, 4), "teacher temperature must be"},
		{func(a, b node) node { return loss.DINOCenter(row(a, 0), b, 1) }, pair(4, 4), "momentum must be in [0, 1)"},
		{func(a, b node) node { return loss.InfoNCEGradQuery(a, b, 0) }, pair(4, 4), "temperature must be"},
		{func(a, b node) node {
			return loss.Contrast{Temperature: 1}.Loss(a, b, loss.PairMask(a.Graph(), 2, 2), nil)
		}, pair(4, 4), "Contrast: positives: want Bool[4 4]"},
		{func(a, b node) node {
			return loss.Contrast{Temperature: 1}.Loss(a, b, nil, nil)
		}, pair(4, 4), "a mask of shape [4 4] is needed"},
	} {
		message := refusal(goBackend(t), c.build, c.args)
		if !strings.Contains(message, c.message) {
			t.Errorf("want a refusal with %q, got %q", c.message, message)
		}
	}
}

// refusal is what building the graph complains of, in its first line.
func refusal(backend compute.Backend, build any, args []any) (message string) {
	defer func() {
		if p := recover(); p != nil {
			message = fmt.Sprint(p)
		}
	}()
	if _, err := graph.CallOnceN(backend, build.(func(a, b *graph.Node) *graph.Node), args...); err != nil {
		return err.Error()
	}
	return "no error"
}
