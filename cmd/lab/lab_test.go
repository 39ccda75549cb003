package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
)

// asProgram makes the test binary the lab itself, for tests that send signals to it.
const asProgram = "LAB_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	testbackend.CompileFast()
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Setenv(contrastive.QuietEnv, "1") // else the first test to compute has a line more on standard error
	os.Exit(m.Run())
}

// lab runs the program in this process.
func lab(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(context.Background(), args, &out, &err)
	return code, out.String(), err.String()
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// TestBadInput: each mistake is one line that names the value and the way out, with exit code 2.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "file"), "")
	write(t, filepath.Join(dir, "damaged", "config.json"), `{"data": {"name": "em`)
	write(t, filepath.Join(dir, "strange", "config.json"), `{"data": {}, "config": {"method": {"name": "simclrr"}}}`)
	settings := write(t, filepath.Join(dir, "settings.txt"), "# mine\nbatch_sise=8\n")
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		args string // with , between
		want []string
	}{
		{"trian", []string{`"trian"`, `did you mean "train"`, "lab help"}},
		{"frobnicate", []string{`"frobnicate"`, "train, eval"}},
		{"help,trian", []string{`"trian"`, `did you mean "train"`}},
		{"train,-epoch,3", []string{"-epoch", "did you mean -epochs", "lab help train"}},
		{"train,-temperature,0.1", []string{"-temperature", "hyperparameter", "-set"}},
		{"train,-epochs,many", []string{`"many"`, "-epochs", "lab help train"}},
		{"train,-epochs", []string{"-epochs", "lab help train"}},
		{"train,-epochs,-1", []string{"epochs = -1", "negative"}},
		{"train,-epochs,0", []string{"epochs = 0", "nothing to train"}},
		{"train,-steps,-5", []string{"steps = -5", "negative"}},
		{"train,now", []string{`"now"`, "usage: lab train"}},
		{"train,-data,emojis", []string{`"emojis"`, `did you mean "emoji"`}},
		{"train,-method,simcrl", []string{`"simcrl"`, `did you mean "simclr"`}},
		{"train,-encoder,small_resnt", []string{`"small_resnt"`, "small_resnet"}},
		{"train,-head,nlp", []string{`"nlp"`, `did you mean "mlp"`}},
		{"train,-optimizer,adam", []string{`"adam"`, `did you mean "adamw"`}},
		{"train,-augment,emoij", []string{`"emoij"`, `did you mean "emoji"`}},
		{"train,-augment,moco-cfiar", []string{`"moco-cfiar"`, `did you mean "moco-cifar"`, "simclr-stl"}},
		{"train,-positives,same", []string{`"same"`, "same_item"}},
		{"train,-set,temprature=0.1", []string{`"temprature"`, `did you mean "temperature"`}},
		{"train,-set,temperature", []string{`"temperature"`, "name=value"}},
		{"train,-set,temperature=warm", []string{"temperature", `"warm"`, "number"}},
		{"train,-set,temperature=0", []string{"temperature = 0", "above 0"}},
		{"train,-set,temperature=-0.5", []string{"temperature = -0.5", "above 0"}},
		{"train,-set,batch_size=1", []string{"batch_size = 1", "at least 2"}},
		{"train,-set,batch_size=0", []string{"batch_size = 0", "at least 2"}},
		{"train,-set,batch_size=-3", []string{"batch_size = -3"}},
		{"train,-set,batch_size=50000", []string{"batch_size = 50000", "4984", "lower"}},
		{"train,-set,batch_size=2.5", []string{"batch_size = 2.5", "whole number"}},
		{"train,-set,views=1", []string{"views = 1", "two"}},
		{"train,-set,size=4", []string{"size = 4", "at least 8"}},
		{"train,-set,learning_rate=-1", []string{"learning_rate = -1", "above 0"}},
		{"train,-set,width=-3,-dir," + at("wide"), []string{"small_resnet", "-3"}},
		{"train,-encoder,resnet", []string{`"resnet"`, "resnet18", "vit"}},
		{"train,-encoder,resnet50,-set,stem=cifr", []string{`stem "cifr"`, `did you mean "cifar"`}},
		{"train,-encoder,vit,-set,heads=5", []string{"width = 96, heads = 5", "divide"}},
		{"train,-encoder,vit,-set,pooling=max", []string{`pooling "max"`, "class_token, mean"}},
		{"train,-encoder,vit,-set,patch=5", []string{"vit", "32×32", "5×5", "another size or patch"}},
		{"train,-encoder,mlp,-set,depth=0", []string{"depth = 0", "at least 1"}},
		{"train,-recipe,moco-cifar", []string{`"moco-cifar"`, `did you mean "moco-cifar10"`, "lab help recipes"}},
		{"train,-recipe,emoji-simclr,-method,simcrl", []string{`"simcrl"`, `did you mean "simclr"`}},
		{"train,-recipe,emoji-moco,-set,queue_length=100", []string{"queue_length = 100", "batch_size = 256"}},
		{"train,-max-time,-9m", []string{"-max-time -9m", "above 0"}},
		{"train,-max-time,0", []string{"-max-time 0s", "above 0"}},
		{"train,-max-time,9", []string{`"9"`, "-max-time", "lab help train"}},
		{"help,moco-cifar100", []string{`"moco-cifar100"`, `did you mean "moco-cifar10"`}},
		{"train,-set,file:" + at("none.txt"), []string{at("none.txt")}},
		{"train,-set,file:" + settings, []string{`"batch_sise"`, `did you mean "batch_size"`}},
		{"train,-dir," + filepath.Join(file, "run"), []string{file, "choose another"}},
		{"train,-dir," + at("damaged"), []string{at("damaged"), "damaged", "another folder"}},
		{"train,-dir," + at("strange"), []string{at("strange"), `"simclrr"`}},
		{"eval", []string{"DIR is missing", "usage: lab eval DIR"}},
		{"eval," + at("nothing"), []string{at("nothing"), "no run", "lab train"}},
		{"eval," + at("damaged"), []string{at("damaged"), "damaged"}},
		{"eval,a,b", []string{`"b"`, "usage: lab eval DIR"}},
		{"report", []string{"DIR is missing"}},
		{"report," + at("nothing"), []string{at("nothing"), "no run"}},
		{"data,-data,emojy", []string{`"emojy"`, `did you mean "emoji"`}},
		{"data,-rows,0", []string{"-rows 0", "at least one"}},
		{"data,-o," + dir, []string{dir, "folder", "-o"}},
		{"data,-o," + filepath.Join(file, "a.png"), []string{file, "-o"}},
		{"bench,-batch,1", []string{"batch_size = 1", "at least 2"}},
		{"bench,-batch,0", []string{"-batch 0", "at least 1"}},
		{"bench,-width,0", []string{"-width 0", "at least 1"}},
		{"bench,-rounds,0", []string{"-rounds 0", "at least 1"}},
		{"demo,-o," + dir, []string{dir, "-o"}},
		{"demo,-set,temperature=0,-o," + at("r.html"), []string{"temperature = 0", "above 0"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			if strings.HasPrefix(c.args, "train,") && !strings.Contains(c.args, "-dir") {
				c.args += ",-dir," + at("unused")
			}
			code, stdout, stderr := lab(strings.Split(c.args, ",")...)
			require.Equal(t, exitUsage, code, stderr)
			require.Empty(t, stdout)
			require.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
			require.True(t, strings.HasPrefix(stderr, "lab"), stderr)
			for _, want := range c.want {
				require.Contains(t, stderr, want)
			}
			require.NoDirExists(t, at("unused"), "a mistake leaves nothing behind")
			require.NoDirExists(t, at("wide"), "a mistake leaves nothing behind")
		})
	}
}

func TestUnwritableFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locked")
	require.NoError(t, os.Mkdir(dir, 0o555))
	if os.Geteuid() == 0 {
		dir = "/proc" // root can write everywhere else
	}
	for _, line := range [][]string{{"train", "-dir", filepath.Join(dir, "run")}, {"data", "-o", filepath.Join(dir, "sheet.png")}} {
		code, _, stderr := lab(line...)
		require.Equal(t, exitUsage, code, stderr)
		require.Contains(t, stderr, "choose another with "+line[1])
		require.Contains(t, stderr, dir)
	}
}

// TestPanics: building a graph panics with errors that carry traces; people see one line.
func TestPanics(t *testing.T) {
	for _, c := range []struct {
		panicked any
		want     string
	}{
		{errors.New("shapes differ:\n  [1]\n  [2]"), "shapes differ: [1]; [2]"},
		{errors.New("no plugin\ntried:\n  - here\n  - there\n"), "no plugin; tried: here; there"},
		{"plain text", "plain text"},
		{fmt.Errorf("wrapped: %w", errors.New("inner")), "wrapped: inner"},
	} {
		err := guard(os.Stderr, func() error { panic(c.panicked) })
		require.Equal(t, c.want, oneLine(err))
		require.Equal(t, exitFailure, exitCode(err))
	}
	err := guard(os.Stderr, func() error {
		var none []int
		return fmt.Errorf("%d", none[len(os.Args)+1])
	})
	require.ErrorContains(t, err, "internal error")
	require.ErrorContains(t, err, debugEnv+"=1")

	t.Setenv(debugEnv, "1")
	var trace bytes.Buffer
	require.Error(t, guard(&trace, func() error { panic("here") }))
	require.Contains(t, trace.String(), "TestPanics")
}

func TestInterruptedIsNotAFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"bench", "-batch", "4", "-width", "2"}, &out, &errs)
	require.Equal(t, exitInterrupted, code, errs.String())
	require.Equal(t, "lab bench: interrupted\n", errs.String())
}

func TestKeepZeros(t *testing.T) {
	config, err := defaultChoice.config()
	require.NoError(t, err)
	require.Equal(t, contrastive.SimCLR{Temperature: 0.2}, config.Method, "the recipe of emoji")
	require.NoError(t, config.Set("optimizer/weight_decay=0;clip_norm=0;seed=0"))
	completed, err := config.WithDefaults()
	require.NoError(t, err)
	settings, err := completed.Settings()
	require.NoError(t, err)
	require.Contains(t, settings, contrastive.Setting{Name: "weight_decay", Part: "optimizer", Value: "0"}, "not the default, 1e-4")
	require.Contains(t, settings, contrastive.Setting{Name: "clip_norm", Part: "run", Value: "0"})
}

func TestText(t *testing.T) {
	require.Equal(t, "1,234,567", thousands(1234567))
	require.Equal(t, "999", thousands(999))
	require.Equal(t, "-1,000", thousands(-1000))
	require.True(t, strings.HasSuffix(commandLine("train", "-set", "a=1;b=2", "-dir", "it's"), ` train -set 'a=1;b=2' -dir 'it'\''s'`))
	require.Equal(t, []string{"one two", "three"}, wrap(" one  two three", 8))
	var out bytes.Buffer
	writeTable(&out, [][]string{{"", "R@1"}, {"Noto→", "0.5"}, {"x", "10.25"}}, 1)
	require.Equal(t, "         R@1\n────────────\nNoto→    0.5\nx      10.25\n", out.String())
	require.Equal(t, 2.5, median([]float64{4, 1, 3, 2}))
	require.Equal(t, 3.0, median([]float64{9, 1, 3}))
}
