package contrastive

import (
	"context"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// darkOrBright are pictures that any classifier can learn: noise around one of two levels.
func darkOrBright(n int) *datasets.Images {
	im := &datasets.Images{Name: "levels", Height: 16, Width: 16, Channels: 3, LabelNames: []string{"dark", "bright"}}
	state := uint32(n)
	for i := range n {
		im.Labels = append(im.Labels, int32(i%2))
		for range 16 * 16 * 3 {
			state = state*1664525 + 1013904223
			im.Pixels = append(im.Pixels, uint8(40+130*(i%2))+uint8(state>>27))
		}
	}
	return im
}

func TestFineTuneTrainsACopy(t *testing.T) {
	train, test := darkOrBright(48), darkOrBright(20)
	config := tiny("")
	run, err := Untrained(testbackend.New(t), train, config)
	require.NoError(t, err)
	before, err := run.EncoderHash()
	require.NoError(t, err)
	features := run.MustEmbed(test)

	how := FineTuning{Epochs: 15, BatchSize: 16, Seed: 3}
	tuned, err := run.FineTune(train, test, how)
	require.NoError(t, err)
	require.Equal(t, []any{2, 48, 45, false}, []any{tuned.Classes, tuned.Pictures, tuned.Steps, tuned.FromScratch})
	require.Equal(t, 1.0, tuned.TrainAccuracy)
	require.Equal(t, 1.0, tuned.Accuracy)
	require.Equal(t, test.Labels, tuned.Predictions)

	after, err := run.EncoderHash()
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Equal(t, before, tuned.EncoderHash)
	require.NotEqual(t, before, tuned.TunedHash)
	require.Equal(t, features.Vectors, run.MustEmbed(test).Vectors, "the run's features are those of before")

	// How far the learned weights of the encoder have come.
	moved := func(tuned *FineTuned) float64 {
		largest := 0.0
		own := tuned.Tuned.encoderVariables()
		for i, v := range run.encoderVariables() {
			require.Equal(t, v.Path(), own[i].Path())
			if !v.Trainable {
				continue
			}
			a, b := floats(t, v.MustValue()), floats(t, own[i].MustValue())
			for j := range a {
				largest = max(largest, float64(a[j]-b[j]), float64(b[j]-a[j]))
			}
		}
		return largest
	}
	require.Positive(t, moved(tuned))
	held, err := run.FineTune(train, test, FineTuning{Epochs: 15, BatchSize: 16, Seed: 3, EncoderRate: Zero})
	require.NoError(t, err)
	require.Zero(t, moved(held))
	require.NotEqual(t, before, held.TunedHash, "running averages of batch-norm move all the same")
	scratch, err := run.FineTune(train, test, FineTuning{Epochs: 1, FromScratch: true, Seed: 9})
	require.NoError(t, err)
	require.Greater(t, moved(scratch), 2*moved(tuned))
	require.True(t, scratch.FromScratch)
}

func floats(t *testing.T, value *tensors.Tensor) []float32 {
	t.Helper()
	flat, err := tensors.CopyFlatData[float32](value)
	require.NoError(t, err)
	return flat
}

func TestFineTuneOddInput(t *testing.T) {
	train := darkOrBright(8)
	config := tiny("")
	config.BatchSize = 4
	run, err := Untrained(testbackend.New(t), train, config)
	require.NoError(t, err)
	unlabeled, small := darkOrBright(4), darkOrBright(4)
	unlabeled.Labels, unlabeled.LabelNames = nil, nil
	small.Height, small.Width, small.Channels, small.Labels = 8, 8, 3, make([]int32, 16)
	one := darkOrBright(2)
	one.Labels, one.LabelNames = []int32{0, 0}, one.LabelNames[:1]
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		train, test *datasets.Images
		how         FineTuning
		want        string
	}{
		{unlabeled, train, FineTuning{}, "levels has no labels"},
		{train, unlabeled, FineTuning{}, "levels has no labels"},
		{train, small, FineTuning{}, "8×8"},
		{one, train, FineTuning{}, "classes = 1"},
		{train.Take(1), train, FineTuning{}, "batch_size = 1"},
		{train, train, FineTuning{EncoderRate: -1}, "encoder_rate = -1"},
		{train, train, FineTuning{Epochs: -1}, "epochs = -1"},
	} {
		_, err := run.FineTune(c.train, c.test, c.how)
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err = run.FineTuneContext(canceled, train, train, FineTuning{})
	require.ErrorIs(t, err, ErrInterrupted)
}

// Frozen means frozen: what changes the encoder while it is measured is noticed, be it a weight or a running average.
func TestFrozenNoticesWhatIsNot(t *testing.T) {
	images := darkOrBright(16)
	run, err := Untrained(testbackend.New(t), images, tiny(""))
	require.NoError(t, err)
	hash, err := run.Frozen(func() error {
		h := run.MustEmbed(images)
		_, err := eval.LinearProbe(run.backend, h, h, eval.ProbeOptions{L2: []float64{0.1}})
		return err
	})
	require.NoError(t, err)
	require.Len(t, hash, 64)
	require.Equal(t, context.Canceled, func() error { _, err := run.Frozen(func() error { return context.Canceled }); return err }())

	for _, v := range run.encoderVariables() {
		value, err := v.MustValue().LocalClone()
		require.NoError(t, err)
		_, err = run.Frozen(func() error {
			return tensors.MutableFlatData(v.MustValue(), func(flat []float32) { flat[len(flat)-1] += 0.5 })
		})
		require.ErrorContains(t, err, "the encoder is not frozen", v.Path())
		require.NoError(t, v.SetValue(value))
		same, err := run.EncoderHash()
		require.NoError(t, err)
		require.Equal(t, hash, same)
	}

	// Training the run itself instead of a copy, as a fine-tuning that forgot to copy would.
	_, err = run.Frozen(func() error {
		config, _, err := run.fineTuning(images, FineTuning{Epochs: 1, BatchSize: 16})
		require.NoError(t, err)
		unfrozen := *run
		unfrozen.Config = config
		return (&trainer{ctx: t.Context(), Run: &unfrozen, images: images, total: 1}).train()
	})
	require.ErrorContains(t, err, "the encoder is not frozen")
}
