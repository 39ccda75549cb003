package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/contrastlab/contrastlab/internal/wholefile"
	"github.com/contrastlab/contrastlab/internal/xla"
)

// describeKernel rewrites the kernel.json that `gonb --install` left in a virtual environment. GoNB calls go and
// goimports by name, and Jupyter may be started from anywhere with any PATH, so both are put in front of it; cells run
// in a temporary folder, so they are told where the plugin is. goFlags are those of the user (go env GOFLAGS); cells are
// linked with them and without symbols and debugging data, which halves the time that linking takes: each cell is a
// program of its own.
func describeKernel(venv, goTool, goFlags string) error {
	dir := filepath.Join(venv, "share", "jupyter", "kernels", "gonb")
	file := filepath.Join(dir, "kernel.json")
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("kernel: %w", err)
	}
	var spec map[string]any
	if err := json.Unmarshal(raw, &spec); err != nil {
		return fmt.Errorf("kernel: %s: %w", file, err)
	}
	env := map[string]any{}
	if old, ok := spec["env"].(map[string]any); ok {
		maps.Copy(env, old)
	}
	maps.Copy(env, map[string]any{
		// ${PATH} is Jupyter's own substitution.
		"PATH": escape(filepath.Join(venv, "bin")) + ":" + escape(filepath.Dir(goTool)) + ":${PATH}",
		// Not GOMLX_BACKEND: that would hide a GPU, or a user's wish.
		xla.EnvVenv: escape(venv),
		"GOFLAGS":   escape(withoutSymbols(goFlags)),
	})
	spec["env"] = env
	spec["argv"] = []string{filepath.Join(venv, "bin", "gonb"), "--kernel", "{connection_file}"}
	if err := writeJSON(file, spec); err != nil {
		return fmt.Errorf("kernel: %w", err)
	}
	// GoNB installed from below /tmp leaves a copy of itself here, which nothing uses.
	for _, name := range []string{"gonb", "gonb~"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("kernel: %w", err)
		}
	}
	return nil
}

// withoutSymbols adds the linker's -s to flags that say nothing of the linker. A panic still tells its lines.
func withoutSymbols(goFlags string) string {
	if strings.Contains(goFlags, "-ldflags") {
		return goFlags
	}
	return strings.TrimSpace(goFlags + " -ldflags=-s")
}

// settleJupyter writes JupyterLab's defaults for this environment: nothing is fetched, so nobody is asked whether to,
// and a lesson opens as text to be read rather than as its source.
func settleJupyter(venv string) error {
	dir := filepath.Join(venv, "share", "jupyter", "lab", "settings")
	err := writeJSON(filepath.Join(dir, "overrides.json"), map[string]any{
		"@jupyterlab/apputils-extension:notification": map[string]any{"fetchNews": "false", "checkForUpdates": false},
		"@jupyterlab/docmanager-extension:plugin":     map[string]any{"defaultViewers": map[string]any{"markdown": "Markdown Preview"}},
	})
	if err != nil {
		return fmt.Errorf("jupyter: %w", err)
	}
	return nil
}

// writeJSON replaces file in one go.
func writeJSON(file string, value any) error {
	out, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return wholefile.Write(file, append(out, '\n'), 0o644)
}

// escape protects a path from Jupyter's substitution of $NAME.
func escape(path string) string { return strings.ReplaceAll(path, "$", "$$") }
