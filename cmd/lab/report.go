package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
)

var reportCommand = &command{
	name:  "report",
	args:  "DIR",
	short: "write a run as one HTML page with charts, which works offline",
	long: `Writes one HTML file with everything about the run in DIR: what lab eval measures, the training history, what lab doctor says, views,
similarities before and after training, nearest neighbors, the spectrum and maps of the embeddings, the configuration. What
` + "`lab eval`" + ` measured on request (-head, -efficiency, -transfer) and left in DIR/eval.json is drawn too. It needs no network, and without scripts it shows still pictures.`,
	examples: []string{"lab report runs/emoji-simclr", "lab report runs/emoji-simclr -o simclr.html"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		var flags evaluationFlags
		flags.declare(fs)
		out := reportFlag(fs)
		return func(call *call) error {
			plan, err := planEvaluation(call, call.args[0], flags)
			if err != nil {
				return err
			}
			if err := checkFile(*out); err != nil {
				return badInput(err)
			}
			e, err := plan.evaluate(call.ctx)
			if err != nil {
				return err
			}
			e.warn(call)
			if err := e.writeReport(call, *out); err != nil {
				return err
			}
			call.printf("%s: open it in a browser\n", *out)
			return nil
		}
	},
}

func reportFlag(fs *flag.FlagSet) *string {
	return fs.String("o", "report.html", "`file` to write")
}

// writeReport writes the page.
func (e *evaluation) writeReport(call *call, path string) error {
	kept, err := e.keptSections()
	if err != nil {
		return badInput(err)
	}
	sections := append([]chart.Section{e.resultSection(), e.numbersSection(), e.confusionSection()}, kept...)
	sections = append(sections, e.historySection())
	for _, section := range []func() (chart.Section, error){e.planeSection, e.doctorSection, e.viewSection, e.similaritySection, e.neighborSection, e.mapSection, e.configSection, e.settingsSection} {
		if err := call.ctx.Err(); err != nil {
			return err
		}
		s, err := section()
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		sections = append(sections, s)
	}
	var page bytes.Buffer
	title := fmt.Sprintf("Report: %s on %s", e.run.Config.Method.Name(), e.source.Name)
	if err := chart.Page(&page, title, sections...); err != nil {
		return err
	}
	return writeFile(path, page.Bytes())
}

// numbersSection explains the numbers of an evaluation.
func (e *evaluation) numbersSection() chart.Section {
	table := &chart.Table{}
	for _, c := range e.columns() {
		table.Rows = append(table.Rows, []string{c.name, c.about})
	}
	return chart.Section{Title: "What the numbers are", Table: table}
}

// resultSection is the table of an evaluation and its bars.
func (e *evaluation) resultSection() chart.Section {
	columns := e.columns()
	table := &chart.Table{Header: []string{""}}
	for _, m := range e.rows {
		table.Header = append(table.Header, m.name)
	}
	for _, c := range columns {
		row := []string{c.name}
		for i := range e.rows {
			row = append(row, c.cell(&e.rows[i]))
		}
		table.Rows = append(table.Rows, row)
	}
	more := ""
	if e.names != nil {
		more = "\n\n" + e.names.String()
	}
	for _, note := range e.notes {
		more += "\n\n" + note
	}
	charts := []*chart.Chart{e.bars("The class, without another label and by a linear probe", "accuracy", columnsOf(columns, "knn", "probe"))}
	if e.byItem() {
		charts = []*chart.Chart{
			e.bars("The same item by another artist", "recall", columnsOf(columns, "recall_at_1", "recall_at_5", "unseen_recall_at_1")),
			e.bars("The class by nearest neighbors", "accuracy", columnsOf(columns, "group_knn", "group_knn_unseen")),
		}
	}
	return chart.Section{
		Title: "What it learned",
		Text: e.summary() + ". Measured on pictures that it was not trained on, at its last step; no test label has chosen anything.\n\n" +
			"Raw pixels, pixels minus the mean of the training set, and the untrained encoder are measured in the same way: a number says something only beside them." + more,
		Table:  table,
		Charts: charts,
	}
}

func (e *evaluation) bars(title, metric string, columns []column) *chart.Chart {
	var groups []string
	for _, c := range columns {
		groups = append(groups, c.name)
	}
	var series []chart.BarSeries
	for i := range e.rows {
		s := chart.BarSeries{Name: e.rows[i].name, Baseline: i != rowRun}
		for _, c := range columns {
			s.Values = append(s.Values, c.value(&e.rows[i]))
		}
		series = append(series, s)
	}
	return chart.Bars(title, metric, groups, series)
}

