package exercises

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/contrastlab/contrastlab/internal/wholefile"
)

// ProgressEnv is the environment variable that names the learner's file of progress, if it is not [ProgressFile].
const ProgressEnv = "LAB_PROGRESS"

// ProgressFile is where progress is kept, below the checkout; git ignores it.
const ProgressFile = Folder + "/progress.json"

// Progress is how far a learner has come.
type Progress struct {
	Exercises map[string]*State `json:"exercises"` // by ID

	path string
}

// State is how far a learner has come with an exercise.
type State struct {
	Attempts int        `json:"attempts"`         // checks so far, those that passed included
	Hints    int        `json:"hints,omitempty"`  // how many have been read
	Peeked   bool       `json:"peeked,omitempty"` // the solution was read before a pass
	Passed   *time.Time `json:"passed,omitempty"` // the first pass
}

// ReadProgress reads the learner's file, which need not exist yet.
func ReadProgress(root string) (*Progress, error) {
	p := &Progress{Exercises: map[string]*State{}, path: os.Getenv(ProgressEnv)}
	if p.path == "" {
		p.path = filepath.Join(root, filepath.FromSlash(ProgressFile))
	}
	content, err := os.ReadFile(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(content, p); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); mend it, or move it away to begin anew", p.path, err)
	}
	if p.Exercises == nil {
		p.Exercises = map[string]*State{}
	}
	return p, nil
}

// Of is the state of an exercise; what is changed in it, Save writes.
func (p *Progress) Of(e Exercise) *State {
	s := p.Exercises[e.ID]
	if s == nil {
		s = &State{}
		p.Exercises[e.ID] = s
	}
	return s
}

// Next is the first exercise that has not been passed; false if there is none left.
func (p *Progress) Next() (Exercise, bool) {
	for _, e := range All() {
		if p.Of(e).Passed == nil {
			return e, true
		}
	}
	return Exercise{}, false
}

// Passed counts the exercises that have been passed.
func (p *Progress) Passed() (n int) {
	for _, e := range All() {
		if p.Of(e).Passed != nil {
			n++
		}
	}
	return n
}

// Save writes the file, all or nothing.
func (p *Progress) Save() error {
	content, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return wholefile.Write(p.path, append(content, '\n'), 0o644)
}
