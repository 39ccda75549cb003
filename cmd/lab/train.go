package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

var trainCommand = &command{
	name:  "train",
	short: "train an encoder; the same command resumes a run that was stopped",
	long: `Trains an encoder on pictures and saves the run in a folder: its configuration, its history and its last
checkpoints. Each data set starts from a recipe that is known to work on it, and -recipe names one behind a
published number ("lab help recipes"); flags and -set change it.

Ctrl-C saves and stops. The same command goes on from there and reaches, on the same machine, the same
weights bit for bit as a run that was never stopped; so does "lab train -dir DIR" alone, which takes the
configuration from the folder. -max-time stops by itself after so long, in the same way, and is no failure. A run
that is finished stays as it is.

Pictures lie on the device for the whole training; of sets of more than 2 GiB each step's are sent while the step
before runs, which changes nothing in the result.

How long the whole takes is told after the first steps, beside what the recipe's published number needs. -max-time
lets the step at work end, and saves: leave room for it.`,
	examples: []string{
		"lab train",
		"lab train -epochs 5 -dir runs/short",
		`lab train -positives same_item -set "temperature=0.1;learning_rate=2e-3" -dir runs/artists`,
		"lab train -recipe moco-cifar10 -max-time 9m      # again and again, until it is finished",
		"lab train -set file:settings.txt -dir runs/mine",
		"lab train -dir runs/short          # goes on with that run, as it was configured",
	},
	bind: func(fs *flag.FlagSet) func(*call) error {
		c := defaultChoice
		fs.StringVar(&c.data, "data", c.data, dataUsage())
		c.files.flags(fs)
		fs.StringVar(&c.method, "method", c.method, "`objective`: "+list(contrastive.Methods.Names()))
		fs.StringVar(&c.encoder, "encoder", c.encoder, "`network` that is kept: "+list(encoder.Encoders.Names()))
		fs.StringVar(&c.head, "head", c.head, "projection `head` before the loss: "+list(encoder.Heads.Names()))
		fs.StringVar(&c.optimizer, "optimizer", c.optimizer, "`update rule`: "+list(optim.Optimizers.Names()))
		fs.StringVar(&c.augment, "augment", "", "`policy` that makes the views: "+list(policyNames())+" (default: the data set's own)")
		fs.StringVar(&c.positives, "positives", c.positives, "`pairs` that count as the same thing: same_image, two views of one picture; same_item, two pictures of one item")
		recipe := fs.String("recipe", "", "`name` of a recipe to start from; \"lab help recipes\" lists them (default: the data set's own)")
		dir := fs.String("dir", "", "`folder` of the run (default runs/RECIPE, else runs/DATA-METHOD)")
		epochs := fs.Int("epochs", 0, "`N` passes over the data (default 30)")
		steps := fs.Int("steps", 0, "`N` training steps, whatever -epochs says")
		seed := fs.Int64("seed", 0, "`seed` of weights, batches and views (default 0)")
		set := fs.String("set", "", "other hyperparameters as `\"name=value;...\"` or \"file:PATH\"; \"lab help settings\" lists them")
		maxTime := fs.Duration("max-time", 0, "stop after this `time`, such as 9m, saved; the same command goes on (default: no limit)")
		resident := fs.Int("resident-mib", 0, "at most so many `MiB` of pixels stay on the device, more are sent step by step; -1 sends always (default 2048)")
		quiet := fs.Bool("quiet", false, "no progress, no header")
		return func(call *call) error {
			started := time.Now()
			if *maxTime < 0 || call.set["max-time"] && *maxTime == 0 {
				return usage("-max-time %s: it must be above 0, such as 9m", *maxTime)
			}
			if *recipe != "" {
				if err := c.follow(*recipe, call.set); err != nil {
					return badInput(err)
				}
			}
			for _, f := range []struct {
				name  string
				value any
			}{{"epochs", *epochs}, {"steps", *steps}, {"seed", *seed}} {
				if call.set[f.name] {
					*set = fmt.Sprintf("run/%s=%v;%s", f.name, f.value, *set)
				}
			}
			if *dir == "" && *recipe != "" {
				*dir = filepath.Join("runs", *recipe)
			}
			if *dir == "" {
				*dir = filepath.Join("runs", shortName(c.data)+"-"+c.method)
			}
			job, err := planTraining(call, c, *set, *dir)
			if err != nil {
				return err
			}
			job.quiet, job.maxTime, job.recipe = *quiet, *maxTime, recipes[*recipe]
			job.config.ResidentMiB = *resident
			if *maxTime > 0 { // reading the data counts
				job.config.MaxTime = max(1, *maxTime-time.Since(started))
			}
			_, err = job.train(call)
			return err
		}
	},
}

// training is a training that is known to be possible.
type training struct {
	data    string
	dataDir string // where it lies, "" for the usual place
	config  contrastive.Config
	images  *datasets.Images
	quiet   bool
	recipe  *recipe // that was asked for; nil for none

	maxTime time.Duration // after which it stops; 0 for no limit

	differ bool // the folder holds another run

	whole   bool          // it was trained from the first step to the last by this call
	elapsed time.Duration // which took so long
}

