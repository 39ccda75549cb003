package main

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// confusionSection shows which classes the run takes for each other.
func (e *evaluation) confusionSection() chart.Section {
	section := chart.Section{Title: "Which classes are confused"}
	c := e.confused
	if len(c.Classes) > chart.MaxClasses {
		section.Text = fmt.Sprintf("With %d classes a matrix cannot be read; eval.json of `lab eval` has the counts.", len(c.Classes))
		return section
	}
	section.Text = fmt.Sprintf("How to read it: a row is what the pictures show, a column what they were taken for by %s, of %s; what is right lies on the framed diagonal, and a dark field beside it is a mistake made often.", c.By, c.Of)
	matrix := chart.Confusion(c.Counts, c.Classes)
	matrix.Title = "Confusion matrix, by " + c.By
	section.Charts = []*chart.Chart{matrix}
	return section
}

// keptRow is a row of an evaluation by its key in resultsFile.
type keptRow struct {
	key, name string
	baseline  bool
}

// keptRows are those that can be in it, in the order in which they are drawn.
var keptRows = []keptRow{
	{"raw_pixels", "raw pixels", true}, {"untrained", "untrained", true}, {"supervised", "supervised", true},
	{"run", "this run", false}, {"run_head", "its head's z", false},
}

// spreadNote is what error bars show, and which row there is no probe of.
func spreadNote(draws int, without string) string {
	note := fmt.Sprintf("error bars: ± one standard deviation over %s", plural(draws, "draw"))
	if without != "" {
		note += "; no probe was fitted to " + without
	}
	return note
}

// keptSections draw what lab eval measured on request and left beside the run; what it did not is named.
func (e *evaluation) keptSections() ([]chart.Section, error) {
	dir := filepath.Clean(e.run.Config.Dir)
	kept, err := readResults(dir)
	switch {
	case err != nil:
		return nil, err
	case kept == nil:
		return []chart.Section{e.missingSection(nil, "Not measured yet")}, nil
	case kept.EncoderHash != e.encoderHash || kept.TestPictures != e.test.Len():
		return []chart.Section{e.missingSection(nil, fmt.Sprintf("%s is of another state of this run, after %s steps, or of other test pictures, and is not drawn; not measured of this one", resultsFile, thousands(kept.Steps)))}, nil
	}
	sections := []chart.Section{}
	for _, one := range []func(*results) (*chart.Section, error){e.headSection, efficiencySection, artistSection, damageSection} {
		section, err := one(kept)
		if err != nil {
			return nil, fmt.Errorf("%s: %w; `lab eval` writes it again", filepath.Join(dir, resultsFile), err)
		}
		if section != nil {
			sections = append(sections, *section)
		}
	}
	if missing := e.missingSection(kept, "Not measured yet"); missing.Text != "" {
		sections = append(sections, missing)
	}
	return sections, nil
}

// missingSection names what lab eval could measure beyond what it did; without a text if it is nothing.
func (e *evaluation) missingSection(kept *results, why string) chart.Section {
	args, what := []string{"eval", filepath.Clean(e.run.Config.Dir)}, ""
	for _, one := range []struct {
		flag, what string
		has        bool
	}{
		{"-head", "the head's output z beside the encoder's h", kept.has("run_head") || !e.hasHead()},
		{"-efficiency", "label efficiency", kept.has("label_efficiency")},
		{"-transfer", "what is lost on other pictures", kept.has("corruptions")},
	} {
		if one.has {
			continue
		}
		if what != "" {
			what += ", "
		}
		args, what = append(args, one.flag), what+one.what
	}
	section := chart.Section{Title: "Further measurements"}
	if what != "" {
		section.Text = fmt.Sprintf("%s: %s. `%s` does, and keeps it beside the run; made again, this page shows it.", why, what, commandLine(args...))
	}
	return section
}

// hasHead says that h and z differ.
func (e *evaluation) hasHead() bool {
	_, none := e.run.Config.Head.(encoder.NoHead)
	return !none && e.run.Config.Method.Name() != contrastive.Supervised{}.Name()
}

// has says that a row or a further measurement is there.
func (r *results) has(key string) bool {
	return r != nil && (r.Scores[key] != nil || r.Further[key] != nil)
}

// row is a row of scores as the columns take it, nil if there is none.
func (r *results) row(key, name string, byItem bool) (*measured, error) {
	if r.Scores[key] == nil {
		return nil, nil
	}
	m := &measured{key: key, name: name}
	var into any
	if byItem {
		m.scores = &eval.Scores{}
		into = m.scores
	} else {
		m.classes = &eval.ClassScores{}
		into = m.classes
	}
	return m, json.Unmarshal(r.Scores[key], into)
}

// furtherOf reads a further measurement, nil if there is none.
func furtherOf[T any](r *results, key string) (byRow map[string]T, err error) {
	if r.Further[key] != nil {
		err = json.Unmarshal(r.Further[key], &byRow)
	}
	return byRow, err
}

