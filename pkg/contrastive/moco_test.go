package contrastive

import (
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// asIs is the encoder whose features are the picture.
type asIs struct{}

func (asIs) Name() string                           { return "as_is" }
func (asIs) Features(_ *model.Scope, x *Node) *Node { return Reshape(x, x.Shape().Dimensions[0], -1) }

func someVectors(random *rand.Rand, n, d int) [][]float32 {
	rows := make([][]float32, n)
	for i := range rows {
		for range d {
			rows[i] = append(rows[i], float32(random.NormFloat64()))
		}
	}
	return rows
}

func float64s(rows ...[][]float32) [][]float64 {
	var all [][]float64
	for _, some := range rows {
		for _, row := range some {
			var wide []float64
			for _, x := range row {
				wide = append(wide, float64(x))
			}
			all = append(all, wide)
		}
	}
	return all
}

// TestMoCoSteps runs two steps of the graph on given embeddings and compares the losses with plain loops, in one
// direction and in both, with batch-norm's parts and without: shuffling must not change which key is whose.
func TestMoCoSteps(t *testing.T) {
	const batch, dim, temperature = 6, 5, 0.3
	random := rand.New(rand.NewPCG(1, 2))
	first := [2][][]float32{someVectors(random, batch, dim), someVectors(random, batch, dim)}
	second := [2][][]float32{someVectors(random, batch, dim), someVectors(random, batch, dim)}
	one := oracle.InfoNCEQueue(float64s(second[0]), float64s(second[1]), float64s(first[1]), temperature)
	queue := float64s(first[1], first[0])
	both := oracle.InfoNCEQueue(float64s(second[0]), float64s(second[1]), queue, temperature) +
		oracle.InfoNCEQueue(float64s(second[1]), float64s(second[0]), queue, temperature)
	for _, c := range []struct {
		method MoCo
		want   float64
	}{
		{MoCo{Splits: 1}, one},
		{MoCo{Splits: 3}, one},
		{MoCo{Splits: 3, Symmetric: true}, both},
	} {
		c.method.Temperature, c.method.Momentum, c.method.QueueLength = temperature, 0.9, 4*batch
		config := &Config{Method: c.method, Encoder: asIs{}, Head: encoder.NoHead{}, BatchSize: batch}
		store := model.NewStore()
		step := model.MustNewExec(testbackend.New(t), store, func(scope *model.Scope, a, b, done *Node) *Node {
			images := func(x *Node) *Node { return Reshape(x, batch, 1, dim, 1) }
			return c.method.Step(&Step{Config: config, Views: []*Node{images(a), images(b)}, Done: done, Total: 2, root: scope}).Loss
		})
		require.Equal(t, dtypes.Float32, step.MustCall(first[0], first[1], float32(0))[0].DType())
		got := step.MustCall(second[0], second[1], float32(1))[0].Value().(float32)
		require.InDelta(t, c.want, float64(got), 1e-5, "%+v", c.method)
	}
}

// TestInterleave: a query and its key share few neighbors, and dealing back undoes it.
func TestInterleave(t *testing.T) {
	exec := MustNewExec(testbackend.New(t), func(x *Node) (*Node, *Node) {
		dealt := interleave(x, 4)
		return dealt, interleave(dealt, 3)
	})
	x := make([][]int32, 12)
	for i := range x {
		x[i] = []int32{int32(i)}
	}
	out := exec.MustCall(x)
	require.Equal(t, [][]int32{{0}, {4}, {8}, {1}, {5}, {9}, {2}, {6}, {10}, {3}, {7}, {11}}, out[0].Value())
	require.Equal(t, x, out[1].Value())
}

func TestMoCoQueueOfBothViews(t *testing.T) {
	config := tiny("")
	config.Method = MoCo{QueueLength: 48, Symmetric: true}
	requireRefusal(t, someEmoji(64), config, "queue_length = 48 is not a multiple of twice batch_size = 16; try 32")
}
