// Package testbackend gives tests the same XLA backend that the lab trains on.
package testbackend

import (
	"sync"
	"testing"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/internal/xla"
)

var open = sync.OnceValues(func() (compute.Backend, error) {
	host := xla.This()
	host.Install = nil // a test downloads nothing
	backend, _, err := host.Open(func(string) {})
	return backend, err
})

// New returns the process's one backend; without a plugin the test fails and says what to run.
func New(tb testing.TB) compute.Backend {
	tb.Helper()
	backend, err := open()
	if err != nil {
		tb.Fatalf("no XLA backend for the tests: %v", err)
	}
	return backend
}
