package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/exercises/hiddenruns"
)

// The verdicts follow from what the package measures today on what is embedded, far from the bounds, and each half has as
// many of each verdict.
func TestVerdictsAreMeasured(t *testing.T) {
	shown := map[verdict]int{}
	hidden := map[verdict]int{}
	for _, run := range hiddenruns.All() {
		require.Len(t, run.Z, pictures)
		require.Len(t, run.Z[0], dimensions)
		m, err := measure(&run)
		require.NoError(t, err)
		require.InDelta(t, run.Std, m.std, 1e-9, run.Name.En)
		require.InDelta(t, run.Rank, m.rank, 1e-9, run.Name.En)
		is := healthy
		if run.Collapsed() {
			is = collapsed
		} else if run.Dimensional() {
			is = dimensional
		}
		require.True(t, m.clear(is), "%s: %+v", run.Name.En, m)
		meant := false
		for _, one := range candidates[is] {
			meant = meant || one.name == run.Name
		}
		require.True(t, meant, "%s was to end otherwise", run.Name.En)
		if run.Shown {
			shown[is]++
		} else {
			hidden[is]++
		}
	}
	require.Equal(t, map[verdict]int{healthy: each / 2, collapsed: each / 2, dimensional: each / 2}, shown)
	require.Equal(t, shown, hidden)
}
