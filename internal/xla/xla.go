// Package xla finds the XLA plugin that the lab computes on and opens it.
//
// Choosing is pure: [Host.Choose] looks at an injected environment and at files, and returns the choice with its
// reason or an [Error] that lists what was tried. Only [Host.Open] loads a library. What you may touch here: the
// order and the places; a new place needs a branch in the tests.
package xla

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
)

// The variables that a user may set. GOMLX_BACKEND is [compute.ConfigEnvVar].
const (
	// EnvVenv names the virtual environment with the plugin, for programs that run outside the repository.
	EnvVenv = "CONTRASTLAB_VENV"
	// EnvPluginPath lists the folders that go-xla searches, separated by colons.
	EnvPluginPath = "PJRT_PLUGIN_LIBRARY_PATH"
	// EnvCache names the folder for what XLA has compiled (else contrastlab/xla in the user's cache); off keeps nothing.
	EnvCache = "CONTRASTLAB_XLA_CACHE"
	// EnvNoInstall, when set, keeps go-xla from downloading a plugin.
	EnvNoInstall = "GOMLX_NO_AUTO_INSTALL"
)

// Host is all that a choice depends on, so that tests can describe any machine.
type Host struct {
	LookupEnv    func(key string) (string, bool)
	Dir          string   // working directory
	Executable   string   // the running program, "" if unknown
	Home         string   // the user's home, "" if unknown
	SystemDirs   []string // where go-xla is installed for all users
	GOOS, GOARCH string
	HasGPU       func() bool  // whether an NVIDIA GPU is present
	Install      func() error // runs go-xla's installer; nil where it must not run
}

// This returns the machine that the program runs on.
func This() Host {
	h := Host{
		LookupEnv:  os.LookupEnv,
		SystemDirs: []string{"/usr/local/lib/go-xla", "/usr/local/lib/go-xla/nvidia"},
		GOOS:       runtime.GOOS,
		GOARCH:     runtime.GOARCH,
		HasGPU:     hasNvidiaGPU,
		Install:    install,
	}
	// An unknown folder is just not searched.
	h.Dir, _ = os.Getwd()
	h.Executable, _ = os.Executable()
	h.Home, _ = os.UserHomeDir()
	return h
}

func hasNvidiaGPU() bool {
	if runtime.GOOS != "linux" {
		return false
	}
	for n := range 16 { // the GPU that is visible in a container need not be number 0
		if _, err := os.Stat(fmt.Sprintf("/dev/nvidia%d", n)); err == nil {
			return true
		}
	}
	smi, err := exec.LookPath("nvidia-smi")
	if err != nil {
		return false
	}
	out, err := exec.Command(smi, "--list-gpus").Output()
	return err == nil && strings.Contains(string(out), "GPU ")
}

// Choice is a backend and the reason for it.
type Choice struct {
	Config string // what compute.NewWithConfig takes
	Plugin string // the plugin file, "" when the user's own setting names none
	Why    string // one line for a person: what was chosen and why
}

// Error says that there is no XLA to compute on, with all that was tried.
type Error struct {
	Tried []string
}

func (e *Error) Error() string {
	return "no XLA plugin found: run `make setup` in the repository, or set " + compute.ConfigEnvVar +
		"=xla:/path/of/plugin.so\ntried:\n  - " + strings.Join(e.Tried, "\n  - ")
}

func (h Host) getenv(key string) string {
	value, _ := h.LookupEnv(key)
	return value
}

// Choose applies the lab's order: what the user set in GOMLX_BACKEND; an NVIDIA GPU that has a CUDA plugin; the CPU
// plugin of a virtual environment, of PJRT_PLUGIN_LIBRARY_PATH or of go-xla's install folder. The pure Go backend is
// chosen only where GOMLX_BACKEND asks for it. It neither loads nor downloads anything.
func (h Host) Choose() (Choice, error) {
	if config := h.getenv(compute.ConfigEnvVar); config != "" {
		return h.asSet(config)
	}
	return h.search("")
}