// planTraining makes a configuration of what was asked for and checks all that can be checked without a
// backend. Its errors are mistakes in what was asked for.
func planTraining(call *call, c choice, set, dir string) (*training, error) {
	saved, err := readRun(dir)
	if err != nil {
		return nil, badInput(err)
	}
	job := &training{data: c.data, dataDir: c.files.dir}
	onlyDir := call.set["dir"] && call.command.name == "train"
	for name := range call.set {
		onlyDir = onlyDir && slices.Contains([]string{"dir", "quiet", "data-dir", "max-time", "resident-mib"}, name)
	}
	if saved != nil && onlyDir {
		job.data, c.files = trainedOn(saved.Data, c.files)
		job.config = saved.Config
	} else {
		if job.config, err = c.config(); err != nil {
			return nil, badInput(err)
		}
		if err := job.config.Set(set); err != nil {
			return nil, badInput(err)
		}
	}
	source, err := c.files.open(call, job.data)
	if err != nil {
		return nil, err
	}
	job.images = source.Train()
	if job.config, err = job.config.For(job.images); err != nil {
		return nil, badInput(err)
	}
	if saved != nil {
		saved.Data.SHA256 = "" // training compares it too, which reads all pixels
		of := job.images
		job.differ = !equalJSON(*saved, savedRun{contrastive.Data{Name: of.Name, Pictures: of.Len(), Height: of.Height, Width: of.Width, Channels: of.Channels}, job.config})
	}
	job.config.Dir = dir
	return job, badInput(checkWritable(dir, "-dir"))
}

// savedRun is a run's config.json.
type savedRun struct {
	Data   contrastive.Data   `json:"data"`
	Config contrastive.Config `json:"config"`
}

// readRun is the configuration of the run in dir, nil if there is none.
func readRun(dir string) (*savedRun, error) {
	path := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no folder for a run: %w; choose another", dir, err)
	}
	saved := &savedRun{}
	if err := json.Unmarshal(text, saved); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; mend it, or choose another folder", path, err)
	}
	return saved, nil
}

func equalJSON(a, b savedRun) bool {
	textA, errA := json.Marshal(a)
	textB, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(textA, textB)
}

// checkWritable makes the folder dir, which flag names, and sees whether a file can be made in it.
func checkWritable(dir, flag string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the folder %s cannot be made: %w; choose another with %s", dir, err, flag)
	}
	file, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return fmt.Errorf("the folder %s cannot be written: %w; choose another with %s", dir, err, flag)
	}
	file.Close()
	return os.Remove(file.Name())
}

// train trains, telling how it goes.
func (job *training) train(call *call) (*contrastive.Run, error) {
	backend, err := contrastive.Backend()
	if err != nil {
		os.Remove(job.config.Dir) // if it is empty, it was made for this run
		return nil, err
	}
	job.config.Quiet = job.quiet || call.stdout != os.Stdout
	parameters, err := job.countParameters(backend)
	if err != nil {
		os.Remove(job.config.Dir)
		return nil, badInput(fmt.Errorf("encoder %s: %w", job.config.Encoder.Name(), err))
	}
	if !job.quiet && !job.differ {
		job.writeHeader(call, backend, parameters)
	}
	trained, before := false, lastCheckpoint(job.config.Dir)
	job.config.OnRecord = func(contrastive.Record) { trained = true }
	var pace contrastive.Pace
	job.config.OnPace = func(p contrastive.Pace) {
		pace = p
		if !job.quiet && !isTerminal(call.stdout) { // where the progress bar tells it
			call.printf("%s\n", job.outlook(p))
		}
	}
	if isTerminal(call.stderr) {
		defer context.AfterFunc(call.ctx, func() {
			fmt.Fprintln(call.stderr, "\nstopping after this step ... (Ctrl-C again stops at once, without saving)")
		})()
	}
	start := time.Now()
	run, err := contrastive.PretrainContext(call.ctx, backend, job.images, job.config)
	job.elapsed = time.Since(start)
	job.whole = trained && before == 0
	dir := job.config.Dir
	if errors.Is(err, contrastive.ErrInterrupted) {
		restoreCursor()
		return run, fmt.Errorf("%w after step %d of %d; saved in %s. Go on with: %s", contrastive.ErrInterrupted, run.Step, job.config.TotalSteps(job.images), dir, call.again(dir, job.dataDir))
	}
	if err != nil {
		if errors.Is(err, contrastive.ErrAnotherRun) {
			err = badInput(err)
		}
		return nil, err
	}
	for _, warning := range run.Warnings {
		fmt.Fprintf(call.stderr, "lab train: warning: %s\n", warning)
	}
	if job.quiet || call.command.name != "train" {
		return run, nil
	}
	if total := job.config.TotalSteps(job.images); run.Step < total {
		call.printf("\nstopped by -max-time %s after %s, at step %d of %d; saved in %s\n", job.maxTime, job.elapsed.Round(time.Second), run.Step, total, dir)
		if pace.Steps > 0 {
			pace.Steps = total - run.Step
			call.printf("%s\n", job.outlook(pace))
		}
		call.printf("go on with: %s\n", call.again(dir, job.dataDir)+" -max-time "+job.maxTime.String())
		return run, nil
	}
	if trained {
		call.printf("\ntrained to step %d in %s; saved in %s\n", run.Step, job.elapsed.Round(time.Second), dir)
	} else {
		call.printf("\nfinished already, at step %d: nothing to do. More training is a run of its own: raise -epochs and choose another -dir\n", run.Step)
	}
	call.printf("next: %s    what it learned, beside its baselines\n", commandLine("eval", dir))
	call.printf("      %s  the same as one page with charts\n", commandLine("report", dir))
	return run, nil
}

