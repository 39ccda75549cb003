package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// testFurther asks for what lab eval measures on request, on pictures of cats and dogs of which 20 are for training and
// 9 for test, and returns the table and the JSON. The run was trained on the classes.
func testFurther(t *testing.T, run, dir, cache string) (table, object string) {
	table, object = evaluated(t, run, "-data-dir", cache, "-efficiency", "-transfer", "-finetune", "-epochs", "1", "-draws", "2", "-supervised", run)
	var got struct {
		Scores  map[string]eval.ClassScores
		Further struct {
			Efficiency  map[string][]eval.EfficiencyPoint `json:"label_efficiency"`
			Corruptions map[string]eval.TransferResult
			Finetune    map[string]struct {
				contrastive.FineTuned
				ByPart map[string]float64 `json:"by_part"`
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(object), &got))
	require.Equal(t, got.Scores["run"], got.Scores["supervised"], "it is its own measure")
	for _, key := range []string{"raw_pixels", "untrained", "run", "supervised"} {
		require.Len(t, got.Further.Efficiency[key], 5, key)
		for _, p := range got.Further.Efficiency[key] {
			require.Len(t, p.Accuracies, 2)
			require.Equal(t, min(20, 2*p.PerClass), p.Labels)
		}
		damaged := got.Further.Corruptions[key]
		require.Equal(t, []string{"clean"}, damaged.Train)
		require.Len(t, damaged.Test, 7)
		require.Len(t, damaged.KNN[0][0].Values, 2)
		require.Len(t, damaged.Probe[0], 7)
	}
	for key, scratch := range map[string]bool{"tuned": false, "scratch": true} {
		tuned := got.Further.Finetune[key]
		require.Equal(t, scratch, tuned.FromScratch)
		require.Equal(t, 20, tuned.Pictures)
		require.Equal(t, tuned.Accuracy, tuned.ByPart["test"])
		require.NotEqual(t, tuned.EncoderHash, tuned.TunedHash)
	}
	for _, row := range []string{`supervised +\d\.`, `labels per class +1 +5 +10 +50 +100`, ` +clean +rotated +rotated +noisy +noisy +inverted +grayscale`,
		`from scratch +\d\.\d{3} +\d\.\d{3}`, `this run( +\d\.\d{3}±\d\.\d{3}){7}`} {
		require.Regexp(t, "(?m)^"+row, table)
	}
	require.NoError(t, os.Remove(filepath.Join(dir, "train", "dog", "broken.jpg"))) // which is a line of its own
	for line, want := range map[string]string{
		"-draws 3":                  "-draws belongs to -transfer and -efficiency",
		"-efficiency -draws 0":      "-draws 0: at least one",
		"-epochs 3":                 "-epochs belongs to -finetune",
		"-finetune -epochs 0":       "-epochs 0: at least one",
		"-head":                     "supervised trains no projection head",
		"-supervised " + dir:        "there is no run in " + dir,
		"-prob":                     "did you mean -probe?",
		"-supervised " + run + " x": `unexpected "x"`,
	} {
		code, out, errs := lab(append([]string{"eval", run, "-data-dir", cache}, strings.Fields(line)...)...)
		require.Equal(t, exitUsage, code, line)
		require.Empty(t, out)
		require.Equal(t, 1, strings.Count(errs, "\n"), errs)
		require.Contains(t, errs, want)
	}
	require.ErrorContains(t, (&further{draws: 1, epochs: 1, head: true}).check(&call{}, "emoji", &savedRun{Config: contrastive.Config{Head: encoder.NoHead{}}}), "z is h")
	config, err := contrastive.Config{Method: contrastive.SimCLR{}}.WithDefaults()
	require.NoError(t, err)
	saved, err := json.Marshal(savedRun{Config: config})
	require.NoError(t, err)
	other := write(t, filepath.Join(t.TempDir(), "config.json"), string(saved))
	require.ErrorContains(t, (&further{draws: 1, epochs: 1, supervised: filepath.Dir(other)}).check(&call{}, "emoji", &savedRun{}), "was trained with simclr; `lab train -method supervised -data emoji` makes one")
	return table, object
}

// shrunk is every fourth pixel of each row and column.
func shrunk(images *datasets.Images) *datasets.Images {
	small := *images
	small.Height, small.Width, small.Pixels = images.Height/4, images.Width/4, nil
	for i := range images.Len() {
		for y := 0; y < images.Height; y += 4 {
			for x := 0; x < images.Width; x += 4 {
				at := ((i*images.Height+y)*images.Width + x) * images.Channels
				small.Pixels = append(small.Pixels, images.Pixels[at:at+images.Channels]...)
			}
		}
	}
	return &small
}

// TestDomainTransfer: the class of emoji learned from each artist, in the tables what eval.Transfer says.
func TestDomainTransfer(t *testing.T) {
	backend := testbackend.New(t)
	source := datasets.MustOpen("emoji")
	bank, test := shrunk(source.Train().Take(80)), shrunk(source.Test().Take(50))
	run, err := contrastive.Untrained(backend, bank, contrastive.Config{Method: contrastive.SimCLR{}, Encoder: encoder.SmallResNet{Width: 2}, BatchSize: 8})
	require.NoError(t, err)
	e := &evaluation{protocol: &protocol{cross: artists["emoji"], bank: bank, test: test, k: 3}, run: run, untrained: run, source: source}
	e.rows = e.baselines()
	for i := range e.rows {
		e.rows[i].test, err = e.rows[i].embed(test)
		require.NoError(t, err)
	}
	added, err := e.domainTransfer(backend, &further{draws: 2})
	require.NoError(t, err)
	train, err := eval.ByDomain(eval.Pixels(bank))
	require.NoError(t, err)
	parts, err := eval.ByDomain(eval.Pixels(test))
	require.NoError(t, err)
	want, err := eval.Transfer(backend, train, parts, eval.TransferOptions{K: 3, Draws: 2})
	require.NoError(t, err)
	values := added.value.(map[string]*eval.TransferResult)
	require.Equal(t, want, values["raw_pixels"])
	require.Equal(t, values["untrained"], values["run"], "the same encoder")
	require.Len(t, values, 3)
	require.Len(t, added.tables[0].rows, 1+4, "four artists were trained on")
	require.Equal(t, []string{"", "Noto", "Twemoji", "Fluent 3D", "Fluent flat", "OpenMoji"}, added.tables[0].rows[0])
	require.Regexp(t, `^\d\.\d{3}±\d\.\d{3}$`, added.tables[1].rows[1][1])

	probe, err := e.probe(backend)
	require.NoError(t, err)
	linear, err := eval.LinearProbe(backend, eval.Pixels(bank), eval.Pixels(test), eval.ProbeOptions{})
	require.NoError(t, err)
	text, err := json.Marshal(probe.value)
	require.NoError(t, err)
	var probed map[string]struct {
		Accuracy float64
		ByDomain map[string]float64 `json:"by_domain"`
	}
	require.NoError(t, json.Unmarshal(text, &probed))
	require.Equal(t, linear.Accuracy, probed["raw_pixels"].Accuracy)
	mean := 0.0
	for _, accuracy := range probed["raw_pixels"].ByDomain {
		mean += accuracy / 5
	}
	require.InDelta(t, linear.Accuracy, mean, 1e-12, "ten pictures by each of five artists")

	// 0.5 and 1 on the own artist, 0.25 on others.
	spread := func(values ...float64) eval.Spread { return eval.Spread{Values: values, Mean: values[0]} }
	by := &eval.TransferResult{Train: []string{"a", "b"}, Test: []string{"a", "b", "c"}}
	matrix := [][]eval.Spread{{spread(0.5), spread(0.25), spread(0.25)}, {spread(0.25), spread(1), spread(0.25)}}
	require.Equal(t, []string{"0.750", "0.250", "0.500"}, moved(by, matrix, 1))
	require.Equal(t, []string{"–", "–", "–"}, moved(by, nil, 1))
	damaged := &eval.TransferResult{Train: []string{"clean"}, Test: []string{"clean", "gray"}}
	accuracies, drops := spreadRows("pixels", damaged, nil, 5)
	require.Equal(t, []string{"pixels", "–", "–"}, accuracies)
	require.Equal(t, []string{"pixels", "–"}, drops)
	accuracies, drops = spreadRows("run", damaged, [][]eval.Spread{{spread(0.5, 0.7), spread(0.25, 0.45)}}, 1)
	require.Equal(t, []string{"run", "0.500", "0.250"}, accuracies)
	require.Equal(t, []string{"run", "0.250"}, drops)
}
