package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// comparedColumn is one number of a comparison.
type comparedColumn struct {
	head, sub, name, about, format string
	key                            string // in JSON
	value                          func(comparedRun) (float64, bool)
}

// columns are those of lab eval, but for R@5, and what training tells. The first four say what was learned.
func (c *comparison) columns() []comparedColumn {
	e := &evaluation{protocol: &protocol{cross: c.protocol, k: c.protocol.K}, rows: make([]measured, rowRun+1)}
	for i := range e.rows {
		e.rows[i].scores = &eval.Scores{}
	}
	e.rows[rowPixels].scores = c.baselines[0].Runs[0].Scores
	e.rows[rowRun].scores = c.baselines[2].Runs[0].Scores // the untrained encoder: of the size of all others
	var columns []comparedColumn
	for _, col := range e.columns() {
		if col.key == "recall_at_5" {
			continue
		}
		columns = append(columns, comparedColumn{col.head, col.sub, col.name, col.about, col.format, col.key, func(r comparedRun) (float64, bool) {
			if r.Scores == nil {
				return 0, false
			}
			return col.value(&measured{scores: r.Scores}), true
		}})
	}
	positive := func(v float64) (float64, bool) { return v, v > 0 }
	return append(columns,
		comparedColumn{"std·√D", "of z", "std·√D of z", "the same for what the loss sees, after the head, in the last batch of training: a collapse shows here first",
			"%.2f", "head_std", func(r comparedRun) (float64, bool) { return r.HeadStd, r.Scores != nil && r.Steps > 0 }},
		comparedColumn{"loss ÷", "ceiling", "loss ÷ ceiling", "the last loss over that of an encoder that tells nothing apart; – where a method has no such ceiling; not comparable between methods",
			"%.2f", "loss_share", func(r comparedRun) (float64, bool) { return r.LossShare, r.LossShare != 0 && r.Error == "" }},
		comparedColumn{"views", "/s", "views/s", "augmented pictures a second in training, the median of each run; methods differ in views and passes a step",
			"%.0f", "views_per_second", func(r comparedRun) (float64, bool) { return positive(r.ViewsPerSecond) }},
		comparedColumn{"steps", "", "steps", "training steps of each run", "%.0f", "steps", func(r comparedRun) (float64, bool) { return positive(float64(r.Steps)) }},
	)
}

// learned is how many columns say what was learned; the others tell of geometry and training.
const learned = 4

// cell is one number of a row as text.
func (col comparedColumn) cell(row *comparedRow) string {
	s := row.summarize(col.value)
	switch {
	case s.N == 0:
		return "–"
	case s.N == 1 || col.key == "steps" || col.key == "views_per_second":
		return fmt.Sprintf(col.format, s.Mean)
	}
	return fmt.Sprintf(col.format+"±"+col.format, s.Mean, s.Deviation)
}

// label is the name of a row, with how many of its runs count if some failed.
func (c *comparison) label(row *comparedRow) string {
	bad := 0
	for _, run := range row.Runs {
		if run.Error != "" {
			bad++
		}
	}
	switch {
	case row.Error != "" || bad > 0 && bad == len(row.Runs):
		return row.Title + " (failed)"
	case bad > 0:
		return fmt.Sprintf("%s (%d of %d)", row.Title, len(row.Runs)-bad, len(row.Runs))
	}
	return row.Title
}

// summary says in a sentence or two what was compared.
func (c *comparison) summary() string {
	length := plural(c.plan.Steps, "step")
	if c.plan.Steps == 0 {
		length = c.plan.Budget + " of training, turned into steps once"
	}
	seeds := plural(c.plan.Seeds, "seed")
	if c.plan.Seeds > 1 {
		seeds = fmt.Sprintf("mean ± standard deviation over %s", seeds)
	} else {
		seeds += ", which tells nothing of chance"
	}
	return fmt.Sprintf("%s on %s: %s each, batches of %d, views by %q, %s; %s", plural(len(c.rows), "method"), c.plan.Data.Name, length,
		c.plan.Baseline.BatchSize, policyOf(c.plan.Baseline.Augment), c.plan.Baseline.Encoder.Name(), seeds)
}

// teachers says which rows learn from more than pictures, in a sentence.
func (c *comparison) teachers() string {
	var classes, items, texts []string
	for i, row := range c.plan.Rows {
		user, _ := row.Config.Method.(contrastive.LabelUser)
		byLabel, byItem := false, row.Config.Positives == contrastive.SameItem
		if user != nil {
			labels, items := user.Needs()
			byLabel, byItem = labels, byItem || items
		}
		title := c.rows[i].Title
		if byLabel {
			classes = append(classes, title)
		}
		if byItem {
			items = append(items, title)
		}
		if _, ok := row.Config.Method.(contrastive.TextUser); ok {
			texts = append(texts, title)
		}
	}
	var parts []string
	for _, kind := range []struct {
		what string
		rows []string
	}{{"the class", classes}, {"which pictures show the same item", items}, {"captions", texts}} {
		if len(kind.rows) > 0 {
			parts = append(parts, kind.what+" ("+strings.Join(kind.rows, "; ")+")")
		}
	}
	if len(parts) == 0 {
		return "No row was told more than the pictures."
	}
	return "Some rows are told more than the pictures: " + strings.Join(parts, ", ") + "."
}

