// Package notebook runs the lab's notebooks headless through the real GoNB kernel, as `make test` and `make notebooks`
// do, and judges them: no error output, no failed shell command, every claim inside its band, at least one claim.
//
// A claim is a line that check.Claim prints. Outputs come from a Python program (execute.py, on nbclient) that the
// virtual environment of `make setup` runs; all judging is here. What you may touch here: what counts as a failure.
//
// # The set-up cell
//
// Every notebook begins with this cell. It makes cells compile against the checkout that the notebook lies in, at the
// versions of its go.mod, wherever that is, and can be run again:
//
//	!*rm -f go.work; go work init . "$(cd "$GONB_DIR" && dirname "$(go env GOMOD)")"
//	%noautoget
//
// The first line runs in GoNB's temporary folder (that is what the asterisk says), so the go.work is there and not in
// the repository.
package notebook

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/contrastlab/contrastlab/internal/xla"
)

//go:embed execute.py
var executePy string

// MaxBytes is the size that a saved notebook may have.
const MaxBytes = 1_000_000

// Options say how to run.
type Options struct {
	Root    string        // the checkout
	Full    bool          // run in full and save the outputs; otherwise quick mode, which writes nothing
	Timeout time.Duration // for one notebook
}

// Result is what came of one notebook.
type Result struct {
	Notebook string // path below the root
	Seconds  float64
	Claims   []Claim
	Bytes    int64    // size of the notebook as saved
	Problems []string // why it failed; none if it passed
}

// Passed says whether the notebook ran and all its claims hold.
func (r Result) Passed() bool { return len(r.Problems) == 0 }

// All lists the notebooks of a checkout in order.
func All(root string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, "notebooks"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("notebook: %w", err)
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == ".ipynb" && !strings.HasPrefix(e.Name(), ".") {
			files = append(files, filepath.Join(root, "notebooks", e.Name()))
		}
	}
	return files, nil
}

// Run executes one notebook. A notebook that fails is a Result with problems; an error means that it could not be
// tried, for lack of the set-up or of the file.
//
// It runs in an empty folder beside the notebook, so that no checkpoint of an earlier run is taken up, and so that the
// set-up cell finds the checkout.
func Run(ctx context.Context, file string, o Options) (result Result, err error) {
	result.Notebook = file
	if rel, err := filepath.Rel(o.Root, file); err == nil {
		result.Notebook = rel
	}
	venv := filepath.Join(o.Root, ".venv")
	python := filepath.Join(venv, "bin", "python")
	for _, needed := range []string{python, filepath.Join(venv, "share", "jupyter", "kernels", "gonb", "kernel.json")} {
		if _, err := os.Stat(needed); err != nil {
			return result, fmt.Errorf("notebook: %w: run `make setup`", err)
		}
	}
	if _, err := os.Stat(file); err != nil {
		return result, fmt.Errorf("notebook: %w", err)
	}
	work, err := os.MkdirTemp(filepath.Dir(file), ".run-")
	if err != nil {
		return result, fmt.Errorf("notebook: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	outside, err := os.MkdirTemp("", "notebook-")
	if err != nil {
		return result, fmt.Errorf("notebook: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(outside)) }()

	copied := filepath.Join(outside, "executed.ipynb")
	args := []string{"-c", executePy, file, copied, work, fmt.Sprint(o.Timeout.Seconds())}
	cmd := exec.CommandContext(ctx, python, append(args, swaps(o.Root, work)...)...)
	cmd.Dir = o.Root
	cmd.Env = environment(venv, outside, o.Full)
	// An interrupt lets nbclient shut its kernel down, and so the cell's program with it.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 20 * time.Second
	start := time.Now()
	printed, runErr := cmd.CombinedOutput()
	result.Seconds = time.Since(start).Seconds()
	if ctx.Err() != nil {
		return result, fmt.Errorf("notebook: %s: %w", result.Notebook, ctx.Err())
	}
	var exit *exec.ExitError
	switch {
	case runErr == nil:
	case errors.As(runErr, &exit) && exit.ExitCode() == 3:
		result.problem("not done after %v; -timeout allows more", o.Timeout)
	case errors.As(runErr, &exit):
		result.problem("it could not be run: %s", tail(string(printed), 6))
		return result, nil
	default:
		return result, fmt.Errorf("notebook: %w", runErr)
	}
	executed, err := os.ReadFile(copied)
	if err != nil {
		return result, fmt.Errorf("notebook: %w", err)
	}
	if err := result.judge(executed); err != nil {
		return result, err
	}
	return result, result.save(file, executed, o.Full)
}

// swaps are the paths of this machine that no saved output may hold, each with what stands in its place, as FROM=TO. A
// folder that is reached through a link, as .venv may be, has two. The longest come first, because one path may begin
// with another.
func swaps(root, work string) []string {
	standIn := map[string]string{}
	if home, err := os.UserHomeDir(); err == nil && len(home) > 1 {
		standIn[home] = "~"
	}
	standIn[root], standIn[work] = "contrastlab", "notebooks"
	for path, name := range maps.Clone(standIn) {
		if real, err := filepath.EvalSymlinks(path); err == nil && standIn[real] == "" {
			standIn[real] = name
		}
	}
	// Programs call the checkout's own .venv just that; one elsewhere would be called by its path.
	if real, err := filepath.EvalSymlinks(filepath.Join(root, ".venv")); err == nil && standIn[filepath.Dir(real)] != "contrastlab" {
		standIn[real] = ".venv"
	}
	paths := slices.SortedFunc(maps.Keys(standIn), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for i, path := range paths {
		paths[i] = path + "=" + standIn[path]
	}
	return paths
}

func (r *Result) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// save replaces the notebook by its executed copy, in full mode and only if it passed.
func (r *Result) save(file string, executed []byte, full bool) error {
	if full {
		r.Bytes = int64(len(executed))
		r.checkSize()
		if !r.Passed() {
			return nil
		}
		if err := os.WriteFile(file+".new", executed, 0o644); err != nil {
			return fmt.Errorf("notebook: %w", err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			return fmt.Errorf("notebook: %w", err)
		}
		return nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("notebook: %w", err)
	}
	r.Bytes = info.Size()
	r.checkSize()
	return nil
}

func (r *Result) checkSize() {
	if r.Bytes > MaxBytes {
		r.problem("%d bytes saved, at most %d are allowed: show fewer or smaller pictures", r.Bytes, MaxBytes)
	}
}

// environment is the caller's, made to find the kernel of this venv and no other.
func environment(venv, runtime string, full bool) []string {
	var env []string
	for _, pair := range os.Environ() {
		if key, _, _ := strings.Cut(pair, "="); key != "QUICK" && key != "JUPYTER_PATH" {
			env = append(env, pair)
		}
	}
	env = append(env,
		"JUPYTER_PATH="+filepath.Join(venv, "share", "jupyter"),
		"JUPYTER_PREFER_ENV_PATH=1",
		"JUPYTER_RUNTIME_DIR="+filepath.Join(runtime, "jupyter"),
		"PYDEVD_DISABLE_FILE_VALIDATION=1",
		xla.EnvNoInstall+"=1")
	if !full {
		env = append(env, "QUICK=1")
	}
	return env
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
