package encoder

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// run builds an encoder or head once, in evaluation mode, on ones of the given shape.
func run(t *testing.T, build func(scope *model.Scope, x *Node) *Node, dims ...int) (*model.Store, *tensors.Tensor) {
	t.Helper()
	store := model.NewStore()
	require.NoError(t, store.SetRNGStateFromSeed(1))
	size := 1
	for _, d := range dims {
		size *= d
	}
	values := make([]float32, size)
	for i := range values {
		values[i] = float32(i%17) / 17
	}
	out, err := model.CallOnce(testbackend.New(t), store, func(scope *model.Scope, x *Node) *Node {
		scope.Store().SetTraining(x.Graph(), false)
		return build(scope, x)
	}, tensors.FromFlatDataAndDimensions(values, dims...))
	require.NoError(t, err)
	return store, out
}

// learnedIn counts the trainable numbers.
func learnedIn(store *model.Store) int {
	count := 0
	for v := range store.IterVariables() {
		if v.Trainable {
			count += v.Shape().Size()
		}
	}
	return count
}

func TestSmallResNet(t *testing.T) {
	// Convolutions and two numbers a channel for each batch-norm, written out.
	parameters := func(w int) int {
		count := 3*3*3*w + 2*w // stem
		in := w
		for i, out := range []int{w, 2 * w, 4 * w} {
			count += 9*in*out + 2*out + 9*out*out + 2*out
			if i > 0 {
				count += in*out + 2*out // shortcut
			}
			in = out
		}
		return count
	}
	for _, c := range []struct{ width, grid, side, features int }{{32, 1, 32, 128}, {8, 2, 32, 128}, {4, 4, 32, 256}, {4, 1, 20, 16}} {
		e := SmallResNet{Width: c.width, Grid: c.grid}
		store, h := run(t, e.Features, 2, c.side, c.side, 3)
		require.Equal(t, []int{2, c.features}, h.Shape().Dimensions)
		require.Equal(t, parameters(c.width), learnedIn(store), "%+v", e)
	}
	require.ErrorContains(t, SmallResNet{Grid: 1}.Validate(), "width = 0")
	require.ErrorContains(t, SmallResNet{Width: 4, Grid: -1}.Validate(), "grid = -1")
}

func TestGridIsWhereThingsAre(t *testing.T) {
	store, _ := run(t, func(_ *model.Scope, x *Node) *Node { return poolGrid(x, 2) }, 1, 4, 4, 1)
	require.Zero(t, learnedIn(store))
	values := []float32{
		1, 1, 2, 2,
		1, 1, 2, 2,
		3, 3, 4, 4,
		3, 3, 4, 8,
	}
	pool := func(grid int) []float32 {
		exec := MustNewExec(testbackend.New(t), func(x *Node) *Node { return poolGrid(x, grid) })
		return tensors.MustCopyFlatData[float32](exec.MustCall(tensors.FromFlatDataAndDimensions(values, 1, 4, 4, 1))[0])
	}
	require.Equal(t, []float32{1, 2, 3, 5}, pool(2))
	require.Equal(t, []float32{2.75}, pool(1))
	require.Panics(t, func() { pool(3) })
}

// TestSharedWeights: a second call in the same scope makes no new variables and computes the same.
func TestSharedWeights(t *testing.T) {
	e := SmallResNet{Width: 4, Grid: 1}
	once, _ := run(t, e.Features, 3, 16, 16, 3)
	twice, difference := run(t, func(scope *model.Scope, x *Node) *Node {
		return ReduceAllMax(Abs(Sub(e.Features(scope.At("same"), x), e.Features(scope.At("same"), x))))
	}, 3, 16, 16, 3)
	require.Equal(t, learnedIn(once), learnedIn(twice))
	require.Zero(t, difference.Value().(float32))
}

func TestHeads(t *testing.T) {
	for _, c := range []struct {
		head   Head
		dim    int
		params int
	}{
		{MLPHead{Hidden: 10, Layers: 2, Dim: 6}, 6, 8*10 + 2*10 + 10*6 + 6},
		{MLPHead{Hidden: 10, Layers: 3, Dim: 6, NormalizeOutput: true}, 6, 8*10 + 2*10 + 10*10 + 2*10 + 10*6 + 2*6},
		{MLPHead{Hidden: 1, Layers: 1, Dim: 5}, 5, 8*5 + 5},
		{NoHead{}, 8, 0},
	} {
		store, z := run(t, c.head.Project, 4, 8)
		require.Equal(t, []int{4, c.dim}, z.Shape().Dimensions)
		require.Equal(t, c.params, learnedIn(store), "%+v", c.head)
	}
	require.ErrorContains(t, MLPHead{Hidden: 4, Layers: 0, Dim: 2}.Validate(), "layers = 0")
}
