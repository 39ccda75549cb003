// Command lab trains, evaluates and shows contrastive encoders from the command line, and checks the exercises of the
// course: `lab help` lists what it can do.
//
// What you may touch here: a file is a command, registered in commands below. Commands are thin (flags in,
// package calls, tables out); what they compute belongs in pkg/contrastive.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/contrastlab/contrastlab/internal/registry"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// groups are the commands in the order in which help lists them.
func groups() []group {
	return []group{
		{"Encoders", []*command{trainCommand, evalCommand, reportCommand, doctorCommand, compareCommand, dataCommand, benchCommand, demoCommand}},
		{"Exercises", []*command{listCommand, nextCommand, checkCommand, watchCommand, hintCommand, diffCommand, solutionCommand, resetCommand, predictCommand}},
		{"The kit", []*command{exportCommand, devCommand, helpCommand, versionCommand}},
	}
}

// group is commands for one purpose.
type group struct {
	title    string
	commands []*command
}

func commands() (all []*command) {
	for _, g := range groups() {
		all = append(all, g.commands...)
	}
	return all
}

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = []string{"help"}
	}
	name := args[0]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-version", "--version":
		name = "version"
	}
	c := findCommand(name)
	if c == nil {
		fmt.Fprintf(stderr, "lab: %v\n", unknownCommand(name))
		return exitUsage
	}
	err := guard(stderr, func() error { return c.run(ctx, args[1:], stdout, stderr) })
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "lab %s: %s\n", c.name, oneLine(err))
	return exitCode(err)
}

func findCommand(name string) *command {
	for _, c := range commands() {
		if c.name == name {
			return c
		}
	}
	return nil
}

func unknownCommand(name string) error {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	near := ""
	if n := registry.Nearest(name, names); n != "" {
		near = fmt.Sprintf(" (did you mean %q?)", n)
	}
	return fmt.Errorf("unknown command %q%s; `lab help` lists: %s", name, near, strings.Join(names, ", "))
}

// errMissed is what -strict makes of a missed target.
var errMissed = errors.New("a target was missed")
