// Command setup does the steps of `make setup` that are easier in Go than in a shell: it completes the Jupyter kernel's
// description, and tries the backend. scripts/setup.sh calls it; what you may touch here is what the two must agree on.
//
//	setup kernel VENV    add to the kernel's description what cells need in their environment; JupyterLab's defaults
//	setup backend        open the backend that training would use and compute with it
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/internal/xla"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "kernel":
		goTool, err := exec.LookPath("go")
		if err != nil {
			return err
		}
		goFlags, err := exec.Command(goTool, "env", "GOFLAGS").Output()
		if err != nil {
			return fmt.Errorf("go env GOFLAGS: %w", err)
		}
		return errors.Join(describeKernel(args[1], goTool, strings.TrimSpace(string(goFlags))), settleJupyter(args[1]))
	case len(args) == 1 && args[0] == "backend":
		return tryBackend()
	}
	return fmt.Errorf("usage: setup kernel VENV | setup backend (got %q)", args)
}

// tryBackend shows now, rather than in the first lesson, whether the plugin loads and computes.
func tryBackend() error {
	say := func(line string) { fmt.Fprintln(os.Stderr, line) }
	backend, choice, err := xla.This().Open(say)
	if err != nil {
		return err
	}
	say("backend: " + choice.Why)
	y, err := graph.CallOnce(backend, func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Mul(x, x)) }, []float32{3, 4})
	if err != nil {
		return err
	}
	if got := y.Value().(float32); got != 25 {
		return fmt.Errorf("the backend computes 3² + 4² = %g", got)
	}
	return nil
}
