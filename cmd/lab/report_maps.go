package main

import (
	"fmt"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// reportSpectrum is how many test pictures a spectrum is of: its cost grows with the cube.
const reportSpectrum = 1000

// mapSection shows how the embeddings of test pictures lie: in how many directions, and beside which others.
func (e *evaluation) mapSection() (chart.Section, error) {
	section := chart.Section{Title: "How the embeddings lie"}
	some := e.mixed(reportSpectrum)
	section.Text = fmt.Sprintf("The spectrum, of %s test pictures picked at random, says in how many directions they really spread. "+
		"The maps show test pictures where this run puts them. A picture that would cover another is a dot; Ctrl and the mouse wheel bring it closer.", thousands(len(some)))
	var series []chart.SpectrumSeries
	for _, row := range []int{rowPixels, rowUntrained, rowRun} {
		m := e.rows[row]
		values, err := eval.Spectrum(m.test.Select(some))
		if err != nil {
			return section, err
		}
		series = append(series, chart.SpectrumSeries{Name: m.name, Values: values, Baseline: row != rowRun})
	}
	options := chart.MapOptions{Picture: e.test.At, Seed: 1}
	test := e.rows[rowRun].test
	section.Charts = []*chart.Chart{chart.Spectrum(series...), chart.TSNEMap(test, options), chart.PCAMap(test, options)}
	return section, nil
}
