package contrastive

import (
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
)

// TestStreamedIsResident trains in both ways: every weight, optimizer moment and random state must be the same bit
// for bit, with views smaller and larger than the pictures, of one picture or two.
func TestStreamedIsResident(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(300)
	for name, change := range map[string]func(*Config){
		"small views of a picture": func(c *Config) { c.Size = 16 },
		"large views of two artists": func(c *Config) {
			c.Size, c.Positives, c.Method = 40, SameItem, SupCon{}
		},
	} {
		t.Run(name, func(t *testing.T) {
			train := func(mib int) *Run {
				config := tiny("")
				config.Steps, config.BatchSize, config.ResidentMiB = 3, 12, mib
				change(&config)
				run, err := Pretrain(backend, pictures, config)
				require.NoError(t, err)
				return run
			}
			resident, streamed := train(0), train(-1)
			require.Equal(t, weights(t, resident), weights(t, streamed))
			require.Nil(t, streamed.Store().GetVariable(dataScope+"/pixels"))
			for i := range resident.History {
				resident.History[i].ViewsPerSecond, streamed.History[i].ViewsPerSecond = 0, 0
			}
			require.Equal(t, resident.History, streamed.History)
		})
	}
}

// TestResumeInTheOtherWay stops a streamed run by its time after every step and goes on resident, and streamed again.
func TestResumeInTheOtherWay(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(64)
	straight := tiny(filepath.Join(t.TempDir(), "straight"))
	straight.Steps = 3
	want, err := Pretrain(backend, pictures, straight)
	require.NoError(t, err)
	config := straight
	config.Dir, config.MaxTime = filepath.Join(t.TempDir(), "stopped"), time.Nanosecond
	for step := 1; step <= 3; step++ {
		config.ResidentMiB = -step % 2
		run, err := Pretrain(backend, pictures, config)
		require.NoError(t, err)
		require.Equal(t, step, run.Step)
		opened, err := Open(backend, config.Dir)
		require.NoError(t, err)
		require.Equal(t, step, opened.Step, "the step is saved")
	}
	run, err := Pretrain(backend, pictures, config)
	require.NoError(t, err)
	require.Equal(t, 3, run.Step, "a finished run stays as it is")
	require.Equal(t, weights(t, want), weights(t, run))
	require.Len(t, run.History, len(want.History))
	requireNoStream(t)

	config.MaxTime = -time.Second
	_, err = Pretrain(backend, pictures, config)
	require.ErrorContains(t, err, "max time -1s")
}

func TestWhatIsStreamed(t *testing.T) {
	small := &datasets.Images{Pixels: make([]uint8, 1<<20)}
	for mib, want := range map[int]bool{0: false, 1: false, -1: true} {
		require.Equal(t, want, (&Config{ResidentMiB: mib}).streams(small), mib)
	}
	small.Pixels = append(small.Pixels, 0)
	require.True(t, (&Config{ResidentMiB: 1}).streams(small))
}

// TestStreamSendsWhatIsAskedFor reads the batches back: row by row the picture of the index, each picture once.
func TestStreamSendsWhatIsAskedFor(t *testing.T) {
	pictures := someEmoji(500)
	size := pictures.Height * pictures.Width * pictures.Channels
	for name, c := range map[string]struct {
		positives Pairing
		views     int
		unique    int // pictures sent
	}{
		"views of one picture": {SameImage, 2, 20},
		"six views":            {SameImage, 6, 20},
		"two artists":          {SameItem, 2, 40},
	} {
		s := newStream(testbackend.New(t), pictures, newSampler(pictures, &Config{BatchSize: 20, Seed: 3, Positives: c.positives}, c.views, func() int { return 4 }))
		step := 4
		for batch, err := range s.Iter() {
			require.NoError(t, err, name)
			indices, rows := values[int32](t, batch.Inputs[0]), values[int32](t, batch.Inputs[1])
			pixels := values[uint8](t, batch.Inputs[2])
			require.Equal(t, []int{c.unique, pictures.Height, pictures.Width, pictures.Channels}, batch.Inputs[2].Shape().Dimensions, name)
			require.Equal(t, s.sampler.at(step), indices, name)
			for i, index := range indices {
				require.Equal(t, pictures.Pixels[int(index)*size:int(index+1)*size], pixels[int(rows[i])*size:int(rows[i]+1)*size], name)
			}
			require.NoError(t, batch.Finalize())
			if step++; step == 4+2*len(s.samples)/20 { // over the end of an epoch
				break
			}
		}
	}
}

func values[T uint8 | int32](t *testing.T, x *tensors.Tensor) []T {
	t.Helper()
	all, err := tensors.CopyFlatData[T](x)
	require.NoError(t, err)
	return all
}

// TestStreamEnds leaves loops over a stream early, at every place where the goroutine that prefetches can stand.
func TestStreamEnds(t *testing.T) {
	pictures := someEmoji(64)
	for taken := range 4 {
		s := newStream(testbackend.New(t), pictures, newSampler(pictures, &Config{BatchSize: 8, Seed: 3}, 2, func() int { return 0 }))
		for batch, err := range s.Iter() {
			require.NoError(t, err)
			require.NoError(t, batch.Finalize())
			if taken--; taken < 0 {
				break
			}
		}
		requireNoStream(t)
	}
}

// requireNoStream fails while a goroutine of a stream is alive.
func requireNoStream(t *testing.T) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	require.NotContains(t, string(stacks[:runtime.Stack(stacks, true)]), "(*stream)")
}

// BenchmarkStep measures whole training steps with pictures on the device and sent batch by batch, 256 emoji in two
// views: with almost no encoder, where sending shows most, and with the lab's own.
func BenchmarkStep(b *testing.B) {
	pictures := datasets.MustOpen("emoji").Train()
	for _, network := range []encoder.Encoder{testEncoder{}, encoder.SmallResNet{Width: 16}} {
		for _, way := range []struct {
			name string
			mib  int
		}{{"resident", 0}, {"streamed", -1}} {
			b.Run(fmt.Sprintf("%s/%s", network.Name(), way.name), func(b *testing.B) {
				config := tiny("")
				config.Encoder, config.BatchSize, config.LogEvery, config.ResidentMiB = network, 256, 1, way.mib
				config.Steps = b.N + 1
				config.OnRecord = func(r Record) {
					if r.Step == 1 { // compiled
						b.ResetTimer()
					}
				}
				_, err := Pretrain(testbackend.New(b), pictures, config)
				require.NoError(b, err)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
			})
		}
	}
}
