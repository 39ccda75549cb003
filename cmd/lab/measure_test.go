package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// testEvalOfClasses measures a run on a folder of pictures, of which only the class is known: cats and dogs of 20
// training pictures and, at first, one test picture.
func testEvalOfClasses(t *testing.T, run, dir, cache string) {
	code, out, errs := lab("eval", run, "-data-dir", cache)
	require.Equal(t, exitUsage, code)
	require.Empty(t, out)
	require.Contains(t, errs, "1 test picture, and two are the least")
	for i := range 4 {
		photo(t, filepath.Join(dir, "test", "cat", fmt.Sprintf("%d.png", i)), 20+i)
		photo(t, filepath.Join(dir, "test", "dog", fmt.Sprintf("%d.png", i)), 120+i)
	}
	table, object := testFurther(t, run, dir, cache)
	var got struct {
		Neighbors int
		Scores    map[string]eval.ClassScores
	}
	require.NoError(t, json.Unmarshal([]byte(object), &got))
	require.Equal(t, 20, got.Neighbors, "200, but there are no more")
	require.Len(t, got.Scores, 5)
	source, err := datasets.OpenWith(t.Context(), "folder:"+dir, datasets.Options{Dir: cache, Side: 12})
	require.NoError(t, err)
	bank, test := eval.Pixels(source.Train()), eval.Pixels(source.Test())
	want, err := eval.Classification(testbackend.New(t), bank, test, eval.ClassificationOptions{
		Grid: eval.KNNGrid{K: []int{1, 5, 20}, Temperatures: []float64{0.1}}, Probe: &eval.ProbeOptions{}, Clusters: &eval.KMeansOptions{}})
	require.NoError(t, err)
	pixels := got.Scores["raw_pixels"]
	require.Equal(t, want.KNN[1].Accuracy, pixels.KNN[1].Accuracy)
	require.Equal(t, want.Probe.Accuracy, pixels.Probe.Accuracy)
	require.Equal(t, *want.NMI, *pixels.NMI)
	require.Equal(t, pixels.Probe, got.Scores["centered_pixels"].Probe)
	require.Equal(t, []int{432, 9, 20, 2}, []int{pixels.Dimensions, pixels.TestSize, pixels.BankSize, pixels.Classes})
	require.NotNil(t, got.Scores["run"].Probe)

	for _, row := range []string{`raw pixels +\d\.\d{3} +\d\.\d{3}`, `pixels − mean +\d\.`, `untrained +\d\.`, `this run +\d\.\d{3} +\d\.\d{3}`} {
		require.Regexp(t, "(?m)^"+row, table)
	}
	require.Regexp(t, `whose\s+class\s+the\s+20\s+nearest\s+of\s+20\s+training`, table)
	require.Contains(t, table, "0.556", "five cats of nine")
	code, _, errs = lab("eval", run, "-data-dir", cache, "-k", "21")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "-k 21: there are only 20 pictures")

	page := filepath.Join(t.TempDir(), "report.html")
	code, _, errs = lab("report", run, "-data-dir", cache, "-o", page)
	require.Equal(t, exitOK, code, errs)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	for _, want := range []string{"20-NN", "linear probe", "9 test pictures, drawn by a seed", "One class, against different classes, after training",
		"Which classes are confused", "How many labels the class takes", "What damage costs", "Accuracy lost on damaged pictures, 16-NN", "Over the training, on the views"} {
		require.Contains(t, string(text), want)
	}
	code, out, errs = lab("compare", "-data", "folder:"+dir, "-data-dir", cache, "-dir", filepath.Join(t.TempDir(), "compare"))
	require.Equal(t, exitUsage, code)
	require.Empty(t, out)
	require.Contains(t, errs, "has classes only")
}

