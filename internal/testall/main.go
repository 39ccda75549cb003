// Command testall is `make test`: format, vet, staticcheck, tidy modules, all Go tests, and the notebooks in quick mode
// through the real kernel. It goes on after a failure, so that one run shows all of them, and closes with the line
//
//	N passed, N failed, N skipped
//
// that CI reads. A check, a top-level Go test and a notebook count one each; a package that does not build or whose
// process dies counts as one failure.
//
//	go run ./internal/testall [-lint] [-run regexp] [-notebooks=false]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/contrastlab/contrastlab/internal/xla"
)

// counts is what the closing line says.
type counts struct{ passed, failed, skipped int }

func (c *counts) add(d counts) {
	c.passed += d.passed
	c.failed += d.failed
	c.skipped += d.skipped
}

func (c counts) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

func main() {
	lintOnly := flag.Bool("lint", false, "only format, vet, staticcheck and the modules")
	pattern := flag.String("run", "", "only Go tests that match")
	withNotebooks := flag.Bool("notebooks", true, "the notebooks too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := xla.This().Root()
	if root == "" {
		fmt.Fprintln(os.Stderr, "testall: run this inside a checkout of", xla.Module)
		os.Exit(2)
	}

	var total counts
	stages := []struct {
		name string
		run  func(context.Context, string) counts
	}{
		{"checks", lint},
		{"Go tests", func(ctx context.Context, root string) counts { return goTests(ctx, root, *pattern) }},
		{"notebooks", notebooks},
	}
	if *lintOnly {
		stages = stages[:1]
	} else if !*withNotebooks {
		stages = stages[:2]
	}
	for _, s := range stages {
		fmt.Printf("== %s\n", s.name)
		start := time.Now()
		got := s.run(ctx, root)
		fmt.Printf("== %s: %v in %.0f s\n", s.name, got, time.Since(start).Seconds())
		total.add(got)
		if ctx.Err() != nil {
			fmt.Println("interrupted")
			os.Exit(130)
		}
	}
	fmt.Println(total)
	if total.failed > 0 || total.passed == 0 {
		os.Exit(1)
	}
}
