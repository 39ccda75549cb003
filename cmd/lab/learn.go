package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/contrastlab/contrastlab/internal/exercises"
	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/internal/xla"
)

var listCommand = &command{
	name:     "list",
	short:    "list the exercises and how far you have come",
	long:     "Lists the exercises of the course in order, with the minutes each takes, and marks those that you have passed.",
	examples: []string{"lab list"},
	bind:     func(*flag.FlagSet) func(*call) error { return forLearner((*learner).list) },
}

var nextCommand = &command{
	name:     "next",
	short:    "show the next exercise: what to read, what to write",
	long:     "Shows the first exercise that you have not passed: its text, the file to write in, the notebook before it.",
	examples: []string{"lab next"},
	bind:     func(*flag.FlagSet) func(*call) error { return forLearner((*learner).showNext) },
}

var hintCommand = &command{
	name:  "hint",
	args:  "[EXERCISE] [NUMBER]",
	short: "show a hint: the next one, or the first, second or third",
	long: `Shows a hint for an exercise, by default the next one that you have not read; each says more than the one
before. The exercise is named by its folder, its number or its word, and is the next one if none is named.`,
	examples: []string{"lab hint", "lab hint 03-infonce", "lab hint 3 2"},
	bind: func(*flag.FlagSet) func(*call) error {
		return forExercise(func(l *learner, e exercises.Exercise) error {
			hints := e.Hints()
			state := l.progress.Of(e)
			number := min(state.Hints+1, len(hints))
			if len(l.args) == 2 {
				if _, err := fmt.Sscanf(l.args[1], "%d", &number); err != nil || number < 1 || number > len(hints) {
					return usage("hint %q of %s: there are 1 to %d", l.args[1], e.ID, len(hints))
				}
			}
			l.printf("%s\n%s\n", l.paint(bold, lang.Text{En: "%s, hint %d of %d", Zh: "%s，提示 %d / %d"}.Sprintf(e.ID, number, len(hints))), hints[number-1])
			state.Hints = max(state.Hints, number)
			return l.progress.Save()
		})
	},
}

// learner is who works on the exercises of a checkout.
type learner struct {
	*call
	root     string
	progress *exercises.Progress
	color    bool
}

// newLearner finds the checkout around the working folder and the learner's progress.
func newLearner(call *call) (*learner, error) {
	root := xla.This().Root()
	if root == "" {
		return nil, usage("there is no checkout of %s around the working folder, and the exercises lie in one", xla.Module)
	}
	progress, err := exercises.ReadProgress(root)
	if err != nil {
		return nil, badInput(err)
	}
	return &learner{call: call, root: root, progress: progress, color: hasColors(call)}, nil
}

// forLearner is what a command does for the learner of the checkout around the working folder.
func forLearner(do func(*learner) error) func(*call) error {
	return func(call *call) error {
		l, err := newLearner(call)
		if err != nil {
			return err
		}
		return do(l)
	}
}

// forExercise is what a command does for the exercise that is meant.
func forExercise(do func(*learner, exercises.Exercise) error) func(*call) error {
	return forLearner(func(l *learner) error {
		e, err := l.meant()
		if err != nil {
			return err
		}
		return do(l, e)
	})
}

