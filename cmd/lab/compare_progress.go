package main

import (
	"fmt"
	"time"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
)

// compareProgress tells how a comparison goes: on a terminal in one line that changes, else in a line now and then.
type compareProgress struct {
	*statusLine
	plan  *comparisonPlan
	total int // runs

	number int // of the run at work, from 1
	row    plannedRow
	seed   int
	step   int

	lastStep time.Time
	perStep  map[string]float64 // seconds of a step by row, as last seen
	overhead []float64          // seconds of a run beside its steps
}

// begin starts the next run.
func (p *compareProgress) begin(row plannedRow, seed int) {
	p.number++
	p.row, p.seed, p.step, p.lastStep = row, seed, 0, time.Time{}
}

func (p *compareProgress) title() string {
	return fmt.Sprintf("run %d of %d: %s, seed %d", p.number, p.total, p.row.Key, p.seed)
}

// record is called with each record of a history.
func (p *compareProgress) record(r contrastive.Record) {
	now := time.Now()
	if !p.lastStep.IsZero() && r.Step > p.step {
		p.perStep[p.row.Key] = now.Sub(p.lastStep).Seconds() / float64(r.Step-p.step)
	}
	p.step, p.lastStep = r.Step, now
	line := fmt.Sprintf("%s, step %d of %d, loss %.3f", p.title(), r.Step, p.row.Steps, r.Loss)
	if left, ok := p.left(); ok {
		line += fmt.Sprintf("; about %s left", roundly(left))
	}
	p.note("%s", line)
}

// finished tells what a whole run took.
func (p *compareProgress) finished(row plannedRow, took time.Duration) {
	if each, ok := p.perStep[row.Key]; ok {
		p.overhead = append(p.overhead, max(0, took.Seconds()-each*float64(row.Steps)))
	}
}

// left estimates the time to the end from what a step of each row takes, as seen in this call or when it was timed.
// Rows that nothing is known of count like the mean of the others.
func (p *compareProgress) left() (time.Duration, bool) {
	each := func(row plannedRow) float64 {
		if seen := p.perStep[row.Key]; seen > 0 {
			return seen
		}
		return row.SecondsPerStep
	}
	mean, n := 0.0, 0.0
	for _, row := range p.plan.Rows {
		if s := each(row); s > 0 {
			mean, n = mean+s, n+1
		}
	}
	if n == 0 {
		return 0, false
	}
	mean /= n
	overhead := 0.0
	for _, s := range p.overhead {
		overhead += s / float64(len(p.overhead))
	}
	seconds, number := 0.0, 0
	for range p.plan.Seeds {
		for _, row := range p.plan.Rows {
			number++
			if number < p.number || row.Steps == 0 {
				continue
			}
			steps := row.Steps
			if number == p.number {
				steps -= p.step
			}
			one := each(row)
			if one == 0 {
				one = mean
			}
			seconds += float64(steps)*one + overhead
		}
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// roundly is a duration as a person says it.
func roundly(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}
