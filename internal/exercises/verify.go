package exercises

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/contrastlab/contrastlab/internal/wholefile"
	"github.com/contrastlab/contrastlab/internal/xla"
	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

// Verified is what Verify found out about an exercise.
type Verified struct {
	Exercise Exercise
	Problems []string
}

// Verify proves that the exercises of a checkout do what they promise: every check recognizes its mistakes, every stub
// compiles and is told that nothing is written yet, every solution passes. It works on a copy, so that the learner's
// files are neither read nor touched.
func Verify(ctx context.Context, root string) ([]Verified, error) {
	if err := check.SelfTest(); err != nil {
		return nil, err
	}
	copied, err := os.MkdirTemp("", "lab-verify-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(copied)
	if err := copyModule(root, copied); err != nil {
		return nil, err
	}
	all := All()
	results := make([]Verified, len(all))
	for i, e := range all {
		results[i].Exercise = e
	}
	for _, round := range []struct {
		content func(Exercise) []byte
		judge   func(Outcome) string
	}{
		{Exercise.Stub, judgeStub},
		{Exercise.Solution, judgeSolution},
	} {
		for _, e := range all {
			if err := os.WriteFile(filepath.Join(copied, e.ID, e.File), round.content(e), 0o600); err != nil {
				return nil, err
			}
		}
		outcomes, err := try(ctx, copied, plugin(root), all, "./...")
		if err != nil {
			return nil, err
		}
		for i, e := range all {
			if problem := round.judge(outcomes[e.ID]); problem != "" {
				results[i].Problems = append(results[i].Problems, problem)
			}
		}
	}
	return results, nil
}

// plugin leads a copy, which lies outside the checkout, to the checkout's XLA plugin.
func plugin(root string) (environment []string) {
	venv, err := filepath.Abs(filepath.Join(root, ".venv"))
	if err != nil || os.Getenv(xla.EnvVenv) != "" {
		return nil
	}
	if _, err := os.Stat(venv); err != nil {
		return nil
	}
	return []string{xla.EnvVenv + "=" + venv}
}

func judgeStub(o Outcome) string {
	switch {
	case o.Problem != "":
		return "the stub: " + o.Problem
	case !o.Unwritten():
		return "the stub is not told that nothing is written yet:\n" + tables(o)
	}
	return ""
}

func judgeSolution(o Outcome) string {
	switch {
	case o.Problem != "":
		return "the solution: " + o.Problem
	case !o.Passed():
		return "the solution does not pass:\n" + tables(o)
	}
	return ""
}

func tables(o Outcome) string {
	var b strings.Builder
	for _, r := range o.Reports {
		r.Write(&b, false)
	}
	return b.String()
}

// copyModule copies the tests and go.mod of the exercises into a folder, from which the replacement of the kit must lead
// back to the checkout.
func copyModule(root, to string) error {
	from := filepath.Join(root, Folder)
	mod, err := os.ReadFile(filepath.Join(from, "go.mod"))
	if err != nil {
		return err
	}
	const here = "=> ../"
	if !strings.Contains(string(mod), here) {
		return fmt.Errorf("%s has no replacement %q", filepath.Join(from, "go.mod"), here)
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	mod = []byte(strings.Replace(string(mod), here, fmt.Sprintf("=> %q", absolute), 1))
	err = os.WriteFile(filepath.Join(to, "go.mod"), mod, 0o600)
	if sum, missing := os.ReadFile(filepath.Join(from, "go.sum")); missing == nil {
		err = errors.Join(err, os.WriteFile(filepath.Join(to, "go.sum"), sum, 0o600))
	}
	for _, e := range All() {
		err = errors.Join(err, os.Mkdir(filepath.Join(to, e.ID), 0o700))
		tests, globErr := filepath.Glob(filepath.Join(from, e.ID, "*_test.go"))
		err = errors.Join(err, globErr)
		for _, test := range tests {
			content, readErr := os.ReadFile(test)
			err = errors.Join(err, readErr, os.WriteFile(filepath.Join(to, e.ID, filepath.Base(test)), content, 0o600))
		}
	}
	return err
}

// Edited are the exercises whose file in the checkout is not the empty one.
func Edited(root string) (edited []Exercise, err error) {
	for _, e := range All() {
		content, readErr := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.Path())))
		if readErr != nil {
			err = errors.Join(err, readErr)
		} else if string(content) != string(e.Stub()) {
			edited = append(edited, e)
		}
	}
	return edited, err
}

// Reset puts the empty file back and returns the name of the copy that it keeps of the learner's, below the checkout;
// empty if nothing had been written.
func Reset(root string, e Exercise) (backup string, err error) {
	path := filepath.Join(root, filepath.FromSlash(e.Path()))
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", wholefile.Write(path, e.Stub(), 0o644)
	}
	if err != nil || string(content) == string(e.Stub()) {
		return "", err
	}
	for n := 1; ; n++ {
		backup = fmt.Sprintf("%s.%d.bak", e.Path(), n)
		file, err := os.OpenFile(filepath.Join(root, filepath.FromSlash(backup)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = file.Write(content)
		if err = errors.Join(err, file.Close()); err != nil {
			return "", err
		}
		return backup, wholefile.Write(path, e.Stub(), 0o644)
	}
}
