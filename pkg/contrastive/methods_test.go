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
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// TestEveryMethodTrains runs what is registered, so that a method added later is covered too.
func TestEveryMethodTrains(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(64)
	for _, name := range Methods.Names() {
		if name == "explode" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			config := tiny(filepath.Join(t.TempDir(), "run"))
			var err error
			config.Method, err = Methods.New(name)
			require.NoError(t, err)
			if moco, ok := config.Method.(MoCo); ok {
				moco.QueueLength = 32
				config.Method = moco
			}
			config.Steps, config.LogEvery = 4, 1
			run, err := Pretrain(backend, pictures, config)
			require.NoError(t, err)
			require.Len(t, run.History, 4)
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

// TestMomentumOfZeroAndOne: with m = 0 the keys' encoder is the encoder of the step before; with m = 1 it never moves.
func TestMomentumOfZeroAndOne(t *testing.T) {
	for m, sameAs := range map[float64]int{Zero: 3, 1: 1} {
		config := tiny(filepath.Join(t.TempDir(), "run"))
		config.Method = MoCo{Momentum: m, QueueLength: 32}
		config.Steps, config.SaveEvery, config.Keep = 4, 1, 4
		_, err := Pretrain(testbackend.New(t), someEmoji(64), config)
		require.NoError(t, err)
		key := stateAt(t, config.Dir, 4)["/momentum/head/dense_0/dense/weights"]
		want := "/model/head/dense_0/dense/weights"
		if m == 1 {
			want = "/momentum/head/dense_0/dense/weights"
		}
		require.Equal(t, stateAt(t, config.Dir, sameAs)[want], key, "m = %g", m)
	}
}

// TestBrokenVariantsCollapse takes away from three methods what theory says keeps them from collapsing. For
// the two that compare directions the spread of directions goes; VICReg compares the embeddings themselves,
// and what goes is their size.
func TestBrokenVariantsCollapse(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(256)
	train := func(method Method) *Run {
		config := tiny("")
		config.Method, config.BatchSize, config.Steps = method, 64, 300
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
	for _, c := range []struct {
		broken, whole Method
		spread        func(*Run) float64
	}{
		{pullTogether{}, SimCLR{}, direction},
		{SimSiam{LetGradientThrough: true, NoPredictor: true}, SimSiam{}, direction},
		{VICReg{Variance: Zero, Covariance: Zero}, VICReg{}, size},
	} {
		broken, whole := c.spread(train(c.broken)), c.spread(train(c.whole))
		t.Logf("%T broken %.3f, whole %.3f", c.whole, broken, whole)
		require.Less(t, broken, 0.2, "%+v", c.broken)
		require.Greater(t, whole, 0.4, "%+v", c.whole)
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
		_, err := Pretrain(testbackend.New(t), &unlabeled, config)
		require.ErrorContains(t, err, c.want)
	}
}
