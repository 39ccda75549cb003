package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// sample is a chart that every general test goes through.
type sample struct {
	name  string
	chart *Chart
	live  bool // has an ECharts option
}

// samples is one chart of every kind, as a lesson would draw it.
func samples() []sample {
	var history []Point
	for step := 0; step <= 400; step += 5 {
		t := float64(step) / 400
		history = append(history, Point{step, map[string]float64{"loss": 6.24*math.Exp(-2.2*t)*0.6 + 2.4 + 0.1*math.Sin(float64(step)), "rank": 3}})
	}
	x := make([]float64, 50)
	a, b := make([]float64, 50), make([]float64, 50)
	for i := range x {
		x[i], a[i], b[i] = float64(i*10), 0.5-0.4*math.Exp(-float64(i)/12), 0.31
	}
	var positives, negatives []float32
	rng := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		positives = append(positives, float32(math.Tanh(1+0.4*rng.NormFloat64())))
	}
	for range 8000 {
		negatives = append(negatives, float32(math.Tanh(0.1+0.3*rng.NormFloat64())))
	}
	px, py, classes, names := make([]float32, 300), make([]float32, 300), make([]string, 300), make([]string, 300)
	for i := range px {
		k := i % 5
		px[i], py[i] = float32(math.Cos(float64(k))*3+rng.NormFloat64()), float32(math.Sin(float64(k))*3+rng.NormFloat64())
		classes[i], names[i] = []string{"smileys", "animals", "food", "travel", "symbols"}[k], fmt.Sprintf("picture <%d>", i)
	}
	originals, views, hits := tiles(6, 1), make([][]image.Image, 6), make([][]bool, 6)
	for i := range views {
		views[i] = tiles(8, i+2)
		hits[i] = make([]bool, 8)
		for k := range hits[i] {
			hits[i][k] = (i*k)%3 == 0
		}
	}
	moved := &eval.TransferResult{Train: []string{"Noto", "Twemoji", "Fluent 3D", "Fluent flat"}, Test: []string{"Noto", "Twemoji", "Fluent 3D", "Fluent flat", "OpenMoji"}}
	for i := range moved.Train {
		row := make([]eval.Spread, len(moved.Test))
		for j := range row {
			row[j] = eval.Spread{Values: make([]float64, 5), Mean: 0.66 - 0.06*math.Abs(float64(i-j)) + 0.02*rng.NormFloat64(), Std: 0.012}
		}
		moved.KNN = append(moved.KNN, row)
	}
	return []sample{
		{"loss", Loss(history, math.Log(511)), true},
		{"plane-lines", Plane("Vectors on the unit circle", "first coordinate", "second coordinate", circle(1, false), circle(0.4, true)), true},
		{"lines", Lines("Recall while training", "step", "recall@1", Series{Name: "SimCLR", X: x, Y: a}, Series{Name: "raw pixels", X: x, Y: b, Dashed: true}), true},
		{"similarity", Similarity(clusters(96, 8, 1.3)), true},
		{"similarity-large", Similarity(clusters(700, 9, 1.6)), true},
		{"matrix", SimilarityMatrix("Similarity of four views", [][]float32{{1, .8, -.2, 0}, {.8, 1, .1, -.7}, {-.2, .1, 1, .5}, {0, -.7, .5, 1}}, nil), true},
		{"histogram", Histogram(positives, negatives), true},
		{"bars", Bars("Retrieval across artists", "recall@1", []string{"Noto → Twemoji", "OpenMoji → Noto", "Fluent → Twemoji"}, []BarSeries{
			{Name: "raw pixels", Values: []float64{0.308, 0.122, 0.25}, Baseline: true},
			{Name: "untrained encoder", Values: []float64{0.119, 0.032, 0.08}, Baseline: true},
			{Name: "SimCLR", Values: []float64{0.446, 0.160, 0.33}, Errors: []float64{0.02, 0.03, 0.015}},
			{Name: "two artists as positives", Values: []float64{0.561, 0.176, 0.41}, Errors: []float64{0.03, 0.02, 0.02}}}), true},
		{"efficiency", LabelEfficiency(
			EfficiencySeries{Name: "raw pixels", Points: efficiency(0.12, 0.4, rng), Baseline: true}, EfficiencySeries{Name: "untrained encoder", Points: efficiency(0.11, 0.33, rng), Baseline: true},
			EfficiencySeries{Name: "SimCLR", Points: efficiency(0.2, 0.62, rng)}, EfficiencySeries{Name: "two artists as positives", Points: efficiency(0.26, 0.68, rng)}), true},
		{"spectrum", Spectrum(SpectrumSeries{Name: "untrained", Values: decay(128, 0.2, 128), Baseline: true}, SpectrumSeries{Name: "SimCLR", Values: decay(128, 0.035, 128)},
			SpectrumSeries{Name: "no negatives", Values: decay(128, 0.1, 40)}), true},
		{"spectrum-pixels", Spectrum(SpectrumSeries{Name: "raw pixels", Values: decay(3072, 0.012, 1500), Baseline: true}, SpectrumSeries{Name: "untrained", Values: decay(128, 0.2, 128), Baseline: true},
			SpectrumSeries{Name: "this run", Values: decay(128, 0.035, 128)}), true},
		{"plane", AlignmentUniformity(PlanePoint{Name: "raw pixels", Alignment: 0.62, Uniformity: -1.1, Baseline: true}, PlanePoint{Name: "untrained", Alignment: 0.11, Uniformity: -0.25, Baseline: true},
			PlanePoint{Name: "SimCLR", Alignment: 0.31, Uniformity: -3.1, Before: [][2]float64{{0.11, -0.25}, {0.5, -2.3}, {0.42, -2.8}, {0.35, -3}}},
			PlanePoint{Name: "SupCon", Alignment: 0.22, Uniformity: -2.7, Before: [][2]float64{{0.11, -0.25}, {0.37, -1.6}, {0.27, -2.4}}},
			PlanePoint{Name: "no negatives", Alignment: 0.001, Uniformity: -0.003, Before: [][2]float64{{0.11, -0.25}, {0.03, -0.06}}}), true},
		{"confusion", Confusion(counts(9, rng), clusters(9, 9, 1).Images.LabelNames), true},
		{"confusion-large", Confusion(counts(100, rng), manyNames(100)), true},
		{"transfer", Transfer(moved, moved.KNN, "20-NN accuracy"), true},
		{"map-pca", PCAMap(clusters(300, 9, 0.9), MapOptions{Picture: pictureOf, Seed: 1}), true},
		{"map-tsne", TSNEMap(clusters(600, 9, 0.9), MapOptions{Picture: pictureOf, Seed: 1, Rows: 300}), true},
		{"scatter", Scatter("Embeddings after PCA", "first component", "second component", px, py, classes, names), true},
		{"picture table", PictureTable(views, []string{"Noto", "Twemoji", "Fluent 3D", "Fluent flat", "OpenMoji", "sixth", "seventh", "eighth"}[:len(views[0])], nil), false},
		{"views", Views(originals, views, []string{"pizza", "grinning face", "a very long name of a picture", "dog", "car", "披萨"}), false},
		{"neighbors", Neighbors(originals, views, hits), false},
	}
}

