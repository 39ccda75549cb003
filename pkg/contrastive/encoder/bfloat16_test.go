package encoder

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// net is a network in float32 or bfloat16.
type net func(bfloat16 bool) func(scope *model.Scope, x *Node) *Node

// bfloat16Nets are all encoders; for the residual networks, whose compiling takes long, all that they are made of.
var bfloat16Nets = map[string]net{
	"small_resnet": func(b bool) func(*model.Scope, *Node) *Node {
		return SmallResNet{Width: 8, Grid: 2, BFloat16: b}.Features
	},
	"resnet": func(b bool) func(*model.Scope, *Node) *Node {
		return func(scope *model.Scope, x *Node) *Node {
			x = ResNet18{BFloat16: b}.begin(scope.At("stem"), x)
			x = bottleneck(scope.At("a"), x, 8, 2, false)
			return ReduceMean(float32s(basicBlock(scope.At("b"), x, 32, 1, false)), 1, 2)
		}
	},
	"vit": func(b bool) func(*model.Scope, *Node) *Node {
		return ViT{Patch: 4, Width: 16, Depth: 2, Heads: 2, BFloat16: b}.Features
	},
	"mlp": func(b bool) func(*model.Scope, *Node) *Node { return MLP{Width: 16, Depth: 2, BFloat16: b}.Features },
}

// TestBFloat16IsClose: with the same weights h is float32's up to bfloat16's eight bits, and so is the gradient's
// direction as far as batch-norm over so few pixels lets it be; what is stored is float32.
func TestBFloat16IsClose(t *testing.T) {
	for name, n := range bfloat16Nets {
		var pairs []*model.Variable
		store, out := run(t, func(scope *model.Scope, x *Node) *Node {
			g := x.Graph()
			scope.Store().SetTraining(g, true)
			scope = scope.At("net")
			h, rough := n(false)(scope, x), n(true)(scope, x)
			require.Equal(t, h.Shape(), rough.Shape())
			for v := range scope.IterVariables() {
				if v.Trainable {
					pairs = append(pairs, v)
				}
			}
			values := make([]*Node, len(pairs))
			for i, v := range pairs {
				values[i] = v.NodeValue(g)
			}
			// A loss that every feature matters to differently.
			weigh := func(h *Node) *Node { return ReduceAllMean(Mul(h, Sin(IotaFull(g, h.Shape())))) }
			exact, loose := Gradient(weigh(h), values...), Gradient(weigh(rough), values...)
			zero := ScalarZero(g, dtypes.Float32)
			dot, exact2, loose2 := zero, zero, zero
			for i := range exact {
				require.Equal(t, dtypes.Float32, loose[i].DType())
				dot = Add(dot, ReduceAllSum(Mul(exact[i], loose[i])))
				exact2, loose2 = Add(exact2, ReduceAllSum(Square(exact[i]))), Add(loose2, ReduceAllSum(Square(loose[i])))
			}
			difference := Div(Sqrt(ReduceAllMean(Square(Sub(h, rough)))), Sqrt(ReduceAllMean(Square(h))))
			return Stack([]*Node{difference, Div(dot, Sqrt(Mul(exact2, loose2))), Div(Sqrt(loose2), Sqrt(exact2))}, 0)
		}, 8, 16, 16, 3)
		result := tensors.MustCopyFlatData[float32](out)
		t.Logf("%s: h differs by %.4f of its length, the gradient's cosine is %.5f, its length %.4f times float32's", name, result[0], result[1], result[2])
		require.Less(t, result[0], float32(0.03), name)
		require.NotZero(t, result[0], "%s: nothing was computed in bfloat16", name)
		require.Greater(t, result[1], float32(0.95), name)
		require.InDelta(t, 1, result[2], 0.1, name)
		for v := range store.IterVariables() {
			if v.Shape().DType.IsFloat() {
				require.Equal(t, dtypes.Float32, v.Shape().DType, v.Path())
			}
		}
	}
}

// TestBFloat16Graph: in the graph of a training step, products and only they are bfloat16; what sums up or takes an
// exponential is float32.
func TestBFloat16Graph(t *testing.T) {
	products := map[NodeType]bool{NodeTypeConvGeneral: true, NodeTypeDotGeneral: true}
	sums := map[NodeType]bool{NodeTypeReduceSum: true, NodeTypeExp: true, NodeTypeSqrt: true, NodeTypeDiv: true, NodeTypeErf: true,
		NodeTypeBatchNormForTraining: true, NodeTypeBatchNormGradient: true}
	for name, n := range bfloat16Nets {
		g := NewGraph(testbackend.New(t), name)
		store := model.NewStore()
		store.SetTraining(g, true)
		h := n(true)(store.Scope("/net"), Parameter(g, "x", shapes.Make(dtypes.Float32, 4, 16, 16, 3)))
		require.Equal(t, dtypes.Float32, h.DType())
		var values []*Node
		for v := range store.IterVariables() {
			if v.Trainable {
				values = append(values, v.NodeValue(g))
			}
		}
		Gradient(ReduceAllMean(Square(h)), values...)
		seen := 0
		for _, node := range g.Nodes() {
			switch {
			case products[node.Type()]:
				require.Equal(t, dtypes.BFloat16, node.DType(), "%s: %s", name, node)
				seen++
			case sums[node.Type()] && node.NumOutputs() == 1:
				require.Equal(t, dtypes.Float32, node.DType(), "%s: %s", name, node)
			case sums[node.Type()]:
				require.Equal(t, dtypes.Float32, node.Inputs()[0].DType(), "%s: %s", name, node)
			}
		}
		require.Greater(t, seen, 5, name)
		g.Finalize()
	}
}

// TestBatchNormStatisticsOfBFloat16: mean and variance are those of the rounded numbers to float32's accuracy, where
// sums in bfloat16 would stop growing after 256 of them.
func TestBatchNormStatisticsOfBFloat16(t *testing.T) {
	const rows = 4096
	store, _ := run(t, func(scope *model.Scope, x *Node) *Node {
		scope.Store().SetTraining(x.Graph(), true)
		return batchNorm(scope, lower(AddScalar(x, 3), true))
	}, rows, 1)
	mean, variance := 0.0, 0.0
	value := func(i int) float64 { // rounded to 8 bits: between 2 and 4 that is in steps of 1/64
		return math.RoundToEven((float64(float32(i%17)/17)+3)*64) / 64
	}
	for i := range rows {
		mean += value(i) / rows
	}
	for i := range rows {
		variance += (value(i) - mean) * (value(i) - mean) / rows
	}
	got := func(name string) float64 {
		return float64(tensors.MustCopyFlatData[float32](store.GetVariable("/batch_normalization/" + name).MustValue())[0])
	}
	require.InDelta(t, mean, got("mean"), 1e-5)
	require.InDelta(t, variance, got("variance"), 1e-4)
}
