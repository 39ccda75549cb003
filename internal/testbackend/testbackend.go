// Package testbackend gives tests the same XLA backend that the lab trains on.
package testbackend

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/gomlx/backends/default" // registers xla and go
)

var open = sync.OnceValues(func() (compute.Backend, error) {
	if os.Getenv("GOMLX_BACKEND") == "" {
		if so := venvPlugin(); so != "" {
			return compute.NewWithConfig("xla:" + so)
		}
	}
	return compute.New()
})

// venvPlugin is the plugin that `make setup` installs, or "" if it has not run.
func venvPlugin() string {
	_, here, _, _ := runtime.Caller(0)
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(here), "..", "..", ".venv", "lib", "python3*", "site-packages", "xla_plugins", "xla_cpu_pjrt", "xla_cpu_pjrt.so"))
	if len(found) == 0 {
		return ""
	}
	return found[0]
}

// New returns the process's one backend; without a plugin the test fails and says what to run.
func New(tb testing.TB) compute.Backend {
	tb.Helper()
	backend, err := open()
	if err != nil {
		tb.Fatalf("no XLA backend for the tests: %v\nrun `make setup` in the repository, or set GOMLX_BACKEND", err)
	}
	return backend
}
