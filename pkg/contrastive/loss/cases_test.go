package loss_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	_ "github.com/gomlx/compute/gobackend" // small graphs compile at once on it
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// batch is what every loss under test is fed: two views, a queue, and labels. Losses with other inputs carve them out of these.
type batch struct {
	z1, z2, queue [][]float64 // [N, D], [N, D], [K, D]
	labels        []int       // [N]
}

// nodes is a batch inside a graph; labels are Int32.
type nodes struct{ z1, z2, queue, labels *graph.Node }

// lossCase is one loss as a graph and as its oracle, on the same batch.
type lossCase struct {
	name   string
	graph  func(b nodes) *graph.Node
	oracle func(b batch) float64
	traits
}

// traits are the changes of its input that a loss does not see.
type traits struct {
	rotation bool // one rotation of all rows
	scale    bool // a positive factor for each row
}

var (
	angular = traits{rotation: true, scale: true}
	metric  = traits{rotation: true}
)

func stacked(views ...*graph.Node) *graph.Node { return graph.Stack(views, 0) }

func twice(labels []int) []int          { return append(append([]int{}, labels...), labels...) }
func rows(a, b [][]float64) [][]float64 { return append(append([][]float64{}, a...), b...) }

// cases are all losses at one temperature.
func cases(T float64) []lossCase {
	dot := loss.With(loss.DotSimilarity)
	return []lossCase{
		{"NTXent", func(b nodes) *graph.Node { return loss.NTXent(b.z1, b.z2, T) },
			func(b batch) float64 { return oracle.NTXent(b.z1, b.z2, T) }, angular},
		{"NTXent both directions", func(b nodes) *graph.Node { return loss.NTXent(b.z1, b.z2, T, loss.BothDirections()) },
			func(b batch) float64 { return 2 * oracle.NTXent(b.z1, b.z2, T) }, angular},
		{"NTXent euclidean", func(b nodes) *graph.Node { return loss.NTXent(b.z1, b.z2, T, loss.With(loss.NegativeSquaredEuclidean)) },
			func(b batch) float64 {
				n := len(b.z1)
				z := rows(b.z1, b.z2)
				return oracle.Contrast{Similarity: oracle.NegativeSquaredDistance, Temperature: T,
					Positive:  func(i, j int) bool { return j == (i+n)%(2*n) },
					Candidate: func(i, j int) bool { return i != j }}.Loss(z, z)
			}, metric},
		{"InfoNCE", func(b nodes) *graph.Node { return loss.InfoNCE(b.z1, b.z2, T) },
			func(b batch) float64 { return oracle.InfoNCE(b.z1, b.z2, T) }, angular},
		{"InfoNCE symmetric dot", func(b nodes) *graph.Node { return loss.InfoNCE(b.z1, b.z2, T, loss.Symmetric(), dot) },
			func(b batch) float64 {
				c := oracle.Contrast{Similarity: oracle.Dot, Temperature: T, Positive: diagonal, Candidate: everyone}
				return (c.Loss(b.z1, b.z2) + c.Loss(b.z2, b.z1)) / 2
			}, metric},
		{"InfoNCEQueue", func(b nodes) *graph.Node { return loss.InfoNCEQueue(b.z1, b.z2, b.queue, T) },
			func(b batch) float64 { return oracle.InfoNCEQueue(b.z1, b.z2, b.queue, T) }, angular},
		{"MoCoV3", func(b nodes) *graph.Node { return loss.MoCoV3(b.z1, b.z2, T) },
			func(b batch) float64 { return oracle.MoCoV3(b.z1, b.z2, T) }, angular},
		{"DCL", func(b nodes) *graph.Node { return loss.DCL(b.z1, b.z2, T) },
			func(b batch) float64 { return oracle.DCL(b.z1, b.z2, T) }, angular},
		{"SupCon out", func(b nodes) *graph.Node { return loss.SupCon(stacked(b.z1, b.z2), b.labels, T) },
			func(b batch) float64 { return oracle.SupConOut(rows(b.z1, b.z2), twice(b.labels), 2*len(b.z1), T) }, angular},
		{"SupCon in", func(b nodes) *graph.Node { return loss.SupCon(stacked(b.z1, b.z2), b.labels, T, loss.Inside()) },
			func(b batch) float64 { return oracle.SupConIn(rows(b.z1, b.z2), twice(b.labels), 2*len(b.z1), T) }, angular},
		{"SupCon first view", func(b nodes) *graph.Node {
			return loss.SupCon(stacked(b.z1, b.z2), b.labels, T, loss.FirstViewAnchors())
		}, func(b batch) float64 { return oracle.SupConOut(rows(b.z1, b.z2), twice(b.labels), len(b.z1), T) }, angular},
		{"SupCon rows", func(b nodes) *graph.Node { return loss.SupCon(b.z1, b.labels, T) },
			func(b batch) float64 { return oracle.SupConOut(b.z1, b.labels, len(b.z1), T) }, angular},
		{"SupCon in rows", func(b nodes) *graph.Node { return loss.SupCon(b.z1, b.labels, T, loss.Inside()) },
			func(b batch) float64 { return oracle.SupConIn(b.z1, b.labels, len(b.z1), T) }, angular},
		{"SupCon all anchors", func(b nodes) *graph.Node {
			return loss.SupCon(b.z1, b.labels, T, loss.OverAllAnchors(), loss.BaseTemperature(0.07))
		}, func(b batch) float64 {
			return T / 0.07 * oracle.SupConOut(b.z1, b.labels, len(b.z1), T) * float64(withPositive(b.labels)) / float64(len(b.z1))
		}, angular},
		{"SupCon three views", func(b nodes) *graph.Node {
			return loss.SupCon(stacked(b.z1, b.z2, graph.Add(b.z1, graph.MulScalar(b.z2, 2))), b.labels, T)
		}, func(b batch) float64 {
			z := rows(rows(b.z1, b.z2), combine(b.z1, 1, b.z2, 2, 0))
			return oracle.SupConOut(z, append(twice(b.labels), b.labels...), len(z), T)
		}, metric},
		{"CLIP", func(b nodes) *graph.Node { return loss.CLIP(b.z1, b.z2, T) },
			func(b batch) float64 { return oracle.CLIP(b.z1, b.z2, T) }, angular},
		{"CLIPLearned", func(b nodes) *graph.Node { return loss.CLIPLearned(b.z1, b.z2, cell(b.queue, 0)) },
			func(b batch) float64 { return oracle.CLIP(b.z1, b.z2, math.Exp(-b.queue[0][0])) }, traits{}},
		{"SigLIP", func(b nodes) *graph.Node { return loss.SigLIP(b.z1, b.z2, 10, -10) },
			func(b batch) float64 { return oracle.SigLIP(b.z1, b.z2, 10, -10) }, angular},
		{"SigLIPLearned", func(b nodes) *graph.Node { return loss.SigLIPLearned(b.z1, b.z2, cell(b.queue, 0), cell(b.queue, 1)) },
			func(b batch) float64 { return oracle.SigLIP(b.z1, b.z2, math.Exp(b.queue[0][0]), b.queue[0][1]) }, traits{}},
		{"BarlowTwins", func(b nodes) *graph.Node { return loss.BarlowTwins(b.z1, b.z2, 0.005) },
			func(b batch) float64 { return oracle.BarlowTwins(b.z1, b.z2, 0.005) }, traits{}},
		{"VICReg", func(b nodes) *graph.Node { return loss.VICReg(b.z1, b.z2, loss.VICRegDefaults).Loss },
			func(b batch) float64 { return oracle.VICReg(b.z1, b.z2, 25, 25, 1) }, traits{}},
		{"VICReg variance summed", func(b nodes) *graph.Node {
			return loss.VICReg(b.z1, b.z2, loss.VICRegWeights{Variance: 3, SumVariance: true}).Loss
		}, func(b batch) float64 { return oracle.VICReg(b.z1, b.z2, 0, 6, 0) }, traits{}},
		{"BYOL", func(b nodes) *graph.Node { return loss.BYOL(b.z1, b.z2) },
			func(b batch) float64 { return oracle.BYOL(b.z1, b.z2) }, angular},
		{"SimSiam", func(b nodes) *graph.Node { return loss.SimSiam(b.z1, b.z2) },
			func(b batch) float64 { return oracle.SimSiam(b.z1, b.z2) }, angular},
		{"DINO", func(b nodes) *graph.Node {
			student := stacked(graph.AddScalar(b.z1, 0.1), graph.MulScalar(b.z2, 0.9))
			return loss.DINO(stacked(b.z1, b.z2), student, graph.ZerosLike(row(b.queue, 0)), 0.04, 0.1)
		}, func(b batch) float64 {
			student := [][][]float64{combine(b.z1, 1, b.z2, 0, 0.1), combine(b.z1, 0, b.z2, 0.9, 0)}
			return oracle.DINO([][][]float64{b.z1, b.z2}, student, make([]float64, len(b.z1[0])), 0.04, 0.1)
		}, traits{}},
		{"DINO multi-crop", func(b nodes) *graph.Node {
			local := graph.Sub(b.z1, b.z2)
			return loss.DINO(stacked(b.z1, b.z2), stacked(b.z1, b.z2, local, graph.Neg(local)), row(b.queue, 0), T, 2*T)
		}, func(b batch) float64 {
			student := [][][]float64{b.z1, b.z2, combine(b.z1, 1, b.z2, -1, 0), combine(b.z1, -1, b.z2, 1, 0)}
			return oracle.DINO([][][]float64{b.z1, b.z2}, student, b.queue[0], T, 2*T)
		}, traits{}},
		{"Alignment", func(b nodes) *graph.Node { return loss.Alignment(b.z1, b.z2, 2) },
			func(b batch) float64 { return oracle.Alignment(b.z1, b.z2, 2) }, angular},
		{"Alignment alpha 1", func(b nodes) *graph.Node { return loss.Alignment(b.z1, b.z2, 1) },
			func(b batch) float64 { return oracle.Alignment(b.z1, b.z2, 1) }, angular},
		{"Uniformity", func(b nodes) *graph.Node { return loss.Uniformity(b.z1, 2) },
			func(b batch) float64 { return oracle.Uniformity(b.z1, 2) }, angular},
		{"Triplet", func(b nodes) *graph.Node { return loss.Triplet{Margin: 0.2}.Loss(stacked(b.z1, b.z2), b.labels) },
			func(b batch) float64 {
				return oracle.Triplet(oracle.Units(rows(b.z1, b.z2)), twice(b.labels), 0.2, false, oracle.Distance)
			}, angular},
		{"Triplet semi-hard", func(b nodes) *graph.Node {
			return loss.Triplet{Margin: 0.4, Mining: loss.SemiHardTriplets, Squared: true}.Loss(stacked(b.z1, b.z2), b.labels)
		}, func(b batch) float64 {
			return oracle.Triplet(oracle.Units(rows(b.z1, b.z2)), twice(b.labels), 0.4, true, oracle.SquaredDistance)
		}, angular},
		{"Triplet raw", func(b nodes) *graph.Node { return loss.Triplet{Margin: 1, Raw: true}.Loss(b.z2, b.labels) },
			func(b batch) float64 { return oracle.Triplet(b.z2, b.labels, 1, false, oracle.Distance) }, metric},
		{"Pairwise", func(b nodes) *graph.Node { return loss.Pairwise(b.z1, b.z2, isZero(b.labels), 2) },
			func(b batch) float64 { return oracle.Pairwise(b.z1, b.z2, areZero(b.labels), 2) }, metric},
		{"NCE", func(b nodes) *graph.Node {
			return loss.NCE(column(b.z1, 0), column(b.z1, 1), column(b.queue, 0), column(b.queue, 1), cell(b.z2, 0))
		}, func(b batch) float64 {
			return oracle.NCE(columnOf(b.z1, 0), columnOf(b.z1, 1), columnOf(b.queue, 0), columnOf(b.queue, 1), b.z2[0][0])
		}, traits{}},
	}
}

