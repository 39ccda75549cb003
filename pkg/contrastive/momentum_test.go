package contrastive

import (
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// denseHead is one layer to be learned.
type denseHead struct{}

func (denseHead) Name() string                              { return "dense" }
func (denseHead) Project(scope *model.Scope, h *Node) *Node { return layers.Dense(scope, h, true, 5) }

// randomViews are n pictures of 2×3 pixels of one channel.
func randomViews(rng *rand.Rand, n int) (pictures [][][][]float32, rows [][]float64) {
	for range n {
		var picture [][][]float32
		var row []float64
		for range 2 {
			var line [][]float32
			for range 3 {
				x := float32(rng.NormFloat64())
				line, row = append(line, []float32{x}), append(row, float64(x))
			}
			picture = append(picture, line)
		}
		pictures, rows = append(pictures, picture), append(rows, row)
	}
	return pictures, rows
}

// TestMoCoAgainstTheOracle follows the loss for seven steps, in which the queue fills up and goes round twice, beside plain loops:
// while it fills, only real keys are candidates; a query never meets the keys of its own step but its own; the oldest keys go first.
func TestMoCoAgainstTheOracle(t *testing.T) {
	const batch, temperature = 3, 0.2
	for name, method := range map[string]MoCo{
		"one way":   {Temperature: temperature, Momentum: 0.5, QueueLength: 3 * batch, Splits: 1},
		"symmetric": {Temperature: temperature, Momentum: 0.5, QueueLength: 3 * 2 * batch, Splits: 3, Symmetric: true},
	} {
		t.Run(name, func(t *testing.T) {
			config := Config{Method: method, Encoder: asIs{}, Head: encoder.NoHead{}, BatchSize: batch}
			exec, err := model.NewExec(testbackend.New(t), model.NewStore(), func(scope *model.Scope, a, b, done *Node) *Node {
				return method.Step(&Step{Config: &config, Views: []*Node{a, b}, Done: done, Total: 7, root: scope}).Loss
			})
			require.NoError(t, err)
			rng := rand.New(rand.NewPCG(3, 3))
			var queue [][]float64
			for step := range 7 {
				a, q := randomViews(rng, batch)
				b, k := randomViews(rng, batch)
				if method.Symmetric {
					q, k = slices.Concat(q, k), slices.Concat(k, q)
				}
				out, err := exec.Call(a, b, float32(step))
				require.NoError(t, err)
				want := oracle.InfoNCEQueue(q, k, queue, temperature)
				if method.Symmetric {
					want *= 2 // the sum of both directions
				}
				require.InDelta(t, want, out[0].Value().(float32), 2e-5, "step %d, %d keys queued", step, len(queue))
				require.Equal(t, step == 0, want == 0, "an empty queue holds no negatives")
				queue = append(queue, k...)
				queue = queue[max(0, len(queue)-method.QueueLength):]
			}
		})
	}
}

// TestKeysGetNoGradient: the derivative of the loss by everything that a momentum encoder is made of is exactly 0, while that
// by what learns is not; and halfway through a run its momentum is that of the schedule.
func TestKeysGetNoGradient(t *testing.T) {
	const m, batch = 0.9, 4
	rng := rand.New(rand.NewPCG(5, 5))
	a, _ := randomViews(rng, batch)
	b, _ := randomViews(rng, batch)
	for name, c := range map[string]struct {
		method Method
		moves  float64 // 1 − momentum at the middle step
	}{
		"moco":             {MoCo{Momentum: m, QueueLength: 8}, 1 - m},
		"moco, symmetric":  {MoCo{Momentum: m, QueueLength: 8, Symmetric: true, RisingMomentum: true}, (1 - m) / 2},
		"moco_v3":          {MoCoV3{Momentum: m}, (1 - m) / 2},
		"moco_v3 constant": {MoCoV3{Momentum: m, ConstantMomentum: true}, 1 - m},
		"byol":             {BYOL{Momentum: m}, (1 - m) / 2},
		"moco, m = 0":      {MoCo{Momentum: Zero, QueueLength: 8}, 1},
		"moco, m = 1":      {MoCo{Momentum: 1, QueueLength: 8}, 0},
		"dino":             {DINO{Momentum: m, Prototypes: 8, LocalViews: -1}, (1 - m) / 2},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := Config{Method: c.method, Encoder: asIs{}, Head: denseHead{}, BatchSize: batch}.WithDefaults()
			require.NoError(t, err)
			store := model.NewStore()
			require.NoError(t, store.SetRNGStateFromSeed(1))
			keys := 0
			exec, err := model.NewExec(testbackend.New(t), store, func(scope *model.Scope, a, b, done *Node) []*Node {
				g := a.Graph()
				store.SetTraining(g, true)
				objective := config.Method.Step(&Step{Config: &config, Views: []*Node{a, b}, Done: done, Total: 10, root: scope})
				online := store.GetVariable("/model/head/dense/weights").NodeValue(g)
				outputs := append(Gradient(objective.Loss, online), online, store.GetVariable("/momentum/head/dense/weights").NodeValue(g))
				keys = 0
				for v := range store.Scope(momentumScope).IterVariables() {
					outputs = append(outputs, Gradient(objective.Loss, v.NodeValue(g))...)
					keys++
				}
				return outputs
			})
			require.NoError(t, err)
			before, err := exec.Call(a, b, float32(5))
			require.NoError(t, err)
			out, err := exec.Call(a, b, float32(5))
			require.NoError(t, err)
			require.GreaterOrEqual(t, keys, 2)
			flat := func(x *tensors.Tensor) []float32 {
				values, err := tensors.CopyFlatData[float32](x)
				require.NoError(t, err)
				return values
			}
			require.NotEqual(t, make([]float32, 30), flat(out[0]), "what learns has a gradient")
			online, was, followed := flat(out[1]), flat(before[2]), flat(out[2])
			for i := range online {
				require.InDelta(t, c.moves*float64(online[i])+(1-c.moves)*float64(was[i]), followed[i], 1e-6)
			}
			require.Len(t, out, 3+keys)
			for _, gradient := range out[3:] {
				require.Equal(t, make([]float32, gradient.Shape().Size()), flat(gradient))
			}
			out, err = exec.Call(a, b, float32(0))
			require.NoError(t, err)
			require.Equal(t, flat(out[1]), flat(out[2]), "at the first step it is a copy, whatever the momentum")
		})
	}
}
