package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// comparedRow is a row of the table: a baseline, or a method in one setting.
type comparedRow struct {
	Key      string        `json:"key"`
	Title    string        `json:"title"`
	Baseline bool          `json:"baseline"` // what the others have to beat
	Runs     []comparedRun `json:"runs"`     // one a seed; one in all where there is no chance in it
	Error    string        `json:"error,omitempty"`
}

// comparedRun is one encoder, measured.
type comparedRun struct {
	Seed           int          `json:"seed"`
	Steps          int          `json:"steps"`
	Scores         *eval.Scores `json:"scores,omitempty"`
	LossShare      float64      `json:"loss_share,omitempty"`       // loss ÷ ceiling in the last record; 0 where there is no ceiling
	HeadStd        float64      `json:"head_std,omitempty"`         // std·√D of what the loss sees, in the last record
	ViewsPerSecond float64      `json:"views_per_second,omitempty"` // median over the history
	Names          *namesFound  `json:"names,omitempty"`            // for methods that know texts
	Error          string       `json:"error,omitempty"`            // why there is no more than this
}

// cached is evaluation.json beside a run, or baselines.json.
type cached struct {
	Protocol eval.CrossDomainOptions `json:"protocol"`
	Rows     []*comparedRow          `json:"rows,omitempty"`
	Run      *comparedRun            `json:"run,omitempty"`
}

// run trains and measures whatever is not finished yet.
func (c *comparison) run(call *call) error {
	backend, err := contrastive.Backend()
	if err != nil {
		return err
	}
	if err := c.save(); err != nil {
		return err
	}
	say := func(format string, args ...any) { fmt.Fprintf(call.stderr, format+"\n", args...) }
	for _, sentence := range c.skipped {
		say("%s", sentence)
	}
	p := &compareProgress{statusLine: newStatusLine(call.stderr), total: len(c.plan.Rows) * c.plan.Seeds, plan: &c.plan, perStep: map[string]float64{}}
	say("%d runs: %d × %s, in %s", p.total, len(c.plan.Rows), plural(c.plan.Seeds, "seed"), c.dir)
	for i := range c.plan.Rows {
		row := &comparedRow{Key: c.plan.Rows[i].Key, Title: c.plan.Rows[i].Title, Baseline: c.plan.Rows[i].Key == baselineKey}
		c.rows = append(c.rows, row)
		if err := c.decideSteps(call.ctx, backend, &c.plan.Rows[i], p); err != nil {
			if call.ctx.Err() != nil {
				return c.interrupted(call, "while steps were timed")
			}
			row.Error = oneLine(err)
			say("%s cannot be trained: %s", row.Key, row.Error)
		}
	}
	if err := c.measureBaselines(call.ctx, backend, p); err != nil {
		if call.ctx.Err() != nil {
			return c.interrupted(call, "while the baselines were measured")
		}
		return err
	}
	for seed := range c.plan.Seeds { // seed by seed, so that what is finished can be compared
		for i, row := range c.rows {
			planned := c.plan.Rows[i]
			p.begin(planned, seed)
			if planned.Steps == 0 {
				continue
			}
			run, err := c.trainAndMeasure(call.ctx, backend, planned, seed, p)
			if call.ctx.Err() != nil && (err != nil || p.number < p.total) {
				return c.interrupted(call, fmt.Sprintf("in run %d of %d, %s with seed %d, at step %d of %d", p.number, p.total, row.Key, seed, p.step, planned.Steps))
			}
			if err != nil {
				run.Error = oneLine(err)
				p.clear()
				say("%s with seed %d failed: %s", row.Key, seed, run.Error)
			}
			row.Runs = append(row.Runs, run)
		}
	}
	p.clear()
	return nil
}

// interrupted is the error of a comparison that was stopped.
func (c *comparison) interrupted(call *call, where string) error {
	restoreCursor()
	return fmt.Errorf("%w %s; what is finished is saved in %s. Go on with: %s", contrastive.ErrInterrupted, where, c.dir, commandLine(append([]string{"compare"}, call.line...)...))
}

// How steps are timed: some to warm up, then until enough are measured.
const (
	timingWarmUp  = 2 // the first compiles
	timingAtLeast = 3
	timingAtMost  = 20
	timingEnough  = 5 * time.Second
)