// headSection compares the encoder's h with the head's z.
func (e *evaluation) headSection(kept *results) (*chart.Section, error) {
	z, err := kept.row("run_head", "head's z", e.byItem())
	if err != nil || z == nil {
		return nil, err
	}
	h := &e.rows[rowRun]
	columns := e.columns()
	section := &chart.Section{Title: "The encoder's output h against the head's z", Table: &chart.Table{Header: []string{"", "encoder's h", "head's z"}},
		Text: "How to read it: the loss is on z, and what the views change is thrown away there; where the bars of h are higher, the head has taken that on itself, and the encoder is what to keep."}
	for _, c := range columns {
		section.Table.Rows = append(section.Table.Rows, []string{c.name, c.cell(h), c.cell(z)})
	}
	shares, metric := columnsOf(columns, "knn", "probe"), "accuracy"
	if e.byItem() {
		shares, metric = columnsOf(columns, "recall_at_1", "recall_at_5", "unseen_recall_at_1", "group_knn", "group_knn_unseen"), "share of test pictures"
	}
	tests := e.test.Len()
	if e.byItem() {
		tests = h.scores.GallerySize
	}
	share := shares[0].value(h)
	section.Text += fmt.Sprintf(" By the choice of %s test pictures alone each bar has a standard error of about %.3f.", thousands(tests), math.Sqrt(share*(1-share)/float64(tests)))
	var groups []string
	of := []chart.BarSeries{{Name: "encoder's h"}, {Name: "head's z"}}
	for _, c := range shares {
		groups = append(groups, c.name)
		of[0].Values, of[1].Values = append(of[0].Values, c.value(h)), append(of[1].Values, c.value(z))
	}
	section.Charts = []*chart.Chart{chart.Bars("Before and after the projection head", metric, groups, of)}
	return section, nil
}

// efficiencySection is the accuracy by how many labels may be seen.
func efficiencySection(kept *results) (*chart.Section, error) {
	points, err := furtherOf[[]eval.EfficiencyPoint](kept, "label_efficiency")
	if err != nil || points == nil {
		return nil, err
	}
	var series, baselines []chart.EfficiencySeries // the run first, so that it has the color of its bars
	for _, row := range keptRows {
		switch s := (chart.EfficiencySeries{Name: row.name, Points: points[row.key], Baseline: row.baseline}); {
		case s.Points == nil:
		case row.baseline:
			baselines = append(baselines, s)
		default:
			series = append(series, s)
		}
	}
	series = append(series, baselines...)
	return &chart.Section{Title: "How many labels the class takes",
		Text:   fmt.Sprintf("How to read it: go along a height, and the curve that reaches it further to the left needs fewer labels for it; linear probes on frozen vectors, tested on all %s test pictures.", thousands(kept.TestPictures)),
		Charts: []*chart.Chart{chart.LabelEfficiency(series...)}}, nil
}

// artistSection is what is lost from one artist to another.
func artistSection(kept *results) (*chart.Section, error) {
	found, err := furtherOf[*eval.TransferResult](kept, "transfer")
	if err != nil || found["run"] == nil {
		return nil, err
	}
	run := found["run"]
	knn := fmt.Sprintf("%d-NN", run.K)
	var series []chart.BarSeries
	without := ""
	for _, row := range keptRows {
		if found[row.key] == nil {
			continue
		}
		if found[row.key].Probe == nil {
			without = row.name
		}
		s := chart.BarSeries{Name: row.name, Baseline: row.baseline}
		for _, matrix := range [][][]eval.Spread{found[row.key].KNN, found[row.key].Probe} {
			drop := eval.Spread{Mean: math.NaN()}
			if m, ok := found[row.key].Move(matrix); ok {
				drop = m.Drop
			}
			s.Values, s.Errors = append(s.Values, drop.Mean), append(s.Errors, drop.Std)
		}
		series = append(series, s)
	}
	draws := len(run.KNN[0][0].Values)
	bars := chart.Bars("Accuracy lost on other artists, mean over all pairs", "drop in accuracy", []string{knn, "linear probe"}, series)
	bars.Note = spreadNote(draws, without)
	section := &chart.Section{Title: "What another artist costs", Charts: []*chart.Chart{bars},
		Text: "How to read it: the class is learned from the pictures of one artist; a bar is how much less is right on those of the others than on the same artist's, and a low one is a representation that does not cling to a style. In the matrices below, a row is an artist learned from, a column one tested on."}
	for _, m := range []struct {
		by     string
		matrix [][]eval.Spread
	}{{knn, run.KNN}, {"linear probe", run.Probe}} {
		if m.matrix != nil {
			c := chart.Transfer(run, m.matrix, m.by+" accuracy")
			c.Title = "From artist to artist, this run by " + m.by
			section.Charts = append(section.Charts, c)
		}
	}
	return section, nil
}

