package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/contrastlab/contrastlab/internal/wholefile"
)

// PredictionsEnv is the environment variable that names the file of predictions; without it, or empty, the file is
// [PredictionsFile] below the working folder, which for a notebook is its own.
const PredictionsEnv = "CONTRASTLAB_PREDICTIONS"

// PredictionsFile is where predictions are recorded unless [PredictionsEnv] says otherwise.
const PredictionsFile = "runs/predictions.json"

// Prediction is what a learner expected, beside what was measured.
type Prediction struct {
	What     string     `json:"what"`               // what was to be predicted, with its unit
	Guess    float64    `json:"guess"`              // the last number given before the measurement
	At       time.Time  `json:"at"`                 // when it was given
	Command  bool       `json:"command,omitempty"`  // it was given outside of the notebook, by `lab predict`
	Measured *float64   `json:"measured,omitempty"` // the first measurement after it
	Seen     *time.Time `json:"seen,omitempty"`     // when that was
}

// Predict records what the learner expects of a measurement that comes later, by an id that [Measured] repeats. The guess
// may be changed until the measurement is seen; then it stays, since a prediction made afterwards is none.
//
//	check.Predict("untrained_recall", 0.05, "recall@1 of an untrained encoder, of 312")
//
// It says in a line what it recorded, and in a line why it could not: a notebook goes on either way.
func Predict(id string, guess float64, what string) {
	said, err := record(id, Prediction{What: what, Guess: guess})
	if err != nil {
		said = fmt.Sprintf("not recorded: %v", err)
	}
	fmt.Printf("PREDICTION %s: %s\n", id, said)
}

// PredictOutside is [Predict] for a program: the number stays when the notebook's own cell runs afterwards. It returns what
// is to be said of it, or why nothing was recorded.
func PredictOutside(id string, guess float64) (said string, err error) {
	return record(id, Prediction{Guess: guess, Command: true})
}

// record records a prediction, if the measurement has not been seen.
func record(id string, p Prediction) (said string, err error) {
	if math.IsNaN(p.Guess) || math.IsInf(p.Guess, 0) {
		return "", fmt.Errorf("%g is no number that can be compared", p.Guess)
	}
	err = update(func(all map[string]Prediction) bool {
		old, ok := all[id]
		switch {
		case ok && old.Measured != nil:
			said = fmt.Sprintf("you have seen the measurement (%.4g), so your first prediction stays: %.4g", *old.Measured, old.Guess)
			return false
		case ok && old.Command && !p.Command:
			said = fmt.Sprintf("you expect %.4g (%s), as you told `lab predict`", old.Guess, p.What)
			if old.What == p.What {
				return false
			}
			old.What = p.What
			all[id] = old
			return true
		case p.What == "":
			p.What = old.What
		}
		p.At = time.Now().UTC().Truncate(time.Second)
		all[id] = p
		said = fmt.Sprintf("you expect %.4g", p.Guess)
		if p.What != "" {
			said += " (" + p.What + ")"
		}
		return true
	})
	return said, err
}

// Measured sets what was measured beside the recorded prediction of that id, and returns the prediction's error, guess
// minus measured; NaN if nothing was predicted.
func Measured(id string, value float64) float64 {
	miss := math.NaN()
	err := update(func(all map[string]Prediction) bool {
		p, ok := all[id]
		if !ok {
			fmt.Printf("MEASURED %s: %.4g; you predicted nothing: give a number in the cell that calls check.Predict(%q, ...)\n", id, value, id)
			return false
		}
		miss = p.Guess - value
		fmt.Printf("MEASURED %s: %.4g, you predicted %.4g: %s\n", id, value, p.Guess, verdict(miss, value))
		if p.Measured != nil || math.IsNaN(value) || math.IsInf(value, 0) {
			return false
		}
		now := time.Now().UTC().Truncate(time.Second)
		p.Measured, p.Seen = &value, &now
		all[id] = p
		return true
	})
	if err != nil {
		fmt.Printf("MEASURED %s: %.4g; %v\n", id, value, err)
	}
	return miss
}

func verdict(miss, value float64) string {
	switch {
	case math.IsNaN(miss) || math.IsInf(miss, 0):
		return "not comparable"
	case math.Abs(miss) <= 0.1*math.Abs(value):
		return "within a tenth of it"
	case miss > 0:
		return fmt.Sprintf("%.4g too high", miss)
	default:
		return fmt.Sprintf("%.4g too low", -miss)
	}
}

// Predictions reads what has been recorded; none is no error.
func Predictions() (map[string]Prediction, error) {
	path := predictionsPath()
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]Prediction{}, nil
	}
	if err != nil {
		return nil, err
	}
	all := map[string]Prediction{}
	if err := json.Unmarshal(content, &all); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w); remove it to begin anew", path, err)
	}
	return all, nil
}

func predictionsPath() string {
	if path := os.Getenv(PredictionsEnv); path != "" {
		return path
	}
	return PredictionsFile
}

// update lets change edit the recorded predictions and writes them if it says so, all or nothing.
func update(change func(map[string]Prediction) bool) error {
	all, err := Predictions()
	if err != nil {
		return err
	}
	if all == nil {
		all = map[string]Prediction{} // the file said "null"
	}
	if !change(all) {
		return nil
	}
	content, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return wholefile.Write(predictionsPath(), append(content, '\n'), 0o600)
}
