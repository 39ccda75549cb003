package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

func raw(t *testing.T, value any) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}

// TestResultsAreKept: what was not measured again stays, as long as it is of the same encoder; a damaged file is
// replaced, and said to be damaged to whoever wants to read it.
func TestResultsAreKept(t *testing.T) {
	dir := t.TempDir()
	of := func(hash string, further ...string) *results {
		r := &results{Dir: dir, EncoderHash: hash, Neighbors: 20, Scores: map[string]json.RawMessage{"run": raw(t, eval.Scores{RecallAt1: 0.5})},
			Further: map[string]json.RawMessage{}, Seconds: map[string]float64{"run": 2, "all": 2}}
		for _, key := range further {
			r.Further[key], r.Seconds[key] = raw(t, hash+" "+key), 1
			r.Seconds["all"]++
		}
		return r
	}
	none, err := readResults(dir)
	require.NoError(t, err)
	require.Nil(t, none)
	require.NoError(t, of("a", "transfer", "probe").save())
	require.NoError(t, of("a", "label_efficiency").save())
	got, err := readResults(dir)
	require.NoError(t, err)
	require.Len(t, got.Further, 3)
	require.JSONEq(t, `"a transfer"`, string(got.Further["transfer"]))
	require.Equal(t, map[string]float64{"run": 2, "transfer": 1, "probe": 1, "label_efficiency": 1, "all": 5}, got.Seconds)
	other := of("a", "label_efficiency")
	other.Neighbors = 5
	require.NoError(t, other.save())
	got, _ = readResults(dir)
	require.Len(t, got.Further, 1, "other neighbors voted")
	require.NoError(t, of("b", "transfer").save())
	got, _ = readResults(dir)
	require.Len(t, got.Further, 1, "another encoder")

	write(t, filepath.Join(dir, resultsFile), `{"dir": "`)
	_, err = readResults(dir)
	require.ErrorContains(t, err, "eval.json is damaged")
	require.NoError(t, of("b", "transfer").save())
	got, err = readResults(dir)
	require.NoError(t, err)
	require.Equal(t, "b", got.EncoderHash)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing but the file")
}

// TestKeptSections draws what lab eval left beside a run, and names what it did not measure or measured of another
// encoder.
func TestKeptSections(t *testing.T) {
	dir := t.TempDir()
	pictures := datasets.MustOpen("emoji").Test().Take(10)
	scores := &eval.Scores{RecallAt1: 0.25, Dimensions: 4, GallerySize: 2}
	e := &evaluation{protocol: &protocol{test: pictures, cross: artists["emoji"], k: 20}, encoderHash: "a", rows: make([]measured, rowRun+1),
		run: &contrastive.Run{Config: contrastive.Config{Dir: dir, Method: contrastive.SimCLR{}, Head: encoder.MLPHead{}}}}
	for i := range e.rows {
		e.rows[i] = measured{name: "row", scores: scores}
	}
	sections, err := e.keptSections()
	require.NoError(t, err)
	require.Len(t, sections, 1)
	require.Contains(t, sections[0].Text, "-head -efficiency -transfer`")

	of := func(values ...float64) eval.Spread {
		return eval.Spread{Values: values, Mean: (values[0] + values[1]) / 2, Std: 0.01}
	}
	moved := &eval.TransferResult{Train: []string{"Noto", "Twemoji"}, Test: []string{"Noto", "Twemoji"}, K: 20,
		KNN: [][]eval.Spread{{of(0.6, 0.6), of(0.5, 0.4)}, {of(0.4, 0.5), of(0.6, 0.6)}}}
	damaged := &eval.TransferResult{Train: []string{"clean"}, Test: []string{"clean", "inverted"}, K: 20, KNN: [][]eval.Spread{{of(0.6, 0.6), of(0.2, 0.1)}}}
	r := &results{Dir: dir, EncoderHash: "a", TestPictures: 10, Scores: map[string]json.RawMessage{"run_head": raw(t, eval.Scores{RecallAt1: 0.125})},
		Further: map[string]json.RawMessage{"transfer": raw(t, map[string]any{"run": moved, "untrained": moved}), "corruptions": raw(t, map[string]any{"run": damaged})}}
	require.NoError(t, r.save())
	sections, err = e.keptSections()
	require.NoError(t, err)
	require.Len(t, sections, 4, "h and z, artists, damage, and what is missing")
	var page bytes.Buffer
	require.NoError(t, chart.Page(&page, "Kept", sections...))
	require.Contains(t, sections[0].Charts[0].Alt, "encoder's h: recall@1 Noto→Twemoji 0.250")
	require.Contains(t, sections[0].Charts[0].Alt, "head's z: recall@1 Noto→Twemoji 0.125")
	require.Contains(t, sections[1].Charts[0].Alt, "this run: 20-NN 0.150")
	require.Len(t, sections[1].Charts, 2, "no probe was fitted")
	require.Contains(t, sections[2].Charts[0].Alt, "this run: inverted 0.450")
	require.Equal(t, []string{"this run", "0.600±0.010", "–"}, sections[2].Table.Rows[0])
	require.Contains(t, sections[3].Text, "label efficiency")
	require.NotContains(t, sections[3].Text, "-transfer")
	for _, section := range sections[:3] {
		require.Contains(t, section.Text, "How to read it:")
		for _, c := range section.Charts {
			require.NoError(t, c.Err())
		}
	}

	e.encoderHash = "b"
	sections, err = e.keptSections()
	require.NoError(t, err)
	require.Len(t, sections, 1)
	require.Contains(t, sections[0].Text, "another state of this run")
	write(t, filepath.Join(dir, resultsFile), "{")
	_, err = e.keptSections()
	require.ErrorContains(t, err, "is damaged")
}

// TestCourse: the first record, then means over parts that hold each other record once.
func TestCourse(t *testing.T) {
	require.Nil(t, placesOf(nil))
	var history []contrastive.Record
	for i := range 1 + 3*coursePoints {
		history = append(history, contrastive.Record{Alignment: float64(i), Uniformity: -2 * float64(i)})
	}
	places := placesOf(history)
	require.Len(t, places, 1+coursePoints)
	require.Equal(t, [2]float64{}, places[0])
	require.InDelta(t, 2, places[1][0], 1e-12)
	require.InDelta(t, -4, places[1][1], 1e-12)
	require.InDelta(t, 3*coursePoints-1, places[coursePoints][0], 1e-12)
	require.Len(t, placesOf(history[:6]), 6)
	sum := 0.0
	for _, p := range placesOf(history)[1:] {
		sum += 3 * p[0]
	}
	require.InDelta(t, float64(3*coursePoints*(3*coursePoints+1)/2), math.Round(sum), 1e-9)
}
