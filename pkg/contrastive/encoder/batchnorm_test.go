package encoder

import (
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// Batch-norm in parts gives each part what it gets alone, the gradient included, and keeps averages over the parts; in one
// part it is GoMLX's own, step after step.
func TestNormalizeInParts(t *testing.T) {
	const parts, rows, side, channels = 3, 4, 2, 5
	random := rand.New(rand.NewPCG(1, 2))
	numbers := make([]float32, parts*rows*side*side*channels)
	for i := range numbers {
		numbers[i] = float32(random.NormFloat64()*2 + float64(i%7))
	}
	x := tensors.FromFlatDataAndDimensions(numbers, parts*rows, side, side, channels)

	// run normalizes twice, so that averages move twice, and returns the last output and gradient.
	run := func(store *model.Store, x *tensors.Tensor, in int, ours bool) (y, grad []float32) {
		exec := model.MustNewExec(testbackend.New(t), store, func(scope *model.Scope, x *Node) []*Node {
			store.SetTraining(x.Graph(), true)
			NormalizeInParts(store, x.Graph(), in)
			var y *Node
			if ours {
				y = partedBatchNorm(scope.At(norm.BatchNormalizationScopeName), x, in)
			} else {
				y = batchNorm(scope, x)
			}
			return []*Node{y, Gradient(ReduceAllSum(Mul(y, Sin(x))), x)[0]}
		})
		for range 2 {
			out := exec.MustCall(x)
			y, grad = tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
		}
		return y, grad
	}
	average := func(store *model.Store, name string) []float32 {
		v := store.GetVariable("/" + norm.BatchNormalizationScopeName + "/" + name)
		require.NotNil(t, v)
		return tensors.MustCopyFlatData[float32](v.MustValue())
	}

	together := model.NewStore()
	y, grad := run(together, x, parts, false)
	part := len(numbers) / parts
	means := make([]float64, channels)
	for p := range parts {
		alone := model.NewStore()
		one := tensors.FromFlatDataAndDimensions(numbers[p*part:(p+1)*part], rows, side, side, channels)
		wantY, wantGrad := run(alone, one, 1, false)
		require.InDeltaSlice(t, wantY, y[p*part:(p+1)*part], 1e-5)
		require.InDeltaSlice(t, wantGrad, grad[p*part:(p+1)*part], 1e-4)
		for c, m := range average(alone, "mean") {
			means[c] += float64(m) / parts
		}
	}
	require.InDeltaSlice(t, means, average(together, "mean"), 1e-5)

	ours, gomlx := model.NewStore(), model.NewStore()
	wantY, wantGrad := run(gomlx, x, 1, false)
	y, grad = run(ours, x, 1, true)
	require.InDeltaSlice(t, wantY, y, 1e-5)
	require.InDeltaSlice(t, wantGrad, grad, 1e-4)
	for _, name := range []string{"mean", "variance", "avg_weight", "scale", "offset"} {
		require.InDeltaSlice(t, average(gomlx, name), average(ours, name), 1e-5, name)
	}
}
