package contrastive

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/internal/xla"
)

// QuietEnv is the environment variable that, when not empty, keeps [Backend] from saying what it chose.
const QuietEnv = "CONTRASTLAB_QUIET"

var backends struct {
	sync.Mutex
	main, small compute.Backend
}

// Backend returns the backend that training runs on, the same one at each call, and says on standard error the first
// time what it chose and why ([QuietEnv] silences that). In order:
//
//  1. what GOMLX_BACKEND asks for, such as xla:cpu, xla:/path/of/plugin.so or go;
//  2. an NVIDIA GPU, where a CUDA plugin is installed;
//  3. the CPU plugin of a virtual environment (CONTRASTLAB_VENV, VIRTUAL_ENV, or .venv of the checkout that the
//     program, the working directory or the notebook lies in), of PJRT_PLUGIN_LIBRARY_PATH, or of go-xla's folder;
//  4. what go-xla's own installer downloads, unless GOMLX_NO_AUTO_INSTALL is set.
//
// It never falls back to GoMLX's pure Go backend, on which convolutions are about a hundred times slower: without a
// plugin the error names the command that installs one and lists what was tried. A plugin that is missing, damaged or
// made for another machine is an error too, not a crash. For small graphs see [SmallBackend].
//
// On the CPU of Linux a program is compiled once and then loaded, by this process and by later ones: what XLA made of
// it is kept in contrastlab/xla of the user's cache folder, at most 1 GB. CONTRASTLAB_XLA_CACHE names another folder,
// or is off.
func Backend() (compute.Backend, error) {
	backends.Lock()
	defer backends.Unlock()
	return mainBackend(xla.This())
}

// MustBackend is [Backend] for notebooks and short programs: it panics where there is none.
func MustBackend() compute.Backend {
	backend, err := Backend()
	if err != nil {
		panic(err)
	}
	return backend
}

// SmallBackend returns a backend for small graphs, an evaluation on some hundred rows or an exercise's check: the one
// of [Backend] if there is one without a download, else GoMLX's pure Go backend, saying so. It is too slow for
// training and lacks some operations, among them batch normalization.
func SmallBackend() (compute.Backend, error) {
	backends.Lock()
	defer backends.Unlock()
	host := xla.This()
	host.Install = nil
	return smallBackend(host)
}

func mainBackend(host xla.Host) (compute.Backend, error) {
	if backends.main != nil && !backends.main.IsFinalized() {
		return backends.main, nil
	}
	backend, choice, err := host.Open(say)
	if err != nil {
		return nil, err
	}
	say("backend: " + choice.Why)
	backends.main = backend
	return backend, nil
}

func smallBackend(host xla.Host) (compute.Backend, error) {
	if backends.small != nil && !backends.small.IsFinalized() {
		return backends.small, nil
	}
	backend, cause := mainBackend(host)
	if cause == nil {
		return backend, nil
	}
	var none *xla.Error
	if asked, _ := host.LookupEnv(compute.ConfigEnvVar); asked != "" || !errors.As(cause, &none) {
		return nil, cause // a wish or a plugin that cannot be opened is not overridden
	}
	backend, err := xla.New("go")
	if err != nil {
		return nil, fmt.Errorf("backend: neither XLA (%w) nor pure Go: %w", cause, err)
	}
	say("backend: pure Go, for small graphs only (no XLA plugin; `make setup` installs one)")
	backends.small = backend
	return backend, nil
}

func say(line string) {
	if os.Getenv(QuietEnv) == "" {
		fmt.Fprintln(os.Stderr, line)
	}
}
