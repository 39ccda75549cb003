package encoder

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/contrastlab/contrastlab/internal/registry"
)

// Stem is how a residual network begins.
type Stem int

const (
	// ImageNetStem is the paper's: a 7×7 convolution of stride 2, then a 3×3 max-pool of stride 2. A picture of
	// 224×224 enters the blocks as 56×56.
	ImageNetStem Stem = iota
	// CIFARStem keeps every pixel: a 3×3 convolution of stride 1 and no max-pool, as SimCLR (Chen et al. 2020, appendix
	// B.9), MoCo's and SupCon's CIFAR recipes have it. A picture of 32×32 enters the blocks as 32×32.
	CIFARStem
)

var stems = registry.NewChoice[Stem]("stem", "imagenet", "cifar")

// MarshalText implements [encoding.TextMarshaler].
func (s Stem) MarshalText() ([]byte, error) { return stems.Marshal(s) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Stem) UnmarshalText(text []byte) error { return stems.Unmarshal(text, s) }

// String is the name.
func (s Stem) String() string { return stems.Name(s) }

// ResNet18 is the residual network of 18 layers (He et al. 2016, table 1): a stem of 64 channels, then four stages of two
// basic blocks each at 64, 128, 256 and 512 channels, all but the first halving the picture, and the mean over what is
// left of it: h has 512 features. Without a classifier it has 11,176,512 parameters, with the CIFAR stem 11,168,832.
//
// It takes pictures of any size and any number of channels.
type ResNet18 struct {
	// Stem is how the network begins. Zero means ImageNetStem; pictures of 32 to 64 pixels want CIFARStem.
	Stem Stem `json:"stem" help:"imagenet (7×7, stride 2, max-pool) or cifar (3×3, stride 1)"`
	// ZeroInitResidual starts the last batch-norm of each block at scale 0, so that every block starts as the identity
	// (Goyal et al. 2017, sec. 5.1; SimCLR's released code does, torchvision and the MoCo recipes do not).
	ZeroInitResidual bool `json:"zero_init_residual" help:"every block starts as the identity"`
	// BFloat16 computes convolutions in bfloat16, whose results are kept in it too: half the memory, and the tensor cores
	// of a GPU. Weights, batch-norm's statistics and h stay float32.
	BFloat16 bool `json:"bfloat16" help:"convolutions in bfloat16; weights, statistics and h in float32"`
}

// ResNet34 is the residual network of 34 layers (He et al. 2016, table 1), with the fields of [ResNet18]: basic blocks,
// 3, 4, 6 and 3 in the four stages. h has 512 features. 21,284,672 parameters; CIFAR stem 21,276,992.
type ResNet34 ResNet18

// ResNet50 is the residual network of 50 layers (He et al. 2016, table 1), with the fields of [ResNet18]: bottleneck
// blocks of four times as many channels, 3, 4, 6 and 3 in the four stages. h has 2,048 features. 23,508,032 parameters;
// CIFAR stem 23,500,352. A block's stride is that of its 3×3 convolution, as in PyTorch's, where the paper has it in the
// first 1×1.
type ResNet50 ResNet18

// Name implements [Encoder].
func (ResNet18) Name() string { return "resnet18" }

// Name implements [Encoder].
func (ResNet34) Name() string { return "resnet34" }

// Name implements [Encoder].
func (ResNet50) Name() string { return "resnet50" }

// Validate tells a stem that there is not.
func (e ResNet18) Validate() error { return stems.Check(e.Stem) }

// Validate tells a stem that there is not.
func (e ResNet34) Validate() error { return stems.Check(e.Stem) }

// Validate tells a stem that there is not.
func (e ResNet50) Validate() error { return stems.Check(e.Stem) }

// Features implements [Encoder]: x [N, H, W, C] → h [N, 512].
func (e ResNet18) Features(scope *model.Scope, x *Node) *Node {
	return e.features(scope, x, [4]int{2, 2, 2, 2}, basicBlock, 1)
}

