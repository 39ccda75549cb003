package eval

import (
	"fmt"
	"math"

	"github.com/contrastlab/contrastlab/datasets"
)

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

// Select is a new set with copies of the given rows, in the given order, and what is known of them: labels,
// items, domains and names. Pixels and captions are left out. A row may occur more than once.
//
// It panics, as a slice does, if a row is out of range.
func (e *Embeddings) Select(rows []int) *Embeddings {
	s := &Embeddings{N: len(rows), D: e.D, Vectors: make([]float32, 0, len(rows)*e.D)}
	for _, r := range rows {
		s.Vectors = append(s.Vectors, e.Row(r)...)
	}
	if e.Images != nil {
		im := *e.Images
		im.Pixels, im.Captions = nil, nil
		for _, column := range []*[]int32{&im.Labels, &im.FineLabels, &im.Domains, &im.Items} {
			*column = pick(*column, rows)
		}
		s.Images = &im
	}
	return s
}

// Centered is a copy of the vectors from which the mean of reference, usually the training set, has been
// subtracted. What all pictures share no longer counts in a cosine, so that raw pixels, say, become a
// stronger baseline. It fails if either has NaN or Inf or the dimensions differ.
func (e *Embeddings) Centered(reference *Embeddings) (*Embeddings, error) {
	if err := checkPair(e, reference, "given", "reference"); err != nil {
		return nil, err
	}
	mean := make([]float64, e.D)
	for i, v := range reference.Vectors {
		mean[i%e.D] += float64(v) / float64(reference.N)
	}
	c := &Embeddings{N: e.N, D: e.D, Images: e.Images, Vectors: make([]float32, len(e.Vectors))}
	for i, v := range e.Vectors {
		c.Vectors[i] = float32(float64(v) - mean[i%e.D])
	}
	return c, nil
}

func pick(values []int32, rows []int) []int32 {
	if values == nil {
		return nil
	}
	picked := make([]int32, len(rows))
	for i, r := range rows {
		picked[i] = values[r]
	}
	return picked
}

// Validate reports what makes the vectors unusable: none at all, a length other than N·D, or a NaN or Inf,
// with its row and column.
func (e *Embeddings) Validate() error { return e.check("given") }

// check reports what makes the vectors unusable; role says in the message which of the caller's sets it is.
func (e *Embeddings) check(role string) error {
	switch {
	case e == nil:
		return fmt.Errorf("eval: the %s embeddings are nil", role)
	case e.N < 1 || e.D < 1:
		return fmt.Errorf("eval: the %s embeddings%s are empty: %d rows of %d values", role, e.named(), e.N, e.D)
	case len(e.Vectors) != e.N*e.D:
		return fmt.Errorf("eval: the %s embeddings%s hold %d values, want %d×%d = %d", role, e.named(), len(e.Vectors), e.N, e.D, e.N*e.D)
	}
	for i, v := range e.Vectors {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("eval: the %s embeddings%s hold %v in row %d, column %d: the encoder has diverged, or its input was not finite", role, e.named(), v, i/e.D, i%e.D)
		}
	}
	return nil
}

func (e *Embeddings) named() string {
	if e.Images == nil || e.Images.Name == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", e.Images.Name)
}

// field is one of the integer columns of the pictures, checked for length and negative values.
func (e *Embeddings) field(role, what string, get func(*datasets.Images) []int32) ([]int32, error) {
	if e.Images == nil || get(e.Images) == nil {
		return nil, fmt.Errorf("eval: the %s embeddings%s carry no %s: set Images.%s", role, e.named(), what, what)
	}
	values := get(e.Images)
	if len(values) != e.N {
		return nil, fmt.Errorf("eval: the %s embeddings%s have %d rows but %d %s", role, e.named(), e.N, len(values), what)
	}
	for i, v := range values {
		if v < 0 {
			return nil, fmt.Errorf("eval: the %s embeddings%s have %s[%d] = %d: leave unlabeled rows out with Select", role, e.named(), what, i, v)
		}
	}
	return values, nil
}

func (e *Embeddings) labels(role string) ([]int32, error) {
	return e.field(role, "Labels", func(im *datasets.Images) []int32 { return im.Labels })
}

func (e *Embeddings) items(role string) ([]int32, error) {
	return e.field(role, "Items", func(im *datasets.Images) []int32 { return im.Items })
}

func (e *Embeddings) domains(role string) ([]int32, error) {
	return e.field(role, "Domains", func(im *datasets.Images) []int32 { return im.Domains })
}

// checkPair reports what keeps two sets from being compared.
func checkPair(a, b *Embeddings, roleA, roleB string) error {
	if err := a.check(roleA); err != nil {
		return err
	}
	if a != b {
		if err := b.check(roleB); err != nil {
			return err
		}
	}
	if a.D != b.D {
		return fmt.Errorf("eval: the %s embeddings have %d dimensions, the %s embeddings %d: embed both with the same encoder", roleA, a.D, roleB, b.D)
	}
	return nil
}

// inverseNorms is 1/‖row‖₂, and 0 for a zero row, which so has the cosine 0 to everything.
func (e *Embeddings) inverseNorms() []float64 {
	inv := make([]float64, e.N)
	parallel(e.N, func(i int) {
		sum := 0.0
		for _, v := range e.Row(i) {
			sum += float64(v) * float64(v)
		}
		if sum > 0 {
			inv[i] = 1 / math.Sqrt(sum)
		}
	})
	return inv
}

// normalized is the rows at unit length in float64, zero rows staying zero.
func (e *Embeddings) normalized() []float64 {
	inv := e.inverseNorms()
	unit := make([]float64, len(e.Vectors))
	for i := range e.N {
		for j, v := range e.Row(i) {
			unit[i*e.D+j] = float64(v) * inv[i]
		}
	}
	return unit
}

// dot in float64, with four accumulators so that the additions do not wait for each other.
func dot(a, b []float32) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += float64(a[i]) * float64(b[i])
		s1 += float64(a[i+1]) * float64(b[i+1])
		s2 += float64(a[i+2]) * float64(b[i+2])
		s3 += float64(a[i+3]) * float64(b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += float64(a[i]) * float64(b[i])
	}
	return (s0 + s1) + (s2 + s3)
}
