package encoder

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/internal/testbackend"
)

func TestTokenize(t *testing.T) {
	require.Equal(t, []int32{'p' + 1, 'i' + 1, ' ' + 1, 'z' + 1, 0, 0}, Tokenize(" Pi \t Z", 6))
	require.Equal(t, []int32{0xE6 + 1, 0x8A + 1, 0xAB + 1, 0, 0}, Tokenize("披萨", 5), "a character is kept whole or left out")
	require.Equal(t, []int32{0xE6 + 1, 0x8A + 1, 0xAB + 1, 0xE8 + 1, 0x90 + 1, 0xA8 + 1}, Tokenize("披萨", 6))
	require.Equal(t, make([]int32, 4), Tokenize("", 4))
	require.Len(t, Tokenize(strings.Repeat("x", 1000), 7), 7)
}

// texts are n tokenized lines of one length.
func texts(length int, lines ...string) *tensors.Tensor {
	var flat []int32
	for _, line := range lines {
		flat = append(flat, Tokenize(line, length)...)
	}
	return tensors.FromFlatDataAndDimensions(flat, len(lines), length)
}

// textFeatures runs e on the store's variables.
func textFeatures(t *testing.T, store *model.Store, e TextTransformer, training bool, tokens *tensors.Tensor) [][]float32 {
	t.Helper()
	out, err := model.CallOnce(testbackend.New(t), store, func(scope *model.Scope, tokens *Node) *Node {
		scope.Store().SetTraining(tokens.Graph(), training)
		return e.Features(scope.Store().Scope("/text"), tokens)
	}, tokens)
	require.NoError(t, err)
	return out.Value().([][]float32)
}

func smallText(t *testing.T) (TextTransformer, *model.Store) {
	t.Helper()
	e, err := registry.WithDefaults(TextTransformer{Width: 16, Layers: 1, Heads: 2, Length: 24})
	require.NoError(t, err)
	require.NoError(t, e.Validate())
	store := model.NewStore()
	require.NoError(t, store.SetRNGStateFromSeed(3))
	return e, store
}

func closeTo(t *testing.T, want, got []float32, tolerance float64) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.InDelta(t, want[i], got[i], tolerance)
	}
}

func TestTextFeatures(t *testing.T) {
	e, store := smallText(t)
	lines := []string{"pizza", "披萨", "a slice of pizza", "x"}
	h := textFeatures(t, store, e, false, texts(24, lines...))
	require.Len(t, h, 4)
	require.Len(t, h[0], 16)
	require.NotEqual(t, h[0], h[1])
	require.Equal(t, h, textFeatures(t, store, e, false, texts(24, lines...)), "nothing is random without dropout")

	// Fewer zeros at the end, down to none and to a single token, change nothing.
	for length, line := range map[int]string{5: lines[0], 1: lines[3]} {
		got := textFeatures(t, store, e, false, texts(length, line))
		for i, other := range lines {
			if other == line {
				closeTo(t, h[i], got[0], 1e-5)
			}
		}
	}
	// A text's features do not depend on its place in the batch or on its neighbors there.
	permuted := textFeatures(t, store, e, false, texts(24, lines[2], lines[0], lines[3], lines[1]))
	for i, from := range []int{2, 0, 3, 1} {
		closeTo(t, h[from], permuted[i], 1e-5)
	}
	// The order of the bytes matters.
	mirrored := textFeatures(t, store, e, false, texts(24, "azzip"))
	difference := 0.0
	for i := range mirrored[0] {
		difference += math.Abs(float64(mirrored[0][i] - h[0][i]))
	}
	require.Greater(t, difference, 0.1)
	// Nothing to read is no NaN.
	require.Equal(t, make([]float32, 16), textFeatures(t, store, e, false, texts(24, ""))[0])
}

func TestTextDropoutActsInTrainingOnly(t *testing.T) {
	e, store := smallText(t)
	twice := texts(24, "red heart", "red heart")
	plain := textFeatures(t, store, e, false, twice)
	closeTo(t, plain[0], plain[1], 1e-6)
	dropped := textFeatures(t, store, e, true, twice)
	require.NotEqual(t, dropped[0], dropped[1], "each row has a mask of its own")
	e.Dropout = 1e-300
	still := textFeatures(t, store, e, true, twice)
	closeTo(t, plain[0], still[0], 1e-5)
}

func TestTextGradientReachesEveryVariable(t *testing.T) {
	e, store := smallText(t)
	var names []string
	norms, err := model.CallOnceN(testbackend.New(t), store, func(scope *model.Scope, tokens *Node) []*Node {
		scope.Store().SetTraining(tokens.Graph(), false)
		root := scope.Store().Scope("/text")
		h := e.Features(root, tokens)
		// A layer-norm's output sums to a constant; its squares weighed by place do not.
		loss := ReduceAllSum(Mul(Square(h), IotaFull(h.Graph(), h.Shape())))
		var values []*Node
		for v := range root.IterVariables() {
			names = append(names, v.Path())
			values = append(values, v.NodeValue(h.Graph()))
		}
		var sums []*Node
		for _, gradient := range Gradient(loss, values...) {
			sums = append(sums, ReduceAllSum(Abs(gradient)))
		}
		return sums
	}, texts(24, "red heart", "红心"))
	require.NoError(t, err)
	require.Len(t, norms, 18)
	for i, sum := range norms {
		require.Greater(t, sum.Value().(float32), float32(0), names[i])
	}
}

func TestTextTransformerRefuses(t *testing.T) {
	e, store := smallText(t)
	for want, change := range map[string]func(*TextTransformer){
		"heads = 3":   func(e *TextTransformer) { e.Heads = 3 },
		"layers = -1": func(e *TextTransformer) { e.Layers = -1 },
		"length = 2":  func(e *TextTransformer) { e.Length = 2 },
		"reach = 24":  func(e *TextTransformer) { e.Reach = 24 },
		"dropout = 1": func(e *TextTransformer) { e.Dropout = 1 },
	} {
		broken := e
		change(&broken)
		require.ErrorContains(t, broken.Validate(), want)
	}
	_, err := model.CallOnce(testbackend.New(t), store, func(scope *model.Scope, tokens *Node) *Node {
		return e.Features(scope.Store().Scope("/text"), tokens)
	}, texts(25, "too long"))
	require.ErrorContains(t, err, fmt.Sprintf("positions for %d", e.Length))
}
