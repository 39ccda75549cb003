package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// tiny is a training that compiles and runs in seconds.
const tiny = "batch_size=16;width=4;hidden=16;dim=8;log_every=5;save_every=50"

// TestTrainInterruptResume is a run's whole life: started as a program, stopped by Ctrl-C, resumed, found
// finished, measured, shown.
func TestTrainInterruptResume(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a run")
	args := []string{"train", "-steps", "300", "-augment", "none", "-set", tiny, "-dir", dir}
	history := filepath.Join(dir, "history.jsonl")

	self, err := os.Executable()
	require.NoError(t, err)
	program := exec.Command(self, args...)
	program.Env = append(os.Environ(), asProgram+"=1")
	var stdout, stderr bytes.Buffer
	program.Stdout, program.Stderr = &stdout, &stderr
	require.NoError(t, program.Start())
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	require.Eventually(t, func() bool {
		select {
		case err := <-ended:
			ended <- err
			return true
		default:
		}
		text, err := os.ReadFile(history)
		return err == nil && len(text) > 0
	}, time.Minute, 5*time.Millisecond, "training has not started: %s", &stderr)
	require.NoError(t, program.Process.Signal(syscall.SIGINT))
	select {
	case err = <-ended:
	case <-time.After(time.Minute):
		require.NoError(t, program.Process.Kill())
		t.Fatal("Ctrl-C did not stop the training")
	}
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit), "%v: %s", err, &stderr)
	require.Equal(t, exitInterrupted, exit.ExitCode(), stderr.String())
	require.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
	require.Contains(t, stderr.String(), "of 300; saved in "+dir)
	require.Contains(t, stderr.String(), "train -dir '"+dir+"'", "the command that goes on, quoted")
	require.Contains(t, stdout.String(), "emoji/train: 4,984 pictures")
	stopped := lastCheckpoint(dir)
	require.Greater(t, stopped, 0)
	require.Less(t, stopped, 300)

	code, out, errs := lab("train", "-dir", dir, "-max-time", "1ns", "-resident-mib", "-1")
	require.Equal(t, exitOK, code, "it did what was asked for: %s", errs)
	require.Regexp(t, fmt.Sprintf("stopped by -max-time 1ns after .*s, at step %d of 300; saved in %s", stopped+1, regexp.QuoteMeta(dir)), out)
	require.Contains(t, out, "train -dir '"+dir+"' -max-time 1ns")
	require.Equal(t, stopped+1, lastCheckpoint(dir))

	code, out, errs = lab(args...)
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "from step ")
	require.Contains(t, out, "trained to step 300")
	require.Contains(t, out, "eval '"+dir+"'")
	require.Equal(t, 300, lastCheckpoint(dir))
	steps := 0
	text, err := os.ReadFile(history)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		var record struct{ Step int }
		require.NoError(t, json.Unmarshal([]byte(line), &record))
		require.Greater(t, record.Step, steps, "each step once, in order")
		steps = record.Step
	}
	require.Equal(t, 300, steps)

	code, out, errs = lab("train", "-dir", dir) // the configuration comes from the folder
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "finished already, at step 300")
	code, out, errs = lab("train", "-dir", dir, "-set", "temperature=0.3;"+tiny)
	require.Equal(t, exitUsage, code)
	require.Empty(t, out)
	require.Contains(t, errs, "temperature was 0.2, now 0.3")

	testEval(t, dir)
	testReport(t, dir)
	testDoctor(t, dir)
}

