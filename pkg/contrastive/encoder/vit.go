package encoder

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/contrastlab/contrastlab/internal/registry"
)

// Pooling is how a transformer's tokens become one vector.
type Pooling int

const (
	// ClassToken takes a learned token that looks at all patches (Dosovitskiy et al. 2021, eq. 1 and 4).
	ClassToken Pooling = iota
	// MeanToken takes the mean over the patches, and there is no class token (their appendix D.3).
	MeanToken
)

var poolings = registry.NewChoice[Pooling]("pooling", "class_token", "mean")

// MarshalText implements [encoding.TextMarshaler].
func (p Pooling) MarshalText() ([]byte, error) { return poolings.Marshal(p) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Pooling) UnmarshalText(text []byte) error { return poolings.Unmarshal(text, p) }

// String is the name.
func (p Pooling) String() string { return poolings.Name(p) }

// Positions is how a transformer knows where a patch was.
type Positions int

const (
	// LearnedPositions are a table that is learned, a vector a place (Dosovitskiy et al. 2021, eq. 1). Pictures of another
	// size than the first get them interpolated bilinearly.
	LearnedPositions Positions = iota
	// SineCosine positions are fixed, waves along rows and columns: MoCo v3 (Chen, Xie and He 2021, sec. 5.1, and its
	// released code). They fit any size and need no data to be learned from.
	SineCosine
)

var positions = registry.NewChoice[Positions]("positions", "learned", "sine_cosine")

// MarshalText implements [encoding.TextMarshaler].
func (p Positions) MarshalText() ([]byte, error) { return positions.Marshal(p) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Positions) UnmarshalText(text []byte) error { return positions.Unmarshal(text, p) }

// String is the name.
func (p Positions) String() string { return positions.Name(p) }

// ViT is the vision transformer (Dosovitskiy et al. 2021, eq. 1–4): the picture is cut into patches, each patch becomes a
// token by one matrix, and layers of attention and of a perceptron four times as wide follow, with the layer-norm before
// each:
//
//	x ← x + attention(norm(x))        x ← x + W₂ gelu(W₁ norm(x))        h = norm(x) of the class token, or its mean
//
// The zero value is ViT-Ti/16 of DeiT (Touvron et al. 2021, table 1), 5,524,416 parameters at 224×224; ViT-S/16 is
// ViT{Width: 384, Heads: 6}. For pictures of 32×32, ViT{Patch: 4, Width: 96, Depth: 4, Heads: 3, Pooling: MeanToken,
// Positions: SineCosine} is small enough for a CPU, though a [SmallResNet] is cheaper there (BenchmarkStep).
type ViT struct {
	// Patch is the side of a patch in pixels; it divides the picture's sides. Zero means 16.
	Patch int `json:"patch" default:"16" help:"side of a patch in pixels; divides the picture's"`
	// Width is D, the features of a token and of h. Zero means 192.
	Width int `json:"width" default:"192" help:"features of a token, and of h"`
	// Depth counts the layers. Zero means 12.
	Depth int `json:"depth" default:"12" help:"layers of attention and perceptron"`
	// Heads counts the attention heads of a layer; it divides Width. Zero means 3.
	Heads int `json:"heads" default:"3" help:"attention heads of a layer; divides width"`
	// Pooling is how the tokens become h. Zero means ClassToken.
	Pooling Pooling `json:"pooling" help:"class_token, or mean over the patches"`
	// Positions is how a token knows its place. Zero means LearnedPositions.
	Positions Positions `json:"positions" help:"learned, or sine_cosine (fixed)"`
	// BFloat16 computes matrix products in bfloat16. The sum that passes from layer to layer, layer-norm, softmax, weights
	// and h stay float32.
	BFloat16 bool `json:"bfloat16" help:"matrix products in bfloat16; weights, norms, softmax and h in float32"`
}

// Name implements [Encoder].
func (ViT) Name() string { return "vit" }

// Validate says which field is impossible, if any.
func (e ViT) Validate() error {
	switch {
	case e.Patch < 1 || e.Width < 1 || e.Depth < 1 || e.Heads < 1:
		return fmt.Errorf("patch = %d, width = %d, depth = %d, heads = %d: each must be at least 1", e.Patch, e.Width, e.Depth, e.Heads)
	case e.Width%e.Heads != 0:
		return fmt.Errorf("width = %d, heads = %d: heads must divide width", e.Width, e.Heads)
	case e.Positions == SineCosine && e.Width%4 != 0:
		return fmt.Errorf("width = %d: sine-cosine positions need a multiple of 4", e.Width)
	}
	if err := poolings.Check(e.Pooling); err != nil {
		return err
	}
	return positions.Check(e.Positions)
}

// FitsSide implements [Sized]: patches must cover the picture.
func (e ViT) FitsSide(side int) error {
	if side%e.Patch != 0 {
		return fmt.Errorf("patch = %d: pictures of %d×%d cannot be cut into patches of %d×%d; choose another size or patch", e.Patch, side, side, e.Patch, e.Patch)
	}
	return nil
}

