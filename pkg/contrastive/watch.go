package contrastive

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// watch is the doctor during training: it goes by the history alone, computes nothing on the device and changes
// nothing.
type watch struct {
	setup *eval.Setup

	mu    sync.Mutex // the progress bar reads from a goroutine of its own
	found []eval.Finding
}

// watched are the diseases that a history shows while it grows.
var watched = []eval.Disease{eval.LearningRateTooHigh, eval.TemperatureTooLow, eval.Collapse, eval.NothingLearned, eval.QueueFilling, eval.BatchTooSmall}

// The doctor looks after every fifth record, from the tenth on; that nothing is learned is said after a fifth of the
// steps and no fewer than 200.
const (
	watchEvery       = 5
	watchFrom        = 10
	unlearnedAfter   = 200
	unlearnedOfTotal = 5
)

// look returns what the history shows now and did not show before.
func (w *watch) look(r *Run, t *trainer) []eval.Finding {
	n := len(r.History)
	if n%watchEvery != 0 || n < watchFrom {
		return nil
	}
	if w.setup == nil {
		setup, err := r.setup(t.images)
		if err != nil {
			return nil // a configuration that cannot be read is reported by whoever needs it
		}
		w.setup = &setup
	}
	s := eval.Symptoms{Setup: *w.setup, Course: r.course()}
	var fresh []eval.Finding
	for _, f := range eval.Diagnose(s) {
		early := f.ID == eval.NothingLearned && (r.Step < unlearnedAfter || r.Step < t.total/unlearnedOfTotal)
		if f.Severity == eval.Note || early || !slices.Contains(watched, f.ID) || w.told(f.ID) {
			continue
		}
		fresh = append(fresh, f)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found = append(w.found, fresh...)
	return fresh
}

func (w *watch) told(id eval.Disease) bool {
	return slices.ContainsFunc(w.found, func(f eval.Finding) bool { return f.ID == id })
}

// inShort is a line of the progress bar.
func (w *watch) inShort() (name, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var titles []string
	for _, f := range w.found {
		title, _, _ := strings.Cut(f.Title, ":")
		titles = append(titles, title)
	}
	if len(titles) == 0 {
		return "Doctor", "nothing found"
	}
	return "Doctor", strings.Join(titles, "; ")
}

// doctor tells once what the history shows to be wrong.
func (t *trainer) doctor() {
	for _, f := range t.watch.look(t.Run, t) {
		if t.Config.OnFinding != nil {
			t.Config.OnFinding(f)
		}
		if !t.Config.Quiet && !t.bar {
			writeFinding(t.Step, f)
		}
	}
}

func writeFinding(step int, f eval.Finding) {
	fmt.Printf("doctor, step %d: %s: %s.\n  %s\n", step, f.Title, f.Evidence, f.Remedy)
}
