package loss_test

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

type node = *graph.Node

// Two pictures in two views each, as a small encoder might embed them, and what a queue might hold.
var (
	view1 = [][]float32{{1, 0}, {0, 1}}
	view2 = [][]float32{{0.8, 0.6}, {0, 2}}
	queue = [][]float32{{-1, 0}, {0, -1}, {0.6, -0.8}}
)

// cpu is the pure Go backend; a program that trains takes the one of contrastive.MustBackend.
var cpu = func() compute.Backend {
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		panic(err)
	}
	return backend
}()

// value reads a scalar result.
func value(t *tensors.Tensor) float32 { return t.Value().(float32) }

func ExampleCosineSimilarity() {
	s := graph.MustExecOnce(cpu, loss.CosineSimilarity, view1, view2)
	fmt.Println(s.Value())
	// Output: [[0.8 0] [0.6 1]]
}

func ExampleNTXent() {
	l := graph.MustExecOnce(cpu, func(z1, z2 node) node { return loss.NTXent(z1, z2, 0.5) }, view1, view2)
	fmt.Printf("%.4f, where a collapsed encoder has %.4f\n", value(l), loss.NTXentCeiling(len(view1)))
	// Output: 0.5276, where a collapsed encoder has 1.0986
}

// SimCLR's released code adds the losses of the two views' anchors.
func ExampleBothDirections() {
	l := graph.MustExecOnce(cpu, func(z1, z2 node) node { return loss.NTXent(z1, z2, 0.5, loss.BothDirections()) }, view1, view2)
	fmt.Printf("%.4f\n", value(l))
	// Output: 1.0552
}

func ExampleInfoNCE() {
	l := graph.MustExecOnce(cpu, func(q, k node) node { return loss.InfoNCE(q, k, 0.5, loss.Symmetric()) }, view1, view2)
	fmt.Printf("%.4f, and %.4f if all were alike\n", value(l), loss.InfoNCECeiling(len(view1)))
	// Output: 0.2987, and 0.6931 if all were alike
}

func ExampleInfoNCEQueue() {
	l := graph.MustExecOnce(cpu, func(q, k, queue node) node {
		return loss.InfoNCEQueue(q, graph.StopGradient(k), queue, 0.07)
	}, view1, view2, queue)
	fmt.Printf("%.4f, and %.4f if all were alike\n", value(l), loss.InfoNCEQueueCeiling(len(queue)))
	// Output: 0.0279, and 1.3863 if all were alike
}

// A query is pulled to its key and pushed from the others, in proportion to the probability that they take.
func ExampleInfoNCEGradQuery() {
	query := [][]float32{{1, 0}}
	keys := [][]float32{{0.8, 0.6}, {0.6, -0.8}} // the first is the positive
	gradient := graph.MustExecOnce(cpu, func(q, k node) node { return loss.InfoNCEGradQuery(q, k, 1) }, query, keys)
	fmt.Printf("%.3f\n", gradient.Value())
	// Output: [[-0.090 -0.630]]
}

func ExampleInfoNCEGradKeys() {
	query := [][]float32{{1, 0}}
	keys := [][]float32{{0.8, 0.6}, {0.6, -0.8}}
	gradient := graph.MustExecOnce(cpu, func(q, k node) node { return loss.InfoNCEGradKeys(q, k, 1) }, query, keys)
	fmt.Printf("%.3f\n", gradient.Value())
	// Output: [[-0.450 0.000] [0.450 0.000]]
}

func ExampleMoCoV3() {
	l := graph.MustExecOnce(cpu, func(q, k node) node { return loss.MoCoV3(q, graph.StopGradient(k), 0.2) }, view1, view2)
	fmt.Printf("%.4f\n", value(l))
	// Output: 0.0290
}

func ExampleDCL() {
	l := graph.MustExecOnce(cpu, func(z1, z2 node) node { return loss.DCL(z1, z2, 0.1) }, view1, view2)
	fmt.Printf("%.4f\n", value(l))
	// Output: -4.1522
}

// Three samples of two classes in two views: z is [views, samples, dimensions].
func ExampleSupCon() {
	z := [][][]float32{{{1, 0}, {0.6, 0.8}, {0, -1}}, {{0.8, 0.6}, {0, 1}, {0.6, -0.8}}}
	labels := []int32{7, 7, 3}
	l := graph.MustExecOnceN(cpu, func(z, labels node) []node {
		return []node{loss.SupCon(z, labels, 0.1), loss.SupCon(z, labels, 0.1, loss.Inside())}
	}, z, labels)
	fmt.Printf("L_out %.4f, L_in %.4f\n", value(l[0]), value(l[1]))
	// Output: L_out 1.8402, L_in 0.7725
}

// An objective of one's own: every sample's neighbors in time are its positives, itself is no candidate.
func ExampleContrast() {
	frames := [][]float32{{1, 0}, {0.8, 0.6}, {0, 1}, {-1, 0}}
	l := graph.MustExecOnce(cpu, func(z node) node {
		n := z.Shape().Dimensions[0]
		time := loss.InstanceLabels(z.Graph(), n, 1)
		neighbors := loss.SameLabel(graph.AddScalar(time, 1), time)
		return loss.Contrast{Temperature: 0.2}.Loss(z, z, neighbors, loss.NotSelf(z.Graph(), n, n))
	}, frames)
	fmt.Printf("%.4f\n", value(l))
	// Output: 1.4756
}

func ExamplePositiveRank() {
	rank := graph.MustExecOnce(cpu, func(z1, z2 node) node {
		z := graph.Concatenate([]node{z1, z2}, 0)
		positives, candidates := loss.TwoViewMasks(z.Graph(), z1.Shape().Dimensions[0])
		return loss.PositiveRank(loss.CosineSimilarity(z, z), positives, candidates)
	}, view1, view2)
	fmt.Println(value(rank))
	// Output: 1
}

