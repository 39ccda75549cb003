package eval

import (
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
)

// ClassificationOptions are the settings of [Classification]; the zero value is usable.
type ClassificationOptions struct {
	// Grid of the kNN classifier.
	Grid KNNGrid

	// Probe, if not nil, fits a [LinearProbe] with these settings too.
	Probe *ProbeOptions

	// Clusters, if not nil, compares the labels with what [KMeans] finds among the rows of the geometry, in as many
	// clusters as there are classes among them.
	Clusters *KMeansOptions

	// GeometryRows is how many test rows, drawn by Seed, the geometry is taken of, since its cost grows with their
	// square. 0 stands for 1,000.
	GeometryRows int
	Seed         uint64
}

// ClassScores are the numbers of one encoder in the [Classification] protocol.
type ClassScores struct {
	KNN   []*KNNResult `json:"knn"`
	Probe *ProbeResult `json:"probe,omitempty"`
	NMI   *float64     `json:"nmi,omitempty"` // of the clusters and the labels, if clusters were asked for
	ARI   *float64     `json:"ari,omitempty"` // the same
	Notes []string     `json:"notes,omitempty"`

	Uniformity    float64 `json:"uniformity"` // t = 2
	Std           float64 `json:"std"`        // std·√D
	EffectiveRank float64 `json:"effective_rank"`
	GeometryRows  int     `json:"geometry_rows"` // test rows the three, and the clusters, are of
	Dimensions    int     `json:"dimensions"`    // D
	Classes       int     `json:"classes"`       // of the training labels
	BankSize      int     `json:"bank_size"`     // pictures that vote in kNN
	TestSize      int     `json:"test_size"`     // pictures that are classified
}

// Classification is the usual evaluation of an encoder on labeled pictures: with train as bank, kNN over a grid of
// neighbors and temperatures; a linear probe on the frozen vectors; whether the classes form clusters; and the geometry
// of test, which a good accuracy can hide a collapse behind. The classes are those of train.
//
// Errors: those of [KNNSweep], [LinearProbe], [KMeans] and the geometry; fewer than two test rows.
func Classification(backend compute.Backend, train, test *Embeddings, opt ClassificationOptions) (*ClassScores, error) {
	sweep, err := KNNSweep(backend, train, test, opt.Grid)
	if err != nil {
		return nil, err
	}
	s := &ClassScores{KNN: sweep.Results, Notes: sweep.Notes, Dimensions: train.D, BankSize: train.N, TestSize: test.N, Classes: sweep.Results[0].Classes}
	if opt.Probe != nil {
		if s.Probe, err = LinearProbe(backend, train, test, *opt.Probe); err != nil {
			return nil, err
		}
	}
	if opt.GeometryRows == 0 {
		opt.GeometryRows = 1000
	}
	some := test
	if test.N > opt.GeometryRows {
		rows := rand.New(rand.NewPCG(opt.Seed, 0x6E0)).Perm(test.N)[:opt.GeometryRows]
		slices.Sort(rows)
		some = test.Select(rows)
	}
	s.GeometryRows = some.N
	if s.Uniformity, err = Uniformity(some, 2); err != nil {
		return nil, err
	}
	if s.Std, err = Std(some); err != nil {
		return nil, err
	}
	if s.EffectiveRank, err = EffectiveRank(some); err != nil {
		return nil, err
	}
	if opt.Clusters != nil {
		err = s.cluster(some, *opt.Clusters)
	}
	return s, err
}

// cluster fills NMI and ARI.
func (s *ClassScores) cluster(some *Embeddings, opt KMeansOptions) error {
	labels, err := some.labels("test")
	if err != nil {
		return err
	}
	classes := len(slices.Compact(slices.Sorted(slices.Values(labels))))
	found, err := KMeans(some, classes, opt)
	if err != nil {
		return err
	}
	nmi, err := NMI(found, labels)
	if err != nil {
		return err
	}
	ari, err := ARI(found, labels)
	s.NMI, s.ARI = &nmi, &ari
	return err
}
