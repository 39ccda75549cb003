package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"time"

	"github.com/contrastlab/contrastlab/internal/exercises"
	"github.com/contrastlab/contrastlab/internal/lang"
)

var checkCommand = &command{
	name:  "check",
	args:  "[EXERCISE]",
	short: "check what you wrote for an exercise, and name the mistake",
	long: `Compiles your file of an exercise and checks it: each property on a line, then the common mistake that it
recognizes, with the lesson to read. Without a name it checks the next exercise that you have not passed, with -all
every one. The exit code is 0 if it passes and 1 if it does not.`,
	examples: []string{"lab check", "lab check 03-infonce", "lab check -all"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		all := fs.Bool("all", false, "check every exercise")
		return forLearner(func(l *learner) error {
			chosen := exercises.All()
			switch {
			case *all && len(l.args) > 0:
				return usage("-all and %q: choose one", l.args[0])
			case !*all:
				e, err := l.meant()
				if err != nil {
					return err
				}
				chosen = []exercises.Exercise{e}
			}
			failed := 0
			for _, e := range chosen {
				passed, err := l.try(l.ctx, e)
				if err != nil {
					return err
				}
				if !passed {
					failed++
				}
			}
			if failed > 0 {
				return errNotPassed(failed, len(chosen))
			}
			return nil
		})
	},
}

func errNotPassed(failed, of int) error {
	if of == 1 {
		return errors.New(lang.Text{En: "not passed yet", Zh: "尚未通过"}.String())
	}
	return errors.New(lang.Text{En: "%d of %d not passed yet", Zh: "%d / %d 尚未通过"}.Sprintf(failed, of))
}

var watchCommand = &command{
	name:  "watch",
	short: "check an exercise whenever you save its file, until Ctrl-C",
	long: `Checks the next exercise, and then whichever you save, each time you save it. It looks at the files several
times a second, which works in containers and on network drives too. Ctrl-C ends it.`,
	examples: []string{"lab watch"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		every := fs.Duration("every", 400*time.Millisecond, "how often to look at the files")
		return func(call *call) error {
			if *every <= 0 {
				return usage("-every %v: it must be above 0", *every)
			}
			return forLearner(func(l *learner) error { return l.watch(call.ctx, *every) })(call)
		}
	},
}

// watch checks what changes until ctx ends.
func (l *learner) watch(ctx context.Context, every time.Duration) error {
	seen := map[string]fileState{}
	for _, e := range exercises.All() {
		seen[e.ID] = l.stateOf(e)
	}
	if e, ok := l.progress.Next(); ok {
		if err := l.watched(ctx, e); err != nil {
			return err
		}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil // it is how a watch ends
		case <-tick.C:
		}
		for _, e := range exercises.All() {
			now := l.stateOf(e)
			if now == seen[e.ID] || now == (fileState{}) { // an editor may remove a file before it writes it
				continue
			}
			seen[e.ID] = now
			if l.color {
				l.printf("\x1b[H\x1b[2J") // a clean screen
			}
			if err := l.watched(ctx, e); err != nil {
				return err
			}
		}
	}
}

// watched checks an exercise and says what comes next.
func (l *learner) watched(ctx context.Context, e exercises.Exercise) error {
	passed, err := l.try(ctx, e)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case passed:
		l.printf("\n")
		if err := l.showNext(); err != nil {
			return err
		}
	}
	l.printf("%s\n", l.paint(dim, lang.Text{En: "watching; save a file to check it, Ctrl-C ends", Zh: "等待中；保存文件即检查，Ctrl-C 结束"}.String()))
	return nil
}

// fileState tells a saved file from its earlier state; the zero value is no file.
type fileState struct {
	at   time.Time
	size int64
}

func (l *learner) stateOf(e exercises.Exercise) fileState {
	info, err := os.Stat(filepath.Join(l.root, filepath.FromSlash(e.Path())))
	if err != nil {
		return fileState{}
	}
	return fileState{info.ModTime(), info.Size()}
}
