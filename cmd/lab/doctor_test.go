package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// testDoctor examines a run that was trained on views without augmentation.
func testDoctor(t *testing.T, dir string) {
	code, out, errs := lab("doctor", dir)
	require.Equal(t, exitFailure, code, errs)
	require.Equal(t, "lab doctor: there are findings\n", errs)
	for _, want := range []string{"simclr on emoji/train, 300 steps, seed 0", "warning: A shortcut: color alone", "remedy", "Chen et al. 2020", "effective rank", "1,560 pictures, 0 of them"} {
		require.Contains(t, out, want)
	}
	code, out, errs = lab("doctor", "-json", dir)
	require.Equal(t, exitFailure, code, errs)
	var d contrastive.Diagnosis
	require.NoError(t, json.Unmarshal([]byte(out), &d))
	require.Equal(t, eval.Shortcut, d.Findings[0].ID)
	require.Equal(t, 1.0, d.Symptoms.Task.Pixels)
}

func TestDoctorBefore(t *testing.T) {
	code, out, errs := lab("doctor", "-before", "-augment", "none", "-set", "width=4")
	require.Equal(t, exitOK, code, errs)
	require.Contains(t, out, "of 256 samples")
	require.Regexp(t, `pixels − mean +1\.000`, out)
	require.Regexp(t, `chance +0\.004`, out)
	require.Contains(t, out, "color jitter and grayscale")
}

func TestDoctorBadInput(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for line, want := range map[string]string{
		"doctor":                              "DIR is missing",
		"doctor " + none:                      "no run",
		"doctor " + none + " -augment simclr": "-augment belongs to -before",
		"doctor -before " + none:              "leave " + none + " out",
		"doctor -before -augment simcrl":      `"simcrl"`,
		"doctor -before -data emojis":         `"emojis"`,
		"doctor -before -method supervised":   "does not compare two views",
		"doctor -before -set temprature=1":    `did you mean "temperature"`,
	} {
		code, out, errs := lab(strings.Fields(line)...)
		require.Equal(t, exitUsage, code, "%s: %s", line, errs)
		require.Empty(t, out, line)
		require.Equal(t, 1, strings.Count(errs, "\n"), errs)
		require.Contains(t, errs, want)
	}
}
