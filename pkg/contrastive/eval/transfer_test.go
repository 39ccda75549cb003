package eval

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// Two artists who draw the classes 0 and 1 the other way round: within one all is right, across all is wrong.
func TestTransferByHand(t *testing.T) {
	backend := testbackend.New(t)
	drawn := func(items ...int32) *Embeddings {
		e := &Embeddings{D: 2, Images: &datasets.Images{Name: "drawn", DomainNames: []string{"ink", "none", "oil"}}}
		for _, item := range items {
			for domain, sign := range []float32{1, -1} {
				class := item % 2
				e.Vectors = append(e.Vectors, sign*float32(1-2*class), 1e-3*float32(item))
				e.Images.Labels = append(e.Images.Labels, class)
				e.Images.Items = append(e.Images.Items, item)
				e.Images.Domains = append(e.Images.Domains, int32(2*domain))
				e.N++
			}
		}
		return e
	}
	train, err := ByDomain(drawn(0, 1, 2, 3, 4, 5, 6, 7, 8, 9))
	require.NoError(t, err)
	test, err := ByDomain(drawn(10, 11, 12, 14))
	require.NoError(t, err)
	require.Equal(t, []string{"ink", "oil"}, []string{train[0].Name, train[1].Name})
	require.Equal(t, 10, train[0].N)
	r, err := Transfer(backend, train, test, TransferOptions{Draws: 2, Probe: ProbeOptions{L2: []float64{0.1}}, K: 3})
	require.NoError(t, err)
	require.Equal(t, []string{"ink", "oil"}, r.Train)
	require.Equal(t, []string{"ink", "oil"}, r.Test)
	for _, m := range [][][]Spread{r.KNN, r.Probe} {
		for i := range m {
			for j := range m[i] {
				want := 0.0
				if i == j {
					want = 1
				}
				require.Equal(t, Spread{Values: []float64{want, want}, Mean: want}, m[i][j])
				drop, ok := r.Drop(m, i, j)
				require.True(t, ok)
				require.Equal(t, 1-want, drop)
			}
		}
	}
	require.Zero(t, r.Unconverged)
	renamed := []Part{{"unseen", test[1].Embeddings}}
	r, err = Transfer(backend, train[:1], renamed, TransferOptions{Draws: 1, Share: 1, Probe: ProbeOptions{L2: []float64{0.1}}})
	require.NoError(t, err)
	require.Equal(t, 10, r.K, "lowered to the bank")
	_, ok := r.Drop(r.KNN, 0, 0)
	require.False(t, ok, "there is no test part of ink")

	run := func(train, test []Part, opt TransferOptions) error {
		return second(Transfer(backend, train, test, opt))
	}
	wantError(t, run(nil, test, TransferOptions{}), "0 parts to 2")
	wantError(t, run(train, test, TransferOptions{Draws: -1}), "-1 draws")
	wantError(t, run(train, test, TransferOptions{Share: 2}), "share of 2")
	wantError(t, run([]Part{{"empty", &Embeddings{D: 2}}}, test, TransferOptions{}), "empty: ", "0 rows")
	wantError(t, run(train, []Part{{"other", angles([]int32{0}, 1)}, {"wide", gaussian(1, 2, 3, 2)}}, TransferOptions{}), "wide: ", "3 dimensions")
	one := train[0].Select([]int{0, 2, 4})
	wantError(t, run([]Part{{"one class", one}}, test, TransferOptions{}), "one class: ", "1 class")
	test[1].Vectors[0] = float32(math.Inf(1))
	wantError(t, run(train, test, TransferOptions{}), "oil: ", "row 0, column 0")
	wantError(t, second(ByDomain(angles([]int32{1}, 0))), "no Domains")
}

