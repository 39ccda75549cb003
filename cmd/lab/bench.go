package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/xla/compiled"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
)

// The targets for two cores: views a second at least and hoped for, and how much longer a step may take with
// augmentation than without.
const (
	targetThroughput = 750
	aimThroughput    = 1050
	targetSlowdown   = 1.25
)

var benchCommand = &command{
	name:  "bench",
	short: "measure the speed of a training step, with and without augmentation",
	long: `Measures how many views a second a training step of SimCLR on emoji processes: two views of each sample, the
forward and backward pass, the update; with augmentation and without. Both are compiled first and then take turns,
so that other work on the machine disturbs them alike; the median of the rounds counts. Leave the machine alone
meanwhile.`,
	examples: []string{"lab bench", "lab bench -json > bench.json", "lab bench -steps 2 -rounds 2 -batch 64"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		var b bench
		fs.IntVar(&b.steps, "steps", 5, "`N` steps a round")
		fs.IntVar(&b.rounds, "rounds", 5, "`N` rounds each, with and without augmentation in turn")
		fs.IntVar(&b.batch, "batch", 256, "`N` samples a step, in two views each")
		fs.IntVar(&b.width, "width", 32, "`W` channels of the encoder's first layer")
		asJSON := fs.Bool("json", false, "write JSON instead of a table")
		return func(call *call) error {
			if b.steps < 1 || b.rounds < 1 {
				return usage("-steps %d -rounds %d: each must be at least 1", b.steps, b.rounds)
			}
			images := datasets.MustOpen("emoji").Train()
			for _, policy := range []augment.Policy{augment.Emoji(), augment.None()} {
				if _, err := b.config(policy).For(images); err != nil || b.batch == 0 || b.width < 1 {
					if err == nil {
						err = fmt.Errorf("-batch %d -width %d: each must be at least 1", b.batch, b.width)
					}
					return badInput(err)
				}
			}
			backend, err := contrastive.Backend()
			if err != nil {
				return err
			}
			result, err := b.run(call.ctx, backend, images)
			if err != nil {
				return err
			}
			if *asJSON {
				e := json.NewEncoder(call.stdout)
				e.SetIndent("", "  ")
				return e.Encode(result)
			}
			result.write(call.stdout)
			return nil
		}
	},
}

// bench is what to measure.
type bench struct{ steps, rounds, batch, width int }

func (b bench) config(policy augment.Policy) contrastive.Config {
	return contrastive.Config{
		Method: contrastive.SimCLR{Temperature: 0.2}, Encoder: encoder.SmallResNet{Width: b.width}, Augment: policy,
		// One step more than is measured: it waits in the last record until it is stopped.
		BatchSize: b.batch, Steps: b.steps*(b.rounds+1) + 1, LogEvery: b.steps, Quiet: true,
	}
}

// timing is one kind of step, measured.
type timing struct {
	ViewsPerSecond float64   `json:"views_per_second"`
	SecondsPerStep float64   `json:"seconds_per_step"` // the median of the rounds
	CompileSeconds float64   `json:"compile_seconds"`  // including the first step
	FromCache      bool      `json:"from_cache"`       // compiled by an earlier call, now loaded
	Rounds         []float64 `json:"rounds"`           // seconds per step
}

// benchResult is what `lab bench -json` writes.
type benchResult struct {
	Backend       string             `json:"backend"`
	CPUs          int                `json:"cpus"`
	ViewsPerStep  int                `json:"views_per_step"`
	Width         int                `json:"width"`
	StepsPerRound int                `json:"steps_per_round"`
	Augmented     timing             `json:"augmented"`
	Plain         timing             `json:"plain"`
	Slowdown      float64            `json:"slowdown"` // seconds of a step with augmentation over without
	PeakMemory    int64              `json:"peak_memory_bytes,omitempty"`
	Targets       map[string]float64 `json:"targets"`
}

// run lets two trainings take turns, a round each.
func (b bench) run(parent context.Context, backend compute.Backend, images *datasets.Images) (*benchResult, error) {
	ctx, cancel := context.WithCancel(parent)
	runners := []*benchRunner{newBenchRunner(b.config(augment.Emoji())), newBenchRunner(b.config(augment.None()))}
	defer func() {
		cancel()
		for _, r := range runners {
			if r.started && parent.Err() == nil { // an interrupt waits for nothing
				<-r.finished
			}
		}
	}()
	for _, r := range runners { // the first part of a round compiles
		if err := r.start(ctx, backend, images); err != nil {
			return nil, err
		}
	}
	for round := range b.rounds + 1 {
		for _, r := range runners {
			seconds, err := r.round(ctx)
			if err != nil {
				return nil, err
			}
			if round > 0 { // the first only warms up: it is shorter by the step that compiled
				r.timing.Rounds = append(r.timing.Rounds, seconds/float64(b.steps))
			}
		}
	}
	result := &benchResult{
		Backend: describeBackend(backend), CPUs: runtime.NumCPU(), ViewsPerStep: 2 * b.batch, Width: b.width, StepsPerRound: b.steps, PeakMemory: peakMemory(),
		Targets: map[string]float64{"views_per_second": targetThroughput, "views_per_second_aim": aimThroughput, "slowdown": targetSlowdown},
	}
	var ratios []float64
	for i := range runners[0].timing.Rounds {
		ratios = append(ratios, runners[0].timing.Rounds[i]/runners[1].timing.Rounds[i])
	}
	result.Slowdown = median(ratios)
	for i, timing := range []*timing{&result.Augmented, &result.Plain} {
		*timing = runners[i].timing
		timing.SecondsPerStep = median(timing.Rounds)
		timing.ViewsPerSecond = float64(2*b.batch) / timing.SecondsPerStep
	}
	return result, nil
}