// TestProtocol: what is known of the pictures decides how encoders are measured, and what is missing is named.
func TestProtocol(t *testing.T) {
	p, err := protocolOf(datasets.MustOpen("emoji"))
	require.NoError(t, err)
	require.Equal(t, eval.CrossDomainOptions{Query: "Noto", Gallery: "Twemoji", Unseen: "OpenMoji", K: 20}, p.options())

	unknown := *datasets.MustOpen("emoji")
	unknown.Name = "drawings"
	p, err = protocolOf(&unknown)
	require.NoError(t, err)
	names := unknown.Test().DomainNames
	require.Equal(t, eval.CrossDomainOptions{Query: names[0], Gallery: names[1], Unseen: "OpenMoji", K: 20}, p.options(), "by the order of the domains")

	dir := t.TempDir()
	open := func(paths ...string) error {
		root := filepath.Join(dir, fmt.Sprint(len(paths), paths[0][:4]))
		for i, path := range paths {
			photo(t, filepath.Join(root, filepath.FromSlash(path)), i)
		}
		source, err := datasets.OpenWith(t.Context(), "folder:"+root, datasets.Options{Dir: filepath.Join(dir, "cache")})
		require.NoError(t, err)
		_, err = protocolOf(source)
		return err
	}
	require.ErrorContains(t, open("cat/a.png", "dog/b.png"), "no test pictures to measure on: move some of each class to ")
	require.ErrorContains(t, open("a.png", "b.png", "c.png"), "no test pictures")
	require.ErrorContains(t, open("train/a.png", "train/b.png", "test/c.png", "test/d.png"), "no classes to measure by")
	require.ErrorContains(t, open("train/cat/a.png", "train/cat/b.png", "train/cat/c.png", "test/cat/c.png", "test/cat/d.png"), `one class only, "cat"`)
	require.NoError(t, open("train/cat/a.png", "train/dog/b.png", "train/cat/c.png", "test/cat/c.png", "test/dog/d.png", "train/dog/e.png"))
}

// evaluated measures the run in dir once, as lab eval does with flags, and returns the table and the JSON. At most 500
// training pictures vote, so that it is quick.
func evaluated(t *testing.T, dir string, flags ...string) (table, object string) {
	t.Helper()
	fs := flag.NewFlagSet("eval", flag.ContinueOnError)
	var asked evaluationFlags
	asked.declare(fs)
	asked.further.declare(fs)
	require.NoError(t, fs.Parse(flags))
	var text, numbers bytes.Buffer
	c := &call{command: evalCommand, ctx: t.Context(), set: map[string]bool{}, stdout: &text, stderr: &bytes.Buffer{}}
	fs.Visit(func(f *flag.Flag) { c.set[f.Name] = true })
	plan, err := planEvaluation(c, dir, asked)
	require.NoError(t, err)
	plan.protocol.bank = plan.protocol.bank.Take(500)
	e, err := plan.evaluate(c.ctx)
	require.NoError(t, err)
	e.write(c)
	c.stdout = &numbers
	r, err := e.results()
	require.NoError(t, err)
	require.NoError(t, writeJSON(c, r))
	require.NoError(t, r.save())
	return text.String(), numbers.String()
}

// TestEvalOfNames: a method that knows texts is measured by names too, in the table and in JSON.
func TestEvalOfNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "clip")
	code, _, errs := lab("train", "-method", "clip", "-encoder", "mlp", "-steps", "2", "-augment", "none", "-dir", dir,
		"-set", "batch_size=16;size=8;encoder/width=8;depth=1;hidden=16;dim=8;text.width=8;text.layers=1;text.heads=1;text.length=8")
	require.Equal(t, exitOK, code, errs)
	table, object := evaluated(t, dir, "-head")
	require.Regexp(t, `(?m)^its head's z +0\.`, table)
	require.Regexp(t, `its\s+name\s+\(en\)\s+is\s+among\s+the\s+five\s+nearest\s+of\s+312\s+held-out\s+names\s+in\s+0\.\d{3}\s+of\s+the\s+cases\s+\(untrained\s+0\.\d{3},\s+chance\s+0\.016\)`, table)
	var got struct {
		Names  *namesFound
		Scores map[string]eval.Scores
	}
	require.NoError(t, json.Unmarshal([]byte(object), &got))
	require.NotNil(t, got.Names)
	require.Equal(t, []any{"Noto", "en", 312, 312}, []any{got.Names.Domain, got.Names.Language, got.Names.Pictures, got.Names.Names})
	require.NotNil(t, got.Names.Untrained)
	for _, s := range []contrastive.NameScores{got.Names.NameScores, *got.Names.Untrained} {
		require.LessOrEqual(t, s.RecallAt1, s.RecallAt5)
		require.Less(t, s.RecallAt5, 0.2, "two steps of a tiny network have not learned names")
	}
	require.Equal(t, 8, got.Scores["run_head"].Dimensions)
	require.NotEqual(t, got.Scores["run"], got.Scores["run_head"])
	require.Len(t, got.Scores, 5)
}
