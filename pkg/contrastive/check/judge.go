package check

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/contrastlab/contrastlab/internal/lang"
)

// timeLimit is how long one property may take. Each is done in milliseconds; what is longer does not end.
const timeLimit = 10 * time.Second

// slips is a set of mistakes, a bit each.
type slips uint32

func (s slips) has(one slips) bool { return s&one != 0 }

// slip is a mistake that a check knows.
type slip struct {
	id     string
	text   lang.Text
	lesson string // NAME#anchor of a lesson
}

// row is a property and how to try it on a function: what was found, and whether it holds.
type row[F any] struct {
	name lang.Text
	try  func(f F) (detail string, holds bool)
}

// spec is all that a check of functions of type F knows.
type spec[F any] struct {
	name     string // as in check.InfoNCE
	exercise string
	rows     []row[F]

	// answers is what a function returns for fixed inputs, written one after the other. Two functions with the same
	// answers are taken for the same, so the inputs must tell all mistakes apart.
	answers   func(f F) []float64
	unwritten F
	unseen    lang.Text       // what may be wrong too where a written function does as little as the empty one
	with      func(s slips) F // the function with these mistakes in it; with(0) is right
	slips     []slip          // bit i of the set is slips[i]
}

var exerciseFolder = regexp.MustCompile(`^\d\d-[a-z0-9-]+$`)

// judge tries every property of f, and looks for its mistake if one does not hold.
func (s spec[F]) judge(f F) Report {
	if folder := workingFolder(); exerciseFolder.MatchString(folder) {
		s.exercise = folder // two exercises may call the same check
	}
	report := Report{Check: s.name, Exercise: s.exercise}
	for _, r := range s.rows {
		row := Row{Name: r.name.String()}
		ended, err := try(func() { row.Detail, row.Passed = r.try(f) })
		if err != nil {
			row.Detail, row.Passed = err.Error(), false
		}
		report.Rows = append(report.Rows, row)
		if !ended {
			return report // it still computes: what follows would not end either
		}
	}
	if !report.Passed() {
		report.Mistakes = s.recognize(f)
	}
	return report
}

// recognize looks for the mistakes that together give the same answers as f: none, one, or two at once.
func (s spec[F]) recognize(f F) []Mistake {
	got := s.ask(f)
	if same(got, s.ask(s.unwritten)) {
		text := lang.Text{
			En: fmt.Sprintf("Nothing is written yet. `lab hint %s` shows how to begin.", s.exercise),
			Zh: fmt.Sprintf("还什么都没有写。`lab hint %s` 告诉你从哪里开始。", s.exercise),
		}.String()
		if unseen := s.unseen.String(); unseen != "" {
			text += "\n  " + unseen
		}
		return []Mistake{{ID: Unwritten, Text: text}}
	}
	right := s.ask(s.with(0))
	n := len(s.slips)
	for count := 1; count <= 2; count++ {
		for set := slips(1); set < 1<<n; set++ {
			if bits.OnesCount32(uint32(set)) != count {
				continue
			}
			wrong := s.ask(s.with(set))
			if !same(wrong, right) && same(got, wrong) {
				return s.named(set)
			}
		}
	}
	return nil
}

// named are the mistakes of a set in the learner's language.
func (s spec[F]) named(set slips) (found []Mistake) {
	for i, one := range s.slips {
		if set.has(1 << i) {
			found = append(found, Mistake{ID: one.id, Text: one.text.String(), Lesson: lessonPath(one.lesson)})
		}
	}
	return found
}

func lessonPath(lesson string) string {
	name, anchor, _ := strings.Cut(lesson, "#")
	return "lessons/" + lang.Folder() + "/" + name + ".md#" + anchor
}

// ask is what f answers; a panic or an endless computation is an answer too, of its own.
func (s spec[F]) ask(f F) []float64 {
	var got []float64
	if _, err := try(func() { got = s.answers(f) }); err != nil {
		return nil
	}
	return got
}

// same says whether two answers agree; numbers that are none (NaN, ±Inf) count as the same kind of failure. No answer
// agrees with nothing.
func same(a, b []float64) bool {
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	for i := range a {
		if finite(a[i]) != finite(b[i]) || finite(a[i]) && !near(a[i], b[i]) {
			return false
		}
	}
	return true
}

var errEndless = errors.New("endless")

// try runs f and turns a panic into an error that says where, and a computation without end into another.
func try(f func()) (ended bool, err error) {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- errors.New(lang.Text{En: "panics%s: %v", Zh: "发生 panic%s：%v"}.Sprintf(where(), firstLine(fmt.Sprint(r))))
				return
			}
			done <- nil
		}()
		f()
	}()
	select {
	case err := <-done:
		return true, err
	case <-time.After(timeLimit):
		return false, fmt.Errorf("%w: %s", errEndless, lang.Text{En: "no answer within %v; does a loop never end?", Zh: "%v 内没有结果；是否有循环不会结束？"}.Sprintf(timeLimit))
	}
}

// where is the line of the learner's code in which a panic arose: the innermost frame that is neither Go's, nor ours, nor
// GoMLX's, which checks what it is given when a graph is built.
func where() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		frame, more := frames.Next()
		if !foreign(frame) {
			if strings.Contains(frame.Function, ".") && frame.File != "" {
				return fmt.Sprintf(" (%s:%d)", filepath.Base(frame.File), frame.Line)
			}
			return ""
		}
		if !more {
			return ""
		}
	}
}

// standard says whether a function is one of Go's own packages: only their paths begin without a dot, but for main.
func standard(function string) bool {
	function, _, _ = strings.Cut(function, "[") // type arguments have paths of their own
	folder, name := "", function
	if i := strings.LastIndex(function, "/"); i >= 0 {
		folder, name = function[:i], function[i+1:]
	}
	path, _, _ := strings.Cut(name, ".")
	if folder != "" {
		path, _, _ = strings.Cut(folder, "/")
	}
	return path != "main" && path != "command-line-arguments" && !strings.Contains(path, ".")
}

// foreign says whether a frame is none of the learner's. A function of package ongraph that was inlined has the learner's
// name, so it is known by its file.
func foreign(frame runtime.Frame) bool {
	return standard(frame.Function) || strings.HasPrefix(frame.Function, "github.com/gomlx/") ||
		strings.Contains(frame.Function, "/pkg/contrastive/check.") || strings.HasSuffix(frame.File, "/check/ongraph/ongraph.go")
}

// firstLine is what a panic says, without the stack that some add.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
