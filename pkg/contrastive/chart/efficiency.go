package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// EfficiencySeries is one encoder in [LabelEfficiency].
type EfficiencySeries struct {
	Name   string
	Points []eval.EfficiencyPoint
	// Baseline draws the line dashed: what the others have to beat.
	Baseline bool
}

// LabelEfficiency draws what [eval.LabelEfficiency] found: the accuracy of a linear probe on test against the number of
// labels per class that it was fitted on, on a logarithmic axis. The line is the mean over the draws of those labels, the
// band one sample standard deviation to either side, as far as accuracies go, 0 … 1. The better a representation, the
// further to the left its curve is high. Accuracies that are not finite are left out, and the note says how many.
func LabelEfficiency(series ...EfficiencySeries) *Chart {
	const title = "Accuracy by the number of labels"
	c := &Chart{Title: title, Width: frameWidth, Height: frameHeight}
	var lines []Series
	var ticks []float64
	var words []string
	least, most, unconverged := math.MaxInt, 0, 0
	for _, s := range series {
		points := slices.Clone(s.Points)
		slices.SortStableFunc(points, func(a, b eval.EfficiencyPoint) int { return cmp.Compare(a.PerClass, b.PerClass) })
		line := Series{Name: s.Name, Dashed: s.Baseline}
		var said []string
		for _, p := range points {
			if p.PerClass < 1 {
				return failed(title, "series %q has a point with %d labels per class: want at least 1", s.Name, p.PerClass)
			}
			least, most = min(least, len(p.Accuracies)), max(most, len(p.Accuracies))
			unconverged += p.Unconverged
			line.X, line.Y = append(line.X, float64(p.PerClass)), append(line.Y, p.Mean)
			line.Low, line.High = append(line.Low, math.Max(0, p.Mean-p.Std)), append(line.High, math.Min(1, p.Mean+p.Std))
			ticks = append(ticks, float64(p.PerClass))
			if finite(p.Mean) && finite(p.Std) {
				said = append(said, fmt.Sprintf("%d: %.3f ± %.3f", p.PerClass, p.Mean, p.Std))
			}
		}
		lines = append(lines, line)
		if len(said) > 0 {
			words = append(words, nameOr(s.Name, "the line")+" "+strings.Join(said, ", "))
		}
	}
	if len(ticks) == 0 {
		return failed(title, "no point in %d series", len(series))
	}
	switch {
	case most > 1 && least == most:
		c.Note = fmt.Sprintf("band: ± one standard deviation over %d draws of the labels", most)
	case most > 1:
		c.Note = fmt.Sprintf("band: ± one standard deviation over %d … %d draws of the labels", least, most)
	default:
		c.Note = "a single draw of the labels: how much another would differ is not known"
	}
	if unconverged > 0 {
		c.Note += fmt.Sprintf("; fits that did not converge: %d", unconverged)
	}
	slices.Sort(ticks)
	c = c.lines(lineAxes{x: "labels per class (logarithmic)", y: "accuracy on test", logX: true, ticks: widen(slices.Compact(ticks))}, lines)
	if c.err == nil {
		c.Alt = fmt.Sprintf("Line chart of accuracy on test by the number of labels per class, mean ± standard deviation over the draws. %s.", strings.Join(words, "; "))
	}
	return c
}

// widen makes room about a single tick, which has no length on an axis.
func widen(ticks []float64) []float64 {
	if len(ticks) > 1 {
		return ticks
	}
	return []float64{ticks[0] / 2, ticks[0], ticks[0] * 2}
}
