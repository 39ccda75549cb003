package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
)

// comparedJSON is what `lab compare -json` writes, as far as tests read it.
type comparedJSON struct {
	Seeds int
	Rows  []struct {
		Key      string
		Baseline bool
		Runs     []comparedRun
		Summary  map[string]summary
		Error    string
	}
	Plan comparisonPlan
}

func (c comparedJSON) keys() (keys []string) {
	for _, row := range c.Rows {
		keys = append(keys, row.Key)
	}
	return keys
}

func compareJSON(t *testing.T, args ...string) comparedJSON {
	t.Helper()
	code, out, errs := lab(append([]string{"compare", "-json"}, args...)...)
	require.Equal(t, exitOK, code, errs)
	var got comparedJSON
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	return got
}

// TestCompare: a comparison by steps from its plan to its page, then finished, then asked for another plan.
func TestCompare(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "some methods")
	line := []string{"-methods", "supervised, simclr", "-steps", "3", "-seeds", "2", "-set", tiny, "-dir", dir}
	got := compareJSON(t, line...)
	require.Equal(t, []string{"raw_pixels", "centered_pixels", "untrained", "supervised", "simclr"}, got.keys(), "baselines first")
	for i, row := range got.Rows {
		require.Equal(t, i < 4, row.Baseline)
		require.Len(t, row.Runs, map[bool]int{true: 1, false: 2}[i < 2], "pixels have no seeds")
		for _, run := range row.Runs {
			require.NotNil(t, run.Scores, row.Key)
		}
	}
	// Both depend on the data and the protocol alone; see eval.CrossDomain.
	require.InDelta(t, 0.2853, got.Rows[0].Summary["recall_at_1"].Mean, 1e-4)
	require.InDelta(t, 0.378, got.Rows[1].Summary["recall_at_1"].Mean, 1e-3)
	simclr := got.Rows[4]
	require.NotEqual(t, simclr.Runs[0].Scores, simclr.Runs[1].Scores, "another seed")
	require.NotEqual(t, simclr.Runs[0].Scores, got.Rows[2].Runs[0].Scores, "trained")
	a, b := simclr.Runs[0].Scores.Uniformity, simclr.Runs[1].Scores.Uniformity
	require.InDelta(t, (a+b)/2, simclr.Summary["uniformity"].Mean, 1e-12)
	require.InDelta(t, (a-b)*(a-b)/2, simclr.Summary["uniformity"].Deviation*simclr.Summary["uniformity"].Deviation, 1e-12, "with n−1")
	require.Equal(t, 3.0, simclr.Summary["steps"].Mean)
	require.Greater(t, simclr.Summary["loss_share"].Mean, 0.1)
	require.Greater(t, simclr.Summary["views_per_second"].Mean, 0.0)
	require.NotContains(t, got.Rows[0].Summary, "loss_share")

	// Finished: nothing is trained or measured again, unless its measurement is gone.
	touch := func() (times []time.Time) {
		files, err := filepath.Glob(filepath.Join(dir, "*", "*.json*"))
		require.NoError(t, err)
		for _, file := range files {
			info, err := os.Stat(file)
			require.NoError(t, err)
			times = append(times, info.ModTime())
		}
		return times
	}
	before := touch()
	require.Equal(t, got, compareJSON(t, "-dir", dir), "the plan comes from the folder")
	require.Equal(t, before, touch())
	require.NoError(t, os.Remove(filepath.Join(dir, "simclr-seed1", "evaluation.json")))
	require.Equal(t, got.Rows, compareJSON(t, line...).Rows)
	require.Len(t, touch(), len(before))

	page := filepath.Join(dir, "out", "page.html")
	code, out, errs := lab("compare", "-dir", dir, "-o", page)
	require.Equal(t, exitOK, code, errs)
	for _, want := range []string{"raw pixels", "pixels − mean", "untrained", "supervised", "simclr", "±", "0.285", "over 2 seeds", "std·√D", "loss ÷", page} {
		require.Contains(t, out, want)
	}
	for line := range strings.Lines(out) {
		require.LessOrEqual(t, len([]rune(line)), 101, line)
	}
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Greater(t, len(text), 300_000, "charts and ECharts are in the page")
	for _, want := range []string{"pixels − mean", "recall@1 Noto→Twemoji", "Spread: has it collapsed?", "temperature 0.2", "class (supervised)"} {
		require.Contains(t, string(text), want)
	}
	for _, loads := range []string{"src=\"http", "href=\"http", "@import", "src='http"} {
		require.NotContains(t, string(text), loads, "the page works offline")
	}

	for _, c := range []struct{ args, want string }{
		{"-seeds,1", "seeds was 2, now 1"},
		{"-steps,4", "steps was 3, now 4"},
		{"-methods,simclr", "methods were simclr, supervised, now simclr"},
		{"-set," + tiny + ";simclr/temperature=0.3", "simclr: method/temperature was 0.2, now 0.3"},
		{"-set," + tiny + ";optimizer/learning_rate=0.001", ": optimizer/learning_rate was 0.004, now 0.001;"},
	} {
		code, out, errs := lab(append(append([]string{"compare"}, line...), strings.Split(c.args, ",")...)...)
		require.Equal(t, exitUsage, code, errs)
		require.Empty(t, out)
		require.Equal(t, 1, strings.Count(errs, "\n"), errs)
		require.Contains(t, errs, c.want)
		require.Contains(t, errs, "choose another folder")
	}
	grown := compareJSON(t, append(slices.Clone(line), "-seeds", "3")...)
	for i, row := range grown.Rows {
		require.Equal(t, got.Rows[i].Runs, row.Runs[:len(got.Rows[i].Runs)], "more seeds go on with what is finished")
		require.Len(t, row.Runs, map[bool]int{true: 1, false: 3}[i < 2], row.Key)
	}
	write(t, filepath.Join(dir, "compare.json"), `{"seeds": 2`)
	code, _, errs = lab("compare", "-dir", dir)
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "is damaged")
}