func diagonal(i, j int) bool { return i == j }
func everyone(i, j int) bool { return true }

// combine is a·x + b·y + c, coordinate by coordinate.
func combine(x [][]float64, a float64, y [][]float64, b, c float64) [][]float64 {
	out := make([][]float64, len(x))
	for i := range x {
		for j := range x[i] {
			out[i] = append(out[i], a*x[i][j]+b*y[i][j]+c)
		}
	}
	return out
}

func columnOf(x [][]float64, j int) []float64 {
	var out []float64
	for i := range x {
		out = append(out, x[i][j])
	}
	return out
}

func column(x *graph.Node, j int) *graph.Node {
	return graph.Squeeze(graph.Slice(x, graph.AxisRange(), graph.AxisElem(j)), 1)
}
func row(x *graph.Node, i int) *graph.Node {
	return graph.Squeeze(graph.Slice(x, graph.AxisElem(i)), 0)
}
func cell(x *graph.Node, j int) *graph.Node {
	return graph.Reshape(graph.Slice(x, graph.AxisElem(0), graph.AxisElem(j)))
}

func isZero(labels *graph.Node) *graph.Node { return graph.Equal(labels, graph.ZerosLike(labels)) }
func areZero(labels []int) []bool {
	var out []bool
	for _, l := range labels {
		out = append(out, l == 0)
	}
	return out
}