func ExampleCLIP() {
	l := graph.MustExecOnce(cpu, func(image, text node) node { return loss.CLIP(image, text, 0.07) }, view1, view2)
	fmt.Printf("%.4f\n", value(l))
	// Output: 0.0148
}

// In training logScale is a variable, which starts at ln(1/0.07).
func ExampleCLIPLearned() {
	l := graph.MustExecOnce(cpu, loss.CLIPLearned, view1, view2, float32(math.Log(1/0.07)))
	fmt.Printf("%.4f\n", value(l))
	// Output: 0.0148
}

func ExampleSigLIP() {
	l := graph.MustExecOnce(cpu, func(image, text node) node { return loss.SigLIP(image, text, 10, -10) }, view1, view2)
	fmt.Printf("%.4f\n", value(l))
	// Output: 1.4191
}

func ExampleSigLIPLearned() {
	l := graph.MustExecOnce(cpu, loss.SigLIPLearned, view1, view2, float32(math.Log(10)), float32(-10))
	fmt.Printf("%.4f\n", value(l))
	// Output: 1.4191
}

func ExampleBarlowTwins() {
	l := graph.MustExecOnce(cpu, func(z1, z2 node) node { return loss.BarlowTwins(z1, z2, 0.005) }, view1, view2)
	fmt.Printf("%.4f\n", value(l))
	// Output: 0.0100
}

func ExampleVICReg() {
	l := graph.MustExecOnceN(cpu, func(z1, z2 node) []node {
		terms := loss.VICReg(z1, z2, loss.VICRegDefaults)
		return []node{terms.Loss, terms.Invariance, terms.Variance, terms.Covariance}
	}, view1, view2)
	fmt.Printf("%.3f = 25 × %.3f + 25 × %.3f + %.3f\n", value(l[0]), value(l[1]), value(l[2]), value(l[3]))
	// Output: 15.750 = 25 × 0.350 + 25 × 0.257 + 0.564
}

func ExampleBYOL() {
	l := graph.MustExecOnce(cpu, func(p, z node) node { return loss.BYOL(p, graph.StopGradient(z)) }, view1, view2)
	fmt.Printf("%.4f\n", value(l))
	// Output: 0.2000
}

func ExampleSimSiam() {
	l := graph.MustExecOnce(cpu, func(p, z node) node { return loss.SimSiam(p, graph.StopGradient(z)) }, view1, view2)
	fmt.Printf("%.4f\n", value(l))
	// Output: -0.9000
}

// One step of DINO: the loss with the present center, and the center of the next step.
func ExampleDINO() {
	l := graph.MustExecOnceN(cpu, func(a, b, center node) []node {
		teacher := graph.StopGradient(graph.Stack([]node{a, b}, 0))
		student := graph.Stack([]node{a, b, graph.Add(a, b)}, 0) // two global views and a local one
		return []node{loss.DINO(teacher, student, center, 0.04, 0.1), loss.DINOCenter(center, teacher, 0.9)}
	}, view1, view2, []float32{0, 0})
	fmt.Printf("%.4f, next center %.3f\n", value(l[0]), l[1].Value())
	// Output: 0.0343, next center [0.045 0.090]
}

func ExampleDINOCenter() {
	center := graph.MustExecOnce(cpu, func(c, teacher node) node { return loss.DINOCenter(c, teacher, 0.9) }, []float32{1, 0}, view1)
	fmt.Printf("%.2f\n", center.Value())
	// Output: [0.95 0.05]
}

func ExampleAlignment() {
	l := graph.MustExecOnce(cpu, func(x, y node) node { return loss.Alignment(x, y, 2) }, view1, view2)
	fmt.Printf("%.4f\n", value(l))
	// Output: 0.2000
}

func ExampleUniformity() {
	l := graph.MustExecOnce(cpu, func(x node) node { return loss.Uniformity(x, 2) }, view1)
	fmt.Printf("%.4f\n", value(l))
	// Output: -4.0000
}

func ExampleTriplet_Loss() {
	z := [][]float32{{1, 0}, {0.6, 0.8}, {0.8, 0.6}}
	triplet := loss.Triplet{Margin: 0.2}
	l := graph.MustExecOnce(cpu, triplet.Loss, z, []int32{0, 0, 1})
	fmt.Printf("%.4f\n", value(l))
	// Output: 0.6368
}

func ExamplePairwise() {
	similar := []bool{true, false}
	l := graph.MustExecOnce(cpu, func(x1, x2, similar node) node { return loss.Pairwise(x1, x2, similar, 2) }, view1, view2, similar)
	fmt.Printf("%.4f\n", value(l))
	// Output: 0.3500
}

// Noise from a standard normal distribution, a model e^{−x²/2} without its normalizer: c belongs at −ln √2π ≈ −0.919.
func ExampleNCE() {
	data, noise := []float32{0.3, -1.1, 0.8}, []float32{-0.2, 0.9, 1.4, -0.7, 0.1, -1.6}
	for _, c := range []float32{-2, -0.919, 0} {
		l := graph.MustExecOnce(cpu, func(x, y, c node) node {
			score := func(u node) node { return graph.MulScalar(graph.Square(u), -0.5) }
			logNoise := func(u node) node { return graph.AddScalar(score(u), -0.5*math.Log(2*math.Pi)) }
			return loss.NCE(score(x), logNoise(x), score(y), logNoise(y), c)
		}, data, noise, c)
		fmt.Printf("c = %.3f: %.4f\n", c, value(l))
	}
	// Output:
	// c = -2.000: 2.2442
	// c = -0.919: 1.9095
	// c = 0.000: 2.2114
}
