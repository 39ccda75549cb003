package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/contrastlab/contrastlab/pkg/contrastive"
)

// demoSteps is the length of the demo's training: as many steps of 512 views as two cores do in six minutes at
// some 2,500 views a second, which is what this small encoder reaches there.
const demoSteps = 1500

// The demo's targets for the encoder; those for its speed are in bench.go.
const (
	targetRecall      = 0.40
	targetGroup       = 0.60
	targetGroupUnseen = 0.35
	targetMinutes     = 6
)

var demoCommand = &command{
	name:  "demo",
	short: "train SimCLR on emoji, print what it reaches, write report.html",
	long: fmt.Sprintf(`Trains SimCLR on emoji, without any label, for %d steps (at most %d minutes on two cores), measures it beside raw
pixels and the untrained encoder, writes the page of lab report, and prints what was reached beside what was aimed
at. A demo that was stopped goes on, one that is finished is only measured again; to start from nothing, delete
its folder.`, demoSteps, targetMinutes),
	examples: []string{"lab demo", "lab demo -strict     # exit code 1 if a target is missed"},
	bind: func(fs *flag.FlagSet) func(*call) error {
		dir := fs.String("dir", "runs/demo", "`folder` of the run")
		out := reportFlag(fs)
		set := fs.String("set", "", "other hyperparameters, as for lab train; the targets are for the demo as it is")
		strict := fs.Bool("strict", false, "exit with 1 if a target is missed")
		return func(call *call) error {
			if err := checkFile(*out); err != nil {
				return badInput(err)
			}
			job, err := planTraining(call, defaultChoice, fmt.Sprintf("steps=%d;%s", demoSteps, *set), *dir)
			if err != nil {
				return err
			}
			run, err := job.train(call)
			if err != nil {
				return err
			}
			plan, err := planEvaluation(call, *dir, evaluationFlags{})
			if err != nil {
				return err
			}
			call.printf("\nmeasuring ...\n\n")
			e, err := plan.evaluate(call.ctx)
			if err != nil {
				return err
			}
			e.warn(call)
			e.write(call)
			if err := e.writeReport(call, *out); err != nil {
				return err
			}
			call.printf("\n")
			missed := e.writeTargets(call, demoTime(job, run))
			call.printf("\n%s: open it in a browser\n", *out)
			if missed > 0 && *strict {
				return fmt.Errorf("%w: %d of them", errMissed, missed)
			}
			return nil
		}
	},
}

// duration is how long a training took, and what that includes.
type duration struct {
	seconds float64
	about   string
}

// demoTime is what training took: by the clock if it ran from its first step to its last in this call, else by
// the speed in its history.
func demoTime(job *training, run *contrastive.Run) duration {
	if job.whole {
		return duration{job.elapsed.Seconds(), "with compilation"}
	}
	seconds, last := 0.0, 0
	views := float64(run.Config.BatchSize * run.Config.Views)
	for _, r := range run.History {
		speed := r.ViewsPerSecond
		if speed == 0 { // the first step of a process, which compiles
			speed = medianSpeed(run.History)
		}
		if speed > 0 {
			seconds += float64(r.Step-last) * views / speed
		}
		last = r.Step
	}
	return duration{seconds, "by its history, without compilation"}
}

// writeTargets prints what was reached beside what was aimed at and returns how many targets were missed.
func (e *evaluation) writeTargets(call *call, took duration) (missed int) {
	rows := [][]string{{"target", "measured", "wanted", "raw pixels", "ok?"}}
	add := func(what, measured, wanted, pixels string, ok bool) {
		mark := "✓"
		if !ok {
			mark = "✗"
			missed++
		}
		rows = append(rows, []string{what, measured, wanted, pixels, mark})
	}
	columns := e.columns()
	for _, t := range []struct {
		key     string
		atLeast float64
	}{{"recall_at_1", targetRecall}, {"group_knn", targetGroup}, {"group_knn_unseen", targetGroupUnseen}} {
		for _, c := range columnsOf(columns, t.key) {
			add(c.name, c.cell(&e.rows[rowRun]), fmt.Sprintf("≥ %.2f", t.atLeast), c.cell(&e.rows[rowPixels]), c.value(&e.rows[rowRun]) >= t.atLeast)
		}
	}
	clock := func(seconds float64) string {
		return fmt.Sprintf("%.0f:%02.0f min", float64(int(seconds)/60), float64(int(seconds)%60))
	}
	add("training time, "+took.about, clock(took.seconds), fmt.Sprintf("≤ %s", clock((targetMinutes*time.Minute).Seconds())), "", took.seconds <= (targetMinutes*time.Minute).Seconds())
	speed := medianSpeed(e.run.History)
	add("training throughput, augmentation included", fmt.Sprintf("%.0f views/s", speed), fmt.Sprintf("≥ %d", targetThroughput), "", speed >= targetThroughput)
	writeTable(call.stdout, rows, 1, 4)
	if missed > 0 {
		call.printf("times are for two cores of their own; another machine, or a busy one, gives others\n")
	}
	return missed
}
