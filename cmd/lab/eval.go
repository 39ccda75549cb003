package main

import (
	"flag"
	"fmt"
	"path/filepath"
)

var evalCommand = &command{
	name:  "eval",
	args:  "DIR",
	short: "measure a run beside raw pixels and the untrained encoder",
	long: `Measures what the run in DIR has learned, on pictures it was not trained on. What is asked depends on the data:
where several artists drew the same items (emoji), retrieval of the same item by another artist, and classes by
nearest neighbors; where there are classes only (CIFAR, a folder per class), nearest neighbors, a linear probe and
clusters; and always the geometry that a good accuracy can hide a collapse behind.
The same is measured for the raw pixels, for pixels minus the mean of the training pictures, and for the untrained
encoder, without which no number says anything.
It is the last saved state that is measured; no test label has chosen anything.`,
	examples: []string{
		"lab eval runs/emoji-simclr",
		"lab eval runs/emoji-simclr -json > scores.json",
		"lab eval runs/emoji-simclr -head -probe -efficiency",
		"lab eval runs/emoji-simclr -transfer -draws 3",
	},
	bind: func(fs *flag.FlagSet) func(*call) error {
		var flags evaluationFlags
		flags.declare(fs)
		flags.further.declare(fs)
		asJSON := fs.Bool("json", false, "write JSON instead of a table")
		return func(call *call) error {
			plan, err := planEvaluation(call, call.args[0], flags)
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

// warn tells what was not as it should be.
func (e *evaluation) warn(call *call) {
	for _, warning := range e.run.Warnings {
		fmt.Fprintf(call.stderr, "lab: warning: %s\n", warning)
	}
	if now := e.source.Train(); now.Len() != e.run.Data.Pictures {
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
	for i := range e.rows {
		row := []string{e.rows[i].name}
		for _, c := range columns {
			row = append(row, c.cell(&e.rows[i]))
		}
		rows = append(rows, row)
	}
	writeTable(call.stdout, rows, 2)
	call.printf("\n")
	for _, note := range e.notes {
		writeParagraphs(call.stdout, note)
		call.printf("\n")
	}
	if e.names != nil {
		writeParagraphs(call.stdout, e.names.String())
		call.printf("\n")
	}
	rows = nil
	for _, c := range columns {
		rows = append(rows, []string{c.head + " " + c.sub, c.about})
	}
	writeList(call.stdout, rows)
	for _, a := range e.added {
		a.write(call)
	}
	call.printf("\nThe encoder was frozen: sha256 %.12s… before and after.\n", e.encoderHash)
}

func (e *evaluation) writeJSON(call *call) error {
	c := e.run.Config
	out := struct {
		Dir         string         `json:"dir"`
		Method      string         `json:"method"`
		Data        string         `json:"data"`
		Steps       int            `json:"steps"`
		Seed        int64          `json:"seed"`
		Neighbors   int            `json:"neighbors"`
		EncoderHash string         `json:"encoder_sha256"`
		Scores      map[string]any `json:"scores"` // *eval.Scores, or *eval.ClassScores where there are only classes
		Names       *namesFound    `json:"names,omitempty"`
		Notes       []string       `json:"notes,omitempty"`
		Further     map[string]any `json:"further,omitempty"` // what flags asked for
	}{filepath.Clean(c.Dir), c.Method.Name(), e.run.Data.Name, e.run.Step, c.Seed, e.k, e.encoderHash, map[string]any{}, e.names, e.notes, map[string]any{}}
	for _, a := range e.added {
		out.Further[a.key] = a.value
	}
	for _, m := range e.rows {
		out.Scores[m.key] = m.scores
		if !e.byItem() {
			out.Scores[m.key] = m.classes
		}
	}
	return writeJSON(call, out)
}
