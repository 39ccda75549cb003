package contrastive

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// TestMain decides how graphs are compiled before a test opens a backend, so that a child process rounds alike.
func TestMain(m *testing.M) {
	flag.Parse()
	testbackend.CompileFast()
	os.Exit(m.Run())
}

// shuffled are all real pictures, unpacked once.
var shuffled = sync.OnceValue(func() *datasets.Images { return datasets.MustOpen("emoji").Train().Shuffle(7) })

// someEmoji are a few of them.
func someEmoji(n int) *datasets.Images { return shuffled().Take(n) }

// testEncoder is one convolution, a batch-norm and a mean: all that a loop needs of an encoder, compiled in a moment.
type testEncoder struct{}

func (testEncoder) Name() string { return "test" }
func (testEncoder) Features(scope *model.Scope, x *Node) *Node {
	x = layers.Convolution(scope, x).Channels(12).KernelSize(4).Strides(4).NoPadding().UseBias(false).Done()
	x = activation.Relu(norm.BatchNorm(scope, x, -1).Epsilon(1e-5).Momentum(0.9).Done())
	return ReduceMean(x, 1, 2)
}

func init() { encoder.Encoders.Register(testEncoder{}) }

// tiny is a run of seconds.
func tiny(dir string) Config {
	light := augment.Policy{Name: "light", Transforms: []augment.Transform{augment.RandomResizedCrop{Scale: [2]float64{0.5, 1}, Ratio: [2]float64{1, 1}}}}
	return Config{
		Method: SimCLR{}, Encoder: testEncoder{}, Head: encoder.MLPHead{Hidden: 16, Dim: 8}, Augment: light,
		BatchSize: 16, Steps: 14, LogEvery: 2, SaveEvery: 3, Seed: 5, Dir: dir, Quiet: true,
	}
}

// weights are the checksums of all variables of a run, by path.
func weights(t *testing.T, run *Run) map[string]string {
	t.Helper()
	all := map[string]string{}
	for v := range run.Store().IterVariables() {
		if strings.HasPrefix(v.Path(), "/metrics") || strings.HasPrefix(v.Path(), "/trainer") {
			continue // GoMLX's moving average of the loss and the loop's last step: neither is used again
		}
		value, err := v.Value()
		require.NoError(t, err)
		require.NoError(t, value.ConstBytes(func(data []byte) { all[v.Path()] = fmt.Sprintf("%x", sha256.Sum256(data)) }))
	}
	return all
}

func TestTrainingLearnsAndIsRecorded(t *testing.T) {
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.Encoder, config.Steps = encoder.SmallResNet{Width: 4}, 40
	run, err := Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	require.Equal(t, 40, run.Step)
	require.Len(t, run.History, 21) // step 1 and every second
	first, last := run.History[0], run.History[20]
	require.InDelta(t, 1, first.LossShare, 0.25, "a fresh encoder's loss is near its ceiling")
	require.Less(t, last.Loss, first.Loss-0.3)
	require.Less(t, last.PositiveRank, first.PositiveRank)
	for _, r := range run.History {
		require.Greater(t, r.Std, 0.05)
		require.Less(t, r.Uniformity, 0.0)
		require.Greater(t, r.GradientNorm, 0.0)
	}
	opened, err := Open(testbackend.New(t), config.Dir)
	require.NoError(t, err)
	require.Equal(t, run.History, opened.History)
	pictures := someEmoji(300)
	require.Equal(t, run.MustEmbed(pictures).Vectors, opened.MustEmbed(pictures).Vectors)
}

func TestSameSeedSameWeights(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(64)
	run := func(seed int64) map[string]string {
		config := tiny("")
		config.Steps, config.Seed = 4, seed
		run, err := Pretrain(backend, pictures, config)
		require.NoError(t, err)
		return weights(t, run)
	}
	require.Equal(t, run(1), run(1))
	require.NotEqual(t, run(1), run(2))
}

