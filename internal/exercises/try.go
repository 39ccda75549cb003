package exercises

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

// tryLimit ends a test that does not end; the checks themselves give up long before.
const tryLimit = 3 * time.Minute

// Outcome is what a try of the learner's file came to.
type Outcome struct {
	Reports []check.Report
	Problem string // why there is no report, or not each: the compiler's words, or the program's last
}

// Passed says whether every check of the exercise passed.
func (o Outcome) Passed() bool {
	for _, r := range o.Reports {
		if !r.Passed() {
			return false
		}
	}
	return o.Problem == "" && len(o.Reports) > 0
}

// Unwritten says whether the learner has written nothing yet.
func (o Outcome) Unwritten() bool {
	n := 0
	for _, r := range o.Reports {
		if r.Unwritten() {
			n++
		}
	}
	return o.Problem == "" && n > 0 && n == len(o.Reports)
}

// Try compiles and checks the learner's file of an exercise. An error says that it could not be tried.
func Try(ctx context.Context, root string, e Exercise) (Outcome, error) {
	module := filepath.Join(root, Folder)
	if _, err := os.Stat(filepath.Join(module, e.ID)); err != nil {
		return Outcome{}, err
	}
	outcomes, err := try(ctx, module, nil, []Exercise{e}, "./"+e.ID)
	return outcomes[e.ID], err
}

// try runs the tests of packages of a module, those of the exercises given, with further environment variables.
func try(ctx context.Context, module string, environment []string, all []Exercise, packages ...string) (map[string]Outcome, error) {
	folder, err := os.MkdirTemp("", "lab-check-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	reports := filepath.Join(folder, "reports")
	ctx, cancel := context.WithTimeout(ctx, tryLimit+time.Minute)
	defer cancel()
	arguments := []string{"test", "-count=1", "-vet=off", "-timeout", tryLimit.String()}
	cmd := exec.CommandContext(ctx, "go", append(arguments, packages...)...)
	cmd.Dir = module
	cmd.Env = append(append(os.Environ(), environment...), check.ReportEnv+"="+reports, "GOWORK=off")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	failed := cmd.Run()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if failed != nil && !errors.As(failed, new(*exec.ExitError)) {
		return nil, fmt.Errorf("go cannot be started: %w", failed)
	}
	outcomes := map[string]Outcome{}
	content, err := os.ReadFile(reports)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for line := range bytes.Lines(content) {
		var r check.Report
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("a report cannot be read: %w", err)
		}
		o := outcomes[r.Folder]
		o.Reports = append(o.Reports, r)
		outcomes[r.Folder] = o
	}
	for _, e := range all {
		o := outcomes[e.ID]
		o.Problem = problem(e, o, out.String())
		outcomes[e.ID] = o
	}
	return outcomes, nil
}

// problem says why checks are missing; empty if none is.
func problem(e Exercise, o Outcome, output string) string {
	var missing []string
	for i, name := range e.Checks {
		if i >= len(o.Reports) || o.Reports[i].Check != name {
			missing = append(missing, "check."+name)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	said := words(output)
	switch {
	case strings.Contains(output, "[build failed]") || strings.Contains(output, "[setup failed]"):
		return lang.Text{En: "it does not compile:\n%s", Zh: "无法编译：\n%s"}.Sprintf(said)
	case strings.Contains(output, "panic: test timed out"):
		return lang.Text{En: "it did not end within %v", Zh: "%v 内没有结束"}.Sprintf(tryLimit)
	default:
		return lang.Text{
			En: "%s did not run: does the test still call it, and does your code end the program?\n%s",
			Zh: "%s 没有运行：测试是否仍调用它？你的代码是否终止了程序？\n%s",
		}.Sprintf(strings.Join(missing, ", "), said)
	}
}

// words are what the compiler or the program said, without what go test adds.
func words(output string) string {
	var kept []string
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "", line == "FAIL", line == "PASS", strings.HasPrefix(line, "# "), strings.HasPrefix(line, "FAIL\t"),
			strings.HasPrefix(line, "ok  \t"), strings.HasPrefix(line, "--- FAIL"), strings.HasPrefix(line, "exit status"):
		default:
			kept = append(kept, "  "+line)
		}
	}
	const most = 12
	if len(kept) > most {
		kept = append(kept[:most], "  ...")
	}
	return strings.Join(kept, "\n")
}
