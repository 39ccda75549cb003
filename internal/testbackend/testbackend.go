// Package testbackend gives tests the same XLA backend that the lab trains on.
package testbackend

import (
	"flag"
	"os"
	"sync"
	"testing"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/internal/xla"
)

// CompileFast asks XLA for little optimization, unless XLA_FLAGS says otherwise: tests compile many graphs and run
// each for a moment, and compiling takes about half as long then. It has an effect only before the first backend of
// the process: where a test opens one by other means than [New], TestMain must call it, or a child process, which
// inherits the setting, computes with other roundings than its parent. A benchmark gets XLA's full optimization.
func CompileFast() {
	if bench := flag.Lookup("test.bench"); bench != nil && bench.Value.String() != "" {
		return
	}
	if _, set := os.LookupEnv("XLA_FLAGS"); !set {
		os.Setenv("XLA_FLAGS", "--xla_backend_optimization_level=0")
	}
}

var open = sync.OnceValues(func() (compute.Backend, error) {
	host := xla.This()
	host.Install = nil // a test downloads nothing
	backend, _, err := host.Open(func(string) {})
	return backend, err
})

// New returns the process's one backend; without a plugin the test fails and says what to run.
func New(tb testing.TB) compute.Backend {
	tb.Helper()
	CompileFast()
	backend, err := open()
	if err != nil {
		tb.Fatalf("no XLA backend for the tests: %v", err)
	}
	return backend
}