// TestCompareInterruptResume: a budget is turned into steps once; Ctrl-C loses nothing.
func TestCompareInterruptResume(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "compare")
	line := []string{"compare", "-methods", "simclr", "-budget", "3s", "-seeds", "1", "-augment", "none", "-set", tiny, "-dir", dir}
	history := filepath.Join(dir, "simclr-seed0", "history.jsonl")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if text, err := os.ReadFile(history); err == nil && len(text) > 0 {
				cancel()
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	var out, errs bytes.Buffer
	require.Equal(t, exitInterrupted, run(ctx, line, &out, &errs), errs.String())
	require.Empty(t, out.String())
	require.Contains(t, errs.String(), "run 1 of 1, simclr with seed 0, at step ")
	require.Contains(t, errs.String(), "Go on with: ")
	require.Contains(t, errs.String(), " compare -methods simclr -budget 3s")
	plan, err := readComparison(filepath.Join(dir, "compare.json"))
	require.NoError(t, err)
	steps := plan.Rows[0].Steps
	require.InEpsilon(t, 3, float64(steps)*plan.Rows[0].SecondsPerStep, 0.1)
	require.Less(t, lastCheckpoint(filepath.Join(dir, "simclr-seed0")), steps)

	got := compareJSON(t, line[1:]...)
	require.Equal(t, steps, got.Plan.Rows[0].Steps, "not timed again")
	require.Equal(t, steps, got.Rows[3].Runs[0].Steps)
	require.Equal(t, steps, lastCheckpoint(filepath.Join(dir, "simclr-seed0")))
	require.Equal(t, "3s", got.Plan.Budget)

	stopped, stop := context.WithCancel(context.Background())
	stop()
	require.Equal(t, exitInterrupted, run(stopped, line, &out, &errs))
}

// TestCompareFailure: a method that diverges has a row that says so, and the others are there.
func TestCompareFailure(t *testing.T) {
	dir := t.TempDir()
	code, out, errs := lab("compare", "-methods", "simclr,dcl", "-steps", "3", "-seeds", "1", "-set", tiny+";simclr/learning_rate=1e30", "-dir", dir)
	require.Equal(t, exitFailure, code, errs)
	require.Contains(t, errs, "some runs failed: simclr with seed 0: step ")
	require.Contains(t, out, "simclr (failed)")
	require.Contains(t, out, "learning rate is too high")
	require.Contains(t, out, "\ndcl ")
	require.FileExists(t, filepath.Join(dir, "dcl-seed0", "evaluation.json"))
	require.NoFileExists(t, filepath.Join(dir, "simclr-seed0", "evaluation.json"))
	require.FileExists(t, filepath.Join(dir, "compare.html"))
}

