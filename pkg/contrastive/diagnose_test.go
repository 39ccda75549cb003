package contrastive

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// cropAndColor are views that color does not give away, with as little jitter as that takes: it is compiled each time;
// colorless are the same without color distortion.
func cropAndColor() augment.Policy {
	policy := colorless()
	policy.Transforms = append(policy.Transforms, augment.ColorJitter{Brightness: 0.8, P: 1}, augment.Grayscale{P: 0.2})
	return policy
}

func colorless() augment.Policy {
	return augment.Policy{Name: "crop", Transforms: []augment.Transform{augment.RandomResizedCrop{Scale: [2]float64{0.35, 1}, Ratio: [2]float64{1, 1}}}}
}

// ordinary is a healthy run of seconds.
func ordinary(steps int) Config {
	config := tiny("")
	config.Method, config.BatchSize, config.Steps, config.Size = SimCLR{Temperature: 0.2}, 64, steps, 16
	config.Head = encoder.MLPHead{Hidden: 32, Dim: 16}
	config.Optimizer = optim.AdamW{LearningRate: 0.01}
	config.Augment = cropAndColor()
	return config
}

func diseases(findings []eval.Finding) []eval.Disease {
	var all []eval.Disease
	for _, f := range findings {
		all = append(all, f.ID)
	}
	return all
}

// TestGalleryOfBrokenRuns breaks an ordinary run by one flag each, in as few steps as show it.
// TestGalleryOfSettings, TestBrokenVariantsCollapse, TestDoctorDuringTraining and TestShortcuts have the others.
func TestGalleryOfBrokenRuns(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(512)
	for _, c := range []struct {
		flag   string
		steps  int
		change func(*Config)
		want   eval.Disease
	}{
		{"learning_rate=30", 20, func(c *Config) { c.Optimizer = optim.AdamW{LearningRate: 30} }, eval.LearningRateTooHigh},
		{"learning_rate=1e-9", 20, func(c *Config) { c.Optimizer = optim.AdamW{LearningRate: 1e-9} }, eval.NothingLearned},
		{"-method simsiam let_gradient_through=true", 60, func(c *Config) { c.Method = SimSiam{LetGradientThrough: true} }, eval.Collapse},
		{"-method barlow_twins lambda=0", 130, func(c *Config) { c.Method = BarlowTwins{Lambda: Zero} }, eval.DimensionalCollapse},
	} {
		t.Run(c.flag, func(t *testing.T) {
			config := ordinary(c.steps)
			c.change(&config)
			run, err := Pretrain(backend, pictures, config)
			require.NoError(t, err)
			d, err := run.Diagnose(pictures, nil)
			require.NoError(t, err)
			require.Contains(t, diseases(d.Findings), c.want, "%+v %+v", d.Symptoms.Course, d.Symptoms.Head)
			require.False(t, d.Healthy())
		})
	}
}

// TestGalleryOfSettings breaks an ordinary run by one flag each where the settings alone show it: no step is made.
func TestGalleryOfSettings(t *testing.T) {
	pictures := someEmoji(512)
	for _, c := range []struct {
		flag   string
		change func(*Config)
		want   []eval.Disease
	}{
		{"none", func(*Config) {}, nil},
		{"-method moco queue_length=65536", func(c *Config) { c.Method = MoCo{QueueLength: 65536} }, []eval.Disease{eval.QueueFilling}},
		{"-positives same_item", func(c *Config) { c.Positives = SameItem }, []eval.Disease{eval.LabelLeak}},
		{"batch_size=8", func(c *Config) { c.BatchSize = 8 }, []eval.Disease{eval.BatchTooSmall}},
		{"-head none", func(c *Config) { c.Head = encoder.NoHead{} }, []eval.Disease{eval.NoProjectionHead}},
	} {
		t.Run(c.flag, func(t *testing.T) {
			config := ordinary(40)
			c.change(&config)
			run, err := Untrained(testbackend.New(t), pictures, config)
			require.NoError(t, err)
			setup, err := run.setup(pictures)
			require.NoError(t, err)
			symptoms := eval.Symptoms{Setup: setup, // and the numbers of a run that nothing is wrong with
				Course:   &eval.Course{Steps: setup.TotalSteps, FirstLoss: 4.1, Loss: 3.4, FirstRank: 20, Rank: 9, Std: 0.9, Uniformity: -2.5},
				Features: &eval.Space{N: 256, D: 32, Std: 0.6, Uniformity: -1.2, EffectiveRank: 20, Directions: 20, Scale: 0.5}}
			require.Equal(t, c.want, diseases(eval.Diagnose(symptoms)), "%+v", setup)
		})
	}
}