// again is the command that goes on with the run in dir.
func (c *call) again(dir, dataDir string) string {
	if c.command.name == "train" {
		args := []string{"train", "-dir", dir}
		if dataDir != "" {
			args = append(args, "-data-dir", dataDir)
		}
		return commandLine(args...)
	}
	return commandLine(append([]string{c.command.name}, c.line...)...)
}

// longTraining is from where on a training is no longer a matter of waiting.
const longTraining = 24 * time.Hour

// outlook is how long the training still takes, and whether that is worth while for the published number of its recipe.
func (job *training) outlook(p contrastive.Pace) string {
	text := p.String()
	if job.recipe == nil || !job.recipe.published() {
		return text
	}
	switch {
	case job.data != job.recipe.choice.data:
		text += fmt.Sprintf("; the published number of %s is for %s, not for these pictures", job.recipe.name, job.recipe.choice.data)
	case p.Left() > longTraining:
		text += fmt.Sprintf("; the published number of %s is that of the whole training, which wants a GPU", job.recipe.name)
	default:
		text += fmt.Sprintf("; the published number of %s is that of the whole training", job.recipe.name)
	}
	return text
}

// writeHeader tells what is going to be done.
func (job *training) writeHeader(call *call, backend compute.Backend, parameters int) {
	config := job.config
	s := job.images
	method, _ := json.Marshal(config.Method)
	rows := [][]string{
		{"data", fmt.Sprintf("%s: %s pictures, %d×%d, %d channels", s.Name, thousands(s.Len()), s.Height, s.Width, s.Channels)},
		{"method", fmt.Sprintf("%s %s, views by %q", config.Method.Name(), plainJSON(method), config.Augment.Name)},
		{"encoder", fmt.Sprintf("%s, %s parameters", config.Encoder.Name(), thousands(parameters))},
		{"training", fmt.Sprintf("%s steps of %d samples in %d views, %s, seed %d", thousands(job.config.TotalSteps(job.images)), config.BatchSize, config.Views, config.Optimizer.Name(), config.Seed)},
		{"backend", describeBackend(backend)},
		{"folder", config.Dir},
	}
	if job.recipe != nil {
		rows = append([][]string{{"recipe", job.recipe.name + ": " + job.recipe.about}}, rows...)
	}
	writeTable(call.stdout, rows, 0, 1)
	if job.recipe != nil && job.recipe.measured != "" {
		writeParagraphs(call.stdout, job.recipe.measured)
	}
	const compiling = "compiling first, once for these settings: seconds for a small network, a minute or more for a ResNet; then the time to go is told ..."
	switch step := lastCheckpoint(config.Dir); {
	case step >= job.config.TotalSteps(job.images):
	case step > 0:
		call.printf("going on with the run in %s from step %d\n%s\n", config.Dir, step, compiling)
	default:
		call.printf("%s\n", compiling)
	}
	call.printf("\n")
}

// countParameters is how many learned numbers the encoder has. Its graph is built, but not compiled; what cannot
// be built is an error.
func (job *training) countParameters(backend compute.Backend) (count int, err error) {
	config, s := job.config, job.images
	if config.Size == 0 {
		config.Size = s.Height
	}
	err = exceptions.TryCatch[error](func() {
		store := model.NewStore()
		g := graph.NewGraph(backend, "parameters")
		defer g.Finalize()
		pixels := graph.Parameter(g, "pixels", shapes.Make(dtypes.Uint8, 2, s.Height, s.Width, s.Channels))
		config.Encoder.Features(store.Scope("/encoder"), config.Augment.Plain(pixels, config.Size))
		for v := range store.Scope("/encoder").IterVariables() {
			if v.Trainable {
				count += v.Shape().Size()
			}
		}
	})
	return count, err
}

// lastCheckpoint is the step of the newest checkpoint in a run's folder, 0 if there is none.
func lastCheckpoint(dir string) int {
	folders, _ := filepath.Glob(filepath.Join(dir, "checkpoints", "step-*"))
	last := 0
	for _, folder := range folders {
		var step int
		if _, err := fmt.Sscanf(filepath.Base(folder), "step-%d", &step); err == nil {
			last = max(last, step)
		}
	}
	return last
}

// restoreCursor undoes what a progress bar that was stopped leaves behind.
func restoreCursor() {
	if isTerminal(os.Stdout) {
		fmt.Print("\x1b[?25h\n")
	}
}