// efficiency is a curve from an accuracy at one label per class to one at a hundred, with five draws.
func efficiency(from, to float64, rng *rand.Rand) []eval.EfficiencyPoint {
	var out []eval.EfficiencyPoint
	for _, n := range []int{1, 5, 10, 50, 100} {
		p := eval.EfficiencyPoint{PerClass: n, Labels: 9 * n}
		for range 5 {
			p.Accuracies = append(p.Accuracies, from+(to-from)*math.Log(float64(n))/math.Log(100)+0.06/math.Sqrt(float64(n))*rng.NormFloat64())
		}
		for _, a := range p.Accuracies {
			p.Mean += a / 5
		}
		for _, a := range p.Accuracies {
			p.Std += (a - p.Mean) * (a - p.Mean) / 4
		}
		p.Std = math.Sqrt(p.Std)
		out = append(out, p)
	}
	return out
}

// decay is d eigenvalues that fall exponentially, and to zero from some index on.
func decay(d int, rate float64, zeroFrom int) []float64 {
	out := make([]float64, d)
	for i := range min(d, zeroFrom) {
		out[i] = 3 * math.Exp(-rate*float64(i))
	}
	return out
}

// counts is a confusion matrix with most on the diagonal; its last class but one has no picture.
func counts(n int, rng *rand.Rand) [][]int {
	out := make([][]int, n)
	for r := range out {
		out[r] = make([]int, n)
		if r == n-2 {
			continue
		}
		for k := range out[r] {
			out[r][k] = rng.IntN(9)
		}
		out[r][r] = 10 + rng.IntN(7*n)
		out[r][(r+1)%n] += rng.IntN(25)
	}
	return out
}

// pictureOf is a picture for each row of clusters, alike within a class.
func pictureOf(row int) image.Image { return tiles(1, row%9+3)[0] }

func manyNames(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("class %d", i)
	}
	return out
}

// clusters is n embeddings around the centers of some classes.
func clusters(n, classes int, noise float64) *eval.Embeddings {
	const d = 16
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	im := &datasets.Images{LabelNames: []string{"Smileys & Emotion", "People & Body", "Animals & Nature", "Food & Drink", "Travel & Places", "Activities", "Objects", "Symbols", "动物"}[:classes]}
	centers := make([][]float64, classes)
	for k := range centers {
		centers[k] = make([]float64, d)
		for j := range centers[k] {
			centers[k][j] = rng.NormFloat64()
		}
	}
	e := &eval.Embeddings{N: n, D: d, Images: im}
	for i := range n {
		k := i % classes
		im.Labels = append(im.Labels, int32(k))
		for j := range d {
			e.Vectors = append(e.Vectors, float32(centers[k][j]+noise*rng.NormFloat64()))
		}
	}
	return e
}

// tiles are 32×32 pictures with a transparent corner.
func tiles(n, seed int) []image.Image {
	out := make([]image.Image, n)
	for i := range out {
		img := image.NewNRGBA(image.Rect(0, 0, 32, 32))
		hue := float64(i*37+seed*53) / 40
		for y := range 32 {
			for x := range 32 {
				if (x-16)*(x-16)+(y-16)*(y-16) > 15*15 {
					continue
				}
				img.SetNRGBA(x, y, color.NRGBA{uint8(127 + 120*math.Cos(hue+float64(x)/30)), uint8(127 + 120*math.Cos(hue+2+float64(y)/20)), uint8(127 + 120*math.Cos(hue+4)), 255})
			}
		}
		out[i] = img
	}
	return out
}

func newRand() *rand.Rand { return rand.New(rand.NewPCG(3, 4)) }

// circle is one about the origin.
func circle(radius float64, dashed bool) Series {
	s := Series{Name: fmt.Sprintf("radius %g", radius), Dashed: dashed}
	for a := range 121 {
		s.X, s.Y = append(s.X, radius*math.Cos(float64(a)*math.Pi/60)), append(s.Y, radius*math.Sin(float64(a)*math.Pi/60))
	}
	return s
}
