package contrastive

import (
	"fmt"
	"sync"
	"time"
)

// Pace is how fast a training goes, and so what is to come.
type Pace struct {
	// PerStep is the mean time of a step of this process, its first left out, which compiles.
	PerStep time.Duration
	// Steps are still to be made.
	Steps int
}

// Left is the time that the steps to come take at this pace.
func (p Pace) Left() time.Duration { return time.Duration(p.Steps) * p.PerStep }

// String is the pace in a few words.
func (p Pace) String() string {
	return fmt.Sprintf("%.3g s a step, about %s to go", p.PerStep.Seconds(), roughly(p.Left()))
}

// roughly is a time as precise as an estimate.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

// A pace is told once it is known from so many steps and so long.
const (
	paceSteps = 2
	paceTime  = 5 * time.Second
)

// pacer measures the pace of one process.
type pacer struct {
	mu    sync.Mutex // the progress bar reads from a goroutine of its own
	start time.Time  // when its first step was done
	from  int        // that step
	pace  Pace
	known bool
}

// after counts the step just done of total; it returns true once, when the pace is known.
func (p *pacer) after(step, total int, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.start.IsZero() {
		p.start, p.from = now, step
		return false
	}
	p.pace = Pace{PerStep: now.Sub(p.start) / time.Duration(step-p.from), Steps: total - step}
	if p.known || step-p.from < paceSteps || now.Sub(p.start) < paceTime || p.pace.Steps == 0 {
		return false
	}
	p.known = true
	return true
}

// now is the pace, false while it is not known.
func (p *pacer) now() (Pace, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pace, p.known
}

// inShort is a line of the progress bar.
func (p *pacer) inShort() (name, value string) {
	if pace, known := p.now(); known {
		return "Pace", pace.String()
	}
	return "Pace", "not known yet"
}
