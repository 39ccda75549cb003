package encoder

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
)

// MLPHead is the projection head of SimCLR (Chen et al. 2020, sec. 2.1 and 4.2): z = W₂ σ(W₁ h), where σ is
// ReLU, with a batch-norm after each hidden layer as in the released code.
type MLPHead struct {
	// Hidden is the width of the hidden layers. Zero means 256.
	Hidden int `json:"hidden" default:"256"`
	// Layers counts the dense layers; 1 is a linear head. Zero means 2.
	Layers int `json:"layers" default:"2"`
	// Dim is E, the width of z. Zero means 128, as in the paper.
	Dim int `json:"dim" default:"128"`
	// NormalizeOutput adds a batch-norm after the last layer too, as SimCLR v2, BYOL's successors, SimSiam and Barlow
	// Twins variants do.
	NormalizeOutput bool `json:"normalize_output"`
}

// Name implements [Head].
func (MLPHead) Name() string { return "mlp" }

// Validate tells impossible sizes.
func (m MLPHead) Validate() error {
	if m.Hidden < 1 || m.Layers < 1 || m.Dim < 1 {
		return fmt.Errorf("hidden = %d, layers = %d, dim = %d: each must be at least 1", m.Hidden, m.Layers, m.Dim)
	}
	return nil
}

// Project implements [Head]: h [N, D] → z [N, Dim].
func (m MLPHead) Project(scope *model.Scope, h *Node) *Node {
	n := h.Shape().Dimensions[0]
	for i := range m.Layers - 1 {
		layer := scope.At("dense_%d", i)
		h = activation.Relu(batchNorm(layer, layers.Dense(layer, h, false, m.Hidden)))
	}
	last := scope.At("dense_%d", m.Layers-1)
	z := layers.Dense(last, h, !m.NormalizeOutput, m.Dim)
	if m.NormalizeOutput {
		z = batchNorm(last, z)
	}
	z.AssertDims(n, m.Dim)
	return z
}

// NoHead gives the loss the encoder's own features: z = h.
type NoHead struct{}

// Name implements [Head].
func (NoHead) Name() string { return "none" }

// Project implements [Head]: z = h.
func (NoHead) Project(_ *model.Scope, h *Node) *Node { return h }
