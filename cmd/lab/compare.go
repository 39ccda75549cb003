package main

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
)

var compareCommand = &command{
	name:  "compare",
	short: "train every method on one budget, and show all beside their baselines",
	long: `Trains each method with the same encoder, views, batch and training time, from several seeds, measures every
encoder as lab eval does, and writes a table and a page with charts. Beside the methods stand raw pixels, raw
pixels less their mean over the training pictures, the untrained encoder, and an encoder trained with class
labels by cross-entropy (supervised). A number is a mean ± the standard deviation over the seeds.

A budget of time is turned into a number of steps once, by timing some steps of each method on this machine,
compilation left out. Steps and settings are kept in DIR/compare.json: after Ctrl-C the same command, or
"lab compare -dir DIR" alone, goes on with them and repeats nothing that is finished. More -seeds go on likewise; any other plan
needs another folder. A method that fails has a row that says so; the others go on, and the exit code is 1.

Rows beside the plain methods: simclr_same_item and supcon_same_item take the same emoji by two artists for a
pair, where the others take two views of one picture; supcon itself takes the item for the label, supcon_classes
the class. The baseline with labels is there if -methods names supervised, as all does. Methods that the data
cannot teach, for want of labels or captions, are left out with a sentence; those of texts alone always.

With -set, "name=value" changes what all methods share, such as batch_size, width or learning_rate;
"METHOD/name=value" changes one method, such as moco/queue_length.`,
	examples: []string{
		"lab compare                                  # every method, 3 seeds, 2 minutes each: some hours",
		"lab compare -methods simclr,moco,supervised -budget 30s -seeds 2 -dir runs/three",
		`lab compare -methods simclr,vicreg -steps 300 -set "width=16;vicreg/invariance=10" -dir runs/two`,
		"lab compare -dir runs/three -json > three.json   # goes on, or shows what is finished",
	},
	bind: func(fs *flag.FlagSet) func(*call) error {
		var ask comparisonRequest
		fs.StringVar(&ask.methods, "methods", "all", "`names` with commas between: all, or of "+list(comparedKeys()))
		fs.DurationVar(&ask.budget, "budget", 2*time.Minute, "training `time` of each run, such as 90s or 2m")
		fs.IntVar(&ask.steps, "steps", 0, "`N` training steps of each run, instead of a budget of time")
		fs.IntVar(&ask.seeds, "seeds", 3, "`N` runs of each method, from the seeds 0, 1, ...")
		fs.StringVar(&ask.choice.data, "data", defaultChoice.data, dataUsage())
		ask.choice.files.flags(fs)
		fs.StringVar(&ask.choice.encoder, "encoder", defaultChoice.encoder, "`network` that is kept: "+list(encoder.Encoders.Names()))
		fs.StringVar(&ask.choice.augment, "augment", "", "`policy` that makes the views: "+list(policyNames())+" (default: the data set's own)")
		fs.StringVar(&ask.set, "set", "", "hyperparameters as `\"name=value;METHOD/name=value;...\"` or \"file:PATH\"")
		fs.StringVar(&ask.dir, "dir", filepath.Join("runs", "compare"), "`folder` of the comparison, with a folder for each run")
		out := fs.String("o", "", "`file` to write the page to (default DIR/compare.html)")
		asJSON := fs.Bool("json", false, "write JSON instead of tables, and the page all the same")
		return func(call *call) error {
			ask.onlyDir = call.set["dir"]
			for name := range call.set {
				ask.onlyDir = ask.onlyDir && (name == "dir" || name == "data-dir" || name == "o" || name == "json")
			}
			ask.timed = !call.set["steps"]
			if call.set["steps"] && call.set["budget"] {
				return usage("-steps and -budget both say how long to train: give one of them")
			}
			if *out == "" {
				*out = filepath.Join(ask.dir, "compare.html")
			}
			c, err := ask.plan(call)
			if err != nil {
				return err
			}
			if err := checkWritable(ask.dir, "-dir"); err != nil {
				return badInput(err)
			}
			if err := checkFile(*out); err != nil {
				return badInput(err)
			}
			if err := c.run(call); err != nil {
				return err
			}
			if err := c.writePage(*out); err != nil {
				return err
			}
			if *asJSON {
				err = c.writeJSON(call)
			} else {
				c.write(call)
				call.printf("\n%s: open it in a browser\n", *out)
			}
			if failed := c.failures(); err == nil && len(failed) > 0 {
				err = fmt.Errorf("%w: %s", errMethodFailed, strings.Join(failed, "; "))
			}
			return err
		}
	},
}

// errMethodFailed is what a comparison ends with when not every run could be trained.
var errMethodFailed = errors.New("some runs failed")

// comparisonRequest is what was asked for on the command line.
type comparisonRequest struct {
	methods, set, dir string
	budget            time.Duration
	timed             bool // by budget, not by steps
	steps, seeds      int
	choice            choice
	onlyDir           bool // the plan is to come from the folder, if there is one
}

// variant is a method in another setting that is a row of its own.
type variant struct{ key, method, title, settings string }

// variants stand after their method.
var variants = []variant{
	{"simclr_same_item", "simclr", "simclr, two artists", "positives=same_item"},
	{"supcon_classes", "supcon", "supcon, by class", "by_item=false"},
	{"supcon_same_item", "supcon", "supcon, two artists", "positives=same_item;by_item=true"},
}

// textOnly are methods that train no encoder of pictures.
var textOnly = map[string]bool{"simcse": true}

// baselineKey is the method that is a baseline: it has the labels.
const baselineKey = "supervised"

// compared are all rows that can be asked for: the methods, each before its variants.
func compared() []variant {
	var rows []variant
	for _, name := range contrastive.Methods.Names() {
		if textOnly[name] {
			continue
		}
		rows = append(rows, variant{key: name, method: name, title: name})
		for _, v := range variants {
			if v.method == name {
				rows = append(rows, v)
			}
		}
	}
	return rows
}

func comparedKeys() []string {
	var keys []string
	for _, v := range compared() {
		keys = append(keys, v.key)
	}
	return keys
}

// policyOf is the policy that makes the views of a configuration, for a report.
func policyOf(policy augment.Policy) string {
	if policy.Name == "" {
		return fmt.Sprintf("%d transforms", len(policy.Transforms))
	}
	return policy.Name
}
