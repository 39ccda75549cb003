package eval

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// Each cell of the grid is what KNN alone gives.
func TestKNNSweepIsKNN(t *testing.T) {
	backend := testbackend.New(t)
	bank, queries := gaussian(1, 60, 5, 4), gaussian(2, 30, 5, 4)
	grid := KNNGrid{K: []int{7, 1, 60, 20}, Temperatures: []float64{0.1, 1}}
	r, err := KNNSweep(backend, bank, queries, grid)
	require.NoError(t, err)
	require.Len(t, r.Results, 8)
	require.Empty(t, r.Notes)
	different := map[string]bool{}
	for i, one := range r.Results {
		require.Equal(t, grid.K[i/2], one.K)
		require.Equal(t, grid.Temperatures[i%2], one.Temperature)
		want, err := KNN(backend, bank, queries, KNNOptions{K: one.K, Temperature: one.Temperature})
		require.NoError(t, err)
		require.Equal(t, want, one)
		require.Same(t, one, r.At(one.K, one.Temperature))
		different[fmt.Sprint(one.Predictions)] = true
	}
	require.Greater(t, len(different), 4, "the grid makes no difference")
	best := r.Best()
	for _, one := range r.Results {
		require.LessOrEqual(t, one.Accuracy, best.Accuracy)
	}
	require.Nil(t, r.At(2, 0.1))
}

func TestKNNSweepByHand(t *testing.T) {
	backend := testbackend.New(t)
	// From 0° the nearest is 10° (class 1), then two of class 0.
	bank := angles([]int32{1, 0, 0, 1}, 10, 20, 25, 170)
	r, err := KNNSweep(backend, bank, angles([]int32{0}, 0), KNNGrid{K: []int{1, 3, 9, 50}, Temperatures: []float64{1}})
	require.NoError(t, err)
	require.Equal(t, []float64{0, 1, 1}, []float64{r.Results[0].Accuracy, r.Results[1].Accuracy, r.Results[2].Accuracy})
	require.Len(t, r.Results, 3, "9 and 50 are both the whole bank")
	require.Equal(t, 4, r.Results[2].K)
	require.Equal(t, []string{"k = 9 is lowered to 4, all there are in the bank (angles)", "k = 50 is lowered to 4, all there are in the bank (angles)"}, r.Notes)
	require.Equal(t, 2, r.Results[0].Classes)

	// Leave-one-out: a row is not its own neighbor, and the bank has one row less.
	self, err := KNNSweep(backend, bank, bank, KNNGrid{K: []int{1, 4}, Temperatures: []float64{1}})
	require.NoError(t, err)
	require.Equal(t, []int32{0, 0, 0, 0}, self.Results[0].Predictions)
	require.Equal(t, 3, self.Results[1].K)

	// A single class, and a single picture per class.
	one, err := KNNSweep(backend, angles([]int32{3, 3}, 0, 90), angles([]int32{3, 1}, 10, 80), KNNGrid{})
	require.NoError(t, err)
	require.Equal(t, 0.5, one.Best().Accuracy)
	require.Equal(t, 1, one.Best().Classes)
	each, err := KNNSweep(backend, angles([]int32{2, 0, 1}, 0, 90, 180), angles([]int32{1, 2, 0}, 170, 1, 80), KNNGrid{})
	require.NoError(t, err)
	require.Equal(t, 1.0, each.Best().Accuracy)

	unlabeled := angles([]int32{0}, 0)
	unlabeled.Images.Labels = nil
	unknown, err := KNNSweep(backend, bank, unlabeled, KNNGrid{})
	require.NoError(t, err)
	require.True(t, math.IsNaN(unknown.Results[0].Accuracy))

	bad := angles([]int32{0}, 0)
	bad.Vectors[1] = float32(math.NaN())
	wantError(t, second(KNNSweep(backend, bank, bad, KNNGrid{})), "query", "row 0, column 1")
	wantError(t, second(KNNSweep(backend, bank, bank, KNNGrid{K: []int{}})), "0 numbers of neighbors")
	wantError(t, second(KNNSweep(backend, bank, bank, KNNGrid{K: []int{0}})), "k = 0")
	wantError(t, second(KNNSweep(backend, bank, bank, KNNGrid{Temperatures: []float64{-1}})), "temperature -1")
	wantError(t, second(KNNSweep(backend, unlabeled, bank, KNNGrid{})), "no Labels")
}

func TestClassification(t *testing.T) {
	backend := testbackend.New(t)
	train, test := blobs(3, 300, 6, 3, 8), blobs(4, 90, 6, 3, 8)
	for _, e := range []*Embeddings{train, test} {
		for i := range e.N {
			e.Row(i)[5] /= 30 // blobs stretches it, and cosines would see little else
		}
	}
	s, err := Classification(backend, train, test, ClassificationOptions{Grid: KNNGrid{K: []int{1, 20, 1000}}, Probe: &ProbeOptions{L2: []float64{0.01}}, Clusters: &KMeansOptions{}, GeometryRows: 40})
	require.NoError(t, err)
	require.Equal(t, []any{300, 90, 3, 6, 40}, []any{s.BankSize, s.TestSize, s.Classes, s.Dimensions, s.GeometryRows})
	require.Greater(t, s.KNN[2].Accuracy, 0.95)
	require.Greater(t, s.Probe.Accuracy, 0.95)
	require.Len(t, s.Notes, 1)
	require.Greater(t, s.EffectiveRank, 4.0)
	require.Greater(t, *s.NMI, 0.8, "the blobs are clusters")
	require.Greater(t, *s.ARI, 0.8)
	require.Less(t, s.Uniformity, -1.0)

	whole, err := Classification(backend, train, test, ClassificationOptions{})
	require.NoError(t, err)
	require.Nil(t, whole.Probe)
	require.Nil(t, whole.NMI)
	require.Equal(t, 90, whole.GeometryRows)
	want, err := Uniformity(test, 2)
	require.NoError(t, err)
	require.Equal(t, want, whole.Uniformity)

	// A collapsed encoder: kNN guesses, the geometry says why.
	for _, e := range []*Embeddings{train, test} {
		for i := range e.Vectors {
			e.Vectors[i] = 1
		}
	}
	collapsed, err := Classification(backend, train, test, ClassificationOptions{})
	require.NoError(t, err)
	require.Equal(t, []float64{0, 0, 0}, []float64{math.Round(collapsed.Uniformity*1e9) + 0, math.Round(collapsed.Std*1e9) + 0, collapsed.EffectiveRank})
	wantError(t, second(Classification(backend, train, test.Select([]int{0}), ClassificationOptions{})), "uniformity of 1 row")
}

func TestEfficiencyOfOnePictureAClass(t *testing.T) {
	backend := testbackend.New(t)
	train := &Embeddings{N: 3, D: 2, Vectors: []float32{0, 0, 5, 0, 0, 5}, Images: angles([]int32{0, 1, 2}, 0, 0, 0).Images}
	points, err := LabelEfficiency(backend, train, train, EfficiencyOptions{PerClass: []int{1, 10}, Draws: 2})
	require.NoError(t, err)
	for _, p := range points {
		require.Equal(t, 3, p.Labels)
		require.Equal(t, []float64{1, 1}, p.Accuracies)
		require.Zero(t, p.Std)
	}
	require.Equal(t, []int{1, 10}, []int{points[0].PerClass, points[1].PerClass})
}