// TestCompareBadInput: each mistake is one line with the way out, before anything is started.
func TestCompareBadInput(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "file"), "")
	settings := write(t, filepath.Join(dir, "settings.txt"), "# mine\nmoco/temperature=0\n")
	for _, c := range []struct {
		args string // with | between
		want []string
	}{
		{"-methods|simclrr", []string{`"simclrr"`, `did you mean "simclr"`, "barlow_twins"}},
		{"-methods|simcse", []string{"simcse", "texts alone"}},
		{"-methods|,", []string{"names none", "all"}},
		{"-steps|0", []string{"-steps 0", "at least 1"}},
		{"-steps|3|-budget|2s", []string{"-steps", "-budget", "one of them"}},
		{"-budget|-3s", []string{"-budget -3s", "above 0"}},
		{"-budget|soon", []string{`"soon"`, "-budget"}},
		{"-seeds|0", []string{"-seeds 0", "at least one"}},
		{"-data|emojy", []string{`"emojy"`, `did you mean "emoji"`}},
		{"-encoder|small_resnt", []string{`"small_resnt"`, "small_resnet"}},
		{"-augment|emoij", []string{`"emoij"`}},
		{"-set|steps=3", []string{"steps=3", "use -steps"}},
		{"-set|simclr/run/seed=3", []string{"seed=3", "use -seeds"}},
		{"-set|temperature=0.3", []string{"temperature=0.3", "simclr/temperature=0.3"}},
		{"-set|mocc/temperature=0.3", []string{`"mocc"`, `did you mean "moco"`}},
		{"-set|moco/tempature=0.3", []string{"moco", `"tempature"`, `did you mean "temperature"`}},
		{"-set|batch_sise=3", []string{`"batch_sise"`, `did you mean "batch_size"`}},
		{"-set|batch_size=1", []string{"batch_size = 1", "at least 2"}},
		{"-set|batch_size=96", []string{"moco", "queue_length = 1024", "try 960"}},
		{"-set|positives=same_item", []string{"simclr_same_item"}},
		{"-set|file:" + settings, []string{"moco", "temperature = 0"}},
		{"-methods|simclr|-set|moco/temperature=0.3", []string{"moco", "not compared"}},
		{"-dir|" + filepath.Join(file, "x"), []string{file, "-dir"}},
		{"-o|" + dir, []string{dir, "-o"}},
		{"now", []string{`"now"`, "usage: lab compare"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			unused := filepath.Join(dir, "unused")
			args := []string{"compare"}
			if !strings.Contains(c.args, "-dir") && !strings.Contains(c.args, "-o") {
				args = append(args, "-dir", unused)
			} else if !strings.Contains(c.args, "-dir") {
				args = append(args, "-dir", filepath.Join(dir, "used"))
			}
			code, stdout, stderr := lab(append(args, strings.Split(c.args, "|")...)...)
			require.Equal(t, exitUsage, code, stderr)
			require.Empty(t, stdout)
			require.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
			for _, want := range c.want {
				require.Contains(t, stderr, want)
			}
			require.NoDirExists(t, unused, "a mistake leaves nothing behind")
		})
	}
}

// TestCompareSkips: what the data cannot teach is left out with a sentence, or refused when it was asked for by name.
func TestCompareSkips(t *testing.T) {
	images := datasets.MustOpen("emoji").Train().Take(2000)
	images.Labels, images.Captions = nil, nil
	ask := &comparisonRequest{methods: "all", steps: 3, seeds: 1, choice: defaultChoice}
	c := &comparison{train: images, protocol: artists["emoji"]}
	require.NoError(t, c.make(ask))
	left := strings.Join(c.skipped, "\n")
	for _, key := range []string{"supervised", "supcon_classes", "clip", "siglip"} {
		require.Contains(t, left, key+" is left out: ")
	}
	require.Len(t, c.skipped, 4, left)
	require.Len(t, c.plan.Rows, len(comparedKeys())-4)

	images.Items = nil
	c = &comparison{train: images, protocol: artists["emoji"]}
	require.NoError(t, c.make(ask))
	require.Contains(t, strings.Join(c.skipped, "\n"), "simclr_same_item is left out: ")
	ask.methods = "simclr,clip"
	require.ErrorContains(t, c.make(ask), "clip learns from captions")
}

func TestCompareTimeLeft(t *testing.T) {
	plan := &comparisonPlan{Seeds: 2, Rows: []plannedRow{{Key: "a", Steps: 10, SecondsPerStep: 2}, {Key: "b", Steps: 20}}}
	p := &compareProgress{statusLine: newStatusLine(&bytes.Buffer{}), plan: plan, total: 4, perStep: map[string]float64{}}
	p.begin(plan.Rows[0], 0)
	p.step = 5
	left, ok := p.left()
	require.True(t, ok)
	require.Equal(t, 110*time.Second, left, "5·2 + 20·2 + 10·2 + 20·2: b is taken to be like a")
	p.perStep["b"] = 1
	left, _ = p.left()
	require.Equal(t, 70*time.Second, left)
	require.Equal(t, "70 s", roundly(left))
	require.Equal(t, "2.5 h", roundly(150*time.Minute))
	_, ok = (&compareProgress{plan: &comparisonPlan{Seeds: 1, Rows: []plannedRow{{Steps: 3}}}}).left()
	require.False(t, ok)
}