// namesFound says of each row that knows texts how pictures find names, in a sentence each.
func (c *comparison) namesFound() (sentences []string) {
	for _, row := range c.rows {
		s := row.summarize(func(r comparedRun) (float64, bool) {
			if r.Names == nil {
				return 0, false
			}
			return r.Names.RecallAt5, true
		})
		if s.N == 0 {
			continue
		}
		spread := ""
		if s.N > 1 {
			spread = fmt.Sprintf(" ± %.3f", s.Deviation)
		}
		n := row.Runs[slices.IndexFunc(row.Runs, func(r comparedRun) bool { return r.Names != nil })].Names
		sentences = append(sentences, fmt.Sprintf("%s, from picture to name: for a %s test picture its name (%s) is among the five nearest of %d held-out names in %.3f%s of the cases (chance %.3f).",
			row.Title, n.Domain, n.Language, n.Names, s.Mean, spread, min(1, 5/float64(n.Names))))
	}
	return sentences
}

// write prints the tables.
func (c *comparison) write(call *call) {
	writeParagraphs(call.stdout, c.summary())
	columns := c.columns()
	for _, part := range [][]comparedColumn{columns[:learned], columns[learned:]} {
		head, sub := []string{""}, []string{""}
		for _, col := range part {
			head, sub = append(head, col.head), append(sub, col.sub)
		}
		rows := [][]string{head, sub}
		for _, row := range c.allRows() {
			line := []string{c.label(row)}
			for _, col := range part {
				line = append(line, col.cell(row))
			}
			rows = append(rows, line)
		}
		call.printf("\n")
		writeTable(call.stdout, rows, 2)
	}
	call.printf("\n")
	var abouts [][]string
	for _, col := range columns {
		abouts = append(abouts, []string{strings.TrimSpace(col.head + " " + col.sub), col.about})
	}
	writeList(call.stdout, abouts)
	for _, note := range slices.Concat(c.namesFound(), []string{c.teachers()}, c.skipped, c.failures()) {
		call.printf("\n")
		writeParagraphs(call.stdout, note)
	}
}

