package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/contrastlab/contrastlab/pkg/contrastive/check"

	"github.com/contrastlab/contrastlab/internal/lang"
)

var predictCommand = &command{
	name:  "predict",
	args:  "[ID] [VALUE]",
	short: "record what you expect of a notebook's measurement, or list what you expected",
	long: `Records the number that you expect of a measurement, by the id that its notebook names; the notebook then shows
both side by side. It may be changed until the measurement is seen. Without a number it lists your predictions beside
what was measured.`,
	examples: []string{"lab predict untrained_recall 0.05", "lab predict"},
	bind: func(*flag.FlagSet) func(*call) error {
		return forLearner(func(l *learner) error {
			if os.Getenv(check.PredictionsEnv) == "" { // the file that the notebooks use
				path := filepath.Join(l.root, "notebooks", filepath.FromSlash(check.PredictionsFile))
				if err := os.Setenv(check.PredictionsEnv, path); err != nil {
					return err
				}
			}
			switch len(l.args) {
			case 0:
				return l.predictions()
			case 1:
				return usage("VALUE is missing: how much do you expect of %q?", l.args[0])
			}
			value, err := strconv.ParseFloat(l.args[1], 64)
			if err != nil {
				return usage("%q is not a number", l.args[1])
			}
			said, err := check.PredictOutside(l.args[0], value)
			if err != nil {
				return badInput(err)
			}
			l.printf("%s: %s\n", l.args[0], said)
			return nil
		})
	},
}

func (l *learner) predictions() error {
	all, err := check.Predictions()
	if err != nil {
		return badInput(err)
	}
	if len(all) == 0 {
		l.printf("%s\n", lang.Text{En: "nothing predicted yet", Zh: "还没有预测"})
		return nil
	}
	rows := [][]string{{lang.Text{En: "prediction", Zh: "预测"}.String(), lang.Text{En: "expected", Zh: "预期"}.String(), lang.Text{En: "measured", Zh: "实测"}.String(), ""}}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		p := all[id]
		measured := "–"
		if p.Measured != nil {
			measured = fmt.Sprintf("%.4g", *p.Measured)
		}
		rows = append(rows, []string{id, fmt.Sprintf("%.4g", p.Guess), measured, p.What})
	}
	writeTable(l.stdout, rows, 1, 3)
	return nil
}
