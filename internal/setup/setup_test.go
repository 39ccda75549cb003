package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDescribeKernel(t *testing.T) {
	venv := filepath.Join(t.TempDir(), "a $b c", ".venv")
	dir := filepath.Join(venv, "share", "jupyter", "kernels", "gonb")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := describeKernel(venv, "/go/bin/go", "-trimpath"); err == nil || !strings.Contains(err.Error(), "kernel.json") {
		t.Errorf("no description to complete: %v", err)
	}
	file := filepath.Join(dir, "kernel.json")
	installed := `{"argv":["/old/gonb","--kernel","{connection_file}","--logtostderr"],"display_name":"Go (gonb)","env":{"KEEP":"1"},"language":"go"}`
	for name, content := range map[string]string{"kernel.json": installed, "gonb": "a copy"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // again changes nothing
		if err := describeKernel(venv, "/go/bin/go", "-trimpath"); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Argv     []string
		Env      map[string]string
		Language string
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	doubled := strings.ReplaceAll(venv, "$", "$$") // Jupyter substitutes $NAME
	if want := doubled + "/bin:/go/bin:${PATH}"; got.Env["PATH"] != want {
		t.Errorf("PATH %q, want %q", got.Env["PATH"], want)
	}
	if got.Env["CONTRASTLAB_VENV"] != doubled || got.Env["KEEP"] != "1" || got.Language != "go" {
		t.Errorf("description %+v", got)
	}
	if got.Env["GOFLAGS"] != "-trimpath -ldflags=-s" || withoutSymbols("") != "-ldflags=-s" || withoutSymbols("-ldflags=-w") != "-ldflags=-w" {
		t.Errorf("GOFLAGS %q", got.Env["GOFLAGS"])
	}
	if len(got.Argv) != 3 || got.Argv[0] != filepath.Join(venv, "bin", "gonb") {
		t.Errorf("argv %q", got.Argv)
	}
	if _, err := os.Stat(filepath.Join(dir, "gonb")); err == nil {
		t.Error("the unused copy of GoNB stayed")
	}
}

func TestRun(t *testing.T) {
	for _, args := range [][]string{nil, {"kernel"}, {"backend", "x"}, {"other"}} {
		if err := run(args); err == nil || !strings.Contains(err.Error(), "usage") {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := run([]string{"backend"}); err != nil {
		t.Errorf("backend: %v", err)
	}
}

func TestSettleJupyter(t *testing.T) {
	venv := t.TempDir()
	for range 2 { // again changes nothing
		if err := settleJupyter(venv); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(filepath.Join(venv, "share", "jupyter", "lab", "settings", "overrides.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]struct {
		FetchNews      string
		DefaultViewers map[string]string
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if news := got["@jupyterlab/apputils-extension:notification"].FetchNews; news != "false" {
		t.Errorf("JupyterLab would ask about news: fetchNews = %q", news)
	}
	if viewer := got["@jupyterlab/docmanager-extension:plugin"].DefaultViewers["markdown"]; viewer != "Markdown Preview" {
		t.Errorf("a lesson would open as source: its viewer is %q", viewer)
	}
}
