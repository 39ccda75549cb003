package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/contrastlab/contrastlab/internal/wholefile"
)

// resultsFile is what lab eval leaves in a run's folder, and lab report draws.
const resultsFile = "eval.json"

// results are all numbers of an evaluation, as -json writes them and resultsFile keeps them. Shares are 0 … 1.
type results struct {
	Dir          string `json:"dir"`
	Method       string `json:"method"`
	Data         string `json:"data"`
	Pictures     int    `json:"training_pictures"` // labeled, which vote and which probes are fitted to
	TestPictures int    `json:"test_pictures"`
	Steps        int    `json:"steps"` // of training
	Seed         int64  `json:"seed"`
	Neighbors    int    `json:"neighbors"` // that vote
	EncoderHash  string `json:"encoder_sha256"`
	Lab          string `json:"lab"` // the version that measured

	// Scores by row: raw_pixels, centered_pixels, untrained, run, and on request run_head and supervised. Each is an
	// eval.Scores, or an eval.ClassScores where there are only classes.
	Scores    map[string]json.RawMessage `json:"scores"`
	Confusion *confusion                 `json:"confusion,omitempty"`
	Names     *namesFound                `json:"names,omitempty"`
	Notes     []string                   `json:"notes,omitempty"`

	// Further is what flags asked for: probe, transfer (by artist), corruptions, label_efficiency, finetune; each by row.
	Further map[string]json.RawMessage `json:"further,omitempty"`

	// Seconds that each part took, and all of them.
	Seconds map[string]float64 `json:"seconds"`
}

// confusion says how often each class of test pictures was taken for each.
type confusion struct {
	By      string   `json:"by"` // what predicted
	Of      string   `json:"of"` // which pictures
	Classes []string `json:"classes"`
	Counts  [][]int  `json:"counts"` // rows are the true classes
}

// results collects what was measured now.
func (e *evaluation) results() (*results, error) {
	c := e.run.Config
	r := &results{Dir: filepath.Clean(c.Dir), Method: c.Method.Name(), Data: e.run.Data.Name, Pictures: e.bank.Len(), TestPictures: e.test.Len(),
		Steps: e.run.Step, Seed: c.Seed, Neighbors: e.k, EncoderHash: e.encoderHash, Lab: version(), Confusion: e.confused, Names: e.names, Notes: e.notes,
		Scores: map[string]json.RawMessage{}, Further: map[string]json.RawMessage{}, Seconds: map[string]float64{}}
	put := func(to map[string]json.RawMessage, key string, value any) error {
		text, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		to[key] = text
		return nil
	}
	for _, a := range e.added {
		if err := put(r.Further, a.key, a.value); err != nil {
			return nil, err
		}
	}
	for _, m := range e.rows {
		var scores any = m.scores
		if !e.byItem() {
			scores = m.classes
		}
		if err := put(r.Scores, m.key, scores); err != nil {
			return nil, err
		}
	}
	for _, part := range e.parts {
		seconds := math.Round(100*part.took.Seconds()) / 100
		r.Seconds[part.key] += seconds
		r.Seconds["all"] += seconds
	}
	return r, nil
}

// sameState says that two evaluations are of one encoder, measured alike.
func (r *results) sameState(other *results) bool {
	return r.EncoderHash == other.EncoderHash && r.Data == other.Data && r.Pictures == other.Pictures && r.TestPictures == other.TestPictures &&
		r.Neighbors == other.Neighbors
}

// keep takes over from an earlier evaluation of the same encoder what was not measured again.
func (r *results) keep(earlier *results) {
	if earlier == nil || !r.sameState(earlier) {
		return
	}
	for _, m := range []struct{ now, before map[string]json.RawMessage }{{r.Scores, earlier.Scores}, {r.Further, earlier.Further}} {
		for key, value := range m.before {
			if _, again := m.now[key]; !again {
				m.now[key] = value
			}
		}
	}
	for key, seconds := range earlier.Seconds {
		if _, again := r.Seconds[key]; !again {
			r.Seconds[key] = seconds
			r.Seconds["all"] += seconds
		}
	}
}

// readResults are those that an evaluation left in a run's folder, nil if there are none.
func readResults(dir string) (*results, error) {
	path := filepath.Join(dir, resultsFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &results{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; `lab eval` writes it again", path, err)
	}
	return r, nil
}

// save writes the results beside the run, with what an earlier evaluation of the same encoder found.
func (r *results) save() error {
	earlier, err := readResults(r.Dir)
	if err == nil { // a damaged file is replaced
		r.keep(earlier)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return wholefile.Write(filepath.Join(r.Dir, resultsFile), append(text, '\n'), 0o644)
}

// timedPart is a part of an evaluation and what it took.
type timedPart struct {
	key, name string
	took      time.Duration
}

// timed measures a part, telling that it is at work.
func (e *evaluation) timed(key, name string, part func() error) error {
	e.status.note("measuring: %s", name)
	start := time.Now()
	err := part()
	e.parts = append(e.parts, timedPart{key, name, time.Since(start)})
	return err
}

// times says how long the parts took that took at least half a second.
func (e *evaluation) times() string {
	var all time.Duration
	var parts []string
	for _, part := range e.parts {
		all += part.took
		if part.took >= time.Second/2 {
			parts = append(parts, fmt.Sprintf("%s %.0f s", part.name, part.took.Seconds()))
		}
	}
	if len(parts) < 2 {
		return fmt.Sprintf("It took %s.", roundly(all))
	}
	return fmt.Sprintf("It took %s: %s.", roundly(all), strings.Join(parts, ", "))
}
