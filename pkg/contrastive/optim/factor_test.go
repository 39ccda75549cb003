package optim

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// A factor multiplies the learning rate of the parameters that it is for, and of no other.
func TestFactorOfAParameter(t *testing.T) {
	store := model.NewStore()
	bound := &Bound{Optimizer: SGD{LearningRate: 0.1, Momentum: 0.5}, BatchSize: 256, TotalSteps: 1000, Trainable: "/model",
		Factor: func(v *model.Variable) float64 {
			if v.Path() == "/model/slow" {
				return 0.25
			}
			return 1
		}}
	exec := model.MustNewExec(testbackend.New(t), store, func(scope *model.Scope, one *Node) []*Node {
		slow := store.Scope("/model").VariableWithValue("slow", float32(3))
		fast := store.Scope("/model").VariableWithValue("fast", float32(3))
		// The loss is 2 slow + 2 fast, whose gradient is 2 wherever they are.
		bound.UpdateGraph(scope, one.Graph(), MulScalar(Add(slow.NodeValue(one.Graph()), fast.NodeValue(one.Graph())), 2))
		rate, _ := scope.GetGraphParam(one.Graph(), RateGraphParam)
		return []*Node{slow.NodeValue(one.Graph()), fast.NodeValue(one.Graph()), rate.(*Node)}
	})
	slow, fast, velocity := 3.0, 3.0, 0.0
	for range 3 {
		out := exec.MustCall(float32(1))
		velocity = 0.5*velocity + 2
		rate := float64(out[2].Value().(float32))
		require.Positive(t, rate)
		slow, fast = slow-0.25*rate*velocity, fast-rate*velocity
		require.InDelta(t, slow, out[0].Value().(float32), 1e-5)
		require.InDelta(t, fast, out[1].Value().(float32), 1e-5)
	}
}
