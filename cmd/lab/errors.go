package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
)

// The exit codes, which `lab help` explains.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// debugEnv, when not empty, shows where an error came from.
const debugEnv = "LAB_DEBUG"

// usageError is a mistake in what was asked for, as opposed to a failure in doing it.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// badInput marks err, if there is one, as a mistake in what was asked for.
func badInput(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

func exitCode(err error) int {
	var mistake usageError
	switch {
	case errors.Is(err, contrastive.ErrInterrupted) || errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &mistake):
		return exitUsage
	}
	return exitFailure
}

// oneLine is the message of err without line breaks, which would read as several errors.
func oneLine(err error) string {
	if errors.Is(err, context.Canceled) && !errors.Is(err, contrastive.ErrInterrupted) {
		return "interrupted"
	}
	line := ""
	for part := range strings.Lines(err.Error()) {
		part = strings.TrimPrefix(strings.Join(strings.Fields(part), " "), "- ")
		switch {
		case line == "" || part == "":
		case strings.HasSuffix(line, ":") || strings.HasSuffix(line, ";"):
			line += " "
		default:
			line += "; "
		}
		line += part
	}
	return line
}

// guard turns a panic of f into an error: building a graph reports its errors by panicking. With debugEnv the
// trace of an error goes to w.
func guard(w io.Writer, f func() error) (err error) {
	show := os.Getenv(debugEnv) != ""
	defer func() {
		if r := recover(); r != nil {
			if show {
				fmt.Fprintf(w, "%+v\n%s", r, debug.Stack())
			}
			err = panicError(r)
		}
	}()
	err = f()
	if show && err != nil {
		writeTrace(w, err)
	}
	return err
}

// writeTrace writes the innermost error that knows where it arose.
func writeTrace(w io.Writer, err error) {
	traced := err
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		if _, ok := inner.(fmt.Formatter); ok {
			traced = inner
		}
	}
	fmt.Fprintf(w, "%+v\n", traced)
}

func panicError(r any) error {
	err, ok := r.(error)
	if !ok {
		err = fmt.Errorf("%v", r)
	}
	var bug runtime.Error
	if errors.As(err, &bug) {
		return fmt.Errorf("internal error: %w (%s=1 shows the trace)", err, debugEnv)
	}
	return err
}
