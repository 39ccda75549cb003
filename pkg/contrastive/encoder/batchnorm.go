package encoder

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/norm"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// The field's constants (PyTorch's: ε = 1e-5, running averages with 0.9 of the old value), not GoMLX's defaults (1e-3,
// 0.99), whose averages lag too far behind in runs of a few hundred steps.
const (
	normEpsilon  = 1e-5
	normMomentum = 0.9
)

// normParts is the graph's parameter of [NormalizeInParts].
const normParts = "batch_norm_parts"

// NormalizeInParts makes the batch-norms that are built into the graph from here on, in training, take their statistics
// from each of so many equal parts of the rows by itself, as so many GPUs would; 1 is the whole batch again. Part i holds
// rows i·N/parts to (i+1)·N/parts. The averages that are kept for later are those over the parts.
func NormalizeInParts(store *model.Store, g *Graph, parts int) {
	store.Scope(model.RootScopePath).SetGraphParam(g, normParts, parts)
}

// batchNorm normalizes every channel of x [N, ..., C].
func batchNorm(scope *model.Scope, x *Node) *Node {
	if parts := model.GetGraphParamOr(scope, x.Graph(), normParts, 1); parts > 1 && scope.IsTraining(x.Graph()) {
		return ConvertDType(partedBatchNorm(scope.At(norm.BatchNormalizationScopeName), float32s(x), parts), x.DType())
	}
	return ConvertDType(norm.BatchNorm(scope, float32s(x), -1).Epsilon(normEpsilon).Momentum(normMomentum).Done(), x.DType())
}

// partedBatchNorm is GoMLX's batch-norm in training, with the same variables, for several parts in one operation: a
// channel of a part is a channel.
func partedBatchNorm(scope *model.Scope, x *Node, parts int) *Node {
	g, d := x.Graph(), x.Shape().Dimensions
	rank := len(d)
	rows, channels := d[0], d[rank-1]
	if rows%parts != 0 {
		exceptions.Panicf("encoder: %d rows cannot be cut into %d equal parts for batch-norm", rows, parts)
	}
	shape := shapes.Make(dtypes.Float32, channels)
	variable := func(name string, init model.VariableInitializer) *model.Variable {
		return scope.WithInitializer(init).VariableWithShape(name, shape)
	}
	scale := variable("scale", initializer.One).SetTrainable(true)
	offset := variable("offset", initializer.Zero).SetTrainable(true)
	mean := variable("mean", initializer.Zero).SetTrainable(false)
	variance := variable("variance", initializer.One).SetTrainable(false)
	weight := variable("avg_weight", initializer.Zero).SetTrainable(false)
	scope.Store().Scope(model.RootScopePath).SetParam(norm.AveragesUpdatesTriggerParam, true)

	// [parts·n, ..., C] → [n, ..., parts·C]
	there, back := make([]int, 0, rank+1), make([]int, 0, rank+1)
	for axis := 1; axis < rank; axis++ {
		there = append(there, axis)
	}
	there = append(there, 0, rank)
	back = append(back, rank-1)
	for axis := range rank - 1 {
		back = append(back, axis)
	}
	back = append(back, rank)
	split := append([]int{parts, rows / parts}, d[1:]...)
	together := append([]int{rows / parts}, d[1:]...)
	together[rank-1] *= parts
	apart := append(append([]int{rows / parts}, d[1:rank-1]...), parts, channels)

	repeated := func(v *model.Variable) *Node {
		return Reshape(BroadcastToDims(ExpandAxes(v.NodeValue(g), 0), parts, channels), parts*channels)
	}
	y := Reshape(TransposeAllAxes(Reshape(x, split...), there...), together...)
	y, means, variances := InternalBatchNormForTraining(y, repeated(scale), repeated(offset), normEpsilon, rank-1)

	seen := OnePlus(weight.NodeValue(g))
	weight.SetNodeValue(seen)
	old := MinScalar(OneMinus(Reciprocal(seen)), normMomentum) // the first averages are plain means
	for _, average := range []struct {
		of  *model.Variable
		now *Node
	}{{mean, means}, {variance, variances}} {
		now := StopGradient(ReduceMean(Reshape(average.now, parts, channels), 0))
		average.of.SetNodeValue(Add(Mul(old, average.of.NodeValue(g)), Mul(OneMinus(old), now)))
	}
	return Reshape(TransposeAllAxes(Reshape(y, apart...), back...), d...)
}
