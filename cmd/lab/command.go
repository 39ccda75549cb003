package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/contrastlab/contrastlab/internal/registry"
)

// command is one of the lab's commands.
type command struct {
	name     string
	args     string // what follows the name, apart from flags, e.g. "DIR"
	short    string // one line for the list of commands
	long     string // paragraphs for `lab help NAME`
	examples []string

	// bind declares the flags and returns what runs once they are parsed.
	bind func(*flag.FlagSet) func(*call) error
}

// call is one use of a command.
type call struct {
	command        *command
	ctx            context.Context
	args           []string // what is not a flag
	line           []string // everything after the command's name, for "the same command"
	set            map[string]bool
	stdout, stderr io.Writer
}

func (c *call) printf(format string, args ...any) { fmt.Fprintf(c.stdout, format, args...) }

func (c *command) flags() (*flag.FlagSet, func(*call) error) {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs, c.bind(fs)
}

func (c *command) run(ctx context.Context, line []string, stdout, stderr io.Writer) error {
	fs, do := c.flags()
	one := &call{command: c, ctx: ctx, line: line, set: map[string]bool{}, stdout: stdout, stderr: stderr}
	for rest := line; ; { // flags may come before and after other arguments
		for len(rest) > 0 && isNegativeNumber(rest[0]) {
			one.args, rest = append(one.args, rest[0]), rest[1:]
		}
		if err := fs.Parse(rest); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				c.writeHelp(stdout)
				return nil
			}
			return c.flagError(fs, err)
		}
		if fs.NArg() == 0 {
			break
		}
		one.args = append(one.args, fs.Arg(0))
		rest = fs.Args()[1:]
	}
	fs.Visit(func(f *flag.Flag) { one.set[f.Name] = true })
	switch want := len(strings.Fields(c.args)); {
	case strings.HasPrefix(c.args, "[") && len(one.args) <= want:
	case len(one.args) > want:
		return usage("unexpected %q; usage: %s", one.args[want], c.usage())
	case len(one.args) < want:
		return usage("%s is missing; usage: %s%s", strings.Fields(c.args)[len(one.args)], c.usage(), existingRuns(c))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return do(one)
}

// isNegativeNumber tells a number from a flag.
func isNegativeNumber(arg string) bool {
	_, err := strconv.ParseFloat(arg, 64)
	return err == nil && strings.HasPrefix(arg, "-")
}

// flagError says which flag is wrong and which was meant.
func (c *command) flagError(fs *flag.FlagSet, err error) error {
	const unknown = "flag provided but not defined: -"
	name, isUnknown := strings.CutPrefix(err.Error(), unknown)
	if !isUnknown {
		return usage("%w; `lab help %s` explains the flags", err, c.name)
	}
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	hint := ""
	if near := registry.Nearest(name, names); near != "" {
		hint = fmt.Sprintf(" (did you mean -%s?)", near)
	} else if c.name == "train" && isHyperparameter(name) {
		hint = fmt.Sprintf(" (it is a hyperparameter: -set %q)", name+"=...")
	}
	return usage("unknown flag -%s%s; `lab help %s` lists the flags", name, hint, c.name)
}

func (c *command) usage() string {
	parts := []string{"lab", c.name}
	if c.args != "" {
		parts = append(parts, c.args)
	}
	fs, _ := c.flags()
	any := false
	fs.VisitAll(func(*flag.Flag) { any = true })
	if any {
		parts = append(parts, "[flags]")
	}
	return strings.Join(parts, " ")
}
