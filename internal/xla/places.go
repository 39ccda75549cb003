package xla

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Module is the path by which the repository's root is known.
const Module = "github.com/contrastlab/contrastlab"

// Root returns the checkout that the program belongs to, or "": the first folder with this module's go.mod at or
// above the working directory, the notebook's folder (GONB_DIR) or the program's own.
func (h Host) Root() string {
	starts := []string{h.Dir, h.getenv("GONB_DIR")}
	if h.Executable != "" {
		starts = append(starts, filepath.Dir(h.Executable))
	}
	for _, start := range starts {
		if start == "" {
			continue
		}
		for dir := filepath.Clean(start); ; dir = filepath.Dir(dir) {
			if moduleOf(filepath.Join(dir, "go.mod")) == Module {
				return dir
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return ""
}

// moduleOf reads the module line of a go.mod, "" if there is none.
func moduleOf(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "module "); ok {
			return strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return ""
}

// venvPlugins lists the plugin files of a kind that wheels put into a virtual environment.
// Folders are read, not globbed: a checkout's path may contain glob characters.
func venvPlugins(venv, kind string) []string {
	var found []string
	for _, python := range names(filepath.Join(venv, "lib"), "python3") {
		site := filepath.Join(venv, "lib", python, "site-packages")
		if kind == "cpu" {
			found = append(found, existing(filepath.Join(site, "xla_plugins", "xla_cpu_pjrt", "xla_cpu_pjrt.so"))...)
			continue
		}
		// Two wheels carry CUDA: xla-cuda13-pjrt (xla_gpu_pjrt.so) and jax-cuda13-pjrt (xla_cuda_plugin.so).
		for _, group := range []string{"xla_plugins", "jax_plugins"} {
			folders := names(filepath.Join(site, group), "xla_cuda")
			slices.Reverse(folders) // the newer CUDA first
			for _, folder := range folders {
				found = append(found, existing(
					filepath.Join(site, group, folder, "xla_gpu_pjrt.so"),
					filepath.Join(site, group, folder, "xla_cuda_plugin.so"))...)
			}
		}
	}
	return found
}

// namedPlugins lists the plugin files of a kind in a folder that follows go-xla's naming,
// pjrt_c_api_<kind>_plugin.so or pjrt_plugin_<kind>.so, the kind possibly followed by _v<version>.
func namedPlugins(dir, kind string) []string {
	var found []string
	for _, name := range names(dir, "pjrt") {
		if k := pluginKind(name); k == kind || strings.HasPrefix(k, kind+"_v") {
			found = append(found, filepath.Join(dir, name))
		}
	}
	slices.Reverse(found) // of several versions, the last in order
	return found
}

func pluginKind(name string) string {
	base, isLib := strings.CutSuffix(name, ".so")
	if !isLib {
		if base, isLib = strings.CutSuffix(name, ".dylib"); !isLib {
			return ""
		}
	}
	if k, ok := strings.CutPrefix(base, "pjrt_c_api_"); ok {
		k, ok = strings.CutSuffix(k, "_plugin")
		if ok {
			return k
		}
		return ""
	}
	for _, prefix := range []string{"pjrt_plugin_", "pjrt-plugin-"} {
		if k, ok := strings.CutPrefix(base, prefix); ok {
			return k
		}
	}
	return ""
}

// goxlaDirs lists the folders that go-xla's installer fills, the user's own first.
func (h Host) goxlaDirs() []string {
	var dirs []string
	if h.Home != "" {
		own := filepath.Join(h.Home, ".local", "lib", "go-xla")
		if h.GOOS == "darwin" {
			own = filepath.Join(h.Home, "Library", "Application Support", "go-xla")
		}
		dirs = append(dirs, own, filepath.Join(own, "nvidia"))
	}
	return append(dirs, h.SystemDirs...)
}

// names lists a folder's entries with a prefix in order; a missing folder has none.
func names(dir, prefix string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var found []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			found = append(found, e.Name())
		}
	}
	return found
}

func existing(files ...string) []string {
	return slices.DeleteFunc(files, func(f string) bool {
		_, err := os.Lstat(f) // a dangling link is there, and is reported as such
		return err != nil
	})
}
