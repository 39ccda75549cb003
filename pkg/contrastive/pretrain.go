package contrastive

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"reflect"
	"syscall"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train"
	"github.com/gomlx/gomlx/ml/train/metric"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// ErrInterrupted is returned by [Pretrain], with the run so far, when an interrupt stopped it.
var ErrInterrupted = errors.New("training interrupted")

// Pretrain trains an encoder on images as config says. With config.Dir the run is saved there, and the
// same call continues a run that was stopped and reaches the same weights, bit for bit, as one that was
// not (on the same machine). An interrupt (Ctrl-C) saves and returns the run with [ErrInterrupted], the end of
// config.MaxTime saves and returns it without an error; a loss or gradient that is not finite stops with a
// [*DivergedError], the last good checkpoint staying.
func Pretrain(backend compute.Backend, images *datasets.Images, config Config) (*Run, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return PretrainContext(ctx, backend, images, config)
}

// PretrainContext is [Pretrain] for programs that handle interrupts themselves: it stops when ctx is done.
func PretrainContext(ctx context.Context, backend compute.Backend, images *datasets.Images, config Config) (*Run, error) {
	var ends time.Time
	if config.MaxTime > 0 {
		ends = time.Now().Add(config.MaxTime)
	}
	config, err := config.For(images)
	if err != nil {
		return nil, err
	}
	run, err := newRun(backend, images, config)
	if err != nil {
		return nil, err
	}
	t := &trainer{ctx: ctx, Run: run, images: images, total: config.TotalSteps(images), ends: ends}
	if run.Step >= t.total {
		return run, nil
	}
	unlock, err := run.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := t.train(); err != nil {
		if errors.Is(err, ErrInterrupted) {
			return run, err
		}
		return nil, err
	}
	return run, nil
}

// DivergedError tells that a loss or gradient is no longer a finite number.
type DivergedError struct {
	Step         int
	Loss         float64
	GradientNorm float64
	LearningRate float64
	LastSaved    int // the step of the last checkpoint, -1 if none
}

// Error names the step, the learning rate and the likely causes.
func (e *DivergedError) Error() string {
	kept := "nothing was saved before"
	if e.LastSaved >= 0 {
		kept = fmt.Sprintf("the checkpoint of step %d is kept", e.LastSaved)
	}
	return fmt.Sprintf("step %d: loss %g, gradient norm %g at learning rate %.3g; %s. Likely causes: the learning rate is too high (try a third of it), "+
		"the temperature too low, a batch too small for batch-norm, or no warm-up", e.Step, e.Loss, e.GradientNorm, e.LearningRate, kept)
}

// errTimeIsUp ends the loop when Config.MaxTime is over.
var errTimeIsUp = errors.New("the time is up")

// trainer is one call of Pretrain at work.
type trainer struct {
	*Run
	ctx    context.Context
	images *datasets.Images
	total  int
	ends   time.Time                     // of the time that it may take; zero for no limit
	factor func(*model.Variable) float64 // on the learning rate; nil for none

	plan      []View
	objective Objective
	saved     int       // the step of the last checkpoint
	since     time.Time // of the last record
	sinceStep int

	watch watch
	pacer pacer
	bar   bool // a progress bar shows how it goes, between whose lines nothing can be printed
}

// The metrics of a step, in the order of Trainer.TrainMetrics after GoMLX's own two.
const (
	metricLoss = iota
	_          // GoMLX's moving average of the loss
	metricRate
	metricGradientNorm
	metricRank
	metricStd
	metricAlignment
	metricUniformity
)

func (t *trainer) train() error {
	t.plan = t.Config.planViews(t.images)
	if err := t.upload(); err != nil {
		return err
	}
	bound := &optim.Bound{Optimizer: t.Config.Optimizer, BatchSize: t.Config.BatchSize, TotalSteps: t.total,
		ClipNorm: t.Config.ClipNorm, Trainable: learnScope, Factor: t.factor}
	gomlx := train.NewTrainer(t.backend, t.store, t.step, nil, bound, t.metrics(), nil)
	loop := train.NewLoop(gomlx)
	t.saved = t.Step
	loop.OnStep("contrastlab", 0, t.afterStep)
	var live *chart.Live
	if !t.Config.Quiet {
		live = attachProgress(loop, t)
	}
	indices := newSampler(t.images, &t.Config, len(t.plan), func() int { return t.Step })
	var data train.Dataset = indices
	if t.Config.streams(t.images) {
		data = newStream(t.backend, t.images, indices)
	}
	_, err := loop.RunToGlobalStep(data, t.total)
	if live != nil {
		_, closing := live.Close()
		err = errors.Join(err, closing)
	}
	t.store.Scope(dataScope).DeleteVariablesInScope()
	var stopped *stopError
	switch {
	case errors.Is(err, errTimeIsUp):
		return nil
	case errors.Is(err, ErrInterrupted):
		return t.interrupted()
	case errors.As(err, &stopped):
		return stopped.reason
	}
	return err
}