func testEval(t *testing.T, dir string) {
	code, out, errs := lab("eval", dir, "-json")
	require.Equal(t, exitOK, code, errs)
	var got struct {
		Steps       int
		EncoderHash string `json:"encoder_sha256"`
		Scores      map[string]eval.Scores
	}
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, 300, got.Steps)
	require.Regexp(t, "^[0-9a-f]{64}$", got.EncoderHash)
	require.Len(t, got.Scores, 4)
	// Raw pixels depend on the data and the protocol alone: 89 of 312.
	require.InDelta(t, 0.2853, got.Scores["raw_pixels"].RecallAt1, 1e-4)
	require.InDelta(t, 0.4936, got.Scores["raw_pixels"].GroupKNN, 1e-4)
	require.NotEqual(t, got.Scores["untrained"], got.Scores["run"])
	require.Equal(t, 64, got.Scores["run"].Dimensions, "a grid of 2×2 means of 4·4 channels")

	code, out, errs = lab("eval", "-k", "30", dir)
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "300 steps, seed 0")
	require.Contains(t, out, "the 30 nearest training pictures")
	require.Contains(t, out, "sha256 "+got.EncoderHash[:12], "the same encoder as before")
	for _, row := range []string{`raw pixels +0\.285`, `pixels − mean +0\.378`, `untrained +0\.\d`, `this run +0\.\d`} {
		require.Regexp(t, "(?m)^"+row, out)
	}
	code, _, errs = lab("eval", dir, "-k", "100000")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "-k 100000: there are only 4,984 pictures")
	code, _, errs = lab("eval", dir, "-k", "0")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "-k 0")
}

func testReport(t *testing.T, dir string) {
	path := filepath.Join(filepath.Dir(dir), "out", "report.html")
	code, out, errs := lab("report", dir, "-o", path)
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, path)
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Greater(t, len(page), 300_000, "charts and ECharts are in the page")
	for _, want := range []string{"What it learned", "How training went", "What the doctor says", "A shortcut", "What it was shown", "before training", "after training",
		"Nearest neighbors by this run", "method/temperature", "recall@1 Noto→Twemoji", "0.285", "300 steps, seed 0"} {
		require.Contains(t, string(page), want)
	}
	for _, loads := range []string{"src=\"http", "href=\"http", "@import", "src='http"} {
		require.NotContains(t, string(page), loads, "the page works offline")
	}
}

func TestData(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sheet.png")
	code, out, errs := lab("data", "-rows", "3", "-o", path)
	require.Equal(t, exitOK, code, errs)
	for _, want := range []string{"1,558 emoji", "CC-BY-SA-4.0", "emoji/train      4,984", "Food & Drink", "OpenMoji     1,558      0", path} {
		require.Contains(t, out, want)
	}
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	sheet, err := png.Decode(file)
	require.NoError(t, err)
	require.Equal(t, (3*33+1)*2, sheet.Bounds().Dy())
}

func TestBenchJSON(t *testing.T) {
	code, out, errs := lab("bench", "-steps", "1", "-rounds", "2", "-batch", "4", "-width", "2", "-json")
	require.Equal(t, exitOK, code, errs)
	var got benchResult
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, 8, got.ViewsPerStep)
	for _, timing := range []timing{got.Augmented, got.Plain} {
		require.Len(t, timing.Rounds, 2)
		require.Greater(t, timing.ViewsPerSecond, 0.0)
		require.InEpsilon(t, 8/timing.ViewsPerSecond, timing.SecondsPerStep, 1e-9)
		require.Greater(t, timing.CompileSeconds, timing.SecondsPerStep)
	}
	require.Greater(t, got.Slowdown, 0.0)
	require.Equal(t, 750.0, got.Targets["views_per_second"])
	var table bytes.Buffer
	got.write(&table)
	require.Contains(t, table.String(), "≤ 1.25×")
	require.Contains(t, table.String(), "the targets are for -batch 256 -width 32")
}

func TestDemo(t *testing.T) {
	dir, page := filepath.Join(t.TempDir(), "demo"), filepath.Join(t.TempDir(), "report.html")
	args := []string{"demo", "-dir", dir, "-o", page, "-set", tiny + ";steps=6"}
	code, out, errs := lab(append(args, "-strict")...)
	require.Equal(t, exitFailure, code, errs)
	require.Contains(t, errs, "a target was missed")
	require.Contains(t, out, "✗")
	for _, want := range []string{"recall@1 Noto→Twemoji", "≥ 0.40", "≥ 0.60", "≥ 0.35", "≤ 6:00 min", "with compilation", "≥ 750"} {
		require.Contains(t, out, want)
	}
	require.FileExists(t, page)

	code, out, errs = lab(args...) // finished: measured again
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "✗")
	require.Contains(t, out, "by its history")
}