// decideSteps fills in the steps of a row, once and for all.
func (c *comparison) decideSteps(ctx context.Context, backend compute.Backend, row *plannedRow, p *compareProgress) error {
	if row.Steps > 0 {
		return nil
	}
	if row.Steps = c.plan.Steps; row.Steps == 0 {
		p.note("timing steps of %s", row.Key)
		budget, err := time.ParseDuration(c.plan.Budget)
		if err != nil {
			return fmt.Errorf("%s: budget: %w", c.planPath(), err)
		}
		if row.SecondsPerStep, err = timeSteps(ctx, backend, c.train, row.Config); err != nil {
			return err
		}
		row.Steps = max(1, int(budget.Seconds()/row.SecondsPerStep))
	}
	return c.save()
}

// timeSteps is the median time of a training step in seconds, compilation left out.
func timeSteps(ctx context.Context, backend compute.Backend, images *datasets.Images, config contrastive.Config) (float64, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var times []time.Time
	config.Dir, config.Quiet, config.LogEvery, config.Steps = "", true, 1, timingWarmUp+timingAtMost
	config.OnRecord = func(contrastive.Record) {
		times = append(times, time.Now())
		if n := len(times) - timingWarmUp; n >= timingAtLeast && times[len(times)-1].Sub(times[timingWarmUp-1]) >= timingEnough {
			stop()
		}
	}
	err := guarded(func() error {
		_, err := contrastive.PretrainContext(ctx, backend, images, config)
		return err
	})
	if len(times) < timingWarmUp+timingAtLeast {
		return 0, err // else it was stopped here, or went wrong after enough was measured, which its runs will show
	}
	var steps []float64
	for i := timingWarmUp; i < len(times); i++ {
		steps = append(steps, times[i].Sub(times[i-1]).Seconds())
	}
	return median(steps), nil
}

// guarded is f with panics as errors: what goes wrong in building one method's graph does not end the comparison.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicError(r)
		}
	}()
	return f()
}

// readCached is what was measured by protocol and kept at path, nil if there is none.
func (c *comparison) readCached(path string) *cached {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	kept := &cached{}
	if err := json.Unmarshal(text, kept); err != nil || kept.Protocol != c.protocol {
		return nil // measured again
	}
	return kept
}

// measureBaselines measures what needs no training.
func (c *comparison) measureBaselines(ctx context.Context, backend compute.Backend, p *compareProgress) error {
	path := filepath.Join(c.dir, "baselines.json")
	if kept := c.readCached(path); kept != nil && len(kept.Rows) > 0 && len(kept.Rows[len(kept.Rows)-1].Runs) >= c.plan.Seeds {
		c.baselines = kept.Rows
		return nil
	}
	p.note("measuring the baselines")
	test := c.source.Test()
	train, pixels := eval.Pixels(c.train), eval.Pixels(test)
	scores, err := eval.CrossDomain(backend, train, pixels, c.protocol)
	if err != nil {
		return fmt.Errorf("raw pixels: %w", err)
	}
	c.baselines = []*comparedRow{{Key: "raw_pixels", Title: "raw pixels", Baseline: true, Runs: []comparedRun{{Scores: scores}}}}
	centeredTrain, err := train.Centered(train)
	if err == nil {
		pixels, err = pixels.Centered(train)
	}
	if err == nil {
		scores, err = eval.CrossDomain(backend, centeredTrain, pixels, c.protocol)
	}
	if err != nil {
		return fmt.Errorf("centered pixels: %w", err)
	}
	c.baselines = append(c.baselines, &comparedRow{Key: "centered_pixels", Title: "pixels − mean", Baseline: true, Runs: []comparedRun{{Scores: scores}}})
	untrained := &comparedRow{Key: "untrained", Title: "untrained", Baseline: true}
	for seed := range c.plan.Seeds {
		config := c.plan.Baseline
		config.Seed = int64(seed)
		run, err := contrastive.Untrained(backend, c.train, config)
		if err == nil {
			scores, err = c.measure(ctx, backend, run)
		}
		if err != nil {
			return fmt.Errorf("untrained encoder: %w", err)
		}
		untrained.Runs = append(untrained.Runs, comparedRun{Seed: seed, Scores: scores})
	}
	c.baselines = append(c.baselines, untrained)
	return saveJSON(path, cached{Protocol: c.protocol, Rows: c.baselines})
}

