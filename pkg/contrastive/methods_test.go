package contrastive

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// TestEveryMethodTrains runs what is registered, so that a method added later is covered too.
func TestEveryMethodTrains(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(64)
	for _, name := range Methods.Names() {
		if name == "explode" || name == "pull_together" { // of tests of their own
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := tiny(filepath.Join(t.TempDir(), "run"))
			config.Size = 16
			require.NoError(t, registered(&config, name))
			if _, readsTexts := config.Method.(TextUser); readsTexts {
				require.NoError(t, config.Set("text.width=16;text.layers=1;text.heads=2;text.length=16"))
			}
			if name == "moco" {
				require.NoError(t, config.Set("queue_length=32"))
			}
			config.Steps, config.LogEvery = 3, 1
			run, err := Pretrain(backend, pictures, config)
			require.NoError(t, err)
			require.Len(t, run.History, 3)
			for _, r := range run.History {
				require.True(t, finite(r.Loss) && finite(r.GradientNorm))
			}
			require.Greater(t, run.History[1].GradientNorm, 0.0)
			opened, err := Open(backend, config.Dir)
			require.NoError(t, err)
			require.Equal(t, run.Config.Method, opened.Config.Method)
		})
	}
}

// stateAt reads the variables of one checkpoint.
func stateAt(t *testing.T, dir string, step int) map[string][]float32 {
	t.Helper()
	store := model.NewStore()
	_, err := checkpoint.Load(store).Dir(filepath.Join(dir, "checkpoints", stepName(step))).Immediate().Done()
	require.NoError(t, err)
	state := map[string][]float32{}
	for v := range store.IterVariables() {
		value, err := v.Value()
		require.NoError(t, err)
		if flat, err := tensors.CopyFlatData[float32](value); err == nil {
			state[v.Path()] = flat
		}
	}
	return state
}

// TestMoCoKeysAndQueue checks on the variables of four successive checkpoints that the momentum encoder is
// moved by momentum alone (so that no gradient reached it) and that the queue is first in, first out.
func TestMoCoKeysAndQueue(t *testing.T) {
	const m, batch = 0.9, 16
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.Method = MoCo{Momentum: m, QueueLength: 2 * batch, Splits: 2}
	config.Steps, config.SaveEvery, config.LogEvery, config.Keep = 4, 1, 1, 4
	run, err := Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	require.InDelta(t, 0, run.History[0].Loss, 1e-6, "an empty queue holds no negatives")
	require.Greater(t, run.History[1].Loss, 0.1)

	states := make([]map[string][]float32, 5)
	for step := 1; step <= 4; step++ {
		states[step] = stateAt(t, config.Dir, step)
	}
	followed := 0
	for path := range states[1] {
		online := strings.Replace(path, momentumScope, learnScope, 1)
		last := path[strings.LastIndex(path, "/")+1:]
		if !strings.HasPrefix(path, momentumScope) || last == "mean" || last == "variance" || last == "avg_weight" {
			continue
		}
		followed++
		for step := 2; step <= 4; step++ {
			for i, got := range states[step][path] {
				want := m*float64(states[step-1][path][i]) + (1-m)*float64(states[step-1][online][i])
				require.InDelta(t, want, float64(got), 1e-6*(1+math.Abs(want)), "%s after step %d", path, step)
			}
		}
	}
	require.Equal(t, 8, followed, "convolution, two batch-norms of two, two dense layers and a bias")
	for path := range states[4] {
		require.False(t, strings.HasPrefix(path, "/optim"+momentumScope), "the optimizer keeps state for %s", path)
	}

	queue := func(step, slot int) []float32 {
		all := states[step]["/memory/moco/queue"]
		half := len(all) / 2
		return all[slot*half : (slot+1)*half]
	}
	require.NotContains(t, queue(1, 0), float32(0))
	require.Equal(t, make([]float32, len(queue(1, 1))), queue(1, 1), "nothing is queued before its step")
	require.Equal(t, queue(1, 0), queue(2, 0))
	require.NotContains(t, queue(2, 1), float32(0))
	require.NotEqual(t, queue(2, 0), queue(3, 0), "the oldest keys are replaced")
	require.Equal(t, queue(2, 1), queue(3, 1), "the newer keys stay")
	require.NotEqual(t, queue(3, 1), queue(4, 1))
	dim := len(queue(4, 0)) / batch
	for row := range batch {
		norm := 0.0
		for _, x := range queue(4, 0)[row*dim : (row+1)*dim] {
			norm += float64(x) * float64(x)
		}
		require.InDelta(t, 1, norm, 1e-5)
	}
	// Evaluation does not enqueue.
	before := weights(t, run)
	run.MustEmbed(someEmoji(20))
	require.Equal(t, before, weights(t, run))
}

