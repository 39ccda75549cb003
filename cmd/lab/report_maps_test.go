package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/stretchr/testify/require"
)

// TestMapSection draws real pictures by what needs no encoder: their pixels take the place of all rows.
func TestMapSection(t *testing.T) {
	pictures := datasets.MustOpen("emoji").Test().Take(120)
	pixels := eval.Pixels(pictures)
	few := &eval.Embeddings{N: pixels.N, D: 16, Images: pictures}
	for i := range pixels.N {
		few.Vectors = append(few.Vectors, pixels.Row(i)[1000:1016]...)
	}
	e := &evaluation{protocol: &protocol{test: pictures}, rows: []measured{
		rowPixels: {name: "raw pixels", test: pixels}, rowCentered: {name: "pixels − mean", test: pixels},
		rowUntrained: {name: "untrained", test: few}, rowRun: {name: "this run", test: few}}}
	section, err := e.mapSection()
	require.NoError(t, err)
	require.Contains(t, section.Text, "of 120 test pictures")
	require.Len(t, section.Charts, 3)
	for _, c := range section.Charts {
		require.NoError(t, c.Err())
	}
	require.Contains(t, section.Charts[0].Alt, "this run: effective rank")
	require.Contains(t, section.Charts[1].Note, "120 pictures; perplexity")
	var page bytes.Buffer
	require.NoError(t, chart.Page(&page, "Maps", section))
	require.Equal(t, 3, strings.Count(page.String(), "contrastlabQueue=window"))
	if path := os.Getenv("MAPS_LOOK"); path != "" {
		require.NoError(t, os.WriteFile(path, page.Bytes(), 0o644))
	}
}
