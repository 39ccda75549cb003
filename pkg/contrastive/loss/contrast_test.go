package loss_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// Any masks go, also rows without positives, without candidates, or with positives that are no candidates.
func TestContrastWithAnyMasks(t *testing.T) {
	const n, m, temperature = 7, 9, 0.05
	b := randomBatch(41, n, 5, m)
	averages := []loss.Average{loss.ValidAnchors, loss.AllAnchors, loss.SumAnchors}
	exec := graph.MustNewExec(goBackend(t), func(anchors, columns, positives, candidates node) []node {
		var outputs []node
		for _, form := range []loss.Form{loss.LogOutside, loss.LogInside} {
			for _, average := range averages {
				c := loss.Contrast{Temperature: temperature, Form: form, Average: average, Weight: 0.5}
				value := c.Loss(anchors, columns, positives, candidates)
				outputs = append(append(outputs, value), graph.Gradient(value, anchors, columns)...)
			}
		}
		return outputs
	})
	rng := rand.New(rand.NewPCG(7, 7))
	mask := func(density float64, empty ...int) [][]bool {
		x := make([][]bool, n)
		for i := range x {
			for range m {
				x[i] = append(x[i], rng.Float64() < density)
			}
		}
		for _, i := range empty {
			x[i] = make([]bool, m)
		}
		return x
	}
	all := []int{0, 1, 2, 3, 4, 5, 6}
	for name, c := range map[string]struct{ positives, candidates [][]bool }{
		"dense":                 {mask(0.5), mask(0.9)},
		"rows without either":   {mask(0.4, 1, 2), mask(0.6, 2, 5)},
		"no candidates at all":  {mask(0.5), mask(0.5, all...)},
		"no positives at all":   {mask(0.5, all...), mask(0.5)},
		"everything everywhere": {mask(2), mask(2)},
	} {
		out := exec.MustCall(b.z1, b.queue, c.positives, c.candidates)
		for f, inside := range []bool{false, true} {
			losses := oracle.Contrast{Temperature: temperature, Inside: inside,
				Positive:  func(i, j int) bool { return c.positives[i][j] },
				Candidate: func(i, j int) bool { return c.candidates[i][j] }}.PerAnchor(b.z1, b.queue)
			sum := oracle.Mean(losses) * float64(len(losses)) / 2
			for a, divisor := range []float64{math.Max(1, float64(len(losses))), n, 1} {
				results := out[3*(len(averages)*f+a):]
				if got, want := float(results[0]), sum/divisor; !near(got, want, 1e-11) {
					t.Errorf("%s, inside %t, average %d: graph %g, oracle %g", name, inside, averages[a], got, want)
				}
				for _, gradient := range results[1:3] {
					steepest := 0.0
					for _, row := range matrix(gradient) {
						for _, v := range row {
							if math.IsNaN(v) || math.IsInf(v, 0) {
								t.Errorf("%s, inside %t: a derivative is %g", name, inside, v)
							}
							steepest = math.Max(steepest, math.Abs(v))
						}
					}
					if (len(losses) == 0) != (steepest == 0) && name != "everything everywhere" {
						t.Errorf("%s, inside %t: %d valid anchors, steepest derivative %g", name, inside, len(losses), steepest)
					}
				}
			}
		}
	}
}