// TestBrokenVariantsCollapse takes away from each method what theory says keeps it from collapsing, beside the whole one: the
// negatives (Wang and Isola 2020: alignment alone), SimSiam's stopped gradient or its predictor (Chen and He 2021, sec. 4.1 and
// 4.2), VICReg's variance term (Bardes et al. 2022, sec. 4). For those that compare directions the spread of directions goes;
// VICReg compares the embeddings themselves, and what goes is their size.
func TestBrokenVariantsCollapse(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(128)
	train := func(t *testing.T, method Method) *Run {
		config := tiny("")
		config.Method, config.BatchSize, config.Size, config.Steps, config.LogEvery = method, 32, 16, 250, 50
		if siam, ok := method.(SimSiam); ok && siam.LetGradientThrough {
			config.Steps = 500 // the predictor slows its collapse down
		}
		config.Optimizer = optim.AdamW{LearningRate: 0.01}
		run, err := Pretrain(backend, pictures, config)
		require.NoError(t, err)
		return run
	}
	direction := func(r *Run) float64 { return r.History[len(r.History)-1].Std }
	size := func(r *Run) float64 {
		e, err := r.EmbedHead(pictures)
		require.NoError(t, err)
		mean, squares := make([]float64, e.D), 0.0
		for i := range e.N {
			for j, x := range e.Row(i) {
				mean[j] += float64(x) / float64(e.N)
			}
		}
		for i := range e.N {
			for j, x := range e.Row(i) {
				squares += (float64(x) - mean[j]) * (float64(x) - mean[j])
			}
		}
		return math.Sqrt(squares / float64(e.N*e.D))
	}
	alignmentOnly, err := Methods.New("pull_together")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		method    Method
		spread    func(*Run) float64
		collapses bool
	}{
		"alignment only":                      {alignmentOnly, direction, true},
		"simclr":                              {SimCLR{}, direction, false},
		"simsiam without a stopped gradient":  {SimSiam{LetGradientThrough: true}, direction, true},
		"simsiam without a predictor":         {SimSiam{NoPredictor: true}, direction, true},
		"simsiam":                             {SimSiam{}, direction, false},
		"vicreg without variance, covariance": {VICReg{Variance: Zero, Covariance: Zero}, size, true},
		"vicreg without variance":             {VICReg{Variance: Zero}, size, true},
		"vicreg":                              {VICReg{}, size, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := train(t, c.method)
			spread := c.spread(run)
			t.Logf("%.3f", spread)
			if c.collapses {
				require.Less(t, spread, 0.25)
			} else {
				require.Greater(t, spread, 0.4)
			}
			if name == "vicreg without variance" { // by one flag: one of the doctor's gallery
				d, err := run.Diagnose(pictures, nil)
				require.NoError(t, err)
				require.Contains(t, diseases(d.Findings), eval.Collapse, "%+v %+v", d.Symptoms.Course, d.Symptoms.Head)
				require.False(t, d.Healthy())
			}
		})
	}
}

func TestMethodsRefuse(t *testing.T) {
	pictures := someEmoji(64)
	unlabeled := *pictures
	unlabeled.Labels, unlabeled.LabelNames = nil, nil
	for _, c := range []struct {
		method Method
		want   string
	}{
		{MoCo{QueueLength: 40}, "queue_length = 40 is not a multiple of batch_size = 16; try 32"},
		{MoCo{QueueLength: 32, Momentum: 1.5}, "momentum = 1.5"},
		{MoCo{QueueLength: 32, Splits: 3}, "splits = 3"},
		{SupCon{}, "learns from labels"},
		{Supervised{}, "learns from labels"},
		{BYOL{PredictorHidden: -1}, "predictor_hidden = -1"},
		{VICReg{Variance: -1}, "variance = -1"},
	} {
		config := tiny("")
		config.Method = c.method
		requireRefusal(t, &unlabeled, config, c.want)
	}
	for _, c := range []struct {
		encoder encoder.Encoder
		method  Method
		want    string
	}{
		{encoder.SmallResNet{Width: 4, Grid: 2}, DINO{}, "small_resnet: grid = 2: pictures of 8×8 end in a feature map of 1×1, which cannot be cut into 2×2 parts; set grid=1, or views of 16 pixels"},
		{encoder.ViT{Width: 8, Depth: 1, Heads: 1, Patch: 5}, SimCLR{}, "vit: patch = 5: pictures of 16×16 cannot be cut"},
	} {
		config := tiny("")
		config.Encoder, config.Method, config.Size = c.encoder, c.method, 16
		requireRefusal(t, pictures, config, c.want)
	}
}