// hasColors says whether what is printed goes to a terminal whose user has not asked for no colors.
func hasColors(call *call) bool {
	return isTerminal(call.stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// The codes of a terminal's colors.
const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
)

func (l *learner) paint(code, text string) string {
	if !l.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// meant is the exercise that the first argument names; without one, the next.
func (l *learner) meant() (exercises.Exercise, error) {
	if len(l.args) > 0 {
		e, err := exercises.Find(l.args[0])
		return e, badInput(err)
	}
	e, ok := l.progress.Next()
	if !ok {
		return e, usage("all exercises are passed: name the one you mean; `lab list` shows them")
	}
	return e, nil
}

// here is a path of the checkout as seen from the working folder.
func (l *learner) here(path string) string {
	absolute := filepath.Join(l.root, filepath.FromSlash(path))
	folder, err := os.Getwd()
	if err != nil {
		return absolute
	}
	relative, err := filepath.Rel(folder, absolute)
	if err != nil || strings.HasPrefix(relative, filepath.Join("..", "..", "..")) {
		return absolute
	}
	return relative
}

func (l *learner) list() error {
	var rows [][]string
	for _, e := range exercises.All() {
		state := l.progress.Of(e)
		mark, told := " ", ""
		switch {
		case state.Passed != nil:
			mark = l.paint(green, "✓")
			told = lang.Text{En: "passed %s", Zh: "%s 通过"}.Sprintf(state.Passed.Local().Format(time.DateOnly))
		case state.Attempts > 0:
			mark, told = l.paint(red, "✗"), lang.Text{En: "tried %d×", Zh: "试过 %d 次"}.Sprintf(state.Attempts)
		}
		rows = append(rows, []string{mark + " " + e.ID, e.Title.String(), lang.Text{En: "%d min", Zh: "%d 分钟"}.Sprintf(e.Minutes), e.Level.String(), told})
	}
	writeTable(l.stdout, rows, 0, 1, 3, 4)
	l.printf("%s\n", l.score())
	return nil
}

func (l *learner) score() string {
	return lang.Text{En: "%d of %d passed", Zh: "已通过 %d / %d"}.Sprintf(l.progress.Passed(), len(exercises.All()))
}

// showNext prints the next exercise's text and where to write, or that none is left.
func (l *learner) showNext() error {
	e, ok := l.progress.Next()
	if !ok {
		l.printf("%s\n", l.paint(green, lang.Text{
			En: "All exercises are passed. You have written the core of the field by hand.",
			Zh: "全部练习都已通过。你已亲手写出了这个领域的核心。",
		}.String()))
		return nil
	}
	text, err := os.ReadFile(filepath.Join(l.root, filepath.FromSlash(e.Readme())))
	if err != nil {
		return err
	}
	l.printf("%s\n\n", strings.TrimSpace(string(text)))
	for _, line := range [][2]string{
		{lang.Text{En: "text", Zh: "题目"}.String(), l.here(e.Readme())},
		{lang.Text{En: "write in", Zh: "写在"}.String(), l.here(e.Path())},
		{lang.Text{En: "check", Zh: "检查"}.String(), lang.Text{En: "lab check %s, or lab watch while you write", Zh: "lab check %s，或边写边用 lab watch"}.Sprintf(e.ID)},
	} {
		l.printf("%s  %s\n", l.paint(dim, lang.Pad(line[0], 8)), line[1])
	}
	return nil
}

// try checks an exercise and prints what came of it.
func (l *learner) try(ctx context.Context, e exercises.Exercise) (passed bool, err error) {
	outcome, err := exercises.Try(ctx, l.root, e)
	if err != nil {
		return false, err
	}
	// Others may have written since: another terminal's watch, for one.
	if l.progress, err = exercises.ReadProgress(l.root); err != nil {
		return false, err
	}
	state := l.progress.Of(e)
	state.Attempts++
	first := outcome.Passed() && state.Passed == nil
	if first {
		now := time.Now().UTC().Truncate(time.Second)
		state.Passed = &now
	}
	l.tell(e, outcome)
	if first {
		l.printf("%s\n", l.score())
	}
	return outcome.Passed(), l.progress.Save()
}

// tell prints what came of a try, and the next step.
func (l *learner) tell(e exercises.Exercise, outcome exercises.Outcome) {
	l.printf("%s  %s\n", l.paint(bold, e.ID), l.paint(dim, l.here(e.Path())))
	for _, r := range outcome.Reports {
		r.Write(l.stdout, l.color)
	}
	switch {
	case outcome.Problem != "":
		l.printf("%s %s\n", l.paint(red, "✗"), outcome.Problem)
	case outcome.Passed():
		l.printf("%s %s\n", l.paint(green, "✓"), lang.Text{
			En: "passed; `lab solution %s` shows another way, `lab next` goes on",
			Zh: "通过；`lab solution %s` 给出另一种写法，`lab next` 继续",
		}.Sprintf(e.ID))
	case outcome.Unwritten():
		l.printf("%s %s\n", lang.Text{En: "Hint 1:", Zh: "提示 1："}, e.Hints()[0])
	default:
		l.printf("%s\n", lang.Text{
			En: "Stuck? `lab hint %s` shows a hint.",
			Zh: "卡住了？`lab hint %s` 给出提示。",
		}.Sprintf(e.ID))
	}
}
