package eval

import "github.com/contrastlab/contrastlab/datasets"

// Embeddings are the vectors of a set of pictures: N rows of D float32 values, row-major.
type Embeddings struct {
	Vectors []float32 // [N, D]
	N, D    int

	// Images are the pictures the rows stand for, in the same order; they carry the labels, items and
	// domains. Nil when the vectors come from elsewhere.
	Images *datasets.Images
}

// Row is the i-th vector, a view into Vectors, not a copy.
func (e *Embeddings) Row(i int) []float32 { return e.Vectors[i*e.D : (i+1)*e.D] }
