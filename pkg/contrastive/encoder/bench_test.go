//go:build unix

package encoder

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// BenchmarkStep is the forward and backward pass and a plain update for 256 pictures of 32×32, without views, head or loss:
// what an encoder costs. It compiles before it measures. Beside the time on the clock it reports that of the processors,
// which other work on the machine changes less.
func BenchmarkStep(b *testing.B) {
	const batch = 256
	vit := ViT{Patch: 4, Width: 96, Depth: 4, Heads: 3, Pooling: MeanToken, Positions: SineCosine}
	slim := vit
	slim.Width, slim.Depth, slim.Heads = 64, 3, 2
	wide := vit
	wide.Width, wide.Heads = 128, 4
	for _, c := range []struct {
		name    string
		encoder Encoder
	}{
		{"small_resnet16", SmallResNet{Width: 16, Grid: 2}},
		{"small_resnet32", SmallResNet{Width: 32, Grid: 1}},
		{"vit4_64x3", slim},
		{"vit4_96x4", vit},
		{"vit4_128x4", wide},
		{"mlp512x2", MLP{Width: 512, Depth: 2}},
	} {
		b.Run(c.name, func(b *testing.B) {
			store := model.NewStore()
			require.NoError(b, store.SetRNGStateFromSeed(1))
			exec := model.MustNewExec(testbackend.New(b), store, func(scope *model.Scope, x *Node) *Node {
				scope.Store().SetTraining(x.Graph(), true)
				loss := ReduceAllMean(Square(c.encoder.Features(scope, x)))
				var variables []*model.Variable
				var values []*Node
				for v := range scope.IterVariables() {
					if v.Trainable {
						variables, values = append(variables, v), append(values, v.NodeValue(x.Graph()))
					}
				}
				for i, gradient := range Gradient(loss, values...) {
					variables[i].SetNodeValue(Sub(values[i], MulScalar(gradient, 1e-3)))
				}
				return loss
			})
			rng := rand.New(rand.NewPCG(1, 2))
			pixels := make([]float32, batch*32*32*3)
			for i := range pixels {
				pixels[i] = rng.Float32()
			}
			x := tensors.FromFlatDataAndDimensions(pixels, batch, 32, 32, 3)
			exec.MustCall(x)
			begin := processorTime(b)
			b.ResetTimer()
			for range b.N {
				exec.MustCall(x)[0].Value() // reading it waits for it
			}
			b.ReportMetric(float64(batch*b.N)/b.Elapsed().Seconds(), "pictures/s")
			b.ReportMetric((processorTime(b)-begin).Seconds()*1e3/float64(batch*b.N), "cpu-ms/picture")
			b.ReportMetric(float64(learnedIn(store)), "parameters")
		})
	}
}

// processorTime is how long this process has computed so far, on all processors together.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
