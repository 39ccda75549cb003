package check

import (
	old "math/rand"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Views drawn otherwise are right as well: a generator for each view, all draws of both views beforehand, Go's older
// generator, a mirror image by another question.
func TestTwoViewsOtherWays(t *testing.T) {
	for name, f := range map[string]twoViews{
		"a generator each": func(picture Picture, size int, seed, index uint64) (a, b Picture) {
			first, second := rand.New(rand.NewPCG(seed, 2*index)), rand.New(rand.NewPCG(seed, 2*index+1))
			return drawOrigin(0, first, picture, size).view(0, nil, picture, size), drawOrigin(0, second, picture, size).view(0, nil, picture, size)
		},
		"all draws beforehand": func(picture Picture, size int, seed, index uint64) (a, b Picture) {
			rng := rand.New(rand.NewPCG(index, seed))
			var places [2]origin
			for i := range places {
				places[i].factor = 1 + 0.4*(2*rng.Float64()-1)
			}
			for i := range places {
				places[i].flip = rng.Float64() < 0.5
				places[i].x, places[i].y = rng.IntN(len(picture[0])-size+1), rng.IntN(len(picture)-size+1)
			}
			return places[0].view(0, nil, picture, size), places[1].view(0, nil, picture, size)
		},
		"math/rand": func(picture Picture, size int, seed, index uint64) (a, b Picture) {
			rng := old.New(old.NewSource(int64(seed*1_000_003 + index)))
			draw := func() origin {
				return origin{y: rng.Intn(len(picture) - size + 1), x: rng.Intn(len(picture[0]) - size + 1), flip: rng.Intn(2) > 0, factor: 0.6 + 0.8*rng.Float64()}
			}
			first, second := draw(), draw()
			return first.view(0, nil, picture, size), second.view(0, nil, picture, size)
		},
	} {
		r := twoViewsSpec().judge(f)
		require.True(t, r.Passed(), "%s\n%s", name, r)
	}
}

// What the clock decides is named like what an outliving generator does, although it is never the same twice.
func TestTwoViewsGlobalGenerator(t *testing.T) {
	r := twoViewsSpec().judge(func(picture Picture, size int, _, _ uint64) (a, b Picture) {
		return twoViewsWith(0)(picture, size, rand.Uint64(), 0)
	})
	require.False(t, r.Passed())
	require.Len(t, r.Mistakes, 1, r)
	require.Equal(t, "generator-outlives-the-call", r.Mistakes[0].ID)
}

// A view of the wrong size, or none at all, is a failed row and no panic.
func TestTwoViewsWrongSize(t *testing.T) {
	r := twoViewsSpec().judge(func(picture Picture, _ int, _, _ uint64) (a, b Picture) { return copied(picture), nil })
	require.False(t, r.Passed())
	require.Empty(t, r.Mistakes, r)
	for _, row := range r.Rows {
		require.NotContains(t, row.Detail, "panic", row.Name)
	}
}