// stopError carries what stopped a run out of GoMLX's loop, which puts its own words around every error.
type stopError struct{ reason error }

func (e *stopError) Error() string { return e.reason.Error() }
func (e *stopError) Unwrap() error { return e.reason }

func (t *trainer) interrupted() error {
	if t.Config.Dir == "" {
		return fmt.Errorf("%w after step %d of %d (nothing was saved: the run has no folder)", ErrInterrupted, t.Step, t.total)
	}
	return fmt.Errorf("%w after step %d of %d; saved in %s, the same call goes on from there", ErrInterrupted, t.Step, t.total, t.Config.Dir)
}

// upload puts pictures (unless they are streamed), labels and items on the device, where every step gathers from them.
func (t *trainer) upload() error {
	s := t.images
	put := func(name string, value *tensors.Tensor) error {
		v, err := t.store.Scope(dataScope).CreateVariable(name, value)
		if err == nil {
			v.SetTrainable(false)
		}
		return err
	}
	var err error
	if !t.Config.streams(s) {
		err = put("pixels", tensors.FromFlatDataAndDimensions(s.Pixels, s.Len(), s.Height, s.Width, s.Channels))
	}
	if err == nil && s.Labels != nil {
		err = put("labels", tensors.FromFlatDataAndDimensions(s.Labels, s.Len()))
	}
	if err == nil && s.Items != nil {
		err = put("items", tensors.FromFlatDataAndDimensions(s.Items, s.Len()))
	}
	if err == nil {
		err = t.uploadTexts(put)
	}
	return err
}

// step is the graph of one training step: indices [V, B] in, and rows [V, B] of pixels [U, H, W, C] where
// pictures are streamed; the loss out by train.AddMainLoss.
func (t *trainer) step(scope *model.Scope, inputs []*Node) *Node {
	indices := inputs[0]
	g := indices.Graph()
	indices.AssertDims(len(t.plan), t.Config.BatchSize)
	gather := func(name string, rows *Node) *Node {
		if v := scope.Store().GetVariable(dataScope + "/" + name); v != nil {
			return Gather(v.NodeValue(g), ExpandAxes(rows, -1))
		}
		return nil
	}
	first := Squeeze(Slice(indices, AxisElem(0)), 0) // [B]
	rows, pictures := indices, func(rows *Node) *Node { return gather("pixels", rows) }
	if len(inputs) > 1 {
		rows, pictures = inputs[1], func(rows *Node) *Node { return Gather(inputs[2], ExpandAxes(rows, -1)) }
		rows.AssertDims(len(t.plan), t.Config.BatchSize)
	}
	s := &Step{
		Config: &t.Config,
		Views:  t.views(scope.Store(), rows, pictures),
		Labels: gather("labels", first),
		Items:  gather("items", first),
		Done:   ConvertDType(optimizer.GetGlobalStepVar(scope).NodeValue(g), dtypes.Float32),
		Total:  t.total,
		root:   scope,
	}
	t.objective = t.Config.Method.Step(s)
	if t.objective.Loss == nil || t.objective.A == nil || t.objective.B == nil {
		panic(fmt.Errorf("method %q returned an objective without Loss, A or B", t.Config.Method.Name()))
	}
	train.AddMainLoss(t.objective.Loss)
	return t.objective.Loss
}

// views makes the planned views of the pictures that indices [V, B] name. Neighbors in the plan with one
// policy and size are made in one go.
func (t *trainer) views(store *model.Store, indices *Node, pictures func(rows *Node) *Node) []*Node {
	g := indices.Graph()
	rngVar := store.GetVariable("/" + model.RNGStateVariableName)
	rng := rngVar.NodeValue(g)
	batch := t.Config.BatchSize
	var views []*Node
	for start := 0; start < len(t.plan); {
		end := start + 1
		for end < len(t.plan) && t.plan[end].Size == t.plan[start].Size && reflect.DeepEqual(t.plan[end].Policy, t.plan[start].Policy) {
			end++
		}
		rows := Reshape(Slice(indices, AxisRange(start, end)), (end-start)*batch)
		var made *Node
		rng, made = t.plan[start].Policy.Apply(rng, pictures(rows), t.plan[start].Size)
		views = append(views, split(made, end-start)...)
		start = end
	}
	rngVar.SetNodeValue(rng)
	return views
}

