package encoder

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// tokenCount is how many tokens there are: 0 for padding and one for each value of a byte.
const tokenCount = 257

// Tokenize turns text into length tokens: byte b of its UTF-8 form becomes b+1, and 0 fills the end. Upper case
// becomes lower, and runs of white space one space. A text with more bytes is cut after the last whole character that fits.
//
// Bytes rather than characters, because then there is no vocabulary to build and to keep with a run, and no text
// holds anything unknown: Chinese, English and what never occurred in training all have a token sequence of their
// own. The price is length, three tokens for a Chinese character, which names of a few characters can pay.
func Tokenize(text string, length int) []int32 {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	for len(text) > length {
		_, last := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-last]
	}
	tokens := make([]int32, length)
	for i := range len(text) {
		tokens[i] = int32(text[i]) + 1
	}
	return tokens
}

// TextTransformer turns short texts into features, trained from nothing: a Transformer encoder (Vaswani et al. 2017,
// sec. 3.1) over the bytes that [Tokenize] gives, with the layer-norm before each sublayer (Xiong et al. 2020) and
// the mean over the text's own tokens at the end:
//
//	x ← x + attention(norm(x))        x ← x + W₂ gelu(W₁ norm(x))        h = mean of norm(x) over tokens ≠ 0
//
// Before the first layer each token is mixed with its neighbors, by one matrix on what lies within Reach of it: the
// three bytes of a Chinese character, or the letters of a syllable, so reach the attention as one.
//
// Padding changes nothing: h of a text is the same whatever number of zeros follow.
type TextTransformer struct {
	// Width is D, the features of a token and of the text. Zero means 64.
	Width int `json:"width" default:"64" help:"features of a token and of the text"`
	// Layers counts the Transformer's layers. Zero means 2.
	Layers int `json:"layers" default:"2" help:"the Transformer's layers"`
	// Heads counts the attention heads of a layer; it divides Width. Zero means 4.
	Heads int `json:"heads" default:"4" help:"attention heads of a layer; divides width"`
	// Length is the most tokens that a text can have: 32 bytes are 32 English letters or 10 Chinese characters. Zero means 32.
	Length int `json:"length" default:"32" help:"most bytes of a text"`
	// Reach is how far to each side a token sees before the first layer. Zero means 2.
	Reach int `json:"reach" default:"2" help:"tokens to each side seen before the first layer"`
	// Dropout is the share of features set to 0 while training, after the embedding and every sublayer (their sec. 5.4).
	// All tokens of a text lose the same features (Gal and Ghahramani 2016): masks of their own would average out in the
	// mean over tokens, and their random numbers would cost several times what the network does. Zero means 0.1; a value
	// too small to matter, such as contrastive.Zero, is none.
	Dropout float64 `json:"dropout" default:"0.1" help:"share of features dropped while training"`
}

// Validate says which field is impossible, if any.
func (e TextTransformer) Validate() error {
	switch {
	case e.Width < 1 || e.Layers < 1 || e.Heads < 1 || e.Width%e.Heads != 0:
		return fmt.Errorf("text encoder: width = %d, layers = %d, heads = %d: each must be at least 1, and heads divide width", e.Width, e.Layers, e.Heads)
	case e.Length < 4:
		return fmt.Errorf("text encoder: length = %d: at least 4 tokens are needed, the bytes of one character", e.Length)
	case e.Reach < 1 || e.Reach >= e.Length:
		return fmt.Errorf("text encoder: reach = %d: it must be at least 1 and less than length = %d", e.Reach, e.Length)
	case !(e.Dropout >= 0 && e.Dropout < 1):
		return fmt.Errorf("text encoder: dropout = %g: it must be at least 0 and less than 1", e.Dropout)
	}
	return nil
}

// Features builds the graph tokens → h: tokens [N, L], integers, 1 ≤ L ≤ Length → h [N, Width], float32. A text of
// padding alone has h = 0.
func (e TextTransformer) Features(scope *model.Scope, tokens *Node) *Node {
	tokens.AssertRank(2)
	g, n, length := tokens.Graph(), tokens.Shape().Dimensions[0], tokens.Shape().Dimensions[1]
	if length > e.Length {
		exceptions.Panicf("TextTransformer: tokens are %s, but the encoder has positions for %d; set Length", tokens.Shape(), e.Length)
	}
	mask := ConvertDType(ExpandAxes(NotEqual(tokens, ZerosLike(tokens)), -1), dtypes.Float32) // [N, L, 1]

	tables := scope.WithInitializer(initializer.RandomNormalFn(scope, 1))
	embeddings := tables.VariableWithShape("token_embeddings", shapes.Make(dtypes.Float32, tokenCount, e.Width)).NodeValue(g)
	positions := tables.VariableWithShape("position_embeddings", shapes.Make(dtypes.Float32, e.Length, e.Width)).NodeValue(g)
	x := Gather(embeddings, ExpandAxes(tokens, -1)) // [N, L, D]
	x = Add(x, ExpandAxes(Slice(positions, AxisRange(0, length)), 0))
	x = e.drop(scope, layers.Dense(scope.At("neighbors"), e.neighbors(Mul(x, mask)), true, e.Width))

	for i := range e.Layers {
		layer := scope.At("layer_%d", i)
		at := layer.At("attention")
		x = Add(x, e.drop(at, attention(at, layerNorm(at, x), e.Heads, mask)))
		hidden := layers.Dense(layer.At("mlp_0"), layerNorm(layer.At("mlp_0"), x), true, 4*e.Width)
		x = Add(x, e.drop(layer, layers.Dense(layer.At("mlp_1"), activation.Gelu(hidden), true, e.Width)))
	}
	x = Mul(layerNorm(scope.At("last"), x), mask)
	h := Div(ReduceSum(x, 1), MaxScalar(ReduceSum(mask, 1), 1))
	h.AssertDims(n, e.Width)
	return h
}

// neighbors puts side by side what lies within Reach of each token, zeros beyond the ends: [N, L, D] → [N, L, (2·Reach+1)·D].
func (e TextTransformer) neighbors(x *Node) *Node {
	length := x.Shape().Dimensions[1]
	var shifted []*Node
	for by := -e.Reach; by <= e.Reach; by++ {
		k := min(max(by, -by), length)
		zeros := ZerosLike(Slice(x, AxisRange(), AxisRange(0, k)))
		switch {
		case k == 0:
			shifted = append(shifted, x)
		case k == length:
			shifted = append(shifted, ZerosLike(x))
		case by < 0:
			shifted = append(shifted, Concatenate([]*Node{zeros, Slice(x, AxisRange(), AxisRange(0, length-k))}, 1))
		default:
			shifted = append(shifted, Concatenate([]*Node{Slice(x, AxisRange(), AxisRange(k, length)), zeros}, 1))
		}
	}
	return Concatenate(shifted, -1)
}

// drop is dropout over the features of each text: x [N, L, D] → [N, L, D].
func (e TextTransformer) drop(scope *model.Scope, x *Node) *Node {
	if e.Dropout < 1e-9 || !layers.IsDropoutActive(scope, x.Graph()) {
		return x
	}
	kept := Ones(x.Graph(), shapes.Make(x.DType(), x.Shape().Dimensions[0], 1, x.Shape().Dimensions[2]))
	return Mul(x, layers.DropoutStatic(scope, kept, e.Dropout))
}
