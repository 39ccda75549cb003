package main

import (
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/contrastlab/contrastlab/internal/exercises"
	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/internal/xla"
	"github.com/contrastlab/contrastlab/pkg/contrastive/check"
)

var helpCommand = &command{
	name:     "help",
	args:     "[COMMAND]",
	short:    "explain a command, or \"settings\", \"environment\", \"files\", \"exit-codes\"",
	long:     "Explains a command or a topic; \"lab help all\" prints everything.",
	examples: []string{"lab help train", "lab help settings", "lab help all | less"},
}

func init() {
	helpCommand.bind = func(*flag.FlagSet) func(*call) error { return help } // here: help lists the commands, itself among them
}

var versionCommand = &command{
	name:  "version",
	short: "print the version of the lab and of what it was built with",
	long:  "Prints the version of the lab, of Go and of GoMLX.",
	bind: func(*flag.FlagSet) func(*call) error {
		return func(call *call) error {
			call.printf("lab %s, %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, m := range info.Deps {
					if strings.HasPrefix(m.Path, "github.com/gomlx/") {
						call.printf("%s %s\n", m.Path, m.Version)
					}
				}
			}
			return nil
		}
	},
}

// version is the commit or the release that the program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return fmt.Sprintf("%.12s", s.Value)
		}
	}
	return info.Main.Version
}

// topic is something that help explains beside the commands.
type topic struct {
	name, title string
	write       func(io.Writer)
}

func topics() []topic {
	return []topic{
		{"settings", "every hyperparameter, with its default", writeSettings},
		{"recipes", "what published numbers and the lab's own were trained with", writeRecipes},
		{"environment", "environment variables", func(w io.Writer) { writeList(w, environment) }},
		{"files", "where files go", func(w io.Writer) { writeList(w, files) }},
		{"exit-codes", "what the exit code says", func(w io.Writer) { writeList(w, exitCodes) }},
	}
}

var environment = [][]string{
	{"GOMLX_BACKEND", "what to compute on: xla:cpu, xla:cuda, xla:/path/of/plugin.so"},
	{"CONTRASTLAB_DATA", "the folder of downloaded and decoded data sets, if it is not contrastlab in the user's cache folder"},
	{"CONTRASTLAB_VENV", "the virtual environment with the XLA plugin, if it is not .venv of the checkout"},
	{xla.EnvCache, "the folder of what XLA has compiled (at most 1 GB), if it is not contrastlab/xla in the user's cache folder; off keeps nothing"},
	{"PJRT_PLUGIN_LIBRARY_PATH", "folders in which XLA plugins are searched, separated by colons"},
	{"GOMLX_NO_AUTO_INSTALL", "if set, no plugin is downloaded where none is found"},
	{"CONTRASTLAB_QUIET", "if set, the choice of the backend is not reported on standard error"},
	{lang.Env, "the language of what the exercises say: en or zh; without it the locale's (LC_ALL, LC_MESSAGES, LANG)"},
	{exercises.ProgressEnv, "the file of your progress, if it is not exercises/progress.json of the checkout"},
	{check.PredictionsEnv, "the file of your predictions, if it is not runs/predictions.json beside the notebook"},
	{"NO_COLOR", "if set, nothing is printed in color"},
	{"CONTRASTLAB_FONT", "a font for static pictures of charts in scripts such as Chinese"},
	{debugEnv, "if set, errors come with the trace of where they arose"},
}

var files = [][]string{
	{"runs/NAME/config.json", "the configuration of a run and what it was trained on"},
	{"runs/NAME/history.jsonl", "a line of measurements every log_every steps"},
	{"runs/NAME/checkpoints/", "the last states of weights, optimizer and random numbers"},
	{"runs/NAME/eval.json", "all numbers that `lab eval` found, each draw and the seconds of each part included; a later call adds to it"},
	{"report.html", "the page that `lab report` and `lab demo` write; -o names another"},
	{"emoji.png", "the contact sheet that `lab data` writes; -o names another"},
	{"exercises/progress.json", "the exercises that you have tried and passed"},
	{"exercises/NAME/FILE.go.1.bak", "what `lab reset` keeps of an exercise that you begin anew"},
	{"notebooks/runs/predictions.json", "what you expected, and what was measured"},
	{"DATA/NAME/", "the official files of a data set, and NAME.pictures, what was decoded of them; DATA is the folder of -data-dir"},
	{"DATA/folder/", "what was decoded of folders of pictures; it may be deleted at any time, and is made again"},
	{"", "The emoji are embedded in the program. Nothing else is written; to forget a run, delete its folder."},
}