// writeJSON writes all numbers: of each run, and over the seeds.
func (c *comparison) writeJSON(call *call) error {
	type row struct {
		*comparedRow
		Summary map[string]summary `json:"summary"`
	}
	out := struct {
		Dir       string            `json:"dir"`
		Data      string            `json:"data"`
		Budget    string            `json:"budget,omitempty"`
		Steps     int               `json:"steps,omitempty"`
		Seeds     int               `json:"seeds"`
		Neighbors int               `json:"neighbors"`
		Skipped   []string          `json:"skipped,omitempty"`
		Rows      []row             `json:"rows"`
		Plan      *comparisonPlan   `json:"plan"`
		Protocol  map[string]string `json:"protocol"`
		About     map[string]string `json:"about"`
	}{
		Dir: c.dir, Data: c.plan.Data.Name, Budget: c.plan.Budget, Steps: c.plan.Steps, Seeds: c.plan.Seeds, Neighbors: c.protocol.K,
		Skipped: c.skipped, Plan: &c.plan, About: map[string]string{},
		Protocol: map[string]string{"query": c.protocol.Query, "gallery": c.protocol.Gallery, "unseen": c.protocol.Unseen},
	}
	columns := c.columns()
	for _, col := range columns {
		out.About[col.key] = col.about
	}
	for _, r := range c.allRows() {
		one := row{comparedRow: r, Summary: map[string]summary{}}
		for _, col := range columns {
			if s := r.summarize(col.value); s.N > 0 {
				one.Summary[col.key] = s
			}
		}
		out.Rows = append(out.Rows, one)
	}
	encoder := json.NewEncoder(call.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

// writePage writes the page with charts.
func (c *comparison) writePage(path string) error {
	columns := c.columns()
	table := func(part []comparedColumn) *chart.Table {
		t := &chart.Table{Header: []string{""}}
		for _, col := range part {
			t.Header = append(t.Header, col.name)
		}
		for _, row := range c.allRows() {
			line := []string{c.label(row)}
			for _, col := range part {
				line = append(line, col.cell(row))
			}
			t.Rows = append(t.Rows, line)
		}
		return t
	}
	numbers := &chart.Table{}
	for _, col := range columns {
		numbers.Rows = append(numbers.Rows, []string{col.name, col.about})
	}
	names := ""
	if found := c.namesFound(); len(found) > 0 {
		names = "\n\n" + strings.Join(found, "\n\n")
	}
	sections := []chart.Section{
		{Title: "What each method learned", Text: c.summary() + ".\n\nMeasured on pictures that no encoder was trained on, at the last step; no test label has chosen anything. " + c.teachers() + " " +
			"Gray bars are the baselines that a method has to beat." + names, Table: table(columns[:learned]), Charts: append(c.bars("The same item by another artist", "recall", columns[:2]),
			c.bars("The class by nearest neighbors", "accuracy", columns[2:learned])...)},
		{Title: "Geometry and cost", Text: "Good neighbors alone can hide a collapse: a spread near 0, a uniformity near 0 or an effective rank near 1 shows it.",
			Table: table(columns[learned:]), Charts: c.bars("Spread: has it collapsed?", "std·√D", []comparedColumn{columns[learned+2], columns[learned+4]})},
		{Title: "What the numbers are", Table: numbers},
	}
	if notes := append(slices.Clone(c.skipped), c.failures()...); len(notes) > 0 {
		sections = append(sections, chart.Section{Title: "What is missing", Text: strings.Join(notes, "\n\n")})
	}
	plan, err := c.planSection()
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := chart.Page(&page, "Comparison of methods on "+c.source.Name, append(sections, plan)...); err != nil {
		return err
	}
	return writeFile(path, page.Bytes())
}

// methodsAChart keeps the bars of a chart wide enough and their colors different.
const methodsAChart = 6

// bars are charts of some methods each, always beside all baselines. What was not measured is left out.
func (c *comparison) bars(title, metric string, columns []comparedColumn) []*chart.Chart {
	var baselines, methods []chart.BarSeries
	for _, row := range c.allRows() {
		s := chart.BarSeries{Name: c.label(row), Baseline: row.Baseline}
		known := false
		for _, col := range columns {
			sum := row.summarize(col.value)
			known = known || sum.N > 0
			if sum.N == 0 {
				sum.Mean = math.NaN()
			}
			s.Values, s.Errors = append(s.Values, sum.Mean), append(s.Errors, sum.Deviation)
		}
		switch {
		case !known:
		case row.Baseline:
			baselines = append(baselines, s)
		default:
			methods = append(methods, s)
		}
	}
	var groups []string
	for _, col := range columns {
		groups = append(groups, col.name)
	}
	if len(methods) == 0 {
		return []*chart.Chart{chart.Bars(title, metric, groups, baselines)}
	}
	count := (len(methods) + methodsAChart - 1) / methodsAChart
	each := (len(methods) + count - 1) / count
	var charts []*chart.Chart
	for some := range slices.Chunk(methods, each) {
		name := title
		if count > 1 {
			name = fmt.Sprintf("%s (%d of %d)", title, len(charts)+1, count)
		}
		charts = append(charts, chart.Bars(name, metric, groups, append(slices.Clone(baselines), some...)))
	}
	return charts
}

// planSection tells what the methods have in common and in what they differ.
func (c *comparison) planSection() (chart.Section, error) {
	baseline := c.plan.Baseline
	shared, err := baseline.Settings()
	if err != nil {
		return chart.Section{}, err
	}
	value := map[string]string{}
	var same []string
	for _, s := range shared {
		if s.Part != "method" && !decidedByComparison[s.Name] {
			value[s.Part+"/"+s.Name] = s.Value
			same = append(same, s.Part+"/"+s.Name+" "+s.Value)
		}
	}
	table := &chart.Table{Header: []string{"row", "method", "steps", "s a step", "settings of its own"}}
	for _, row := range c.plan.Rows {
		settings, err := row.Config.Settings()
		if err != nil {
			return chart.Section{}, err
		}
		var own []string
		for _, s := range settings {
			if name := s.Part + "/" + s.Name; s.Part == "method" || !decidedByComparison[s.Name] && value[name] != s.Value {
				own = append(own, strings.TrimPrefix(name, "method/")+" "+s.Value)
			}
		}
		timed := "–"
		if row.SecondsPerStep > 0 {
			timed = fmt.Sprintf("%.3f", row.SecondsPerStep)
		}
		table.Rows = append(table.Rows, []string{row.Title, row.Config.Method.Name(), thousands(row.Steps), timed, strings.Join(own, ", ")})
	}
	return chart.Section{
		Title: "The plan",
		Text: fmt.Sprintf("All share the views %q, the encoder %s, the head %s and the optimizer %s with %s, unless the table says otherwise. The runs have the seeds 0 to %d and are in %s.\n\nThe data: %s.\n\nThis page was made by lab %s.",
			policyOf(baseline.Augment), baseline.Encoder.Name(), baseline.Head.Name(), baseline.Optimizer.Name(), strings.Join(same, ", "), c.plan.Seeds-1, c.dir, c.source.About, version()),
		Table: table,
	}, nil
}

// decidedByComparison are settings that are no choice of a method.
var decidedByComparison = map[string]bool{"steps": true, "epochs": true, "seed": true, "keep": true, "log_every": true, "save_every": true}
