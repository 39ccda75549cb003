package eval

import (
	"testing"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// byDomain lays out angles as [item][domain]; the item is the label.
func byDomain(first int32, domains []string, degrees ...[]float64) *Embeddings {
	var flat []float64
	im := &datasets.Images{Name: "drawn", DomainNames: domains}
	for i, row := range degrees {
		for d, a := range row {
			flat = append(flat, a)
			im.Domains = append(im.Domains, int32(d))
			im.Items = append(im.Items, first+int32(i))
			im.Labels = append(im.Labels, int32(i))
		}
	}
	e := angles(nil, flat...)
	e.Images = im
	return e
}

func TestCrossDomainByHand(t *testing.T) {
	backend := testbackend.New(t)
	domains := []string{"ink", "oil", "new"}
	train := byDomain(0, domains, []float64{0, 20}, []float64{100, 120})
	test := byDomain(2, domains, []float64{10, 30, 100}, []float64{110, 40, 110})
	s, err := CrossDomain(backend, train, test, CrossDomainOptions{Query: "ink", Gallery: "oil", Unseen: "new", K: 2})
	if err != nil {
		t.Fatal(err)
	}
	// ink 10° finds oil 30° (its own) first, ink 110° finds 40°, its own. new 100° finds ink 110°: wrong; 110°: right.
	near(t, "recall@1", s.RecallAt1, 1, 0)
	near(t, "recall@5, capped at the gallery", s.RecallAt5, 1, 0)
	near(t, "unseen recall", s.UnseenRecallAt1, 0.5, 0)
	// oil 30° and 40° both vote 0; new 100° and 110° both vote 1.
	near(t, "group", s.GroupKNN, 0.5, 0)
	near(t, "group unseen", s.GroupKNNUnseen, 0.5, 0)
	want, err := Alignment(angles(nil, 10, 110), angles(nil, 30, 40), 2)
	near(t, "alignment", s.Alignment, must(t)(want, err), 1e-7)
	near(t, "uniformity", s.Uniformity, must(t)(Uniformity(angles(nil, 30, 40), 2)), 1e-6)
	near(t, "std", s.Std, must(t)(Std(angles(nil, 30, 40))), 1e-6)
	near(t, "rank", s.EffectiveRank, 1, 1e-6)
	if s.Dimensions != 2 || s.BankSize != 4 || s.GallerySize != 2 {
		t.Errorf("%+v", s)
	}
	alone, err := CrossDomain(backend, train, test, CrossDomainOptions{Query: "ink", Gallery: "oil", K: 2})
	if err != nil || alone.GroupKNNUnseen != 0 || alone.GroupKNN != 0.5 {
		t.Errorf("without an unseen domain: %+v, %v", alone, err)
	}

	run := func(train, test *Embeddings, opt CrossDomainOptions) error {
		return second(CrossDomain(backend, train, test, opt))
	}
	opt := CrossDomainOptions{Query: "ink", Gallery: "oil", Unseen: "new", K: 2}
	wantError(t, run(train, byDomain(1, domains, []float64{1, 2, 3}), opt), "item 1 of test row 0 is in train")
	wantError(t, run(byDomain(0, domains, []float64{0, 20, 30}), test, opt), "train row 2", `"new"`)
	wantError(t, run(train, test, CrossDomainOptions{Query: "pen", Gallery: "oil", K: 2}), `no domain "pen"`, "ink, oil, new")
	wantError(t, run(train, byDomain(2, domains, []float64{1}), opt), `no picture of domain "oil"`)
	wantError(t, run(train, test, CrossDomainOptions{Query: "ink", Gallery: "oil", K: 5}), "5 of 4")
	wantError(t, run(train, angles([]int32{7, 8}, 1, 2), opt), "no Domains")
}

func TestCentered(t *testing.T) {
	e := &Embeddings{N: 2, D: 2, Vectors: []float32{1, 10, 3, 20}}
	c, err := e.Centered(&Embeddings{N: 2, D: 2, Vectors: []float32{0, 1, 2, 3}})
	if err != nil || c.Vectors[0] != 0 || c.Vectors[1] != 8 || c.Vectors[2] != 2 || c.Vectors[3] != 18 || e.Vectors[1] != 10 {
		t.Errorf("%v, %v", c, err)
	}
	wantError(t, second(e.Centered(angles(nil))), "reference")
}

// The raw pixels of the embedded emoji are the baseline of every result: what the documentation says of them
// is what the code gives, and near what was measured elsewhere (0.308, 0.122, 0.516, 0.30; standard error 0.03).
func TestCrossDomainOnEmojiPixels(t *testing.T) {
	source, err := datasets.Open("emoji")
	if err != nil {
		t.Fatal(err)
	}
	s, err := CrossDomain(testbackend.New(t), Pixels(source.Train()), Pixels(source.Test()),
		CrossDomainOptions{Query: "Noto", Gallery: "Twemoji", Unseen: "OpenMoji"})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Noto → Twemoji", s.RecallAt1, 0.285, 0.006)
	near(t, "OpenMoji → Noto", s.UnseenRecallAt1, 0.096, 0.006)
	near(t, "group Twemoji", s.GroupKNN, 0.494, 0.006)
	near(t, "group OpenMoji", s.GroupKNNUnseen, 0.292, 0.006)
	if s.GallerySize != 312 || s.BankSize != 4984 {
		t.Errorf("%+v", s)
	}
	t.Logf("%+v", *s)
}
