package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/exercises"
	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

// inClass enters a copy of the learner's module, with empty files, that leads back to this kit. It returns the folder.
func inClass(t *testing.T) string {
	t.Helper()
	kit, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	root := t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "module github.com/contrastlab/contrastlab\n")
	require.NoError(t, os.CopyFS(filepath.Join(root, exercises.Folder), os.DirFS(filepath.Join(kit, exercises.Folder))))
	mod := filepath.Join(root, exercises.Folder, "go.mod")
	text, err := os.ReadFile(mod)
	require.NoError(t, err)
	write(t, mod, strings.Replace(string(text), "=> ../", fmt.Sprintf("=> %q", kit), 1))
	for _, e := range exercises.All() {
		write(t, filepath.Join(root, e.Path()), string(e.Stub()))
	}
	t.Setenv(lang.Env, "en")
	t.Setenv(exercises.ProgressEnv, filepath.Join(root, "progress.json"))
	t.Setenv(check.PredictionsEnv, "")
	t.Chdir(root)
	return root
}

// A learner's way through an exercise: stub, hint, mistake, pass, solution, reset.
func TestLearnersWay(t *testing.T) {
	inClass(t)
	e, err := exercises.Find("infonce")
	require.NoError(t, err)

	code, out, _ := lab("list")
	require.Equal(t, exitOK, code)
	require.Regexp(t, `(?m)^  03-infonce +InfoNCE +15 min  medium$`, out)
	require.Contains(t, out, fmt.Sprintf("0 of %d passed", len(exercises.All())))

	code, out, _ = lab("next")
	require.Equal(t, exitOK, code)
	require.Contains(t, out, filepath.FromSlash(exercises.All()[0].Path()))

	code, out, stderr := lab("check", "3")
	require.Equal(t, exitFailure, code)
	require.Equal(t, "lab check: not passed yet\n", stderr)
	require.Contains(t, out, "Nothing is written yet")
	require.Contains(t, out, "Hint 1: "+e.Hints()[0])

	_, out, _ = lab("hint", "3")
	require.Contains(t, out, e.Hints()[0])
	_, out, _ = lab("hint", "3")
	require.Contains(t, out, e.Hints()[1])
	_, out, _ = lab("hint", "3", "1")
	require.Contains(t, out, e.Hints()[0])
	_, out, _ = lab("hint", "3")
	require.Contains(t, out, e.Hints()[2])

	code, _, stderr = lab("solution", "3")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "-peek")

	wrong := strings.Replace(string(e.Solution()), " / float64(len(q))", "", 1)
	require.NotEqual(t, string(e.Solution()), wrong)
	write(t, e.Path(), wrong)
	code, out, _ = lab("check", "3")
	require.Equal(t, exitFailure, code)
	require.Contains(t, out, "divide by their number")
	require.Contains(t, out, "lessons/en/03-losses.md#practice")
	require.NotContains(t, out, "\x1b", "no colors in a file")

	write(t, e.Path(), string(e.Solution()))
	code, out, _ = lab("check", "03-infonce")
	require.Equal(t, exitOK, code)
	require.Contains(t, out, fmt.Sprintf("1 of %d passed", len(exercises.All())))
	_, out, _ = lab("list")
	require.Regexp(t, `(?m)^✓ 03-infonce .* passed \d{4}-\d\d-\d\d$`, out)

	code, out, _ = lab("solution", "3")
	require.Equal(t, exitOK, code)
	require.Equal(t, string(e.Solution()), out)
	_, out, _ = lab("diff", "3")
	require.Contains(t, out, "-\treturn 0 // yours")
	_, out, _ = lab("diff", "3", "-solution")
	require.Equal(t, "no difference\n", out)

	code, out, _ = lab("reset", "3")
	require.Equal(t, exitOK, code)
	require.Contains(t, out, filepath.FromSlash(e.Path()+".1.bak"))
	kept, err := os.ReadFile(e.Path() + ".1.bak")
	require.NoError(t, err)
	require.Equal(t, string(e.Solution()), string(kept))
}

func TestPeek(t *testing.T) {
	inClass(t)
	code, out, _ := lab("solution", "3", "--peek")
	require.Equal(t, exitOK, code)
	require.Contains(t, out, "math.Exp")
	p, err := exercises.ReadProgress(".")
	require.NoError(t, err)
	require.True(t, p.Exercises["03-infonce"].Peeked)
}

// Watch sees that a file was saved, checks it, and ends without an error.
func TestWatch(t *testing.T) {
	inClass(t)
	e, err := exercises.Find("infonce")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var out safeBuffer
	ended := make(chan int)
	go func() { ended <- run(ctx, []string{"watch", "-every", "20ms"}, &out, &out) }()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "watching") }, time.Minute, 20*time.Millisecond)
	write(t, e.Path(), string(e.Solution()))
	require.Eventually(t, func() bool {
		return strings.Contains(out.String(), "all of it holds") && strings.Count(out.String(), "watching") == 2
	},
		time.Minute, 20*time.Millisecond, out.String())
	stop()
	require.Equal(t, exitOK, <-ended)
	p, err := exercises.ReadProgress(".")
	require.NoError(t, err)
	require.NotNil(t, p.Exercises[e.ID].Passed)
}

// safeBuffer is a buffer that is read while it is written.
type safeBuffer struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

func TestPredict(t *testing.T) {
	root := inClass(t)
	code, out, _ := lab("predict")
	require.Equal(t, exitOK, code)
	require.Equal(t, "nothing predicted yet\n", out)
	code, out, _ = lab("predict", "drop", "-0.5")
	require.Equal(t, exitOK, code)
	require.Equal(t, "drop: you expect -0.5\n", out)
	require.FileExists(t, filepath.Join(root, "notebooks", "runs", "predictions.json"))
	_, out, _ = lab("predict")
	require.Regexp(t, `drop +-0.5 +–`, out)
	for _, args := range [][]string{{"predict", "drop"}, {"predict", "drop", "much"}, {"predict", "drop", "NaN"}, {"predict", "a", "1", "2"}} {
		code, _, stderr := lab(args...)
		require.Equal(t, exitUsage, code, args)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}

func TestLearnBadInput(t *testing.T) {
	root := inClass(t)
	for _, c := range []struct{ args, want string }{
		{"check infonec", `"infonec"`},
		{"hint 3 4", `"4"`},
		{"hint 3 x", `"x"`},
		{"check -all 3", "choose one"},
		{"watch -every 0s", "above 0"},
		{"solution", "EXERCISE is missing"},
		{"reset", "EXERCISE is missing"},
		{"dev", "TASK is missing"},
		{"dev verfiy", `"verfiy"`},
	} {
		code, _, stderr := lab(strings.Fields(c.args)...)
		require.Equal(t, exitUsage, code, c.args)
		require.Contains(t, stderr, c.want)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
	write(t, filepath.Join(root, "progress.json"), `{"exercises": {"0`)
	code, _, stderr := lab("list")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "progress.json is damaged")
	t.Chdir(t.TempDir())
	code, _, stderr = lab("list")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "no checkout")
}
