package notebook

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/xla"
)

func root(t *testing.T) string {
	t.Helper()
	dir := xla.This().Root()
	if dir == "" {
		t.Fatal("these tests run inside a checkout")
	}
	return dir
}

func run(t *testing.T, file string, o Options) Result {
	t.Helper()
	o.Root = root(t)
	if o.Timeout == 0 {
		o.Timeout = 3 * time.Minute
	}
	file, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	result, err := Run(context.Background(), file, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f s, claims %v", result.Seconds, result.Claims)
	return result
}

func TestMain(m *testing.M) {
	code := m.Run()
	if left, _ := filepath.Glob("testdata/.*"); code == 0 && len(left) > 0 {
		fmt.Println("FAIL: left behind:", left)
		code = 1
	}
	os.Exit(code)
}

// The fixtures go through the real kernel: each fails in its own way and says how.
func TestFixtures(t *testing.T) {
	for name, want := range map[string]struct {
		claims   int
		timeout  time.Duration
		problems []string // parts of the one problem
	}{
		"passes":         {claims: 1},
		"compile_error":  {problems: []string{"code cell 2", "undefined: thisIsNotDefined"}},
		"panics":         {claims: 1, problems: []string{"code cell 2", "panic: on purpose"}},
		"violated":       {claims: 2, problems: []string{"claim recall@1 is violated: 0.31 is not in [0.4, 1]"}},
		"shell_fails":    {claims: 1, problems: []string{"code cell 3", "exit code 1", "no-such-file"}},
		"claims_nothing": {problems: []string{"claims nothing"}},
		"endless":        {timeout: 10 * time.Second, problems: []string{"not done after 10s"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // mostly waiting for kernels
			file := filepath.Join("testdata", name+".ipynb")
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			result := run(t, file, Options{Timeout: want.timeout})
			if len(result.Claims) != want.claims {
				t.Errorf("claims %v, want %d", result.Claims, want.claims)
			}
			if len(want.problems) == 0 && !result.Passed() {
				t.Fatalf("problems: %q", result.Problems)
			}
			if len(want.problems) > 0 && len(result.Problems) != 1 {
				t.Fatalf("problems %q, want one", result.Problems)
			}
			for _, part := range want.problems {
				if !strings.Contains(result.Problems[0], part) {
					t.Errorf("problem %q does not say %q", result.Problems[0], part)
				}
			}
			after, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(before) != string(after) {
				t.Error("quick mode changed the notebook")
			}
		})
	}
}

// Full mode saves outputs that are the same each time and name no path of this machine.
func TestFullModeSaves(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("testdata", ".full mode-") // in the checkout, as the set-up cell needs; with a space
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	copyOf := func(name string) string {
		raw, err := os.ReadFile(filepath.Join("testdata", name+".ipynb"))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name+".ipynb")
		if err := os.WriteFile(file, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	file := copyOf("passes")
	var saved [2][]byte
	for i := range saved {
		if result := run(t, file, Options{Full: true}); !result.Passed() {
			t.Fatalf("problems: %q", result.Problems)
		}
		if saved[i], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	if string(saved[0]) != string(saved[1]) {
		t.Errorf("two runs saved different notebooks:\n%s\n---\n%s", saved[0], saved[1])
	}
	text := string(saved[0])
	for _, want := range []string{"on xla quick: false", "CLAIM devices", "shell works", `"execution_count": 5`, `!false || true`} {
		if !strings.Contains(text, want) {
			t.Errorf("the saved notebook lacks %q", want)
		}
	}
	for _, unwanted := range []string{root(t), ".run-", "trap ", "/tmp/", "iopub"} {
		if strings.Contains(text, unwanted) {
			t.Errorf("the saved notebook contains %q", unwanted)
		}
	}
	failing := copyOf("violated")
	if result := run(t, failing, Options{Full: true}); result.Passed() {
		t.Error("a violated claim passed")
	}
	if raw, err := os.ReadFile(failing); err != nil || strings.Contains(string(raw), "CLAIM") && strings.Contains(string(raw), "violated\\n") {
		t.Errorf("a failed notebook was saved (%v)", err)
	}
}

// A checkout that is reached through a link and whose .venv is a link, as in a second worktree: neither name of either
// is saved.
func TestFullModeHidesLinks(t *testing.T) {
	t.Parallel()
	venv, err := filepath.EvalSymlinks(filepath.Join(root(t), ".venv"))
	require.NoError(t, err)
	parent, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	checkout, link := filepath.Join(parent, "a=real one"), filepath.Join(parent, "link")
	require.NoError(t, os.MkdirAll(filepath.Join(checkout, "notebooks"), 0o755))
	require.NoError(t, os.Symlink(venv, filepath.Join(checkout, ".venv")))
	require.NoError(t, os.Symlink(checkout, link))
	file := filepath.Join(link, "notebooks", "links.ipynb")
	shell := `!*echo "venv $CONTRASTLAB_VENV, work $GONB_DIR, really $(cd "$GONB_DIR" && pwd -P), ` + link + ` and ` + checkout + `"`
	cells := []any{}
	for i, source := range []string{shell, "import \"fmt\"\n\n%%\nfmt.Println(\"CLAIM one 1 in [1, 1] ✓\")"} {
		cells = append(cells, map[string]any{"cell_type": "code", "id": fmt.Sprint("cell-", i), "metadata": map[string]any{}, "source": source,
			"execution_count": nil, "outputs": []any{}})
	}
	raw, err := json.Marshal(map[string]any{"cells": cells, "nbformat": 4, "nbformat_minor": 5,
		"metadata": map[string]any{"kernelspec": map[string]any{"name": "gonb", "display_name": "Go (gonb)", "language": "go"}}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, raw, 0o644))

	result, err := Run(t.Context(), file, Options{Root: link, Full: true, Timeout: 2 * time.Minute})
	require.NoError(t, err)
	require.Empty(t, result.Problems)
	saved, err := os.ReadFile(file)
	require.NoError(t, err)
	var doc Document
	require.NoError(t, json.Unmarshal(saved, &doc))
	require.NotEmpty(t, doc.Cells[0].Outputs)
	require.Equal(t, "venv .venv, work notebooks, really notebooks, contrastlab and contrastlab\n", string(doc.Cells[0].Outputs[0].Text))
}

func TestRunWithoutSetup(t *testing.T) {
	_, err := Run(context.Background(), "testdata/passes.ipynb", Options{Root: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("no venv: %v", err)
	}
	if _, err = Run(context.Background(), "testdata/none.ipynb", Options{Root: root(t)}); err == nil || !strings.Contains(err.Error(), "none.ipynb") {
		t.Errorf("no notebook: %v", err)
	}
}

func TestJudge(t *testing.T) {
	stdout := func(text string) string {
		raw, _ := json.Marshal(map[string]any{"cells": []any{map[string]any{"cell_type": "code", "outputs": []any{
			map[string]any{"output_type": "stream", "name": "stdout", "text": []string{text}}}}}})
		return string(raw)
	}
	for text, want := range map[string]string{
		"CLAIM a 0.5 in [0, 1] ✓\n":                                    "",
		"12%\rCLAIM a 0.5 in [0, +Inf] ✓\n":                            "",
		"CLAIM a 1 in [0, 1] ✓\nCLAIM b -1e-05 in [-1, 0] ✓\n":         "",
		"CLAIM a 0.5 in [0, 1] ✗ violated\n":                           "claim a is violated", // violated before rounding
		"CLAIM a 2 in [0, 1] ✓\n":                                      "claim a is violated",
		"CLAIM a NaN in [0, 1] ✗ violated\n":                           "claim a is violated: NaN",
		"CLAIM a 1 in [0, 1] ✓\nCLAIM a 1 in [0, 1] ✓\n":               "stated twice",
		"CLAIM a one in [0, 1] ✓\n":                                    "not a number",
		"we CLAIM a 1 in [0, 1] ✓\n":                                   "claims nothing",
		"CLAIM a 1 in [0, 1] ✓\nSHELL COMMAND FAILED with exit code 7": "exit code 7",
	} {
		var r Result
		if err := r.judge([]byte(stdout(text))); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(r.Problems, "; "); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: problems %q, want %q", text, got, want)
		}
	}
	var r Result
	if err := r.judge([]byte("{")); err == nil {
		t.Error("a damaged notebook was judged")
	}
	big := Result{Bytes: MaxBytes + 1}
	if big.checkSize(); big.Passed() {
		t.Error("a notebook that is too large passed")
	}
}

func TestTable(t *testing.T) {
	var out strings.Builder
	Table(&out, []Result{{Notebook: "a.ipynb", Seconds: 1.5, Claims: make([]Claim, 3), Bytes: 1001}, {Notebook: "b.ipynb", Problems: []string{"bad"}}})
	for _, want := range []string{fmt.Sprintf("%-8s  %-7s  %-6s  %s", "a.ipynb", "1.5", "3", "2"), "b.ipynb: bad", "FAILED"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("table lacks %q:\n%s", want, out.String())
		}
	}
}