// Features implements [Encoder]: x [N, H, W, C] → h [N, Width]. Patch divides H and W.
func (e ViT) Features(scope *model.Scope, x *Node) *Node {
	n := x.Shape().Dimensions[0]
	scope = scope.WithInitializer(initializer.GlorotUniformFn(scope)) // as in the paper's and MoCo v3's code
	table := scope.WithInitializer(initializer.RandomNormalFn(scope, 0.02))

	patches := e.patches(x) // [N, rows, columns, Patch²·C]
	rows, columns := patches.Shape().Dimensions[1], patches.Shape().Dimensions[2]
	tokens := float32s(dense(scope.At("patches"), lower(patches, e.BFloat16), e.Width))
	if e.Positions == SineCosine {
		tokens = Add(tokens, Const(x.Graph(), tensors.FromFlatDataAndDimensions(sineCosine(rows, columns, e.Width), 1, rows, columns, e.Width)))
	} else {
		tokens = Add(tokens, ExpandAxes(e.learnedPositions(table, x, rows, columns), 0))
	}
	tokens = Reshape(tokens, n, rows*columns, e.Width)
	if e.Pooling == ClassToken {
		class := learned(table, "token_class", tokens, 1, 1, e.Width)
		if e.Positions == LearnedPositions {
			class = Add(class, learned(table, "position_class", tokens, 1, 1, e.Width))
		}
		tokens = Concatenate([]*Node{BroadcastToDims(class, n, 1, e.Width), tokens}, 1)
	}

	for i := range e.Depth {
		at := scope.At("layer_%d", i).At("attention")
		tokens = Add(tokens, float32s(attention(at, lower(layerNorm(at, tokens), e.BFloat16), e.Heads, nil)))
		first, second := scope.At("layer_%d", i).At("mlp_0"), scope.At("layer_%d", i).At("mlp_1")
		hidden := activation.Gelu(float32s(dense(first, lower(layerNorm(first, tokens), e.BFloat16), 4*e.Width)))
		tokens = Add(tokens, float32s(dense(second, lower(hidden, e.BFloat16), e.Width)))
	}

	tokens = layerNorm(scope.At("last"), tokens)
	var h *Node
	if e.Pooling == ClassToken {
		h = Squeeze(Slice(tokens, AxisRange(), AxisElem(0)), 1)
	} else {
		h = ReduceMean(tokens, 1)
	}
	h.AssertDims(n, e.Width)
	return h
}

// patches cuts x [N, H, W, C] → [N, H/Patch, W/Patch, Patch²·C].
func (e ViT) patches(x *Node) *Node {
	d := x.Shape().Dimensions
	if d[1]%e.Patch != 0 || d[2]%e.Patch != 0 {
		exceptions.Panicf("encoder: pictures of %d×%d cannot be cut into patches of %d×%d; choose another size or patch", d[1], d[2], e.Patch, e.Patch)
	}
	rows, columns := d[1]/e.Patch, d[2]/e.Patch
	x = TransposeAllAxes(Reshape(x, d[0], rows, e.Patch, columns, e.Patch, d[3]), 0, 1, 3, 2, 4, 5)
	return Reshape(x, d[0], rows, columns, e.Patch*e.Patch*d[3])
}

// sineCosine is MoCo v3's position of every patch, [rows, columns, width] flattened: with ω_i = 10000^(−i/(width/4)), at row y
// and column x
//
//	sin(x ω), cos(x ω), sin(y ω), cos(y ω)
func sineCosine(rows, columns, width int) []float32 {
	quarter := width / 4
	table := make([]float32, 0, rows*columns*width)
	for y := range rows {
		for x := range columns {
			for _, place := range []int{x, y} {
				for _, wave := range []func(float64) float64{math.Sin, math.Cos} {
					for i := range quarter {
						table = append(table, float32(wave(float64(place)*math.Pow(10000, -float64(i)/float64(quarter)))))
					}
				}
			}
		}
	}
	return table
}

// learnedPositions is the table for rows × columns patches, [rows, columns, Width]. The first size that the encoder sees
// decides the size of the table.
func (e ViT) learnedPositions(scope *model.Scope, x *Node, rows, columns int) *Node {
	const name = "position_patches"
	has := shapes.Make(dtypes.Float32, rows, columns, e.Width)
	if v := scope.GetVariable(name); v != nil {
		has = v.Shape()
	}
	table := learned(scope, name, float32s(x), has.Dimensions...)
	resize := func(to, from int) *Node {
		return Const(x.Graph(), tensors.FromFlatDataAndDimensions(bilinear(to, from), to, from))
	}
	if from := has.Dimensions[0]; from != rows {
		table = Einsum("yr,rcd->ycd", resize(rows, from), table)
	}
	if from := has.Dimensions[1]; from != columns {
		table = Einsum("xc,ycd->yxd", resize(columns, from), table)
	}
	return table
}

// bilinear is the matrix [to, from] that interpolates linearly between the centers of from equal parts of a line at those
// of to parts; beyond the outermost centers it repeats them.
func bilinear(to, from int) []float32 {
	matrix := make([]float32, to*from)
	for i := range to {
		at := (float64(i)+0.5)*float64(from)/float64(to) - 0.5
		at = min(max(at, 0), float64(from-1))
		left := min(int(at), max(from-2, 0))
		share := at - float64(left)
		matrix[i*from+left] += float32(1 - share)
		if share > 0 {
			matrix[i*from+left+1] += float32(share)
		}
	}
	return matrix
}
