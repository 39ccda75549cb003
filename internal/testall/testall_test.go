package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// module writes a module with one package per name, whose files are given, and returns its folder.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.com/tried\n\ngo 1.26\n"
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The real `go test -json` is read, over every way in which a test can end.
func TestReadEvents(t *testing.T) {
	head := func(pkg string) string { return "package " + pkg + "\n\nimport \"testing\"\n\n" }
	dir := module(t, map[string]string{
		"good/a_test.go":   head("good") + "func TestA(t *testing.T) { t.Run(\"x\", func(t *testing.T) {}) }\nfunc TestB(t *testing.T) {}\nfunc TestS(t *testing.T) { t.Skip(\"no reason\") }\n",
		"bad/a_test.go":    head("bad") + "func TestGood(t *testing.T) {}\nfunc TestBad(t *testing.T) { t.Run(\"sub\", func(t *testing.T) { t.Error(\"wrong answer\") }) }\n",
		"build/a.go":       "package build\n\nvar x int = \"no\"\n",
		"build/a_test.go":  head("build") + "func TestNever(t *testing.T) {}\n",
		"dies/a_test.go":   "package dies\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestBefore(t *testing.T) {}\nfunc TestDies(t *testing.T) { println(\"last words\"); os.Exit(3) }\n",
		"panics/a_test.go": head("panics") + "func TestPanics(t *testing.T) { panic(\"on purpose\") }\n",
		"none/a.go":        "package none\n",
	})
	cmd := exec.Command("go", "test", "-json", "-vet=off", "./...")
	cmd.Dir = dir
	raw, _ := cmd.Output() // it fails, as it should
	var printed strings.Builder
	got := readEvents(strings.NewReader(string(raw)), &printed)
	// Passed: TestA, TestB, TestGood, TestBefore. Failed: TestBad, build, dies, TestPanics. Skipped: TestS.
	if want := (counts{passed: 4, failed: 4, skipped: 1}); got != want {
		t.Errorf("%v, want %v\n%s", got, want, printed.String())
	}
	for _, want := range []string{"wrong answer", "cannot use \"no\"", "last words", "on purpose", "no reason", "2 tests", "FAIL  example.com/tried/dies"} {
		if !strings.Contains(printed.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, printed.String())
		}
	}
}

func TestClosingLine(t *testing.T) {
	var c counts
	c.add(counts{passed: 3, skipped: 1})
	c.add(counts{passed: 1, failed: 2})
	if got := c.String(); got != "4 passed, 2 failed, 1 skipped" {
		t.Errorf("closing line %q", got)
	}
}

func TestChecks(t *testing.T) {
	dir := module(t, map[string]string{
		"a.go":            "package tried\n",
		"ugly.go":         "package tried\nfunc  f( ) {}\n",
		".hidden/b.go":    "not Go",
		"testdata/c.go":   "not Go",
		"inner/go.mod":    "module example.com/inner\n\ngo 1.26\n",
		"inner/deep/d.go": "package deep\n",
	})
	files, modules, err := sources(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 3 || len(modules) != 2 {
		t.Errorf("files %v, modules %v", files, modules)
	}
	ctx := context.Background()
	if got := check(ctx, dir, "gofmt", append([]string{gofmt(), "-l"}, files...)...); got != (counts{failed: 1}) {
		t.Errorf("an unformatted file: %v", got)
	}
	if got := check(ctx, dir, "true", "true"); got != (counts{passed: 1}) {
		t.Errorf("a silent command: %v", got)
	}
	if got := check(ctx, dir, "false", "false"); got != (counts{failed: 1}) {
		t.Errorf("a failing command: %v", got)
	}
	if got := check(ctx, dir, "none", "no-such-command"); got != (counts{failed: 1}) {
		t.Errorf("a missing command: %v", got)
	}
	if got := check(ctx, dir, "offline", "sh", "-c", "echo 'dial tcp: lookup x: no such host'; exit 1"); got != (counts{skipped: 1}) {
		t.Errorf("no network: %v", got)
	}
	if got := check(ctx, dir, "downloads", "echo", "go: downloading a v1"); got != (counts{passed: 1}) {
		t.Errorf("a download: %v", got)
	}
}

// GoNB runs a cell against the gonbui package of this module: both must be of one version.
func TestToolsAgree(t *testing.T) {
	version := func(dir string) string {
		cmd := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "github.com/janpfeifer/gonb")
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list in %s: %v", dir, err)
		}
		return strings.TrimSpace(string(out))
	}
	if lab, tools := version("."), version("../tools"); lab != tools {
		t.Errorf("GoNB is %s in go.mod and %s in internal/tools/go.mod", lab, tools)
	}
}
