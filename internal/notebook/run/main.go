// Command run executes notebooks through the GoNB kernel and judges them; see package notebook.
//
//	go run ./internal/notebook/run [-full] [-timeout 20m] [notebook.ipynb ...]
//
// Without names it takes all of notebooks/. Exit code 1: a notebook failed; 2: it could not be tried.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/contrastlab/contrastlab/internal/notebook"
	"github.com/contrastlab/contrastlab/internal/xla"
)

func main() {
	full := flag.Bool("full", false, "run in full and save the outputs (otherwise quick mode, which writes nothing)")
	timeout := flag.Duration("timeout", 30*time.Minute, "time for one notebook")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	failed, err := run(ctx, *full, *timeout, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed > 0 {
		fmt.Fprintf(os.Stderr, "%d of the notebooks failed\n", failed)
		os.Exit(1)
	}
}

func run(ctx context.Context, full bool, timeout time.Duration, files []string) (failed int, err error) {
	root := xla.This().Root()
	if root == "" {
		return 0, fmt.Errorf("notebook: run this inside a checkout of %s", xla.Module)
	}
	if len(files) == 0 {
		if files, err = notebook.All(root); err != nil {
			return 0, err
		}
		if len(files) == 0 {
			return 0, fmt.Errorf("notebook: there is none in %s", filepath.Join(root, "notebooks"))
		}
	}
	var results []notebook.Result
	for _, file := range files {
		if file, err = filepath.Abs(file); err != nil {
			return 0, fmt.Errorf("notebook: %w", err)
		}
		fmt.Fprintf(os.Stderr, "%s ...\n", filepath.Base(file))
		result, err := notebook.Run(ctx, file, notebook.Options{Root: root, Full: full, Timeout: timeout})
		if err != nil {
			return 0, err
		}
		if !result.Passed() {
			failed++
		}
		results = append(results, result)
	}
	notebook.Table(os.Stdout, results)
	return failed, nil
}
