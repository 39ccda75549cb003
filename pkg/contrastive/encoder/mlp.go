package encoder

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// MLP is the multilayer perceptron, for teaching: the pixels side by side, then Depth times x ← ReLU(W x + b). It knows
// nothing of pictures, neither that neighboring pixels belong together nor that a thing may lie elsewhere, and shows what
// a convolution or a patch is worth. It has no batch-norm, so it trains on GoMLX's pure Go backend too.
//
// Its weights fit pictures of the size and number of channels that it first saw.
type MLP struct {
	// Width is the width of each layer, and of h. Zero means 512.
	Width int `json:"width" default:"512" help:"features of each layer, and of h"`
	// Depth counts the layers. Zero means 2.
	Depth int `json:"depth" default:"2" help:"layers"`
	// BFloat16 computes matrix products in bfloat16; weights and h stay float32.
	BFloat16 bool `json:"bfloat16" help:"matrix products in bfloat16; weights and h in float32"`
}

// Name implements [Encoder].
func (MLP) Name() string { return "mlp" }

// Validate tells impossible sizes.
func (e MLP) Validate() error {
	if e.Width < 1 || e.Depth < 1 {
		return fmt.Errorf("width = %d, depth = %d: each must be at least 1", e.Width, e.Depth)
	}
	return nil
}

// Features implements [Encoder]: x [N, H, W, C] → h [N, Width].
func (e MLP) Features(scope *model.Scope, x *Node) *Node {
	n := x.Shape().Dimensions[0]
	pixels := x.Shape().Size() / n
	if v := scope.At("dense_0").At("dense").GetVariable("weights"); v != nil && v.Shape().Dimensions[0] != pixels {
		exceptions.Panicf("encoder: this MLP has weights for %d numbers a picture, but pictures of %d×%d with %d channels have %d; give it one size",
			v.Shape().Dimensions[0], x.Shape().Dimensions[1], x.Shape().Dimensions[2], x.Shape().Dimensions[3], pixels)
	}
	h := lower(Reshape(x, n, pixels), e.BFloat16)
	for i := range e.Depth {
		h = activation.Relu(dense(scope.At("dense_%d", i), h, e.Width))
	}
	h.AssertDims(n, e.Width)
	return float32s(h)
}
