package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/contrastlab/contrastlab/internal/exercises"
	"github.com/contrastlab/contrastlab/internal/lang"
)

var solutionCommand = &command{
	name:     "solution",
	args:     "EXERCISE",
	short:    "show a solution, once you have passed",
	long:     "Prints a solution of an exercise that you have passed, or with -peek of any; your file stays as it is.",
	examples: []string{"lab solution 03-infonce", "lab solution 3 -peek"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		peek := fs.Bool("peek", false, "show it before you have passed; your progress keeps that")
		return forExercise(func(l *learner, e exercises.Exercise) error {
			if err := l.allow(e, *peek); err != nil {
				return err
			}
			l.printf("%s", e.Solution())
			return nil
		})
	},
}

// allow says whether the learner may see the solution, and keeps that they peeked.
func (l *learner) allow(e exercises.Exercise, peek bool) error {
	state := l.progress.Of(e)
	switch {
	case state.Passed != nil:
		return nil
	case !peek:
		return usage("%s", lang.Text{
			En: "%s is not passed yet: `lab hint %[1]s` helps; -peek shows the solution all the same",
			Zh: "%s 尚未通过：`lab hint %[1]s` 给出提示；-peek 仍可查看答案",
		}.Sprintf(e.ID))
	}
	state.Peeked = true
	return l.progress.Save()
}

var diffCommand = &command{
	name:  "diff",
	args:  "EXERCISE",
	short: "show what you have written: your file against the empty one, or the solution",
	long: `Shows the lines in which your file of an exercise differs from the empty one, or with -solution from the solution,
for which you must have passed, or say -peek.`,
	examples: []string{"lab diff 03-infonce", "lab diff 3 -solution"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		solution := fs.Bool("solution", false, "compare with the solution")
		peek := fs.Bool("peek", false, "with -solution: before you have passed")
		return forExercise(func(l *learner, e exercises.Exercise) error {
			mine, err := os.ReadFile(filepath.Join(l.root, filepath.FromSlash(e.Path())))
			if err != nil {
				return err
			}
			diff := difflib.UnifiedDiff{
				A: difflib.SplitLines(string(e.Stub())), FromFile: lang.Text{En: "empty", Zh: "空白"}.String(),
				B: difflib.SplitLines(string(mine)), ToFile: l.here(e.Path()), Context: 3,
			}
			if *solution {
				if err := l.allow(e, *peek); err != nil {
					return err
				}
				diff.A, diff.B = diff.B, difflib.SplitLines(string(e.Solution()))
				diff.FromFile, diff.ToFile = diff.ToFile, lang.Text{En: "solution", Zh: "答案"}.String()
			}
			text, err := difflib.GetUnifiedDiffString(diff)
			if err != nil {
				return err
			}
			if text == "" {
				l.printf("%s\n", lang.Text{En: "no difference", Zh: "没有差别"})
				return nil
			}
			for line := range strings.Lines(text) {
				line = strings.TrimRight(line, "\n")
				switch {
				case strings.HasPrefix(line, "+"):
					line = l.paint(green, line)
				case strings.HasPrefix(line, "-"):
					line = l.paint(red, line)
				}
				l.printf("%s\n", line)
			}
			return nil
		})
	},
}

var resetCommand = &command{
	name:     "reset",
	args:     "EXERCISE",
	short:    "begin an exercise anew; what you wrote is kept beside it",
	long:     "Puts the empty file of an exercise back. What you wrote is kept in the same folder, under a name that ends in .bak.",
	examples: []string{"lab reset 03-infonce"},
	bind: func(*flag.FlagSet) func(*call) error {
		return forExercise(func(l *learner, e exercises.Exercise) error {
			backup, err := exercises.Reset(l.root, e)
			switch {
			case err != nil:
				return err
			case backup == "":
				l.printf("%s\n", lang.Text{En: "%s is empty", Zh: "%s 是空白的"}.Sprintf(l.here(e.Path())))
			default:
				l.printf("%s\n", lang.Text{En: "%s is empty again; what you wrote is in %s", Zh: "%s 已恢复为空白；你写的内容在 %s"}.Sprintf(l.here(e.Path()), l.here(backup)))
			}
			return nil
		})
	},
}
