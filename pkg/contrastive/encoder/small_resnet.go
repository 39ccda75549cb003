package encoder

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// SmallResNet is a residual network sized for small pictures on two CPU cores: a 3×3 stem of stride 2,
// then one basic block (He et al. 2016, fig. 5 left) at each of the widths W, 2W and 4W, the latter two of
// stride 2, and the mean over what is left of the picture: h has 4·W features. At W = 32 and 32×32 pictures
// that is 12 million multiply-adds a picture and 0.3 million parameters.
type SmallResNet struct {
	// Width is W, the channels of the stem and the first block. Zero means 32.
	Width int `json:"width" default:"32"`
	// Grid keeps where things are: the last feature map is averaged over Grid × Grid equal parts, not as a whole,
	// and h has Grid²·4·Width features. It suits pictures whose parts have their places, such as emoji, faces or
	// letters. Zero means 1, the mean over all of it.
	Grid int `json:"grid" default:"1" help:"the last feature map is averaged over this many parts a side"`
	// BFloat16 computes convolutions in bfloat16; weights, batch-norm's statistics and h stay float32. See [ResNet18].
	BFloat16 bool `json:"bfloat16" help:"convolutions in bfloat16; weights, statistics and h in float32"`
}

// Name implements [Encoder].
func (SmallResNet) Name() string { return "small_resnet" }

// Validate tells an impossible width.
func (e SmallResNet) Validate() error {
	if e.Width < 1 {
		return fmt.Errorf("width = %d: it must be at least 1", e.Width)
	}
	if e.Grid < 1 {
		return fmt.Errorf("grid = %d: it must be at least 1", e.Grid)
	}
	return nil
}

// FitsSide implements [Sized]: the last feature map, an eighth of the picture, must be cut evenly.
func (e SmallResNet) FitsSide(side int) error {
	feature := side
	for range 3 { // strides of 2, padded: odd sides are rounded up
		feature = (feature + 1) / 2
	}
	if feature%e.Grid != 0 {
		return fmt.Errorf("grid = %d: pictures of %d×%d end in a feature map of %d×%d, which cannot be cut into %d×%d parts; set grid=1, or views of %d pixels",
			e.Grid, side, side, feature, feature, e.Grid, e.Grid, 8*e.Grid*max(1, (feature+e.Grid/2)/e.Grid))
	}
	return nil
}

// Features implements [Encoder]: x [N, H, W, C] → h [N, Grid²·4·Width].
func (e SmallResNet) Features(scope *model.Scope, x *Node) *Node {
	n := x.Shape().Dimensions[0]
	x = conv(scope.At("stem"), lower(x, e.BFloat16), e.Width, 3, 2)
	x = activation.Relu(batchNorm(scope.At("stem"), x))
	for i, width := range []int{e.Width, 2 * e.Width, 4 * e.Width} {
		stride := 2
		if i == 0 {
			stride = 1
		}
		x = basicBlock(scope.At("block_%d", i), x, width, stride, false)
	}
	h := poolGrid(float32s(x), e.Grid)
	h.AssertDims(n, e.Grid*e.Grid*4*e.Width)
	return h
}

// poolGrid averages x [N, H, W, C] over grid × grid equal parts → [N, grid²·C].
func poolGrid(x *Node, grid int) *Node {
	d := x.Shape().Dimensions
	if d[1]%grid != 0 || d[2]%grid != 0 {
		exceptions.Panicf("encoder: a feature map of %d×%d cannot be cut into a grid of %d×%d; choose another size or grid", d[1], d[2], grid, grid)
	}
	x = ReduceMean(Reshape(x, d[0], grid, d[1]/grid, grid, d[2]/grid, d[3]), 2, 4)
	return Reshape(x, d[0], grid*grid*d[3])
}
