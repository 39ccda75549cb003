package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The bounds of TestCompareQuick, with what two seeds reached when they were set: 40 steps of 64 small views are too
// few to be better than an untrained encoder, but enough to see what collapses.
const (
	leastHeadStd = 0.4 // methods 0.56 … 0.97, the broken one 0.13 … 0.19
	leastStd     = 0.3 // 0.48 … 0.60; untrained 0.12 … 0.18
	leastRank    = 12  // 19 … 27, of 32
)

// TestCompareQuick trains each kind of method for a moment: those that have no negatives and need something else to
// keep them from collapsing, and of those with negatives one with a batch, one with a queue, one with triplets. None
// collapses. SimSiam without its predictor and its stopped gradient does, in the embedding that its loss sees.
func TestCompareQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("trains nine encoders")
	}
	const small = "batch_size=32;size=16;encoder/width=8;encoder/grid=1;hidden=32;dim=32;"
	got := compareJSON(t, "-methods", "barlow_twins,byol,dino,moco,simclr,simsiam,triplet,vicreg", "-steps", "40", "-seeds", "1",
		"-set", small, "-dir", filepath.Join(t.TempDir(), "whole"))
	methods := got.Rows[3:]
	require.Len(t, methods, 8)
	for _, row := range methods {
		require.Len(t, row.Runs, 1)
		s := row.Runs[0].Scores
		t.Logf("%-12s R@1 %.3f  group kNN %.3f  std·√D %.2f, of z %.2f  rank %.1f of %d", row.Key, s.RecallAt1, s.GroupKNN, s.Std, row.Runs[0].HeadStd, s.EffectiveRank, s.Dimensions)
		require.Greater(t, row.Runs[0].HeadStd, leastHeadStd, row.Key)
		require.Greater(t, s.Std, leastStd, row.Key)
		require.Greater(t, s.EffectiveRank, float64(leastRank), row.Key)
	}
	broken := compareJSON(t, "-methods", "simsiam", "-steps", "80", "-seeds", "1", "-dir", filepath.Join(t.TempDir(), "broken"),
		"-set", small+"simsiam/no_predictor=true;simsiam/let_gradient_through=true;simsiam/normalize_output=false")
	require.Less(t, broken.Rows[3].Runs[0].HeadStd, leastHeadStd/1.5, "the bound tells a collapse from none")
}
