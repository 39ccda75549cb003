package chart

import (
	"fmt"
	"math"
	"strings"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// SpectrumSeries is one encoder in [Spectrum].
type SpectrumSeries struct {
	Name   string
	Values []float64 // the eigenvalues of the covariance, largest first, as [eval.Spectrum] gives them
	// Baseline draws the line dashed: what the others are compared with.
	Baseline bool
}

// spectrumFloor is the share of the largest eigenvalue down to which a spectrum is drawn.
const spectrumFloor = 1e-8

// Spectrum draws the eigenvalues of the covariance of each encoder's vectors, largest first, as shares of its largest, on a
// logarithmic axis; the legend has the effective rank of each (see [eval.EffectiveRank]) and its dimensions. A line that
// falls off a cliff before its last dimension shows dimensional collapse: Jing et al. 2022, "Understanding Dimensional
// Collapse in Contrastive Self-supervised Learning", figure 2. Where some vectors have more than four times the
// dimensions of others, as raw pixels have, the index is logarithmic too. Values under 10⁻⁸ of the largest end a line.
//
// Take all spectra of the same number of rows: the rank cannot exceed it.
func Spectrum(series ...SpectrumSeries) *Chart {
	const title = "Eigenvalue spectrum of the embeddings"
	c := &Chart{Title: title, Width: frameWidth, Height: frameHeight}
	var lines []Series
	var words []string
	narrow, wide := math.MaxInt, 0
	for _, s := range series {
		name := nameOr(s.Name, fmt.Sprintf("encoder %d", len(lines)+1))
		for i, v := range s.Values {
			if !finite(v) || v < 0 {
				return failed(title, "eigenvalue %d of %q is %v: want a number that is not negative", i, name, v)
			}
			if i > 0 && v > s.Values[i-1] {
				return failed(title, "eigenvalue %d of %q is larger than the one before: want the largest first", i, name)
			}
		}
		if len(s.Values) == 0 {
			continue
		}
		narrow, wide = min(narrow, len(s.Values)), max(wide, len(s.Values))
		rank := eval.SpectrumRank(s.Values)
		if s.Values[0] == 0 {
			words = append(words, name+" is zero throughout: complete collapse")
			continue
		}
		line := Series{Name: fmt.Sprintf("%s: rank %.3g of %d", name, rank, len(s.Values)), Dashed: s.Baseline}
		next, drawn := 1.0, 0
		for i, v := range s.Values {
			share := v / s.Values[0]
			if share < spectrumFloor {
				break
			}
			drawn++
			// Of a long spectrum the points that an eye can tell apart on either kind of axis.
			if float64(i+1) < next && i+1 < len(s.Values) {
				continue
			}
			next = math.Max(float64(i+2), float64(i+1)*1.01)
			line.X, line.Y = append(line.X, float64(i+1)), append(line.Y, share)
		}
		lines = append(lines, line)
		words = append(words, fmt.Sprintf("%s: effective rank %.3g of %d dimensions, %d eigenvalues above a hundred millionth of the largest", name, rank, len(s.Values), drawn))
	}
	if len(lines) == 0 {
		if len(words) > 0 {
			return failed(title, "%s", strings.Join(words, "; "))
		}
		return failed(title, "no eigenvalue in %d series", len(series))
	}
	f := lineAxes{x: "index of the eigenvalue", y: "eigenvalue ÷ largest (logarithmic)", logY: true}
	if wide > 4*narrow {
		f.logX, f.x = true, f.x+" (logarithmic)"
		for tick := 1; tick < wide; tick *= 10 {
			f.ticks = append(f.ticks, float64(tick))
		}
		f.ticks = append(f.ticks, float64(wide))
	}
	c.Note = "rank: effective rank; a cliff before the last dimension is dimensional collapse"
	if len(lines) < len(words) {
		c.Note += fmt.Sprintf("; all zero and not drawn: %d", len(words)-len(lines))
	}
	c = c.lines(f, lines)
	if c.err == nil {
		c.Alt = "Line chart of the eigenvalues of the embeddings' covariance, largest first, on a logarithmic axis. " + strings.Join(words, "; ") + "."
	}
	return c
}