// benchRunner is a training that waits for its turn at each record of its history.
type benchRunner struct {
	config   contrastive.Config
	timing   timing
	turn     chan struct{} // sent to let it go on
	reached  chan struct{} // received when it has come to a record
	finished chan struct{}
	started  bool
	err      error // once finished is closed
}

func newBenchRunner(config contrastive.Config) *benchRunner {
	return &benchRunner{config: config, turn: make(chan struct{}), reached: make(chan struct{}), finished: make(chan struct{})}
}

// start trains up to the first record, that of the first step.
func (r *benchRunner) start(ctx context.Context, backend compute.Backend, images *datasets.Images) error {
	r.started = true
	r.config.OnRecord = func(contrastive.Record) {
		select {
		case r.reached <- struct{}{}:
		case <-ctx.Done():
			return
		}
		select {
		case <-r.turn:
		case <-ctx.Done():
		}
	}
	begin := time.Now()
	loaded, fresh := compiled.Counts()
	go func() {
		defer close(r.finished)
		r.err = guard(io.Discard, func() error {
			_, err := contrastive.PretrainContext(ctx, backend, images, r.config)
			return err
		})
	}()
	if err := r.wait(ctx); err != nil {
		return err
	}
	r.timing.CompileSeconds = time.Since(begin).Seconds()
	loadedNow, freshNow := compiled.Counts()
	r.timing.FromCache = loadedNow > loaded && freshNow == fresh
	return nil
}

// round trains up to the next record and returns how long that took.
func (r *benchRunner) round(ctx context.Context) (float64, error) {
	begin := time.Now()
	select {
	case r.turn <- struct{}{}:
	case <-r.finished:
		return 0, r.ended()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	err := r.wait(ctx)
	return time.Since(begin).Seconds(), err
}

func (r *benchRunner) wait(ctx context.Context) error {
	select {
	case <-r.reached:
		return nil
	case <-r.finished:
		return r.ended()
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *benchRunner) ended() error {
	if r.err == nil {
		return errors.New("training ended before all rounds were measured")
	}
	return r.err
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// peakMemory is the most memory the process has held, in bytes; 0 where the system does not tell.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

func (r *benchResult) write(w io.Writer) {
	fmt.Fprintf(w, "a training step of SimCLR on emoji: %d views of 32×32, encoder of width %d; %s, %d CPUs\n\n", r.ViewsPerStep, r.Width, r.Backend, r.CPUs)
	row := func(name string, t timing, target string) []string {
		compile := fmt.Sprintf("%.1f", t.CompileSeconds)
		if t.FromCache {
			compile += " (compiled before)"
		}
		return []string{name, fmt.Sprintf("%.0f", t.ViewsPerSecond), fmt.Sprintf("%.0f", 1000*t.SecondsPerStep),
			fmt.Sprintf("%.0f … %.0f", 1000*slices.Min(t.Rounds), 1000*slices.Max(t.Rounds)), compile, target}
	}
	writeTable(w, [][]string{
		{"", "views/s", "ms/step", "min … max", "compile s", "target (two cores)"},
		row("with augmentation", r.Augmented, fmt.Sprintf("≥ %d views/s, aim %s", targetThroughput, thousands(aimThroughput))),
		row("without", r.Plain, ""),
		{"ratio of the times", "", fmt.Sprintf("%.2f×", r.Slowdown), "", "", fmt.Sprintf("≤ %.2f×", targetSlowdown)},
	}, 1, 5)
	fmt.Fprintf(w, "\nmedian of %d rounds of %d steps, taken in turn", len(r.Augmented.Rounds), r.StepsPerRound)
	if r.PeakMemory > 0 {
		fmt.Fprintf(w, "; peak memory %.1f GB", float64(r.PeakMemory)/1e9)
	}
	fmt.Fprint(w, "\n")
	if r.ViewsPerStep != 512 || r.Width != 32 {
		fmt.Fprint(w, "the targets are for -batch 256 -width 32\n")
	}
}