// withPositive counts the labels that occur more than once.
func withPositive(labels []int) int {
	seen := map[int]int{}
	for _, l := range labels {
		seen[l]++
	}
	count := 0
	for _, l := range labels {
		if seen[l] > 1 {
			count++
		}
	}
	return count
}

// randomBatch draws a batch whose views resemble each other. Its labels are 0 to 3 cyclically, so that there are positives for n ≥ 5.
func randomBatch(seed uint64, n, width, k int) batch {
	rng := rand.New(rand.NewPCG(seed, 1))
	matrix := func(rows int) [][]float64 {
		x := make([][]float64, rows)
		for i := range x {
			for range width {
				x[i] = append(x[i], rng.NormFloat64())
			}
		}
		return x
	}
	b := batch{z1: matrix(n), queue: matrix(k)}
	b.z2 = combine(b.z1, 1, matrix(n), 0.5, 0)
	for i := range n {
		b.labels = append(b.labels, i%4)
	}
	return b
}

// goBackend is the pure Go backend, which compiles small graphs in no time.
func goBackend(tb testing.TB) compute.Backend {
	tb.Helper()
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		tb.Fatalf("opening the pure Go backend: %v", err)
	}
	return backend
}

// args are the tensors of a batch in the given dtype; the labels are Int32.
func (b batch) args(dtype dtypes.DType) []any {
	labels := make([]int32, len(b.labels))
	for i, l := range b.labels {
		labels[i] = int32(l)
	}
	return []any{inDType(b.z1, dtype), inDType(b.z2, dtype), inDType(b.queue, dtype), labels}
}

func inDType(x [][]float64, dtype dtypes.DType) any {
	if dtype == dtypes.Float64 {
		return x
	}
	narrow := make([][]float32, len(x))
	for i := range x {
		for _, v := range x[i] {
			narrow[i] = append(narrow[i], float32(v))
		}
	}
	return narrow
}

// asNodes reads the parameters that args makes.
func asNodes(p []*graph.Node) nodes { return nodes{p[0], p[1], p[2], p[3]} }

// float reads a float32 or float64 scalar.
func float(t *tensors.Tensor) float64 {
	switch v := t.Value().(type) {
	case float32:
		return float64(v)
	case float64:
		return v
	}
	return math.NaN()
}

// matrix reads a float32 or float64 matrix.
func matrix(t *tensors.Tensor) [][]float64 {
	switch x := t.Value().(type) {
	case [][]float64:
		return x
	case [][]float32:
		wide := make([][]float64, len(x))
		for i := range x {
			for _, v := range x[i] {
				wide[i] = append(wide[i], float64(v))
			}
		}
		return wide
	}
	return nil
}

// near reports whether a and b differ by at most tolerance, absolutely or relatively. NaN is near nothing.
func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*math.Max(1, math.Abs(b))
}
