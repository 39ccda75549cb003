package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

var doctorCommand = &command{
	name:  "doctor",
	args:  "[DIR]",
	short: "say what is wrong with a run; with -before, what color gives away before training",
	long: `Examines the run in DIR: its history, its configuration, and what it makes of a batch of pictures. It says in
words what is wrong, with the number that shows it and a remedy: a collapse, complete or of most dimensions; nothing
learned; a queue that is not full; a temperature that is too low; a learning rate that is too high; a batch that is too
small; a shortcut; labels in a self-supervised run; test pictures among the training pictures; a head that should not
have been dropped, or is missing. The exit code is 0 for a healthy run, 1 if there are findings.

With -before nothing is trained. It makes two views of each of 256 pictures as training would and measures how many
second views are found among all by what has learned nothing: the mean color, the histogram of colors, the pixels, the
untrained encoder. An encoder learns first what solves the task most easily. A high number for colors means that it can
stop there: add color jitter and grayscale to the views (Chen et al. 2020, section 3.1 and figure 5).`,
	examples: []string{
		"lab doctor runs/emoji-simclr",
		"lab doctor runs/emoji-simclr -json",
		"lab doctor -before",
		"lab doctor -before -augment none",
	},
	bind: func(fs *flag.FlagSet) func(*call) error {
		before := fs.Bool("before", false, "measure the shortcuts of a training that is to come, instead of a run")
		c := defaultChoice
		fs.StringVar(&c.data, "data", c.data, "with -before, "+dataUsage())
		fs.StringVar(&c.method, "method", c.method, "with -before, the `objective`, which may have views of its own")
		fs.StringVar(&c.encoder, "encoder", c.encoder, "with -before, the `network`")
		fs.StringVar(&c.augment, "augment", "", "with -before, the `policy` that makes the views: "+list(policyNames())+" (default: the data set's own)")
		fs.StringVar(&c.positives, "positives", c.positives, "with -before, the `pairs`: same_image or same_item")
		c.files.dirFlag(fs)
		set := fs.String("set", "", "with -before, other hyperparameters as `\"name=value;...\"`, as of lab train")
		asJSON := fs.Bool("json", false, "write JSON instead of words")
		return func(call *call) error {
			if *before {
				if len(call.args) > 0 {
					return usage("-before is about a training that is to come; leave %s out", call.args[0])
				}
				return measureShortcuts(call, c, *set, *asJSON)
			}
			for name := range call.set {
				if name != "json" && name != "data-dir" {
					return usage("-%s belongs to -before: the run in DIR has its own", name)
				}
			}
			if len(call.args) == 0 {
				return usage("DIR is missing; usage: %s%s, or lab doctor -before", call.command.usage(), existingRuns(&command{args: "DIR"}))
			}
			return examine(call, call.args[0], c.files, *asJSON)
		}
	},
}

// errFindings is what a run that is not healthy makes of the exit code.
var errFindings = errors.New("there are findings")

// examine diagnoses the run in dir.
func examine(call *call, dir string, files dataFiles, asJSON bool) error {
	saved, err := readRun(dir)
	if err != nil {
		return badInput(err)
	}
	if saved == nil {
		return usage("there is no run in %s (no config.json)%s", dir, existingRuns(&command{args: "DIR"}))
	}
	name, files := trainedOn(saved.Data, files)
	source, err := files.open(call, name)
	if err != nil {
		return err
	}
	backend, err := contrastive.Backend()
	if err != nil {
		return err
	}
	run, err := contrastive.Open(backend, dir)
	if err != nil {
		return badInput(err)
	}
	train := source.Train()
	if train.Len() != run.Data.Pictures {
		fmt.Fprintf(call.stderr, "lab: warning: the run was trained on %d pictures, %s has %d now\n", run.Data.Pictures, train.Name, train.Len())
	}
	d, err := run.Diagnose(train, source.Test())
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(call, d)
	} else {
		call.printf("%s: %s on %s, %s steps, seed %d\n", filepath.Clean(dir), run.Config.Method.Name(), run.Data.Name, thousands(run.Step), run.Config.Seed)
		writeDiagnosis(call, d)
	}
	if err == nil && !d.Healthy() {
		err = errFindings
	}
	return err
}

