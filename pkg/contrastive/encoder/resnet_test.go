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

// build builds the graph of an encoder without compiling it, and returns its variables and the shape of h.
func build(t *testing.T, e Encoder, dims ...int) (*model.Store, shapes.Shape) {
	t.Helper()
	store := model.NewStore()
	g := NewGraph(testbackend.New(t), "build")
	defer g.Finalize()
	h := e.Features(store.Scope("/encoder"), Parameter(g, "x", shapes.Make(dtypes.Float32, dims...)))
	return store, h.Shape()
}

// TestPublishedParameters: the architectures have as many parameters as published, less the classifier's 512·1000 + 1000
// and 2048·1000 + 1000 (torchvision), or 192·1000 + 1000 (timm's vit_tiny_patch16_224), 384·1000 + 1000.
func TestPublishedParameters(t *testing.T) {
	vit := func(width, heads int) ViT { return ViT{Patch: 16, Width: width, Depth: 12, Heads: heads} }
	for _, c := range []struct {
		encoder    Encoder
		side       int
		features   int
		parameters int
	}{
		{ResNet18{}, 224, 512, 11_689_512 - 513_000},
		{ResNet18{}, 64, 512, 11_176_512},
		{ResNet18{Stem: CIFARStem}, 32, 512, 11_168_832},
		{ResNet34{}, 224, 512, 21_797_672 - 513_000},
		{ResNet34{Stem: CIFARStem}, 32, 512, 21_276_992},
		{ResNet50{}, 224, 2048, 25_557_032 - 2_049_000},
		{ResNet50{}, 96, 2048, 23_508_032},
		{ResNet50{Stem: CIFARStem, BFloat16: true}, 32, 2048, 23_500_352},
		{vit(192, 3), 224, 192, 5_524_416},
		{vit(384, 6), 224, 384, 22_050_664 - 385_000},
	} {
		store, h := build(t, c.encoder, 2, c.side, c.side, 3)
		require.Equal(t, c.parameters, learnedIn(store), "%s %+v", c.encoder.Name(), c.encoder)
		require.Equal(t, shapes.Make(dtypes.Float32, 2, c.features), h, "%s %+v", c.encoder.Name(), c.encoder)
	}
}

// TestAnySize: sizes that are no power of two, pictures that are not square, and any number of channels.
func TestAnySize(t *testing.T) {
	small := ViT{Patch: 4, Width: 16, Depth: 1, Heads: 2, Positions: SineCosine}
	for _, e := range []Encoder{SmallResNet{Width: 4, Grid: 1}, ResNet18{}, ResNet18{Stem: CIFARStem}, ResNet50{}, small, MLP{Width: 8, Depth: 1}} {
		for _, dims := range [][]int{{1, 8, 8, 1}, {3, 28, 28, 1}, {2, 20, 36, 4}, {2, 96, 96, 7}} {
			_, h := build(t, e, dims...)
			require.Equal(t, dims[0], h.Dimensions[0])
			require.Equal(t, dtypes.Float32, h.DType)
		}
	}
	_, h := build(t, ResNet18{}, 1, 9, 33, 3)
	require.Equal(t, 512, h.Dimensions[1])
}

func TestStem(t *testing.T) {
	for stem, name := range map[Stem]string{ImageNetStem: "imagenet", CIFARStem: "cifar"} {
		text, err := stem.MarshalText()
		require.NoError(t, err)
		require.Equal(t, name, string(text))
		require.Equal(t, name, stem.String())
		back := Stem(9)
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, stem, back)
	}
	var stem Stem
	require.EqualError(t, stem.UnmarshalText([]byte("cifr")), `unknown stem "cifr"; known: imagenet, cifar (did you mean "cifar"?)`)
	require.ErrorContains(t, ResNet18{Stem: 2}.Validate(), "stem = 2")
	require.ErrorContains(t, ResNet34{Stem: -1}.Validate(), "stem = -1")
	require.ErrorContains(t, ResNet50{Stem: 7}.Validate(), "stem = 7")
}

