package main

import (
	"flag"
	"strings"

	"github.com/contrastlab/contrastlab/internal/exercises"
)

var devCommand = &command{
	name:  "dev",
	args:  "TASK",
	short: "what those need who change the kit: dev verify proves the exercises",
	long: `verify proves, on a copy, that the exercises do what they promise: every known mistake is recognized and named by
the right check, every stub compiles and is answered with its first hint, every solution passes. It is a part of
make test.`,
	examples: []string{"lab dev verify"},
	bind: func(*flag.FlagSet) func(*call) error {
		return func(call *call) error {
			if call.args[0] != "verify" {
				return usage("unknown task %q; there is: verify", call.args[0])
			}
			return forLearner((*learner).verify)(call)
		}
	},
}

func (l *learner) verify() error {
	results, err := exercises.Verify(l.ctx, l.root)
	if err != nil {
		return err
	}
	failed := 0
	for _, r := range results {
		mark := l.paint(green, "✓")
		if len(r.Problems) > 0 {
			mark = l.paint(red, "✗")
			failed++
		}
		l.printf("%s %s\n", mark, r.Exercise.ID)
		for _, p := range r.Problems {
			l.printf("  %s\n", strings.ReplaceAll(strings.TrimSpace(p), "\n", "\n  "))
		}
	}
	edited, err := exercises.Edited(l.root)
	if err != nil {
		return err
	}
	for _, e := range edited {
		l.printf("%s is not the empty file: somebody works on it (the empty one was verified)\n", l.here(e.Path()))
	}
	if failed > 0 {
		return errNotPassed(failed, len(results))
	}
	l.printf("%d exercises: mistakes named, stubs answered, solutions pass\n", len(results))
	return nil
}