// measure measures an encoder.
func (c *comparison) measure(ctx context.Context, backend compute.Backend, run *contrastive.Run) (*eval.Scores, error) {
	train, err := run.Embed(c.train)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	test, err := run.Embed(c.source.Test())
	if err != nil {
		return nil, err
	}
	return eval.CrossDomain(backend, train, test, c.protocol)
}

// runDir is the folder of one run.
func (c *comparison) runDir(key string, seed int) string {
	return filepath.Join(c.dir, fmt.Sprintf("%s-seed%d", key, seed))
}

// trainAndMeasure is one run, from wherever it was left.
func (c *comparison) trainAndMeasure(ctx context.Context, backend compute.Backend, row plannedRow, seed int, p *compareProgress) (comparedRun, error) {
	result := comparedRun{Seed: seed, Steps: row.Steps}
	config := row.Config
	config.Dir, config.Seed, config.Steps, config.Quiet = c.runDir(row.Key, seed), int64(seed), row.Steps, true
	path := filepath.Join(config.Dir, "evaluation.json")
	if saved, err := readRun(config.Dir); err == nil && saved != nil && equalJSON(*saved, savedRun{c.plan.Data, config}) {
		if kept := c.readCached(path); kept != nil && kept.Run != nil && kept.Run.Scores != nil && kept.Run.Steps == row.Steps {
			return *kept.Run, nil
		}
	}
	start := time.Now()
	views := 0
	config.OnRecord = func(r contrastive.Record) { p.record(r) }
	err := guarded(func() error {
		run, err := contrastive.PretrainContext(ctx, backend, c.train, config)
		if run != nil {
			p.step = run.Step
		}
		if err != nil {
			return err
		}
		if n := len(run.History); n > 0 {
			result.LossShare, result.HeadStd = run.History[n-1].LossShare, run.History[n-1].Std
		}
		result.ViewsPerSecond = medianSpeed(run.History)
		views = run.Step
		p.note("%s: measuring", p.title())
		if result.Scores, err = c.measure(ctx, backend, run); err != nil {
			return err
		}
		if result.Names, err = findNames(run, nil, c.source.Test(), c.protocol.Query); err != nil {
			return err
		}
		return ctx.Err()
	})
	if err != nil {
		result.Scores = nil
		return result, err
	}
	if views > 0 {
		p.finished(row, time.Since(start))
	}
	return result, saveJSON(path, cached{Protocol: c.protocol, Run: &result})
}

// failures names the runs that failed.
func (c *comparison) failures() []string {
	var failed []string
	for _, row := range c.rows {
		if row.Error != "" {
			failed = append(failed, fmt.Sprintf("%s: %s", row.Key, row.Error))
		}
		for _, run := range row.Runs {
			if run.Error != "" {
				failed = append(failed, fmt.Sprintf("%s with seed %d: %s", row.Key, run.Seed, run.Error))
			}
		}
	}
	return failed
}

// summary is mean and standard deviation of one number over the runs of a row.
type summary struct {
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"` // with n−1; 0 for a single run
	N         int     `json:"n"`
}

// summarize takes the number of each run that has it.
func (r *comparedRow) summarize(value func(comparedRun) (float64, bool)) summary {
	var values []float64
	for _, run := range r.Runs {
		if v, ok := value(run); ok {
			values = append(values, v)
		}
	}
	s := summary{N: len(values)}
	if s.N == 0 {
		return s
	}
	for _, v := range values {
		s.Mean += v / float64(s.N)
	}
	if s.N > 1 {
		squares := 0.0
		for _, v := range values {
			squares += (v - s.Mean) * (v - s.Mean)
		}
		s.Deviation = math.Sqrt(squares / float64(s.N-1))
	}
	return s
}

// allRows are baselines first, then what is trained with labels of classes, then the methods.
func (c *comparison) allRows() []*comparedRow {
	rows := slices.Clone(c.baselines)
	for _, baseline := range []bool{true, false} {
		for _, row := range c.rows {
			if row.Baseline == baseline {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, strings.TrimSpace(what))
}
