package eval

import (
	"math"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"github.com/contrastlab/contrastlab/datasets"
)

// angles are points on the unit circle, in degrees, with labels that double as items.
func angles(labels []int32, degrees ...float64) *Embeddings {
	e := &Embeddings{N: len(degrees), D: 2, Images: &datasets.Images{Name: "angles", Labels: labels, Items: labels}}
	for _, a := range degrees {
		s, c := math.Sincos(a * math.Pi / 180)
		e.Vectors = append(e.Vectors, float32(c), float32(s))
	}
	return e
}

func gaussian(seed uint64, n, d, classes int) *Embeddings {
	rng := rand.New(rand.NewPCG(seed, 1))
	e := &Embeddings{N: n, D: d, Vectors: make([]float32, n*d), Images: &datasets.Images{}}
	for i := range e.Vectors {
		e.Vectors[i] = float32(rng.NormFloat64())
	}
	for range n {
		e.Images.Labels = append(e.Images.Labels, int32(rng.IntN(classes)))
	}
	e.Images.Items = e.Images.Labels
	return e
}

// ranked is the brute force: all float64 cosines of one query, best first, ties by index.
func ranked(query []float32, gallery *Embeddings, skip int) []match {
	var all []match
	for g := range gallery.N {
		if g == skip {
			continue
		}
		var ab, aa, bb float64
		for j, v := range query {
			w := float64(gallery.Row(g)[j])
			ab, aa, bb = ab+float64(v)*w, aa+float64(v)*float64(v), bb+w*w
		}
		s := 0.0
		if aa > 0 && bb > 0 {
			s = ab / math.Sqrt(aa*bb)
		}
		all = append(all, match{s, int32(g)})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].sim > all[j].sim })
	return all
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.12g, want %.12g ± %g", what, got, want, tolerance)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", parts)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error is more than a line: %q", err)
	}
}

func TestPixels(t *testing.T) {
	rgba := &datasets.Images{Height: 1, Width: 2, Channels: 4, Pixels: []uint8{
		255, 0, 51, 255, 255, 0, 51, 0, // opaque, transparent
		0, 0, 0, 51, 100, 100, 100, 102,
	}}
	e := Pixels(rgba)
	want := []float32{1, 0, 0.2, 1, 1, 1, 0.8, 0.8, 0.8, 0.6 + 0.4*100/255., 0.6 + 0.4*100/255., 0.6 + 0.4*100/255.}
	if e.N != 2 || e.D != 6 || e.Images != rgba {
		t.Fatalf("N, D = %d, %d", e.N, e.D)
	}
	for i, w := range want {
		near(t, "pixel", float64(e.Vectors[i]), float64(w), 1e-6)
	}
	gray := Pixels(&datasets.Images{Height: 1, Width: 1, Channels: 1, Pixels: []uint8{0, 51, 255}})
	if gray.N != 3 || gray.D != 1 || gray.Vectors[1] != 0.2 {
		t.Errorf("gray: %+v", gray)
	}
	if empty := Pixels(&datasets.Images{}); empty.N != 0 {
		t.Errorf("empty: %+v", empty)
	}
}

func TestSelect(t *testing.T) {
	e := angles([]int32{5, 6, 7}, 0, 90, 180)
	s := e.Select([]int{2, 0, 2})
	if s.N != 3 || s.Images.Labels[0] != 7 || s.Images.Labels[1] != 5 || s.Row(2)[0] != -1 || s.Images.Domains != nil {
		t.Errorf("select: %+v %+v", s, s.Images)
	}
}