// TestBlocksAgainstLoops computes a stem's max-pool and both kinds of block in float64 loops, with padding and strides as
// PyTorch defines them (kernel k, stride s, padding (k−1)/2 on every side).
func TestBlocksAgainstLoops(t *testing.T) {
	const height, width = 6, 7
	channels := 3
	for name, c := range map[string]struct {
		block residualBlock
		width int
		want  func(x picture, weights func(path string) *tensors.Tensor) picture
	}{
		"basic": {basicBlock, 4, func(x picture, w func(string) *tensors.Tensor) picture {
			y := x.conv(w("conv_0"), 2).normalize().relu()
			return y.conv(w("conv_1"), 1).normalize().add(x.conv(w("shortcut"), 2).normalize()).relu()
		}},
		"bottleneck": {bottleneck, 2, func(x picture, w func(string) *tensors.Tensor) picture {
			y := x.conv(w("conv_0"), 1).normalize().relu().conv(w("conv_1"), 2).normalize().relu()
			return y.conv(w("conv_2"), 1).normalize().add(x.conv(w("shortcut"), 2).normalize()).relu()
		}},
	} {
		store, out := run(t, func(scope *model.Scope, x *Node) *Node {
			scope.Store().SetTraining(x.Graph(), true)
			return c.block(scope.At("block"), x, c.width, 2, false)
		}, 2, height, width, channels)
		want := c.want(testPicture(2, height, width, channels), func(path string) *tensors.Tensor {
			return store.GetVariable("/block/" + path + "/conv/weights").MustValue()
		})
		require.Equal(t, []int{2, want.h, want.w, want.c}, out.Shape().Dimensions, name)
		for i, v := range tensors.MustCopyFlatData[float32](out) {
			require.InDelta(t, want.values[i], float64(v), 2e-3, "%s at %d", name, i)
		}
	}
}

// TestZeroInitResidual: every block of an untrained network is then the identity, so nothing after the stem can be seen in
// the last batch-norm of a block but its zeros.
func TestZeroInitResidual(t *testing.T) {
	for _, zero := range []bool{false, true} {
		store, _ := run(t, func(scope *model.Scope, x *Node) *Node {
			return basicBlock(scope.At("block"), bottleneck(scope.At("wide"), x, 2, 1, zero), 8, 1, zero)
		}, 2, 4, 4, 8)
		for path, last := range map[string]bool{"block/conv_0": false, "block/conv_1": true, "wide/conv_1": false, "wide/conv_2": true} {
			scale := tensors.MustCopyFlatData[float32](store.GetVariable("/" + path + "/batch_normalization/scale").MustValue())
			want := float32(1)
			if zero && last {
				want = 0
			}
			for _, s := range scale {
				require.Equal(t, want, s, path)
			}
		}
	}
}

// picture is [n, h, w, c] in float64.
type picture struct {
	n, h, w, c int
	values     []float64
}

// testPicture is what run feeds.
func testPicture(n, h, w, c int) picture {
	p := picture{n, h, w, c, make([]float64, n*h*w*c)}
	for i := range p.values {
		p.values[i] = float64(float32(i%17) / 17)
	}
	return p
}

func (p picture) at(i, y, x, c int) float64 {
	if y < 0 || x < 0 || y >= p.h || x >= p.w {
		return 0
	}
	return p.values[((i*p.h+y)*p.w+x)*p.c+c]
}

func (p picture) conv(weights *tensors.Tensor, stride int) picture {
	k, out := weights.Shape().Dimensions[0], weights.Shape().Dimensions[3]
	w := tensors.MustCopyFlatData[float32](weights)
	pad := (k - 1) / 2
	q := picture{p.n, (p.h+2*pad-k)/stride + 1, (p.w+2*pad-k)/stride + 1, out, nil}
	for i := range q.n {
		for y := range q.h {
			for x := range q.w {
				for o := range out {
					sum := 0.0
					for ky := range k {
						for kx := range k {
							for c := range p.c {
								sum += float64(w[((ky*k+kx)*p.c+c)*out+o]) * p.at(i, y*stride+ky-pad, x*stride+kx-pad, c)
							}
						}
					}
					q.values = append(q.values, sum)
				}
			}
		}
	}
	return q
}

// normalize is batch-norm in training, before its scale and offset are learned.
func (p picture) normalize() picture {
	q := picture{p.n, p.h, p.w, p.c, make([]float64, len(p.values))}
	rows := float64(p.n * p.h * p.w)
	for c := range p.c {
		mean, variance := 0.0, 0.0
		for i := c; i < len(p.values); i += p.c {
			mean += p.values[i] / rows
		}
		for i := c; i < len(p.values); i += p.c {
			variance += (p.values[i] - mean) * (p.values[i] - mean) / rows
		}
		for i := c; i < len(p.values); i += p.c {
			q.values[i] = (p.values[i] - mean) / math.Sqrt(variance+1e-5)
		}
	}
	return q
}

func (p picture) relu() picture {
	q := picture{p.n, p.h, p.w, p.c, make([]float64, len(p.values))}
	for i, v := range p.values {
		q.values[i] = max(0, v)
	}
	return q
}

func (p picture) add(other picture) picture {
	q := picture{p.n, p.h, p.w, p.c, make([]float64, len(p.values))}
	for i, v := range p.values {
		q.values[i] = v + other.values[i]
	}
	return q
}