func writeJSON(call *call, v any) error {
	encoder := json.NewEncoder(call.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// writeDiagnosis writes the findings, or the numbers that speak for a healthy run.
func writeDiagnosis(call *call, d *contrastive.Diagnosis) {
	for _, f := range d.Findings {
		call.printf("\n%s: %s\n", f.Severity, f.Title)
		writeList(call.stdout, [][]string{{"  seen in", f.Evidence}, {"  remedy", f.Remedy}})
	}
	if len(d.Findings) == 0 {
		call.printf("\nhealthy: nothing was found\n")
	}
	call.printf("\n")
	writeList(call.stdout, vitals(&d.Symptoms))
}

// vitals are the numbers that a diagnosis goes by, as rows of a table.
func vitals(s *eval.Symptoms) [][]string {
	var rows [][]string
	row := func(name, format string, args ...any) {
		rows = append(rows, []string{name, fmt.Sprintf(format, args...)})
	}
	if c := s.Course; c != nil {
		if c.Ceiling > 0 {
			row("loss", "%.3f, %.0f %% of its ceiling %.3f", c.Loss, 100*c.Share(c.Loss), c.Ceiling)
		} else {
			row("loss", "%.3f; %s has no ceiling to compare it with", c.Loss, s.Setup.Method)
		}
		row("positive", "on place %.1f of %d in the batch; at first %.1f", c.Rank, s.Setup.BatchSize, c.FirstRank)
		row("spread", "std·√D %.2f (1 even, 0 a point), uniformity %.2f (0 a point)", c.Std, c.Uniformity)
	}
	space := func(name string, v *eval.Space) {
		if v != nil {
			row(name, "effective rank %.1f of %d dimensions; %d directions hold 99 %% of the variance", v.EffectiveRank, v.D, v.Directions)
		}
	}
	space("encoder h", s.Features)
	space("head z", s.Head)
	if t := s.Task; t != nil {
		row("shortcuts", "second views found among %d: %.0f %% by color histogram, %.0f %% by pixels, %.0f %% by this run", t.Samples, 100*t.ColorHistogram, 100*t.Pixels, 100*t.Run)
	}
	if u := s.Use; u != nil {
		row("kNN", "accuracy %.3f by h, %.3f by z on %d training pictures", u.Features, u.Head, u.Pictures)
	}
	if s.Growth != nil {
		row("weights", "%.2f times as long as before training", *s.Growth)
	}
	if l := s.Leak; l != nil {
		row("test data", "%s pictures, %d of them and %d of their items trained on", thousands(l.Test), l.Pictures, l.Items)
	}
	return rows
}

// measureShortcuts is -before.
func measureShortcuts(call *call, c choice, set string, asJSON bool) error {
	config, err := c.config()
	if err != nil {
		return badInput(err)
	}
	if err := config.Set(set); err != nil {
		return badInput(err)
	}
	source, err := c.files.open(call, c.data)
	if err != nil {
		return err
	}
	images := source.Train()
	if _, err := config.For(images); err != nil {
		return badInput(err)
	}
	backend, err := contrastive.Backend()
	if err != nil {
		return err
	}
	s, err := contrastive.MeasureShortcuts(backend, images, config)
	if errors.Is(err, contrastive.ErrNoPretext) {
		return badInput(err)
	}
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(call, s)
	}
	call.printf("%s, views by %q: the second view found among those of %d samples\n\n", images.Name, config.Augment.Name, s.Samples)
	rows := [][]string{{"by", "recall@1", ""}}
	for _, m := range []struct {
		name, about string
		recall      float64
	}{
		{"chance", "", s.Chance},
		{"mean color", "three numbers a view", s.MeanColor},
		{"color histogram", "which colors, but not where", s.ColorHistogram},
		{"pixels − mean", "each compared with the one in its place", s.Pixels},
		{"untrained encoder", "h before the first step", s.Untrained},
	} {
		rows = append(rows, []string{m.name, fmt.Sprintf("%.3f", m.recall), m.about})
	}
	writeTable(call.stdout, rows, 1, 2)
	call.printf("\n")
	findings := eval.Diagnose(eval.Symptoms{Task: &eval.Task{Samples: s.Samples, ColorHistogram: s.ColorHistogram, Pixels: s.Pixels}})
	for _, f := range findings {
		call.printf("%s: %s\n", f.Severity, f.Title)
		writeList(call.stdout, [][]string{{"  remedy", f.Remedy}})
	}
	if len(findings) == 0 {
		call.printf("no shortcut: neither colors nor pixels solve the task\n")
	}
	return nil
}
