package contrastive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// withoutQueue is [MoCo] whose negatives are the other keys of the batch.
type withoutQueue struct{}

func (withoutQueue) Name() string { return "without_queue" }
func (withoutQueue) Step(s *Step) Objective {
	q := s.Embed(s.Views[0])[0]
	s.Follow(Scalar(s.Graph(), dtypes.Float32, 0.99))
	k := s.EmbedByMomentum(s.Views[1])[0]
	return Objective{Loss: loss.InfoNCE(q, k, 0.2), A: q, B: k}
}

// BenchmarkMoCoQueue is what a queue of 4,096 keys costs a training step. The two runs take turns, step by step, so that whatever
// else the machine does meets both alike; ratio is the median over the pairs of steps.
//
//	go test ./pkg/contrastive -run xxx -bench MoCoQueue -benchtime 50x
func BenchmarkMoCoQueue(b *testing.B) {
	for _, e := range []encoder.SmallResNet{{Width: 32, Grid: 1}, {Width: 16, Grid: 2}} { // its default; that of lab train on emoji
		b.Run(fmt.Sprintf("width=%d", e.Width), func(b *testing.B) { benchmarkQueue(b, e) })
	}
}

func benchmarkQueue(b *testing.B, e encoder.Encoder) {
	withQueue, stopWith := stepByStep(b, e, MoCo{QueueLength: 4096})
	defer stopWith()
	without, stopWithout := stepByStep(b, e, withoutQueue{})
	defer stopWithout()
	var ratios, queued, plain []float64
	for b.Loop() {
		var x, y float64
		if len(ratios)%2 == 0 {
			x, y = withQueue(), without()
		} else {
			y, x = without(), withQueue()
		}
		ratios, queued, plain = append(ratios, x/y), append(queued, x), append(plain, y)
	}
	median := func(x []float64) float64 {
		slices.Sort(x)
		return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(1000*median(queued), "ms/step-4096")
	b.ReportMetric(1000*median(plain), "ms/step-without")
}

// stepByStep trains with a method, a step at each call of step, which returns its seconds.
func stepByStep(b *testing.B, e encoder.Encoder, method Method) (step func() float64, stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	turn, finished, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	config := Config{
		Method: method, Encoder: e, Augment: augment.Emoji(),
		Steps: 1 << 20, LogEvery: 1, Quiet: true,
		OnRecord: func(Record) {
			select {
			case finished <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case <-turn:
			case <-ctx.Done():
			}
		},
	}
	backend, pictures := testbackend.New(b), someEmoji(4984)
	go func() {
		_, err := PretrainContext(ctx, backend, pictures, config)
		ended <- err
		cancel()
	}()
	wait := func() {
		select {
		case <-finished:
		case <-ctx.Done():
			b.Fatal(<-ended)
		}
	}
	wait() // the first step compiles
	step = func() float64 {
		start := time.Now()
		turn <- struct{}{}
		wait()
		return time.Since(start).Seconds()
	}
	step()
	return step, func() {
		cancel()
		if err := <-ended; !errors.Is(err, ErrInterrupted) {
			b.Error(err)
		}
	}
}