// TestResumeAfterKill kills a training process without warning and goes on in this one: every weight, optimizer
// moment and random state must equal those of a run that was never stopped.
func TestResumeAfterKill(t *testing.T) {
	const dirVar = "CONTRASTLAB_TEST_TRAIN_INTO"
	tiny := func(dir string) Config { // the method that has the most to remember: a queue and a momentum encoder
		config := tiny(dir)
		config.Method = MoCo{QueueLength: 64}
		return config
	}
	if dir := os.Getenv(dirVar); dir != "" {
		config := tiny(dir)
		config.OnRecord = func(r Record) {
			if r.Step >= 8 {
				time.Sleep(time.Minute) // wait for the kill
			}
		}
		_, err := Pretrain(testbackend.New(t), someEmoji(64), config)
		require.NoError(t, err)
		return
	}
	straight, err := Pretrain(testbackend.New(t), someEmoji(64), tiny(filepath.Join(t.TempDir(), "straight")))
	require.NoError(t, err)

	dir := filepath.Join(t.TempDir(), "killed")
	child := exec.Command(os.Args[0], "-test.run=^TestResumeAfterKill$")
	child.Env = append(os.Environ(), dirVar+"="+dir)
	require.NoError(t, child.Start())
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(dir, "checkpoints", stepName(6)))
		return err == nil
	}, time.Minute, 20*time.Millisecond, "the child wrote no checkpoint")
	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait())
	// What a kill in the middle of saving leaves behind must not matter.
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "checkpoints", partialName), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "checkpoints", partialName, "half"), []byte("x"), 0o644))
	history, err := os.OpenFile(filepath.Join(dir, "history.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = history.WriteString(`{"step":7,"lo`)
	require.NoError(t, err)
	require.NoError(t, history.Close())

	half, err := Open(testbackend.New(t), dir)
	require.NoError(t, err)
	require.Less(t, half.Step, 14)
	resumed, err := Pretrain(testbackend.New(t), someEmoji(64), tiny(dir))
	require.NoError(t, err)
	require.Contains(t, weights(t, resumed), "/memory/moco/queue")
	require.Equal(t, weights(t, straight), weights(t, resumed))
	require.Equal(t, len(straight.History), len(resumed.History))
	for i, want := range straight.History {
		got := resumed.History[i]
		want.ViewsPerSecond, got.ViewsPerSecond = 0, 0
		require.Equal(t, want, got)
	}
}

func TestInterruptSavesAndResumes(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.OnRecord = func(r Record) {
		if r.Step == 4 {
			cancel()
		}
	}
	run, err := PretrainContext(ctx, testbackend.New(t), someEmoji(64), config)
	require.ErrorIs(t, err, ErrInterrupted)
	require.ErrorContains(t, err, config.Dir)
	stoppedAt := run.Step
	require.Less(t, stoppedAt, 6)
	opened, err := Open(testbackend.New(t), config.Dir)
	require.NoError(t, err)
	require.Equal(t, stoppedAt, opened.Step)
	config.OnRecord = nil
	run, err = Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	require.Equal(t, 14, run.Step)
}

// explode is SimCLR until a step from which its loss is not a number.
type explode struct {
	From int `json:"at"`
}

func (explode) Name() string { return "explode" }
func (e explode) Step(s *Step) Objective {
	o := SimCLR{Temperature: 0.5}.Step(s)
	late := GreaterOrEqual(s.Done, Scalar(s.Graph(), s.Done.DType(), float64(e.From)))
	o.Loss = Where(late, Log(Neg(OnesLike(o.Loss))), o.Loss)
	return o
}

func init() { Methods.Register(explode{}) }

func TestDivergenceStopsAndKeepsTheLastGoodCheckpoint(t *testing.T) {
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.Method = explode{From: 7}
	_, err := Pretrain(testbackend.New(t), someEmoji(64), config)
	var diverged *DivergedError
	require.ErrorAs(t, err, &diverged)
	require.Equal(t, 8, diverged.Step)
	require.Equal(t, 6, diverged.LastSaved)
	require.True(t, math.IsNaN(diverged.Loss))
	require.ErrorContains(t, err, "learning rate")
	run, err := Open(testbackend.New(t), config.Dir)
	require.NoError(t, err)
	require.Equal(t, 6, run.Step)
	for _, x := range run.MustEmbed(someEmoji(16)).Vectors {
		require.True(t, finite(float64(x)))
	}
}

// TestAddingAMethod: what the README shows is what example_method_test.go compiles and registers, in about twenty lines, and it
// trains and is opened again like any other.
func TestAddingAMethod(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, code, found := strings.Cut(string(readme), "```go\n")
	require.True(t, found)
	code, _, found = strings.Cut(code, "```")
	require.True(t, found)
	require.LessOrEqual(t, strings.Count(code, "\n"), 20)
	source, err := os.ReadFile("example_method_test.go")
	require.NoError(t, err)
	require.Contains(t, string(source), "\n"+code)

	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.Steps = 3
	require.NoError(t, registered(&config, "pull_together"))
	require.NoError(t, config.Set("strength=3"))
	_, err = Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	run, err := Open(testbackend.New(t), config.Dir)
	require.NoError(t, err)
	require.Equal(t, config.Method, run.Config.Method)
	require.Equal(t, "{3}", fmt.Sprint(run.Config.Method))
}

// registered completes config with the method of that name.
func registered(config *Config, name string) (err error) {
	if config.Method, err = Methods.New(name); err == nil {
		*config, err = config.WithDefaults()
	}
	return err
}

func TestSameItemPairsTwoArtists(t *testing.T) {
	pictures := datasets.MustOpen("emoji").Train()
	s := newSampler(pictures, &Config{BatchSize: 200, Seed: 3, Positives: SameItem}, 2, nil)
	seen := map[int32]bool{}
	for batch := range len(s.samples) / 200 {
		indices := s.indices(0, batch)
		for i := range 200 {
			a, b := indices[i], indices[200+i]
			require.Equal(t, pictures.Items[a], pictures.Items[b])
			require.NotEqual(t, pictures.Domains[a], pictures.Domains[b])
			require.False(t, seen[pictures.Items[a]], "an item came twice in an epoch")
			seen[pictures.Items[a]] = true
		}
	}
}

func TestImpossibleSettings(t *testing.T) {
	pictures := someEmoji(64)
	unlabeled := *pictures
	unlabeled.Items, unlabeled.ItemNames, unlabeled.ItemGlyphs, unlabeled.Captions = nil, nil, nil, nil
	for _, c := range map[string]struct {
		change func(*Config)
		images *datasets.Images
		want   string
	}{
		"no method":      {func(c *Config) { c.Method = nil }, pictures, "no method"},
		"batch of 1":     {func(c *Config) { c.BatchSize = 1 }, pictures, "batch_size = 1"},
		"batch too big":  {func(c *Config) { c.BatchSize = 65 }, pictures, "has only 64 samples"},
		"T below zero":   {func(c *Config) { c.Method = SimCLR{Temperature: -1} }, pictures, "temperature = -1"},
		"T not a number": {func(c *Config) { c.Method = SimCLR{Temperature: math.NaN()} }, pictures, "temperature = NaN"},
		"epochs":         {func(c *Config) { c.Epochs = -1 }, pictures, "epochs = -1"},
		"one view":       {func(c *Config) { c.Views = 1 }, pictures, "views = 1"},
		"size":           {func(c *Config) { c.Size = 3 }, pictures, "size = 3"},
		"rate":           {func(c *Config) { c.Optimizer = optim.AdamW{LearningRate: -1} }, pictures, "learning_rate = -1"},
		"items":          {func(c *Config) { c.Positives = SameItem }, &unlabeled, "same item"},
	} {
		config := tiny("")
		c.change(&config)
		requireRefusal(t, c.images, config, c.want)
	}
	_, err := Methods.New("simcrl")
	require.ErrorContains(t, err, `did you mean "simclr"?`)
	require.NotContains(t, err.Error(), "\n")
}

// requireRefusal wants one line that contains want from a training without a backend: nothing can have been compiled before.
func requireRefusal(t *testing.T, images *datasets.Images, config Config, want string) {
	t.Helper()
	_, err := Pretrain(nil, images, config)
	require.ErrorContains(t, err, want)
	require.NotContains(t, err.Error(), "\n")
}

func TestAnotherConfigurationIsRefused(t *testing.T) {
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.Steps = 3
	_, err := Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	changed := config
	changed.Method = SimCLR{Temperature: 0.1}
	_, err = Pretrain(testbackend.New(t), someEmoji(64), changed)
	require.ErrorContains(t, err, "config.method.temperature was 0.5, now 0.1")
	_, err = Pretrain(testbackend.New(t), someEmoji(65), config)
	require.ErrorContains(t, err, "data.pictures was 64, now 65")
}

func TestEmbedRefusesOtherPictures(t *testing.T) {
	run, err := Untrained(testbackend.New(t), someEmoji(64), tiny(""))
	require.NoError(t, err)
	_, err = run.Embed(&datasets.Images{Name: "small", Pixels: make([]uint8, 16*16*4), Height: 16, Width: 16, Channels: 4})
	require.ErrorContains(t, err, "16×16")
	_, err = run.Embed(&datasets.Images{Name: "none", Height: 32, Width: 32, Channels: 4})
	require.ErrorContains(t, err, "no pictures")
}

// TestEmbedIsTheEncoderAlone compares an embedding with the encoder run by hand, one picture at a time.
func TestEmbedIsTheEncoderAlone(t *testing.T) {
	run, err := Untrained(testbackend.New(t), someEmoji(64), tiny(""))
	require.NoError(t, err)
	pictures := someEmoji(3)
	together := run.MustEmbed(pictures)
	for i := range 3 {
		one, err := pictures.Select([]int{i})
		require.NoError(t, err)
		require.InDeltaSlice(t, together.Row(i), run.MustEmbed(one).Row(0), 1e-5)
	}
}