// damageSection is what is lost on damaged pictures.
func damageSection(kept *results) (*chart.Section, error) {
	found, err := furtherOf[*eval.TransferResult](kept, "corruptions")
	if err != nil || found["run"] == nil {
		return nil, err
	}
	run := found["run"]
	knn := fmt.Sprintf("%d-NN", run.K)
	section := &chart.Section{Title: "What damage costs",
		Text:  "How to read it: the class is learned from clean pictures; a bar is how much less is right once the test pictures are damaged, and a low bar of a row that is poor on clean ones (the table) is no merit.",
		Table: &chart.Table{Caption: "Accuracy on clean pictures", Header: []string{"", knn, "linear probe"}}}
	probed := map[string][]chart.BarSeries{}
	without := ""
	for _, row := range keptRows {
		r := found[row.key]
		if r == nil {
			continue
		}
		cells := []string{row.name}
		for _, m := range []struct {
			by     string
			matrix [][]eval.Spread
		}{{knn, r.KNN}, {"linear probe", r.Probe}} {
			s := chart.BarSeries{Name: row.name, Baseline: row.baseline}
			if m.matrix == nil { // its place, and so the colors of the others, stay
				for range r.Test[1:] {
					s.Values = append(s.Values, math.NaN())
				}
				probed[m.by], without = append(probed[m.by], s), row.name
				cells = append(cells, "–")
				continue
			}
			for j := 1; j < len(r.Test); j++ {
				drop, _ := r.DropSpread(m.matrix, 0, j)
				s.Values, s.Errors = append(s.Values, drop.Mean), append(s.Errors, drop.Std)
			}
			probed[m.by] = append(probed[m.by], s)
			clean := m.matrix[0][0]
			cells = append(cells, meanSpread(clean.Mean, clean.Std, len(clean.Values)))
		}
		section.Table.Rows = append(section.Table.Rows, cells)
	}
	for _, by := range []string{knn, "linear probe"} {
		if by != knn && run.Probe == nil {
			continue
		}
		bars := chart.Bars("Accuracy lost on damaged pictures, "+by, "drop in accuracy", slices.Clone(run.Test[1:]), probed[by])
		bars.Note = spreadNote(len(run.KNN[0][0].Values), map[bool]string{true: without}[by != knn])
		section.Charts = append(section.Charts, bars)
	}
	return section, nil
}

// coursePoints is at how many places of its training a run is shown in the plane: each is a mean, as single batches
// scatter.
const coursePoints = 16

// planeSection shows alignment and uniformity together: over the training, and of test pictures beside the baselines.
func (e *evaluation) planeSection() (chart.Section, error) {
	section := chart.Section{Title: "Alignment and uniformity in one plane",
		Text: "How to read it: to the left, positives lie closer together; further down, pictures spread more evenly; training moves to the lower left, and one that ends in the upper left corner has collapsed."}
	if course := placesOf(e.run.History); len(course) > 1 {
		last := len(course) - 1
		c := chart.AlignmentUniformity(chart.PlanePoint{Name: "z after training", Alignment: course[last][0], Uniformity: course[last][1], Before: course[:last]})
		c.Title = "Over the training, on the views that the loss sees"
		section.Charts = append(section.Charts, c)
		section.Text += fmt.Sprintf(" Over the training: the head's z on the batch of the first record, then means over each of %s of the history.", plural(last, "part"))
	}
	if !e.byItem() {
		return section, nil
	}
	section.Text += " Of test pictures: one item by two artists is a positive pair, and the encoder's h is measured, so that the two charts are not to be compared."
	var points []chart.PlanePoint
	for i, m := range e.rows {
		points = append(points, chart.PlanePoint{Name: m.name, Alignment: m.scores.Alignment, Uniformity: m.scores.Uniformity, Baseline: i != rowRun})
	}
	c := chart.AlignmentUniformity(points...)
	c.Title = "Of test pictures, beside the baselines"
	section.Charts = append(section.Charts, c)
	return section, nil
}

// placesOf is alignment and uniformity of the first record and of up to coursePoints parts of the others, in the order of
// training; nil without a record.
func placesOf(history []contrastive.Record) (places [][2]float64) {
	if len(history) == 0 {
		return nil
	}
	places = append(places, [2]float64{history[0].Alignment, history[0].Uniformity})
	rest := history[1:]
	parts := min(coursePoints, len(rest))
	for p := range parts {
		some := rest[p*len(rest)/parts : (p+1)*len(rest)/parts]
		var mean [2]float64
		for _, r := range some {
			mean[0] += r.Alignment / float64(len(some))
			mean[1] += r.Uniformity / float64(len(some))
		}
		places = append(places, mean)
	}
	return places
}
