package manifold_test

import (
	"fmt"
	"math"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/contrastlab/contrastlab/pkg/contrastive/manifold"
)

func ExamplePCA() {
	e := &eval.Embeddings{N: 4, D: 3, Vectors: []float32{3, 0, 5, 0, 1, 5, -3, 0, 5, 0, -1, 5}}
	p, err := manifold.PCA(e, 2)
	if err != nil {
		panic(err)
	}
	points, err := p.Apply(e)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f of the variance; the first picture is at %.0f\n", p.Explained, points[0])
	// Output: [0.9 0.1] of the variance; the first picture is at [3 0]
}

func ExampleTSNE() {
	// Two directions, four pictures near each.
	e := &eval.Embeddings{N: 8, D: 2}
	for i := range 8 {
		angle := 0.02*float64(i) + math.Pi/2*float64(i%2)
		e.Vectors = append(e.Vectors, float32(math.Cos(angle)), float32(math.Sin(angle)))
	}
	layout, err := manifold.TSNE(e, manifold.TSNEOptions{Perplexity: 2, Seed: 1})
	if err != nil {
		panic(err)
	}
	distance := func(i, j int) float64 {
		a, b := layout.Points[i], layout.Points[j]
		return math.Hypot(a[0]-b[0], a[1]-b[1])
	}
	fmt.Println(distance(0, 2) < distance(0, 1), distance(1, 3) < distance(1, 2))
	// Output: true true
}