var exitCodes = [][]string{
	{"0", "done"},
	{"1", "failed: no backend, diverged training, full disk; a missed target with -strict; findings of lab doctor; an exercise that is not passed"},
	{"2", "bad input: a wrong flag, name, value, folder or file; nothing was started"},
	{"130", "interrupted by Ctrl-C; training has saved and says how to go on"},
}

func help(call *call) error {
	if len(call.args) == 0 {
		writeOverview(call.stdout)
		return nil
	}
	name := call.args[0]
	if c := findCommand(name); c != nil {
		c.writeHelp(call.stdout)
		return nil
	}
	known := []string{"all"}
	for _, t := range topics() {
		if t.name == name {
			t.write(call.stdout)
			return nil
		}
		known = append(known, t.name)
	}
	if r := recipes[name]; r != nil {
		r.write(call.stdout)
		return nil
	}
	if name == "all" {
		writeOverview(call.stdout)
		for _, c := range commands() {
			call.printf("\n%s\n", strings.Repeat("─", 80))
			c.writeHelp(call.stdout)
		}
		for _, t := range topics() {
			call.printf("\n%s\n%s: %s\n\n", strings.Repeat("─", 80), t.name, t.title)
			t.write(call.stdout)
		}
		return nil
	}
	for _, c := range commands() {
		known = append(known, c.name)
	}
	near := ""
	if n := registry.Nearest(name, append(recipeNames(), known...)); n != "" {
		near = fmt.Sprintf(" (did you mean %q?)", n)
	}
	return usage("no help on %q%s; there is help on: %s", name, near, strings.Join(known, ", "))
}

func writeOverview(w io.Writer) {
	writeParagraphs(w, "lab trains encoders of pictures by comparing views of them, without labels, and shows what they have "+
		"learned beside honest baselines; and it checks the exercises of the course. It works offline; the emoji data set is inside.")
	for _, g := range groups() {
		fmt.Fprintf(w, "\n%s\n", g.title)
		var rows [][]string
		for _, c := range g.commands {
			rows = append(rows, []string{strings.TrimRight("  lab "+c.name+" "+c.args, " "), c.short})
		}
		writeList(w, rows)
	}
	fmt.Fprint(w, `
To start with
  lab data                        look at the pictures
  lab train                       train SimCLR on them, some minutes on two cores
  lab eval runs/emoji-simclr      measure what it learned
  lab report runs/emoji-simclr    the same as a page with charts: report.html
  lab doctor runs/emoji-simclr    say what is wrong with it, if anything
  lab next                        the first exercise of the course

Help
`)
	rows := [][]string{{"  lab help COMMAND", "what a command does, its flags, examples"}}
	for _, t := range topics() {
		rows = append(rows, []string{"  lab help " + t.name, t.title})
	}
	rows = append(rows, []string{"  lab help all", "everything at once"})
	writeList(w, rows)
	fmt.Fprint(w, "\n`make setup` puts lab into .venv/bin, where terminals of JupyterLab find it; else: go run ./cmd/lab\n")
}

// writeHelp explains the command and each of its flags.
func (c *command) writeHelp(w io.Writer) {
	fmt.Fprintf(w, "lab %s: %s\n\nUsage: %s\n\n", c.name, c.short, c.usage())
	writeParagraphs(w, c.long)
	fs, _ := c.flags()
	var rows [][]string
	fs.VisitAll(func(f *flag.Flag) {
		kind, about := flag.UnquoteUsage(f)
		name := strings.TrimRight("  -"+f.Name+" "+kind, " ")
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" && !strings.Contains(about, "(default") {
			about += " (default " + f.DefValue + ")"
		}
		rows = append(rows, []string{name, about})
	})
	if len(rows) > 0 {
		fmt.Fprint(w, "\nFlags\n")
		writeList(w, rows)
	}
	if len(c.examples) > 0 {
		fmt.Fprint(w, "\nExamples\n")
		for _, example := range c.examples {
			fmt.Fprintf(w, "  %s\n", example)
		}
	}
}
