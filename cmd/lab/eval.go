package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

var evalCommand = &command{
	name:  "eval",
	args:  "DIR",
	short: "measure a run beside raw pixels and the untrained encoder",
	long: `Measures what the run in DIR has learned, on pictures it was not trained on: retrieval of the same item by
another artist, classes by nearest neighbors, and the geometry that a good accuracy can hide a collapse behind.
The same is measured for the raw pixels, for pixels minus the mean of the training pictures, and for the untrained
encoder, without which no number says anything.
It is the last saved state that is measured; no test label has chosen anything.`,
	examples: []string{"lab eval runs/emoji-simclr", "lab eval runs/emoji-simclr -json > scores.json"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		k := neighborsFlag(fs)
		var files dataFiles
		files.dirFlag(fs)
		asJSON := fs.Bool("json", false, "write JSON instead of a table")
		return func(call *call) error {
			plan, err := planEvaluation(call, call.args[0], *k, files)
			if err != nil {
				return err
			}
			e, err := plan.evaluate(call.ctx)
			if err != nil {
				return err
			}
			e.warn(call)
			if *asJSON {
				return e.writeJSON(call)
			}
			e.write(call)
			return nil
		}
	},
}

func neighborsFlag(fs *flag.FlagSet) *int {
	return fs.Int("k", 20, "`K` neighbors that vote in the classification")
}

// warn tells what was not as it should be.
func (e *evaluation) warn(call *call) {
	for _, warning := range e.run.Warnings {
		fmt.Fprintf(call.stderr, "lab: warning: %s\n", warning)
	}
	if now := e.rows[rowRun].train.Images; now.Len() != e.run.Data.Pictures {
		fmt.Fprintf(call.stderr, "lab: warning: the run was trained on %d pictures, %s has %d now\n", e.run.Data.Pictures, now.Name, now.Len())
	}
}

// summary is the run in one line.
func (e *evaluation) summary() string {
	c := e.run.Config
	return fmt.Sprintf("%s: %s on %s, %s steps, seed %d", filepath.Clean(c.Dir), c.Method.Name(), e.run.Data.Name, thousands(e.run.Step), c.Seed)
}

func (e *evaluation) write(call *call) {
	call.printf("%s\n\n", e.summary())
	columns := e.columns()
	head, sub := []string{""}, []string{""}
	for _, c := range columns {
		head, sub = append(head, c.head), append(sub, c.sub)
	}
	rows := [][]string{head, sub}
	for _, m := range e.rows {
		row := []string{m.name}
		for _, c := range columns {
			row = append(row, fmt.Sprintf(c.format, c.value(m.scores)))
		}
		rows = append(rows, row)
	}
	writeTable(call.stdout, rows, 2)
	call.printf("\n")
	if e.names != nil {
		writeParagraphs(call.stdout, e.names.String())
		call.printf("\n")
	}
	rows = nil
	for _, c := range columns {
		rows = append(rows, []string{c.head + " " + c.sub, c.about})
	}
	writeList(call.stdout, rows)
	call.printf("\nThe encoder was frozen: sha256 %.12s… before and after.\n", e.encoderHash)
}

func (e *evaluation) writeJSON(call *call) error {
	c := e.run.Config
	out := struct {
		Dir         string                  `json:"dir"`
		Method      string                  `json:"method"`
		Data        string                  `json:"data"`
		Steps       int                     `json:"steps"`
		Seed        int64                   `json:"seed"`
		Neighbors   int                     `json:"neighbors"`
		EncoderHash string                  `json:"encoder_sha256"`
		Scores      map[string]*eval.Scores `json:"scores"`
		Names       *namesFound             `json:"names,omitempty"`
	}{filepath.Clean(c.Dir), c.Method.Name(), e.run.Data.Name, e.run.Step, c.Seed, e.protocol.K, e.encoderHash, map[string]*eval.Scores{
		"raw_pixels": e.rows[rowPixels].scores, "centered_pixels": e.rows[rowCentered].scores, "untrained": e.rows[rowUntrained].scores, "run": e.rows[rowRun].scores,
	}, e.names}
	encoder := json.NewEncoder(call.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
