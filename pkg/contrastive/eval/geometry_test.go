package eval

import (
	"math"
	"testing"

	"github.com/contrastlab/contrastlab/datasets"
)

// reference is the input on which published implementations were run in float64: z1 and z2.
func reference() (z1, z2 *Embeddings) {
	z1, z2 = &Embeddings{N: 4, D: 5}, &Embeddings{N: 4, D: 5}
	for i := range 4 {
		for j := range 5 {
			v := math.Sin(0.7*float64(i+1)*float64(j+1) + 0.1)
			z1.Vectors = append(z1.Vectors, float32(v))
			z2.Vectors = append(z2.Vectors, float32(v+0.3*math.Cos(1.3*float64(i+1)-0.5*float64(j+1))))
		}
	}
	return z1, z2
}

func must(t *testing.T) func(v float64, err error) float64 {
	return func(v float64, err error) float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestReferenceValues(t *testing.T) {
	z1, z2 := reference()
	// The tolerance is that of the float32 input.
	near(t, "alignment", must(t)(Alignment(z1, z2, 2)), 0.0637504415406485, 2e-8)
	near(t, "uniformity", must(t)(Uniformity(z1, 2)), -3.9843231461952895, 2e-6)
}

func TestAlignment(t *testing.T) {
	a, b := angles(nil, 0, 10, 200), angles(nil, 60, 10, 110)
	near(t, "alpha 1", must(t)(Alignment(a, b, 1)), (1+math.Sqrt2)/3, 1e-7)
	near(t, "alpha 2", must(t)(Alignment(a, b, 2)), (1+2)/3., 1e-7)
	scaled := a.Select(seq(3))
	for i := range scaled.Vectors {
		scaled.Vectors[i] *= 17
	}
	near(t, "scale does not matter", must(t)(Alignment(a, scaled, 2)), 0, 1e-12)
}

func TestUniformity(t *testing.T) {
	near(t, "collapsed", must(t)(Uniformity(angles(nil, 30, 30, 30), 2)), 0, 1e-12)
	near(t, "opposite", must(t)(Uniformity(angles(nil, 30, 210), 2)), -8, 1e-5)
	want := math.Log((2*math.Exp(-2*2) + math.Exp(-2*4)) / 3)
	near(t, "0°, 90°, 180°", must(t)(Uniformity(angles(nil, 0, 90, 180), 2)), want, 1e-5)
	wide := must(t)(Uniformity(gaussian(1, 500, 256, 2), 2))
	near(t, "uniform on a high-dimensional sphere", wide, -4, 0.1)
}

func TestStd(t *testing.T) {
	near(t, "sphere", must(t)(Std(gaussian(2, 4000, 64, 2))), 1, 0.01)
	near(t, "collapsed", must(t)(Std(angles(nil, 70, 70, 70, 70))), 0, 1e-12)
	near(t, "circle", must(t)(Std(angles(nil, 0, 90, 180, 270))), 1, 1e-7)
	near(t, "one row", must(t)(Std(angles(nil, 12))), 0, 1e-12)
	// A half-circle has lost its mean: x has √(1/2 − 0), y √(1/2 − (2/π)²).
	var half []float64
	for a := range 1800 {
		half = append(half, float64(a)/10+0.05)
	}
	want := (math.Sqrt(.5) + math.Sqrt(.5-4/(math.Pi*math.Pi))) / math.Sqrt2
	near(t, "half-circle", must(t)(Std(angles(nil, half...))), want, 1e-5)
}

func TestEffectiveRank(t *testing.T) {
	// ± each unit vector: centered, equal in all directions.
	cross := &Embeddings{N: 12, D: 6, Vectors: make([]float32, 72)}
	for i := range 6 {
		cross.Row(2 * i)[i], cross.Row(2*i + 1)[i] = 1, -1
	}
	near(t, "isotropic", must(t)(EffectiveRank(cross)), 6, 1e-9)
	near(t, "of eigenvalues, σ = 2 and 1", SpectrumRank([]float64{4, 1, 0}), math.Exp(math.Log(3)-2*math.Log(2)/3), 1e-12)
	for i := range cross.Vectors {
		cross.Vectors[i] += 5 // a common mean is not a dimension
	}
	near(t, "isotropic off center", must(t)(EffectiveRank(cross)), 6, 1e-5)

	line := &Embeddings{N: 50, D: 40}
	for i := range 50 {
		for j := range 40 {
			line.Vectors = append(line.Vectors, float32(i-25)*float32(j%5-2))
		}
	}
	near(t, "line", must(t)(EffectiveRank(line)), 1, 1e-9)
	point := line.Select(make([]int, 9))
	near(t, "point", must(t)(EffectiveRank(point)), 0, 0)
	near(t, "one row", must(t)(EffectiveRank(line.Select([]int{7}))), 0, 0)

	// Two singular values in the ratio 3:1.
	two := &Embeddings{N: 4, D: 3, Vectors: []float32{3, 0, 0, -3, 0, 0, 0, 1, 0, 0, -1, 0}}
	want := math.Exp(-0.75*math.Log(0.75) - 0.25*math.Log(0.25))
	near(t, "3:1", must(t)(EffectiveRank(two)), want, 1e-9)
	// Fewer rows than dimensions gives the same spectrum.
	wide := gaussian(3, 5, 30, 2)
	if r := must(t)(EffectiveRank(wide)); r > 4+1e-9 || r < 3.5 {
		t.Errorf("5 random rows: rank %v, want just under 4", r)
	}
}

func TestSpectrum(t *testing.T) {
	two := &Embeddings{N: 4, D: 3, Vectors: []float32{3, 0, 0, -3, 0, 0, 0, 1, 0, 0, -1, 0}}
	values, err := Spectrum(two)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{4.5, 0.5, 0} {
		near(t, "eigenvalue", values[i], want, 1e-12)
	}
	// The trace is the total variance, whichever Gram matrix was used.
	for _, e := range []*Embeddings{gaussian(1, 30, 7, 2), gaussian(1, 7, 30, 2)} {
		values, err := Spectrum(e)
		if err != nil || len(values) != e.D {
			t.Fatal(len(values), err)
		}
		got := 0.0
		for i, v := range values {
			got += v
			if v < 0 || i > 0 && v > values[i-1] {
				t.Errorf("eigenvalue %d is %v after %v", i, v, values[i-1])
			}
		}
		x := make([]float64, len(e.Vectors))
		for i, v := range e.Vectors {
			x[i] = float64(v)
		}
		center(x, e.D)
		want := 0.0
		for _, v := range x {
			want += v * v / float64(e.N)
		}
		near(t, "trace", got, want, 1e-10)
	}
}

func TestSimilarities(t *testing.T) {
	e := angles([]int32{0, 1, 0, 1}, 0, 90, 60, 180)
	pos, neg, err := Similarities(e, PairOptions{})
	if err != nil || len(pos) != 2 || len(neg) != 4 {
		t.Fatalf("%v %v %v", pos, neg, err)
	}
	near(t, "0–60", float64(pos[0]), 0.5, 1e-6)
	near(t, "90–180", float64(pos[1]), 0, 1e-6)
	sum := 0.0
	for _, s := range neg {
		sum += float64(s)
	}
	near(t, "negatives", sum, math.Cos(math.Pi/2)+math.Cos(math.Pi)+math.Cos(math.Pi/6)+math.Cos(2*math.Pi/3), 1e-6)

	big := gaussian(1, 300, 8, 20)
	pos, neg, err = Similarities(big, PairOptions{Max: 500, Seed: 3})
	if err != nil || len(pos) != 500 || len(neg) != 500 {
		t.Fatalf("%d %d %v", len(pos), len(neg), err)
	}
	pos2, neg2, _ := Similarities(big, PairOptions{Max: 500, Seed: 3})
	_, neg3, _ := Similarities(big, PairOptions{Max: 500, Seed: 4})
	same := 0
	for i := range neg {
		if pos[i] != pos2[i] || neg[i] != neg2[i] {
			t.Fatal("the same seed gives other pairs")
		}
		if neg[i] == neg3[i] {
			same++
		}
	}
	if same > 50 {
		t.Errorf("another seed gives %d of the same pairs", same)
	}
	_, _, err = Similarities(angles([]int32{0, 1}, 0, 90), PairOptions{})
	wantError(t, err, "0 pairs of the same item")
	_, _, err = Similarities(&Embeddings{N: 1, D: 1, Vectors: []float32{1}, Images: &datasets.Images{}}, PairOptions{})
	wantError(t, err, "no Items")
}
