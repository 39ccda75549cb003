package main

import (
	"fmt"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
)

// doctorSection is what lab doctor says, and how far the pretext task needs no learning.
func (e *evaluation) doctorSection() (chart.Section, error) {
	section := chart.Section{Title: "What the doctor says"}
	d, err := e.run.Diagnose(e.source.Train(), e.source.Test())
	if err != nil {
		return section, err
	}
	section.Text = "Healthy: nothing was found. The numbers that it goes by:"
	section.Table = &chart.Table{Rows: vitals(&d.Symptoms)}
	if len(d.Findings) > 0 {
		section.Text = ""
		for _, f := range d.Findings {
			section.Text += fmt.Sprintf("%s: %s. Seen in: %s. %s\n\n", f.Severity, f.Title, f.Evidence, f.Remedy)
		}
		section.Text += "The numbers that it goes by:"
	}
	if t := d.Symptoms.Task; t != nil {
		section.Charts = []*chart.Chart{chart.Bars(fmt.Sprintf("The second view found among %d, with and without learning", t.Samples), "recall@1",
			[]string{"chance", "color histogram", "pixels − mean", "this run (z)"},
			[]chart.BarSeries{{Name: "recall@1", Values: []float64{1 / float64(t.Samples), t.ColorHistogram, t.Pixels, t.Run}}})}
	}
	return section, nil
}
