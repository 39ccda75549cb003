package eval_test

import (
	"fmt"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/gomlx/compute"
	_ "github.com/gomlx/gomlx/backends/default"
)

// The pure Go backend is enough for small sets, and is there everywhere.
func goBackend() compute.Backend {
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		panic(err)
	}
	return backend
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Four pictures of two animals by two artists; cats lie near (1, 0), dogs near (0, 1).
func animals() *eval.Embeddings {
	return &eval.Embeddings{N: 4, D: 2, Vectors: []float32{1, 0, 0.8, 0.6, 0, 1, 0.28, 0.96}, Images: &datasets.Images{
		Labels: []int32{0, 0, 1, 1}, LabelNames: []string{"cat", "dog"},
		Items: []int32{0, 0, 1, 1}, ItemNames: []string{"cat", "dog"},
		Domains: []int32{0, 1, 0, 1}, DomainNames: []string{"ink", "oil"},
	}}
}

func ExamplePixels() {
	e := eval.Pixels(&datasets.Images{Height: 1, Width: 2, Channels: 4, Pixels: []uint8{
		255, 0, 51, 255, // opaque
		255, 0, 51, 0, // transparent: the white behind it
	}})
	fmt.Println(e.N, e.D, e.Vectors)
	// Output: 1 6 [1 0 0.2 1 1 1]
}

func ExampleKNN() {
	query := &eval.Embeddings{N: 1, D: 2, Vectors: []float32{0.9, 0.1}}
	r, err := eval.KNN(goBackend(), animals(), query, eval.KNNOptions{K: 3, Temperature: 0.1})
	check(err)
	fmt.Println(animals().Images.LabelNames[r.Predictions[0]])
	// Output: cat
}

func ExampleNeighbors() {
	e := animals()
	indices, sims, err := eval.Neighbors(goBackend(), e, e, 2)
	check(err)
	fmt.Println(indices[0], sims[0])
	// Output: [1 3] [0.8 0.28]
}

func ExampleRetrieval() {
	e := animals()
	ink, oil := e.Select([]int{0, 2}), e.Select([]int{1, 3})
	r, err := eval.Retrieval(goBackend(), ink, oil, 1)
	check(err)
	fmt.Printf("recall@1 %.2f, MRR %.2f\n", r.At(1), r.MRR)
	// Output: recall@1 1.00, MRR 1.00
}

func ExampleCrossDomain() {
	test := animals()
	train := test.Select([]int{0, 1, 2, 3})
	train.Images.Items = []int32{2, 2, 3, 3} // other animals of the same classes
	s, err := eval.CrossDomain(goBackend(), train, test, eval.CrossDomainOptions{Query: "ink", Gallery: "oil", K: 1})
	check(err)
	fmt.Printf("recall@1 %.2f, group kNN %.2f, alignment %.2f\n", s.RecallAt1, s.GroupKNN, s.Alignment)
	// Output: recall@1 1.00, group kNN 1.00, alignment 0.24
}

func ExampleSimilarities() {
	positive, negative, err := eval.Similarities(animals(), eval.PairOptions{})
	check(err)
	fmt.Println(positive, len(negative))
	// Output: [0.8 0.96] 4
}

func ExampleAlignment() {
	e := animals()
	a, err := eval.Alignment(e.Select([]int{0, 2}), e.Select([]int{1, 3}), 2)
	check(err)
	fmt.Printf("%.2f\n", a) // the mean of 2 − 2·0.8 and 2 − 2·0.96
	// Output: 0.24
}

func ExampleUniformity() {
	poles := &eval.Embeddings{N: 2, D: 3, Vectors: []float32{0, 0, 1, 0, 0, -1}}
	u, err := eval.Uniformity(poles, 2)
	check(err)
	fmt.Printf("%.2f\n", u) // log exp(−2·2²)
	// Output: -8.00
}

func ExampleStd() {
	spread := &eval.Embeddings{N: 4, D: 2, Vectors: []float32{1, 0, 0, 1, -1, 0, 0, -1}}
	collapsed := spread.Select([]int{0, 0, 0, 0})
	s, err := eval.Std(spread)
	check(err)
	c, err := eval.Std(collapsed)
	check(err)
	fmt.Printf("%.2f %.2f\n", s, c)
	// Output: 1.00 0.00
}

func ExampleEffectiveRank() {
	e := &eval.Embeddings{N: 4, D: 3, Vectors: []float32{1, 0, 0, 0, 1, 0, -1, 0, 0, 0, -1, 0}}
	r, err := eval.EffectiveRank(e)
	check(err)
	fmt.Printf("%.2f of %d dimensions\n", r, e.D)
	// Output: 2.00 of 3 dimensions
}

func ExampleSpectrum() {
	e := &eval.Embeddings{N: 4, D: 3, Vectors: []float32{3, 0, 0, 0, 1, 0, -3, 0, 0, 0, -1, 0}}
	values, err := eval.Spectrum(e)
	check(err)
	fmt.Printf("%.1f\n", values)
	// Output: [4.5 0.5 0.0]
}

func ExampleLinearProbe() {
	e := animals()
	r, err := eval.LinearProbe(goBackend(), e, e, eval.ProbeOptions{L2: []float64{0.01}})
	check(err)
	fmt.Println(r.Accuracy, r.Converged)
	// Output: 1 true
}

func ExampleLabelEfficiency() {
	e := animals()
	points, err := eval.LabelEfficiency(goBackend(), e, e, eval.EfficiencyOptions{PerClass: []int{1, 2}, Draws: 3})
	check(err)
	for _, p := range points {
		fmt.Printf("%d labels: %.2f ± %.2f\n", p.Labels, p.Mean, p.Std)
	}
	// Output:
	// 2 labels: 1.00 ± 0.00
	// 4 labels: 1.00 ± 0.00
}

func ExampleConfusion() {
	counts, err := eval.Confusion([]int32{0, 0, 1}, []int32{0, 1, 1}, 2)
	check(err)
	fmt.Println(counts)
	// Output: [[1 1] [0 1]]
}

func ExampleKMeans() {
	e := animals()
	clusters, err := eval.KMeans(e, 2, eval.KMeansOptions{Seed: 1})
	check(err)
	nmi, err := eval.NMI(clusters, e.Images.Labels)
	check(err)
	fmt.Println(nmi)
	// Output: 1
}

func ExampleNMI() {
	nmi, err := eval.NMI([]int32{0, 0, 1, 1}, []int32{7, 7, 3, 3})
	check(err)
	fmt.Println(nmi)
	// Output: 1
}

func ExampleARI() {
	ari, err := eval.ARI([]int32{0, 0, 1, 1}, []int32{0, 1, 0, 1})
	check(err)
	fmt.Printf("%.2f\n", ari)
	// Output: -0.50
}
