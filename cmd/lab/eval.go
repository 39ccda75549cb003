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
It is the last saved state that is measured; no test label has chosen anything.

All numbers are written to DIR/eval.json too, single draws and the time of each part included, in one piece or not at
all. What an earlier call found for the same encoder stays there if it was not measured again; ` + "`lab report`" + ` draws it.`,
	examples: []string{
		"lab eval runs/emoji-simclr",
		"lab eval runs/emoji-simclr -json > scores.json",
		"lab eval runs/emoji-simclr -head -efficiency -transfer",
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
			r, err := e.results()
			if err != nil {
				return err
			}
			if *asJSON {
				err = writeJSON(call, r)
			} else {
				e.write(call)
			}
			if err != nil {
				return err
			}
			if err := r.save(); err != nil {
				fmt.Fprintf(call.stderr, "lab: warning: the numbers were not kept beside the run: %v\n", err)
			} else if !*asJSON {
				call.printf("All numbers are in %s; `%s` draws them.\n", filepath.Join(r.Dir, resultsFile), commandLine("report", r.Dir))
			}
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
	call.printf("\n")
	writeParagraphs(call.stdout, fmt.Sprintf("The encoder was frozen: sha256 %.12s… before and after. %s", e.encoderHash, e.times()))
}