// asSet honors GOMLX_BACKEND. A plugin named only by its kind ("xla", "xla:cpu", "xla:cuda") is looked for in the
// lab's places first, because go-xla knows nothing of the virtual environment.
func (h Host) asSet(config string) (Choice, error) {
	name, rest, _ := strings.Cut(config, ":")
	switch name {
	case "xla", "stablehlo", "hlo", "shlo":
	default:
		return Choice{Config: config, Why: fmt.Sprintf("%s (set in %s)", config, compute.ConfigEnvVar)}, nil
	}
	plugin, options, hasOptions := strings.Cut(rest, ",")
	if hasOptions {
		options = "," + options
	}
	if filepath.IsAbs(plugin) || strings.ContainsRune(plugin, filepath.Separator) {
		if !filepath.IsAbs(plugin) {
			return Choice{}, fmt.Errorf("backend: %s=%q: give the plugin's absolute path", compute.ConfigEnvVar, config)
		}
		if err := CheckPlugin(plugin, h.GOOS, h.GOARCH); err != nil {
			return Choice{}, fmt.Errorf("backend: %s=%q: %w", compute.ConfigEnvVar, config, err)
		}
		return Choice{Config: config, Plugin: plugin, Why: fmt.Sprintf("%s (set in %s)", config, compute.ConfigEnvVar)}, nil
	}
	kind := plugin
	if kind != "" && kind != "cpu" && kind != "cuda" {
		// A versioned or foreign name (tpu, cpu_v0.114.0): go-xla resolves it.
		return Choice{Config: config, Why: fmt.Sprintf("%s (set in %s)", config, compute.ConfigEnvVar)}, nil
	}
	choice, err := h.search(kind)
	if err != nil {
		return Choice{}, fmt.Errorf("backend: %s=%q: %w", compute.ConfigEnvVar, config, err)
	}
	choice.Config += options
	choice.Why += fmt.Sprintf(" (%s=%s)", compute.ConfigEnvVar, config)
	return choice, nil
}

// place is a folder that may hold plugins and how to call it in a message.
type place struct {
	label string
	find  func(kind string) []string
}

// search goes through the places for a plugin of a kind, "cuda", "cpu", or "" for the GPU before the CPU.
func (h Host) search(kind string) (Choice, error) {
	places, tried := h.places()
	var skipped []string
	pick := func(kind, device string) (Choice, bool) {
		for _, p := range places {
			for _, file := range p.find(kind) {
				if err := CheckPlugin(file, h.GOOS, h.GOARCH); err != nil {
					skipped = append(skipped, err.Error())
					continue
				}
				return Choice{Config: "xla:" + file, Plugin: file, Why: "XLA on the " + device + " (plugin of " + p.label + ")"}, true
			}
		}
		return Choice{}, false
	}

	gpuNote := ""
	if kind != "cpu" {
		switch {
		case kind == "cuda" || h.HasGPU():
			if choice, ok := pick("cuda", "NVIDIA GPU"); ok {
				return choice, nil
			}
			gpuNote = "an NVIDIA GPU is here but no CUDA plugin: `make setup CUDA=1` installs one"
			tried = append(tried, "a CUDA plugin in these places")
		default:
			tried = append([]string{"an NVIDIA GPU: none present"}, tried...)
		}
	}
	if kind != "cuda" {
		if choice, ok := pick("cpu", "CPU"); ok {
			if gpuNote != "" {
				choice.Why += "; " + gpuNote
			}
			if len(skipped) > 0 {
				choice.Why += "; skipped " + strings.Join(skipped, "; skipped ")
			}
			return choice, nil
		}
	}
	return Choice{}, &Error{Tried: append(tried, skipped...)}
}

// places lists where plugins may be, in the lab's order, and one line each for the error.
func (h Host) places() (places []place, tried []string) {
	add := func(label string, find func(string) []string) {
		places = append(places, place{label, find})
		tried = append(tried, label)
	}
	root := h.Root()
	venv := func(label, dir string) {
		tried = append(tried, label)
		short := dir
		if root != "" && filepath.Clean(dir) == filepath.Join(root, ".venv") {
			short = ".venv"
		}
		places = append(places, place{short, func(kind string) []string { return venvPlugins(dir, kind) }})
	}

	if dir := h.getenv(EnvVenv); dir != "" {
		venv(fmt.Sprintf("%s=%s", EnvVenv, dir), dir)
	}
	if dir := h.getenv("VIRTUAL_ENV"); dir != "" {
		venv("VIRTUAL_ENV="+dir, dir)
	}
	if root != "" {
		venv(filepath.Join(root, ".venv"), filepath.Join(root, ".venv"))
	} else {
		tried = append(tried, "the repository's .venv: no checkout above "+h.Dir)
	}
	if list := h.getenv(EnvPluginPath); list != "" {
		for _, dir := range filepath.SplitList(list) {
			if dir != "" {
				add(EnvPluginPath+"="+dir, func(kind string) []string { return namedPlugins(dir, kind) })
			}
		}
	} else {
		tried = append(tried, EnvPluginPath+": not set")
	}
	for _, dir := range h.goxlaDirs() {
		add("go-xla's folder "+dir, func(kind string) []string { return namedPlugins(dir, kind) })
	}
	return places, tried
}