// What spreads is the draw, and the items of a draw stay together.
func TestTransferDraws(t *testing.T) {
	backend := testbackend.New(t)
	train, test := blobs(1, 60, 4, 3, 1), blobs(2, 60, 4, 3, 1)
	r, err := Transfer(backend, []Part{{"a", train}}, []Part{{"a", test}}, TransferOptions{Draws: 3, Share: 0.3, Probe: ProbeOptions{L2: []float64{0.1}}})
	require.NoError(t, err)
	for _, s := range []Spread{r.KNN[0][0], r.Probe[0][0]} {
		require.Len(t, s.Values, 3)
		require.InDelta(t, (s.Values[0]+s.Values[1]+s.Values[2])/3, s.Mean, 1e-12)
		require.Positive(t, s.Std)
	}
	again, err := Transfer(backend, []Part{{"a", train}}, []Part{{"a", test}}, TransferOptions{Draws: 3, Share: 0.3, Probe: ProbeOptions{L2: []float64{0.1}}})
	require.NoError(t, err)
	require.Equal(t, r, again)
	without, err := Transfer(backend, []Part{{"a", train}}, []Part{{"a", test}}, TransferOptions{Draws: 3, Share: 0.3, WithoutProbe: true})
	require.NoError(t, err)
	require.Equal(t, r.KNN, without.KNN)
	require.Nil(t, without.Probe)
	items := gaussian(1, 40, 2, 2)
	items.Images.Items = nil
	for i := range items.N {
		items.Images.Items = append(items.Images.Items, int32(i%10))
	}
	rows, err := items.draw(0.5, rand.New(rand.NewPCG(1, 1)))
	require.NoError(t, err)
	require.Len(t, rows, 20)
	count := map[int]int{}
	for _, r := range rows {
		count[r%10]++
	}
	require.Len(t, count, 5)
}

// The spread of a drop is that of the differences, not of the two accuracies.
func TestDropSpread(t *testing.T) {
	of := func(values ...float64) Spread {
		mean, std := meanStd(values)
		return Spread{values, mean, std}
	}
	r := &TransferResult{Train: []string{"a", "b"}, Test: []string{"a", "b", "c"}}
	matrix := [][]Spread{{of(0.9, 0.5), of(0.8, 0.4), of(0.5, 0.3)}, {of(0.4, 0.2), of(1, 0.6), of(0.3, 0.1)}}
	drop, ok := r.DropSpread(matrix, 0, 1)
	require.True(t, ok)
	require.InDelta(t, 0.1, drop.Mean, 1e-12)
	require.InDelta(t, 0, drop.Std, 1e-12, "both accuracies spread, by as much")
	drop, _ = r.DropSpread(matrix, 0, 2)
	require.InDeltaSlice(t, []float64{0.4, 0.2}, drop.Values, 1e-12)
	require.InDelta(t, 0.2/math.Sqrt2, drop.Std, 1e-12)
	for i := range matrix {
		for j := range matrix[i] {
			one, ok := r.Drop(matrix, i, j)
			same, also := r.DropSpread(matrix, i, j)
			require.Equal(t, ok, also)
			require.InDelta(t, one, same.Mean, 1e-12)
		}
	}
	m, ok := r.Move(matrix)
	require.True(t, ok)
	require.InDeltaSlice(t, []float64{0.95, 0.55}, m.Own.Values, 1e-12)
	require.InDeltaSlice(t, []float64{0.5, 0.25}, m.Others.Values, 1e-12)
	require.InDeltaSlice(t, []float64{0.45, 0.3}, m.Drop.Values, 1e-12)
	require.InDelta(t, 0.15/math.Sqrt2, m.Drop.Std, 1e-12)

	away := &TransferResult{Train: []string{"a"}, Test: []string{"b"}}
	_, ok = away.DropSpread([][]Spread{{of(0.5)}}, 0, 0)
	require.False(t, ok)
	_, ok = away.Move([][]Spread{{of(0.5)}})
	require.False(t, ok, "no part is tested at home")
	home := &TransferResult{Train: []string{"a"}, Test: []string{"a"}}
	_, ok = home.Move([][]Spread{{of(0.5)}})
	require.False(t, ok, "there is nowhere to move to")
}