// TestHealthyRunsAreNotAccused runs five kinds of methods and finds nothing, and the pictures to be measured on only
// where they are among the training pictures.
func TestHealthyRunsAreNotAccused(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(512)
	test := datasets.MustOpen("emoji").Test()
	for _, method := range []Method{SimCLR{Temperature: 0.2}, MoCo{QueueLength: 256}, DCL{Temperature: 0.2}, BYOL{}, VICReg{}} {
		t.Run(method.Name(), func(t *testing.T) {
			config := ordinary(40)
			config.Method, config.Head = method, encoder.MLPHead{Layers: 1, Dim: 16}
			config.OnFinding = func(f eval.Finding) { t.Errorf("during training: %+v", f) }
			run, err := Pretrain(backend, pictures, config)
			require.NoError(t, err)
			d, err := run.Diagnose(pictures, test)
			require.NoError(t, err)
			require.Empty(t, d.Findings, "%+v", d.Symptoms)
			require.True(t, d.Healthy())
			if method.Name() == "simclr" {
				require.Equal(t, eval.Leak{Test: 1560}, *d.Symptoms.Leak)
				d, err := run.Diagnose(pictures, pictures.Take(7))
				require.NoError(t, err)
				require.Equal(t, []eval.Disease{eval.TestLeak}, diseases(d.Findings))
				require.Equal(t, 7, d.Symptoms.Leak.Pictures)
			}
		})
	}
}

// TestDoctorDuringTraining: what a history shows is told once, and the weights are those of a run that nobody watched.
func TestDoctorDuringTraining(t *testing.T) {
	train := func(watched bool) (*Run, []eval.Finding) {
		config := ordinary(24)
		config.Dir, config.Method, config.LogEvery = filepath.Join(t.TempDir(), "run"), SimCLR{Temperature: 0.01}, 1
		config.Augment = colorless()
		var found []eval.Finding
		if watched {
			config.OnFinding = func(f eval.Finding) { found = append(found, f) }
		}
		run, err := Pretrain(testbackend.New(t), someEmoji(64), config)
		require.NoError(t, err)
		return run, found
	}
	watched, found := train(true)
	require.Equal(t, []eval.Disease{eval.TemperatureTooLow}, diseases(found))
	d, err := watched.Diagnose(someEmoji(64), nil)
	require.NoError(t, err)
	require.Contains(t, diseases(d.Findings), eval.TemperatureTooLow, "temperature=0.01, afterwards too")
	alone, _ := train(false)
	require.Equal(t, weights(t, alone), weights(t, watched))
}

// TestDiagnoseOtherTasks: a method of one view and one of texts have no pretext task of views, and are examined all
// the same.
func TestDiagnoseOtherTasks(t *testing.T) {
	config := tiny("")
	config.Method, config.Steps = Supervised{}, 3
	run, err := Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	d, err := run.Diagnose(someEmoji(64), nil)
	require.NoError(t, err)
	require.Nil(t, d.Symptoms.Task)
	require.Nil(t, d.Symptoms.Head, "its head is not trained")
	require.NotNil(t, d.Symptoms.Features)
	_, err = MeasureShortcuts(testbackend.New(t), someEmoji(64), config)
	require.ErrorIs(t, err, ErrNoPretext)
	config.Method = CLIP{}
	_, err = MeasureShortcuts(testbackend.New(t), someEmoji(64), config)
	require.ErrorIs(t, err, ErrNoPretext)
}

// TestShortcuts: without augmentation pixels solve the task, without color distortion colors do (Chen et al. 2020,
// fig. 5), with it they do not.
func TestShortcuts(t *testing.T) {
	measure := func(policy augment.Policy) *Shortcuts {
		config := tiny("")
		config.Augment, config.Size = policy, 16
		s, err := MeasureShortcuts(testbackend.New(t), someEmoji(512), config)
		require.NoError(t, err)
		require.Equal(t, 256, s.Samples)
		require.InDelta(t, 1./256, s.Chance, 1e-12)
		return s
	}
	none, crop, color := measure(augment.None()), measure(colorless()), measure(cropAndColor())
	require.Equal(t, 1.0, none.Pixels)
	require.Equal(t, 1.0, none.Untrained)
	require.Greater(t, none.ColorHistogram, 0.95)
	require.Greater(t, crop.ColorHistogram, 0.5)
	require.Less(t, color.ColorHistogram, 0.15)
	require.Less(t, color.MeanColor, crop.MeanColor)
	for _, c := range []struct {
		views *Shortcuts
		want  []eval.Disease
	}{{none, []eval.Disease{eval.Shortcut}}, {crop, []eval.Disease{eval.Shortcut}}, {color, nil}} { // -augment without color is the second
		task := &eval.Task{Samples: c.views.Samples, ColorHistogram: c.views.ColorHistogram, Pixels: c.views.Pixels}
		require.Equal(t, c.want, diseases(eval.Diagnose(eval.Symptoms{Task: task})))
	}
	require.Equal(t, none, measure(augment.None()), "the same samples from the same seed")
}
