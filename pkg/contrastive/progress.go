package contrastive

import (
	"fmt"
	"math"
	"os"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ui/commandline"
	"github.com/gomlx/gomlx/ui/notebooks"
	"github.com/mattn/go-isatty"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
)

// attachProgress shows how training goes: in a notebook a live loss chart, which it returns, over GoMLX's
// progress bar; on a terminal the progress bar; else a line every ten seconds, which is what a log file
// wants. Each tells the time to go.
func attachProgress(loop *train.Loop, t *trainer) *chart.Live {
	switch {
	case notebooks.IsNotebook():
		live := chart.NewLive(t.Run.lossChart)
		loop.OnStep("contrastlab live chart", 1, func(*train.Loop, []*tensors.Tensor) error {
			if n := len(t.History); n > 0 && t.History[n-1].Step == t.Step {
				live.Update(t.Step, t.History[n-1].values())
			}
			return nil
		})
		t.attachBar(loop)
		return live
	case isatty.IsTerminal(os.Stdout.Fd()):
		t.attachBar(loop)
		return nil
	}
	start := time.Now()
	var last time.Time
	told := -1 // the step of the record in the last line
	loop.OnStep("contrastlab progress", 1, func(*train.Loop, []*tensors.Tensor) error {
		if time.Since(last) < 10*time.Second && t.Step < t.total || len(t.History) == 0 {
			return nil
		}
		last = time.Now()
		left := ""
		if pace, known := t.pacer.now(); known && t.Step < t.total {
			left = fmt.Sprintf(", about %s to go", roughly(pace.Left()))
		}
		elapsed := time.Since(start).Round(time.Second)
		r := t.History[len(t.History)-1]
		if r.Step == told { // steps are slow, and what was measured is not of this one
			fmt.Printf("step %d of %d  %s%s\n", t.Step, t.total, elapsed, left)
			return nil
		}
		told = r.Step
		ceiling := ""
		if r.LossShare > 0 {
			ceiling = fmt.Sprintf(" (%.0f %% of its ceiling)", 100*r.LossShare)
		}
		speed := ""
		if r.ViewsPerSecond > 0 {
			speed = fmt.Sprintf("  %.0f views/s", r.ViewsPerSecond)
		}
		shown := r.Loss
		if math.Abs(shown) < 5e-5 {
			shown = 0 // and not −0.0000
		}
		fmt.Printf("step %d of %d  loss %.4f%s  positive rank %.1f  std·√D %.2f%s  %s%s\n", t.Step, t.total, shown, ceiling,
			r.PositiveRank, r.Std, speed, elapsed, left)
		return nil
	})
	return nil
}

// attachBar shows GoMLX's progress bar, with the doctor's findings in short; in full they follow when it is done.
func (t *trainer) attachBar(loop *train.Loop) {
	t.bar = true
	commandline.AttachProgressBar(loop, t.pacer.inShort, t.watch.inShort)
	loop.OnEnd("contrastlab findings", 100, func(*train.Loop, []*tensors.Tensor) error {
		for _, f := range t.watch.found {
			writeFinding(t.Step, f)
		}
		return nil
	})
}

// Points is the run's history as charts take it.
func (r *Run) Points() []chart.Point {
	points := make([]chart.Point, len(r.History))
	for i, record := range r.History {
		points[i] = chart.Point{Step: record.Step, Values: record.values()}
	}
	return points
}

// LossChart is the loss over the steps so far, with its ceiling where the method has one.
func (r *Run) LossChart() *chart.Chart { return r.lossChart(r.Points()) }

func (r *Run) lossChart(points []chart.Point) *chart.Chart {
	ceiling := 0.0
	if n := len(r.History); n > 0 && r.History[n-1].LossShare > 0 {
		ceiling = r.History[n-1].Loss / r.History[n-1].LossShare
	}
	c := chart.Loss(points, ceiling)
	c.Title = fmt.Sprintf("Loss of %s", r.Config.Method.Name())
	return c
}

// values are the record's numbers by their names in history.jsonl.
func (r Record) values() map[string]float64 {
	return map[string]float64{
		"loss": r.Loss, "loss_share": r.LossShare, "learning_rate": r.LearningRate, "gradient_norm": r.GradientNorm,
		"positive_rank": r.PositiveRank, "std": r.Std, "alignment": r.Alignment, "uniformity": r.Uniformity,
		"views_per_second": r.ViewsPerSecond,
	}
}