// metrics are what each step reports beside its loss.
func (t *trainer) metrics() []metric.Interface {
	graphParam := func(name string) metric.BaseMetricGraph {
		return func(scope *model.Scope, _, _ []*Node) *Node {
			value, _ := scope.GetGraphParam(t.objective.Loss.Graph(), name)
			return value.(*Node)
		}
	}
	onPairs := func(f func(a, b *Node) *Node) metric.BaseMetricGraph {
		return func(*model.Scope, []*Node, []*Node) *Node {
			float32s := func(x *Node) *Node { return loss.Normalize(StopGradient(ConvertDType(x, dtypes.Float32))) }
			return f(float32s(t.objective.A), float32s(t.objective.B))
		}
	}
	base := func(name, short string, f metric.BaseMetricGraph) metric.Interface {
		return metric.NewBaseMetric(name, short, short, f, nil)
	}
	return []metric.Interface{
		base("Learning rate", "lr", graphParam(optim.RateGraphParam)),
		base("Gradient norm", "grad", graphParam(optim.GradientNormGraphParam)),
		base("Positive rank", "rank", onPairs(positiveRank)),
		base("Std·√D", "std", onPairs(func(a, _ *Node) *Node { return spread(a) })),
		base("Alignment", "align", onPairs(func(a, b *Node) *Node { return ReduceAllMean(ReduceSum(Square(Sub(a, b)), -1)) })),
		base("Uniformity", "unif", onPairs(func(a, _ *Node) *Node { return loss.Uniformity(a, 2) })),
	}
}

// positiveRank is the mean place of row i of b among all rows of b, by similarity to row i of a.
func positiveRank(a, b *Node) *Node {
	n := a.Shape().Dimensions[0]
	return loss.PositiveRank(loss.DotSimilarity(a, b), Diagonal(a.Graph(), n), nil)
}

// spread is the standard deviation over the rows, averaged over dimensions, times √D.
func spread(a *Node) *Node {
	d := a.Shape().Dimensions[1]
	centered := Sub(a, ReduceAndKeep(a, ReduceMean, 0))
	return MulScalar(ReduceAllMean(Sqrt(ReduceMean(Square(centered), 0))), math.Sqrt(float64(d)))
}

// afterStep is called by GoMLX with the metrics of the step just made.
func (t *trainer) afterStep(loop *train.Loop, metrics []*tensors.Tensor) error {
	t.Step = loop.LoopStep + 1
	if err := t.finishStep(metrics); err != nil {
		return &stopError{err}
	}
	return nil
}

// finishStep records, saves and stops, in that order.
func (t *trainer) finishStep(metrics []*tensors.Tensor) error {
	at := func(i int) float64 { return float64(metrics[i].Value().(float32)) }
	if !finite(at(metricLoss)) || !finite(at(metricGradientNorm)) {
		last := t.saved
		if last == 0 || t.Config.Dir == "" {
			last = -1
		}
		return &DivergedError{Step: t.Step, Loss: at(metricLoss), GradientNorm: at(metricGradientNorm), LearningRate: at(metricRate), LastSaved: last}
	}
	var stopped error
	switch {
	case t.ctx.Err() != nil:
		stopped = ErrInterrupted
	case !t.ends.IsZero() && time.Now().After(t.ends):
		stopped = errTimeIsUp
	}
	if t.Step == 1 || t.Step%t.Config.LogEvery == 0 || t.Step == t.total {
		if err := t.record(at); err != nil {
			return err
		}
	}
	if t.pacer.after(t.Step, t.total, time.Now()) && t.Config.OnPace != nil {
		t.Config.OnPace(t.pacer.pace)
	}
	if t.since.IsZero() { // the first step of this process compiled the graph
		t.since, t.sinceStep = time.Now(), t.Step
	}
	if t.Config.Dir != "" && (t.Step%t.Config.SaveEvery == 0 || t.Step == t.total || stopped != nil) {
		if err := t.checkpoints.save(t.store, t.Step); err != nil {
			return err
		}
		t.saved = t.Step
	}
	if t.Step == t.total {
		return nil
	}
	return stopped
}

// record adds the measurements of this step to the history.
func (t *trainer) record(at func(int) float64) error {
	record := Record{
		Step: t.Step, Epoch: float64(t.Step) / float64(t.Config.stepsPerEpoch(t.images)),
		Loss: at(metricLoss), LearningRate: at(metricRate), GradientNorm: at(metricGradientNorm), PositiveRank: at(metricRank),
		Std: at(metricStd), Alignment: at(metricAlignment), Uniformity: at(metricUniformity),
	}
	if t.objective.Ceiling > 0 {
		record.LossShare = record.Loss / t.objective.Ceiling
	}
	if !t.since.IsZero() && t.Step > t.sinceStep {
		views := (t.Step - t.sinceStep) * len(t.plan) * t.Config.BatchSize
		record.ViewsPerSecond = float64(views) / time.Since(t.since).Seconds()
		t.since, t.sinceStep = time.Now(), t.Step
	}
	t.History = append(t.History, record)
	if t.Config.OnRecord != nil {
		t.Config.OnRecord(record)
	}
	t.doctor()
	if t.Config.Dir == "" {
		return nil
	}
	return appendRecord(t.historyPath(), record)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