// historySection shows how training went.
func (e *evaluation) historySection() chart.Section {
	var points []chart.Point
	var steps []float64
	ceiling := 0.0
	lines := map[string][]float64{}
	for _, r := range e.run.History {
		points = append(points, chart.Point{Step: r.Step, Values: map[string]float64{"loss": r.Loss}})
		if r.LossShare > 0 {
			ceiling = r.Loss / r.LossShare
		}
		steps = append(steps, float64(r.Step))
		for name, value := range map[string]float64{"rank": r.PositiveRank, "std": r.Std, "alignment": r.Alignment, "uniformity": r.Uniformity, "rate": r.LearningRate} {
			lines[name] = append(lines[name], value)
		}
	}
	series := func(name, key string) chart.Series { return chart.Series{Name: name, X: steps, Y: lines[key]} }
	flat := func(name string, y float64) chart.Series {
		s := chart.Series{Name: name, X: steps, Dashed: true}
		for range steps {
			s.Y = append(s.Y, y)
		}
		return s
	}
	guess := (float64(e.run.Config.BatchSize) + 1) / 2
	return chart.Section{
		Title: "How training went",
		Text:  "Measured on the batch of each step, on the embeddings that the loss sees (after the projection head).",
		Charts: []*chart.Chart{
			chart.Loss(points, ceiling),
			chart.Lines("Rank of the positive among the batch", "step", "mean rank (1 is best)", series("positive rank", "rank"), flat(fmt.Sprintf("guessing: %.4g", guess), guess)),
			chart.Lines("Spread: is the encoder collapsing?", "step", "std·√D", series("std·√D", "std"), flat("even over the sphere: 1", 1)),
			chart.Lines("Alignment and uniformity", "step", "lower is better", series("alignment", "alignment"), series("uniformity", "uniformity")),
			chart.Lines("Learning rate", "step", "learning rate", series("learning rate", "rate")),
		},
	}
}

// configSection tells what the run was made of.
func (e *evaluation) configSection() (chart.Section, error) {
	c := e.run.Config
	views, err := policyRows(c.Augment)
	if err != nil {
		return chart.Section{}, err
	}
	rows := [][]string{
		{"data", fmt.Sprintf("%s: %s pictures of %d×%d, %d channels", e.run.Data.Name, thousands(e.run.Data.Pictures), e.run.Data.Height, e.run.Data.Width, e.run.Data.Channels)},
		{"training", thousands(e.run.Step) + " steps"},
		{"method", c.Method.Name()}, {"encoder", fmt.Sprintf("%s, %s parameters", c.Encoder.Name(), thousands(e.run.Parameters()))},
		{"head", c.Head.Name()}, {"optimizer", c.Optimizer.Name()}, {"views", c.Augment.Name},
	}
	rows = append(rows, views...)
	speed := medianSpeed(e.run.History)
	if speed > 0 {
		rows = append(rows, []string{"speed", fmt.Sprintf("%.0f views/s (median)", speed)})
	}
	return chart.Section{
		Title: "The configuration",
		Text:  fmt.Sprintf("The run is in %s. The data: %s.\n\nThis page was made by lab %s.", filepath.Clean(c.Dir), e.source.About, version()),
		Table: &chart.Table{Rows: rows},
	}, nil
}

// settingsSection lists the hyperparameters.
func (e *evaluation) settingsSection() (chart.Section, error) {
	c := e.run.Config
	settings, err := c.Settings()
	if err != nil {
		return chart.Section{}, err
	}
	about := map[string]string{}
	for part, v := range map[string]any{"run": c, "method": c.Method, "encoder": c.Encoder, "head": c.Head, "optimizer": c.Optimizer} {
		for _, s := range settingsOf(part, v) {
			about[part+"/"+s.name] = s.about
		}
	}
	table := &chart.Table{Header: []string{"hyperparameter", "value", "what it is"}}
	for _, s := range settings {
		if s.Part == "run" && (s.Name == "epochs" && c.Steps > 0 || s.Name == "steps" && c.Steps == 0) {
			continue // the other of the two decides
		}
		table.Rows = append(table.Rows, []string{s.Part + "/" + s.Name, s.Value, about[s.Part+"/"+s.Name]})
	}
	return chart.Section{Title: "Hyperparameters", Table: table}, nil
}

// policyRows are the transforms of a policy with their numbers.
func policyRows(policy augment.Policy) ([][]string, error) {
	text, err := json.Marshal(policy)
	if err != nil {
		return nil, err
	}
	var saved struct{ Transforms []map[string]any }
	if err := json.Unmarshal(text, &saved); err != nil {
		return nil, err
	}
	var rows [][]string
	for i, t := range saved.Transforms {
		var numbers []string
		for _, name := range slices.Sorted(maps.Keys(t)) {
			if value, isRange := t[name].([]any); isRange && len(value) == 2 {
				numbers = append(numbers, fmt.Sprintf("%s %.4g … %.4g", name, value[0], value[1]))
			} else if name != "Transform" {
				numbers = append(numbers, fmt.Sprintf("%s %.4g", name, t[name]))
			}
		}
		rows = append(rows, []string{fmt.Sprintf("views/%d %v", i+1, t["Transform"]), strings.Join(numbers, ", ")})
	}
	return rows, nil
}

// medianSpeed is the median of the views per second in a history, 0 if it says nothing of them.
func medianSpeed(history []contrastive.Record) float64 {
	var speeds []float64
	for _, r := range history {
		if r.ViewsPerSecond > 0 && !math.IsInf(r.ViewsPerSecond, 0) {
			speeds = append(speeds, r.ViewsPerSecond)
		}
	}
	return median(speeds)
}