// Features implements [Encoder]: x [N, H, W, C] → h [N, 512].
func (e ResNet34) Features(scope *model.Scope, x *Node) *Node {
	return ResNet18(e).features(scope, x, [4]int{3, 4, 6, 3}, basicBlock, 1)
}

// Features implements [Encoder]: x [N, H, W, C] → h [N, 2048].
func (e ResNet50) Features(scope *model.Scope, x *Node) *Node {
	return ResNet18(e).features(scope, x, [4]int{3, 4, 6, 3}, bottleneck, bottleneckExpansion)
}

// features is what the three have in common. block gives expansion times as many channels as its width.
func (e ResNet18) features(scope *model.Scope, x *Node, blocks [4]int, block residualBlock, expansion int) *Node {
	n := x.Shape().Dimensions[0]
	x = e.begin(scope.At("stem"), x)
	width := 64
	for i, count := range blocks {
		for j := range count {
			stride := 1
			if i > 0 && j == 0 {
				stride = 2
			}
			x = block(scope.At("stage_%d", i).At("block_%d", j), x, width, stride, e.ZeroInitResidual)
		}
		width *= 2
	}
	h := ReduceMean(float32s(x), 1, 2)
	h.AssertDims(n, 512*expansion)
	return h
}

// begin is the stem, and where bfloat16 begins: x [N, H, W, C] → [N, ⌈H/4⌉, ⌈W/4⌉, 64], of the CIFAR stem [N, H, W, 64].
func (e ResNet18) begin(scope *model.Scope, x *Node) *Node {
	x = lower(x, e.BFloat16)
	if e.Stem == CIFARStem {
		return activation.Relu(batchNorm(scope, conv(scope, x, 64, 3, 1)))
	}
	x = activation.Relu(batchNorm(scope, conv(scope, x, 64, 7, 2)))
	return MaxPool(x).Window(3).Strides(2).PadSame().Done()
}

// residualBlock is a stack of convolutions around a shortcut.
type residualBlock func(scope *model.Scope, x *Node, width, stride int, zeroInit bool) *Node

// basicBlock is two 3×3 convolutions (He et al. 2016, fig. 5 left).
func basicBlock(scope *model.Scope, x *Node, width, stride int, zeroInit bool) *Node {
	shortcut := skip(scope, x, width, stride)
	first, last := scope.At("conv_0"), scope.At("conv_1")
	x = activation.Relu(batchNorm(first, conv(first, x, width, 3, stride)))
	x = batchNorm(last, conv(last, x, width, 3, 1))
	if zeroInit {
		startAtZero(last, width)
	}
	return activation.Relu(Add(x, shortcut))
}

const bottleneckExpansion = 4

// bottleneck is a 3×3 convolution between two 1×1, which narrow the channels for it and widen them again (He et al.
// 2016, fig. 5 right).
func bottleneck(scope *model.Scope, x *Node, width, stride int, zeroInit bool) *Node {
	shortcut := skip(scope, x, bottleneckExpansion*width, stride)
	first, middle, last := scope.At("conv_0"), scope.At("conv_1"), scope.At("conv_2")
	x = activation.Relu(batchNorm(first, conv(first, x, width, 1, 1)))
	x = activation.Relu(batchNorm(middle, conv(middle, x, width, 3, stride)))
	x = batchNorm(last, conv(last, x, bottleneckExpansion*width, 1, 1))
	if zeroInit {
		startAtZero(last, bottleneckExpansion*width)
	}
	return activation.Relu(Add(x, shortcut))
}

// skip is the shortcut of a block: the identity, or a 1×1 convolution where the shape changes (option B of the paper).
func skip(scope *model.Scope, x *Node, channels, stride int) *Node {
	if stride == 1 && x.Shape().Dimensions[3] == channels {
		return x
	}
	scope = scope.At("shortcut")
	return batchNorm(scope, conv(scope, x, channels, 1, stride))
}
