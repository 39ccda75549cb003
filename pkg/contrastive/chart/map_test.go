package chart

import (
	"image"
	"math"
	"strings"
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

func TestMapSaysWhatItCannotShow(t *testing.T) {
	c := TSNEMap(clusters(60, 5, 0.5), MapOptions{Picture: pictureOf, Rows: 40, Seed: 7, Perplexity: 4})
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	if c.Note != "40 of 60 pictures; perplexity 4, seed 7" || !strings.Contains(c.Alt, "distances between clusters, their sizes and densities mean nothing") {
		t.Errorf("note %q, alt %q", c.Note, c.Alt)
	}
	again := TSNEMap(clusters(60, 5, 0.5), MapOptions{Picture: pictureOf, Rows: 40, Seed: 7, Perplexity: 4})
	if a, b := c.spec.Map.Points, again.spec.Map.Points; len(a) != 40 || a[0] != b[0] || a[39] != b[39] {
		t.Error("the same seed lays out the same pictures differently")
	}
	if p := PCAMap(clusters(60, 5, 0.5), MapOptions{Picture: pictureOf}); p.Err() != nil || !strings.Contains(p.Alt, "outside this plane") {
		t.Errorf("PCA: %v, %q", p.Err(), p.Alt)
	}
}

func TestMapShowsPictures(t *testing.T) {
	// Four corners and two pictures in the middle, of which the second would cover the first.
	e := &eval.Embeddings{N: 6, D: 2, Vectors: []float32{-1, -1, 1, -1, -1, 1, 1, 1, 0, 0, 0.001, 0}}
	c := PCAMap(e, MapOptions{Picture: func(int) image.Image { return tiles(1, 1)[0] }})
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	g := ground{left: 10, top: 10, w: 600, h: 400}
	g.fit(c.spec.Map.Points)
	shown := g.visible(c.spec.Map.Points)
	if !shown[0] || !shown[4] || shown[5] {
		t.Errorf("pictures shown: %v, want all but the last", shown)
	}
	for _, p := range c.spec.Map.Points {
		if x, y := g.at(p); x < 10 || x > 610 || y < 10 || y > 410 {
			t.Errorf("a picture at %.0f, %.0f is outside the plot", x, y)
		}
	}
	if kx, ky := g.w/(g.maxX-g.minX), g.h/(g.maxY-g.minY); math.Abs(kx/ky-1) > 1e-3 {
		t.Errorf("a unit is %.2f pixels across and %.2f pixels up", kx, ky)
	}
	img := picture(t, c)
	if n := count(img, 0.1, 0.15, 0.98, 0.85, faint); n < 600 { // five frames of some 33 pixels
		t.Errorf("the frames of the pictures cover %d pixels", n)
	}
}

func TestMapRefuses(t *testing.T) {
	good := clusters(20, 2, 1)
	bad := clusters(20, 2, 1)
	bad.Vectors[3] = float32(math.NaN())
	for name, c := range map[string]*Chart{
		"nil":          TSNEMap(nil, MapOptions{}),
		"no pictures":  PCAMap(good, MapOptions{}),
		"NaN":          TSNEMap(bad, MapOptions{Picture: pictureOf}),
		"rows":         PCAMap(good, MapOptions{Picture: pictureOf, Rows: -1}),
		"many rows":    PCAMap(good, MapOptions{Picture: pictureOf, Rows: maxMapRows + 1}),
		"perplexity":   TSNEMap(good, MapOptions{Picture: pictureOf, Perplexity: 19}),
		"nil picture":  PCAMap(good, MapOptions{Picture: func(int) image.Image { return nil }}),
		"one value":    PCAMap(&eval.Embeddings{N: 3, D: 1, Vectors: []float32{1, 2, 3}}, MapOptions{Picture: pictureOf}),
		"three points": TSNEMap(&eval.Embeddings{N: 3, D: 2, Vectors: make([]float32, 6)}, MapOptions{Picture: pictureOf}),
	} {
		if c.Err() == nil || !strings.HasPrefix(c.Err().Error(), "chart: ") {
			t.Errorf("%s: %v", name, c.Err())
		}
		picture(t, c)
	}
	// Complete collapse is something to look at: all pictures in one place.
	if c := PCAMap(&eval.Embeddings{N: 5, D: 2, Vectors: make([]float32, 10)}, MapOptions{Picture: pictureOf}); c.Err() != nil {
		t.Errorf("collapsed: %v", c.Err())
	} else if _, err := c.Option(); err != nil {
		t.Error(err)
	}
	if rows := legendRows([]string{strings.Repeat("m", 30), strings.Repeat("m", 30), "m"}, 14, 500); rows < 2 {
		t.Errorf("two long names in %d rows", rows)
	}
}
