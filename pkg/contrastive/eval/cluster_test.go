package eval

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

func TestPartitionScores(t *testing.T) {
	a := []int32{0, 0, 0, 1, 1, 1}
	for _, c := range []struct {
		name     string
		b        []int32
		nmi, ari float64
	}{
		{"equal", []int32{0, 0, 0, 1, 1, 1}, 1, 1},
		{"renamed", []int32{9, 9, 9, 4, 4, 4}, 1, 1},
		{"one part", []int32{5, 5, 5, 5, 5, 5}, 0, 0},
		// By hand: I = (2/6)·ln(4/3)·2 + 2·(1/6)·ln(2/3), both entropies ln 2.
		{"one moved each way", []int32{0, 0, 1, 1, 1, 0}, (2./3*math.Log(4./3) + 1./3*math.Log(2./3)) / math.Ln2, (2 - 36./15) / (6 - 36./15)},
		{"split", []int32{0, 0, 2, 1, 1, 3}, 2 * math.Ln2 / (math.Ln2 + 2*(1./3*math.Log(3)+1./6*math.Log(6))), (2 - 12./15) / (4 - 12./15)},
	} {
		near(t, c.name+": NMI", must(t)(NMI(a, c.b)), c.nmi, 1e-12)
		near(t, c.name+": NMI, the other way round", must(t)(NMI(c.b, a)), c.nmi, 1e-12)
		near(t, c.name+": ARI", must(t)(ARI(a, c.b)), c.ari, 1e-12)
		near(t, c.name+": ARI, the other way round", must(t)(ARI(c.b, a)), c.ari, 1e-12)
	}
	same := []int32{3, 3}
	near(t, "one part each: NMI", must(t)(NMI(same, same)), 1, 0)
	near(t, "one part each: ARI", must(t)(ARI(same, same)), 1, 0)
	near(t, "all apart: ARI", must(t)(ARI([]int32{1, 2, 3}, []int32{4, 5, 6})), 1, 0)

	rng := rand.New(rand.NewPCG(1, 1))
	var x, y []int32
	for range 5000 {
		x, y = append(x, int32(rng.IntN(7))), append(y, int32(rng.IntN(5)))
	}
	near(t, "random: ARI", must(t)(ARI(x, y)), 0, 0.005)
	near(t, "random: NMI", must(t)(NMI(x, y)), 0, 0.01)
	wantError(t, second(NMI(a, x)), "6 rows", "5000")
	wantError(t, second(ARI(nil, nil)), "0 rows")
}

func TestKMeans(t *testing.T) {
	e := blobs(1, 300, 6, 4, 15)
	e = e.Select(seq(e.N))
	for i := range e.N {
		e.Row(i)[5] /= 30
	}
	clusters, err := KMeans(e, 4, KMeansOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "well separated: ARI", must(t)(ARI(clusters, e.Images.Labels)), 1, 0.02)
	again, _ := KMeans(e, 4, KMeansOptions{Seed: 1})
	near(t, "same seed", must(t)(ARI(clusters, again)), 1, 0)

	all, err := KMeans(angles(nil, 0, 90, 200), 3, KMeansOptions{})
	if err != nil || all[0] == all[1] || all[1] == all[2] || all[0] == all[2] {
		t.Errorf("as many clusters as rows: %v, %v", all, err)
	}
	point, err := KMeans(angles(nil, 5, 5, 5, 5), 2, KMeansOptions{})
	if err != nil || len(point) != 4 {
		t.Errorf("equal rows: %v, %v", point, err)
	}
	one, err := KMeans(angles(nil, 5, 95), 1, KMeansOptions{})
	if err != nil || one[0] != 0 || one[1] != 0 {
		t.Errorf("one cluster: %v, %v", one, err)
	}
	wantError(t, second(KMeans(e, 301, KMeansOptions{})), "301 clusters of 300 rows")
	wantError(t, second(KMeans(e, 0, KMeansOptions{})), "0 clusters")
	wantError(t, second(KMeans(e, 2, KMeansOptions{Restarts: -1})), "-1 restarts")
}

func TestLabelEfficiency(t *testing.T) {
	backend := testbackend.New(t)
	train, test := blobs(1, 600, 12, 3, 2.5), blobs(2, 400, 12, 3, 2.5)
	points, err := LabelEfficiency(backend, train, test, EfficiencyOptions{PerClass: []int{1, 20, 1000}, Draws: 4})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{3, 60, 600} {
		p := points[i]
		if p.Labels != want || len(p.Accuracies) != 4 || p.Unconverged != 0 {
			t.Errorf("%+v, want %d labels", p, want)
		}
		if i > 0 && p.Mean <= points[i-1].Mean {
			t.Errorf("accuracy %v with %d labels, %v with %d", p.Mean, p.Labels, points[i-1].Mean, points[i-1].Labels)
		}
	}
	if points[0].Std == 0 || points[1].Std == 0 {
		t.Errorf("the draws do not differ: %+v", points)
	}
	// All labels: every draw is the whole of train, and so the linear probe itself.
	whole, err := LinearProbe(backend, train, test, ProbeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "all labels", points[2].Mean, whole.Accuracy, 1e-12)
	near(t, "spread with all labels", points[2].Std, 0, 1e-12)

	wantError(t, second(LabelEfficiency(backend, train, test, EfficiencyOptions{PerClass: []int{0}})), "0 labels per class")
	wantError(t, second(LabelEfficiency(backend, train, test, EfficiencyOptions{Draws: -1})), "-1 draws")
	wantError(t, second(LabelEfficiency(backend, train, test, EfficiencyOptions{FewL2: -1})), "L2 = -1")
}

func TestMeanStd(t *testing.T) {
	mean, std := meanStd([]float64{1, 2, 6})
	near(t, "mean", mean, 3, 1e-12)
	near(t, "std", std, math.Sqrt(7), 1e-12)
}
