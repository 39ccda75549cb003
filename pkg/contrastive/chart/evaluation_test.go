package chart

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// option is the ECharts option of a chart, as maps.
func option(t *testing.T, c *Chart) map[string]any {
	t.Helper()
	text, err := c.Option()
	if err != nil {
		t.Fatal(err)
	}
	var o map[string]any
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestLabelEfficiency(t *testing.T) {
	points := []eval.EfficiencyPoint{
		{PerClass: 10, Accuracies: []float64{0.5, 0.7}, Mean: 0.6, Std: 0.14, Unconverged: 1},
		{PerClass: 1, Accuracies: []float64{0.01, 0.09}, Mean: 0.05, Std: 0.06},
	}
	c := LabelEfficiency(EfficiencySeries{Name: "ours", Points: points})
	o := option(t, c)
	series := o["series"].([]any)
	line, band := series[0].(map[string]any), series[1].(map[string]any)
	if got := line["data"].([]any)[0].([]any); got[0] != 1.0 || got[1] != 0.05 {
		t.Errorf("the curve starts at %v, want the fewest labels first", got)
	}
	if got := band["data"].([]any); got[0].([]any)[1] != 0.0 || math.Abs(got[1].([]any)[2].(float64)-0.74) > 1e-9 {
		t.Errorf("band %v, want mean ± std within 0 … 1", got)
	}
	if line["name"] != band["name"] {
		t.Errorf("the legend hides %q and leaves its band %q", line["name"], band["name"])
	}
	if x := o["xAxis"].([]any)[0].(map[string]any); x["type"] != "log" || x["min"] != 1.0 || x["max"] != 10.0 {
		t.Errorf("x axis %v", x)
	}
	if !strings.Contains(c.Note, "2 draws") || !strings.Contains(c.Note, "did not converge: 1") || !strings.Contains(c.Alt, "1: 0.050 ± 0.060, 10: 0.600 ± 0.140") {
		t.Errorf("note %q, alt %q", c.Note, c.Alt)
	}
	img := picture(t, c)
	if n := count(img, 0.1, 0.3, 0.95, 0.85, "#D1E5F1"); n < 2000 { // blue at 18 % on white
		t.Errorf("the band covers %d pixels", n)
	}
	if c := LabelEfficiency(EfficiencySeries{Points: []eval.EfficiencyPoint{{PerClass: 1, Accuracies: []float64{0.5}, Mean: 0.5}}}); !strings.Contains(c.Note, "a single draw") {
		t.Errorf("one draw: note %q", c.Note)
	}
}

func TestSpectrum(t *testing.T) {
	c := Spectrum(SpectrumSeries{Name: "collapsed", Values: []float64{4, 4, 0, 0}}, SpectrumSeries{Name: "even", Values: []float64{2, 2, 2, 2}}, SpectrumSeries{Name: "dead", Values: make([]float64, 4)})
	o := option(t, c)
	series := o["series"].([]any)
	if len(series) != 2 || !strings.Contains(c.Note, "not drawn: 1") || !strings.Contains(c.Alt, "dead is zero throughout") {
		t.Errorf("%d lines, note %q, alt %q", len(series), c.Note, c.Alt)
	}
	if s := series[0].(map[string]any); s["name"] != "collapsed: rank 2 of 4" || len(s["data"].([]any)) != 2 {
		t.Errorf("%q has %v", s["name"], s["data"])
	}
	if o["xAxis"].([]any)[0].(map[string]any)["type"] != "value" || o["yAxis"].([]any)[0].(map[string]any)["type"] != "log" {
		t.Error("with equal dimensions the index is linear and the eigenvalue logarithmic")
	}
	long := Spectrum(SpectrumSeries{Name: "pixels", Values: decay(4096, 0.001, 4096)}, SpectrumSeries{Name: "encoder", Values: decay(64, 0.1, 64)})
	o = option(t, long)
	data := o["series"].([]any)[0].(map[string]any)["data"].([]any)
	if n := len(data); n > maxPoints || n < 300 {
		t.Errorf("4096 eigenvalues are drawn as %d points", n)
	}
	if last := data[len(data)-1].([]any); last[0] != 4096.0 || o["xAxis"].([]any)[0].(map[string]any)["type"] != "log" {
		t.Errorf("the last point is %v, want the last eigenvalue, on a logarithmic axis", last)
	}
}

func TestAlignmentUniformity(t *testing.T) {
	c := AlignmentUniformity(PlanePoint{Name: "a", Alignment: 0.3, Uniformity: -3, Before: [][2]float64{{0.1, -0.5}}}, PlanePoint{Name: "pixels", Alignment: 0.9, Uniformity: -1, Baseline: true})
	o := option(t, c)
	series := o["series"].([]any)
	if len(series) != 4 { // two points, the corner of collapse, one path
		t.Fatalf("%d series", len(series))
	}
	if path := series[3].(map[string]any); path["name"] != "a" || path["data"].([]any)[1].([]any)[0] != 0.3 {
		t.Errorf("path %v, want it to lead to its point", path)
	}
	if y := o["yAxis"].([]any)[0].(map[string]any); y["min"].(float64) > -4 || y["max"].(float64) < 0 {
		t.Errorf("y axis %v … %v hides the corner of collapse or the line of random directions", y["min"], y["max"])
	}
	if !strings.Contains(c.Alt, "a at alignment 0.30 and uniformity −3.00, coming from 0.1 and −0.5") {
		t.Errorf("alt %q", c.Alt)
	}
	img := picture(t, c)
	if n := count(img, 0.1, 0.2, 0.5, 0.85, okabeIto[0]); n < 300 {
		t.Errorf("the path and its arrow cover %d pixels", n)
	}
}

func TestConfusion(t *testing.T) {
	c := Confusion([][]int{{3, 1, 0}, {0, 0, 0}, {2, 0, 4}}, []string{"cat", "dog", "car"})
	data := option(t, c)["series"].([]any)[0].(map[string]any)["data"].([]any)
	cells := map[[2]float64]map[string]any{}
	for _, d := range data {
		v := d.(map[string]any)["value"].([]any)
		cells[[2]float64{v[1].(float64), v[0].(float64)}] = d.(map[string]any)
	}
	if len(cells) != 9 {
		t.Fatalf("%d cells, want 9", len(cells))
	}
	if got := cells[[2]float64{0, 1}]; got["value"].([]any)[2] != 0.25 || got["label"].(map[string]any)["formatter"] != "1" || got["name"] != "1 of 4 cat\nas dog: 25.0 %" {
		t.Errorf("cat taken for dog: %v", got)
	}
	if got := cells[[2]float64{1, 1}]["value"].([]any)[2]; got != "-" {
		t.Errorf("a class without a picture has the share %v", got)
	}
	if !strings.Contains(c.Alt, "7 of 10 pictures are right; the most frequent mistake is car taken for cat (2 of 6)") || !strings.Contains(c.Note, "(0.700)") {
		t.Errorf("alt %q, note %q", c.Alt, c.Note)
	}
	img := picture(t, c)
	if n := count(img, 0.1, 0.2, 0.8, 0.9, missing); n < 1000 {
		t.Errorf("the row without pictures is gray in %d pixels", n)
	}
	many := Confusion(counts(60, rand.New(rand.NewPCG(1, 1))), manyNames(60))
	if many.spec.Matrix == nil || many.spec.Matrix.Rows != 60 || strings.Contains(many.Note, "number") {
		t.Errorf("60 classes: note %q", many.Note)
	}
}

func TestTransfer(t *testing.T) {
	r := &eval.TransferResult{Train: []string{"clean", "b"}, Test: []string{"clean", "noisy"},
		KNN: [][]eval.Spread{{{Mean: 0.8, Values: []float64{0.8}}, {Mean: 0.55}}, {{Mean: 0.3}, {Mean: 0.9}}}}
	c := Transfer(r, r.KNN, "5-NN accuracy")
	data := option(t, c)["series"].([]any)[0].(map[string]any)["data"].([]any)
	texts := map[string]bool{}
	for _, d := range data {
		texts[d.(map[string]any)["label"].(map[string]any)["formatter"].(string)] = true
	}
	// Row b has no part of its own among the tests, so no change to tell.
	for _, want := range []string{"0.800", "0.550\n−0.250", "0.300", "0.900"} {
		if !texts[want] {
			t.Errorf("no cell says %q: %v", want, texts)
		}
	}
	if !strings.Contains(c.Alt, "largest drop is 0.250 from clean to noisy") {
		t.Errorf("alt %q", c.Alt)
	}
}
