package contrastive

import (
	"fmt"
	"os"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ui/commandline"
	"github.com/gomlx/gomlx/ui/notebooks"
	"github.com/mattn/go-isatty"
)

// attachProgress shows how training goes: GoMLX's progress bar on a terminal and in a notebook, else a
// line every ten seconds, which is what a log file wants.
func attachProgress(loop *train.Loop, t *trainer) {
	if notebooks.IsNotebook() || isatty.IsTerminal(os.Stdout.Fd()) {
		commandline.AttachProgressBar(loop)
		return
	}
	start := time.Now()
	var last time.Time
	loop.OnStep("contrastlab progress", 1, func(*train.Loop, []*tensors.Tensor) error {
		if time.Since(last) < 10*time.Second && t.Step < t.total || len(t.History) == 0 {
			return nil
		}
		last = time.Now()
		r := t.History[len(t.History)-1]
		ceiling := ""
		if r.LossShare > 0 {
			ceiling = fmt.Sprintf(" (%.0f %% of its ceiling)", 100*r.LossShare)
		}
		fmt.Printf("step %d of %d  loss %.4f%s  positive rank %.1f  std·√D %.2f  %.0f views/s  %s\n", t.Step, t.total, r.Loss, ceiling,
			r.PositiveRank, r.Std, r.ViewsPerSecond, time.Since(start).Round(time.Second))
		return nil
	})
}
