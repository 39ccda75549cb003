package contrastive

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

func defaults(t *testing.T) Config {
	t.Helper()
	config, err := Config{Method: SimCLR{}}.WithDefaults()
	require.NoError(t, err)
	return config
}

func TestSet(t *testing.T) {
	config := defaults(t)
	require.NoError(t, config.Set("temperature=0.1; batch_size=1_28;width=16;learning_rate=1e-3;weight_decay=0;positives=same_item;normalize_output=true"))
	require.Equal(t, SimCLR{Temperature: 0.1}, config.Method)
	require.Equal(t, 128, config.BatchSize)
	require.Equal(t, encoder.SmallResNet{Width: 16, Grid: 1}, config.Encoder)
	require.Equal(t, 1e-3, config.Optimizer.(optim.AdamW).LearningRate)
	require.Zero(t, config.Optimizer.(optim.AdamW).WeightDecay, "an explicit zero stays a zero")
	require.Equal(t, SameItem, config.Positives)
	require.True(t, config.Head.(encoder.MLPHead).NormalizeOutput)

	again, err := config.WithDefaults()
	require.NoError(t, err)
	require.Equal(t, config, again, "completing twice undoes an explicit zero")

	path := filepath.Join(t.TempDir(), "settings")
	require.NoError(t, os.WriteFile(path, []byte("# a comment\nseed=3\nmethod/temperature=0.7;steps=9\n"), 0o644))
	require.NoError(t, config.Set("file:"+path))
	require.Equal(t, int64(3), config.Seed)
	require.Equal(t, 9, config.Steps)
	require.Equal(t, SimCLR{Temperature: 0.7}, config.Method)
}

// TestSetEncoders: every kind of field of an encoder can be set, and is saved by name.
func TestSetEncoders(t *testing.T) {
	for _, c := range []struct {
		encoder  encoder.Encoder
		settings string
		want     encoder.Encoder
	}{
		{encoder.ResNet18{}, "stem=cifar;zero_init_residual=true", encoder.ResNet18{Stem: encoder.CIFARStem, ZeroInitResidual: true}},
		{encoder.ResNet50{Stem: encoder.CIFARStem}, "stem=imagenet;bfloat16=true", encoder.ResNet50{BFloat16: true}},
		{encoder.ViT{}, "patch=4;width=96;depth=4;pooling=mean;positions=sine_cosine",
			encoder.ViT{Patch: 4, Width: 96, Depth: 4, Heads: 3, Pooling: encoder.MeanToken, Positions: encoder.SineCosine}},
		{encoder.MLP{}, "width=64;depth=3", encoder.MLP{Width: 64, Depth: 3}},
	} {
		config, err := Config{Method: SimCLR{}, Encoder: c.encoder}.WithDefaults()
		require.NoError(t, err)
		require.NoError(t, config.Set(c.settings))
		require.Equal(t, c.want, config.Encoder)
		text, err := json.Marshal(config)
		require.NoError(t, err)
		var back Config
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, config, back)
	}
}

func TestSetErrors(t *testing.T) {
	for settings, want := range map[string]string{
		"temprature=0.1":      `did you mean "temperature"?`,
		"temperature":         "write name=value",
		"temperature=":        "write name=value",
		"temperature=warm":    "must be a number",
		"batch_size=1.5":      "batch_size = 1.5: must be a whole number",
		"positives=same":      `unknown pairing "same"`,
		"nesterov=true":       "unknown hyperparameter",
		"head/temperature=1":  "unknown hyperparameter",
		"normalize_output=no": "must be true or false",
		"method=moco":         "unknown hyperparameter",
		"file:/no/such/file":  "no such file",
	} {
		config := defaults(t)
		err := config.Set(settings + ";seed=4")
		require.ErrorContains(t, err, want, settings)
		require.NotContains(t, err.Error(), "\n")
		require.Equal(t, defaults(t), config, "%s: a failed Set changes nothing", settings)
	}
}

func TestConfigJSONRoundTrip(t *testing.T) {
	config := defaults(t)
	config.Positives, config.Optimizer = SameItem, optim.SGD{LearningRate: 1, Nesterov: true}
	text, err := json.Marshal(config)
	require.NoError(t, err)
	var back Config
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, config, back)
	settings, err := config.Settings()
	require.NoError(t, err)
	require.Contains(t, settings, Setting{"nesterov", "optimizer", "true"})
	require.Contains(t, settings, Setting{"positives", "run", "same_item"})
}
