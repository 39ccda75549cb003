package augment

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Policy is a recipe for random views: the transforms in the order in which they act, then a
// normalization per channel. The zero value changes nothing but the size. It is a plain value that can be
// copied, compared with reflect.DeepEqual, changed field by field and saved as JSON.
type Policy struct {
	// Name says in logs, charts and run folders which recipe this is.
	Name string
	// Transforms act in this order; geometry first, then the background, then color.
	Transforms []Transform
	// Mean and Std normalize the finished view per channel, (x − Mean) / Std with x in 0 … 1. Both are
	// empty (no normalization) or have one entry per channel of the view.
	Mean, Std []float64
}

// Transform is one step of a policy. The types of this package are the only ones that implement it:
// [RandomResizedCrop], [HorizontalFlip], [Rotation], [RandomBackground], [ColorJitter], [Grayscale],
// [GaussianBlur], [Solarize].
type Transform interface {
	// Validate returns an error that names the field that is out of its range.
	Validate() error

	name() string // tag in JSON
	phase() phase
	apply(v *view)
}

// phase orders the transforms of a policy.
type phase int

const (
	geometry phase = iota
	background
	color
)

func (p phase) String() string { return [...]string{"geometry", "background", "color"}[p] }

// Validate returns an error if a transform has an impossible value, the transforms are out of order
// (geometry, background, color), or Mean and Std do not fit each other.
func (p Policy) Validate() error {
	last := geometry
	var lastName string
	for i, t := range p.Transforms {
		if t == nil {
			return fmt.Errorf("augment: policy %q: transform %d is nil", p.Name, i)
		}
		if err := t.Validate(); err != nil {
			return fmt.Errorf("augment: policy %q: transform %d: %w", p.Name, i, err)
		}
		if t.phase() < last {
			return fmt.Errorf("augment: policy %q: transform %d (%s, %s) comes after %s (%s): put geometry first, then the background, then color",
				p.Name, i, t.name(), t.phase(), lastName, last)
		}
		if t.phase() == background && last == background {
			return fmt.Errorf("augment: policy %q: transform %d is a second %s; a picture has one background", p.Name, i, t.name())
		}
		last, lastName = t.phase(), t.name()
	}
	if len(p.Mean) != len(p.Std) {
		return fmt.Errorf("augment: policy %q: %d values in Mean but %d in Std; give both one value per channel, or neither", p.Name, len(p.Mean), len(p.Std))
	}
	if n := len(p.Mean); n != 0 && n != 1 && n != 3 {
		return fmt.Errorf("augment: policy %q: Mean and Std have %d values; views have 1 or 3 channels", p.Name, n)
	}
	for i := range p.Std {
		if !finite(p.Mean[i]) || !finite(p.Std[i]) || p.Std[i] <= 0 {
			return fmt.Errorf("augment: policy %q: channel %d has Mean %g and Std %g; Mean must be finite and Std positive", p.Name, i, p.Mean[i], p.Std[i])
		}
	}
	return nil
}

// Apply makes one random view of each picture. Each picture draws its own random numbers.
//
// rng is a GoMLX random state (see [RNGStateFromSeed]); newRNG is the state to use next. pixels is uint8
// [N, H, W, C] with C = 1 (gray), 3 (RGB) or 4 (RGB with straight alpha). views is float32
// [N, size, size, 3], or [N, size, size, 1] for gray pictures: in 0 … 1 before the normalization. No
// gradient flows through it. Apply panics if the policy is not valid or the shapes are not these.
func (p Policy) Apply(rng *Node, pixels *Node, size int) (newRNG, views *Node) {
	p.check(pixels, size)
	v := newView(rng, pixels, size)
	for _, t := range p.Transforms {
		if t.phase() != geometry {
			v.resize()
		}
		if t.phase() == color {
			v.flatten()
		}
		t.apply(v)
	}
	return v.rng, p.finish(v)
}

// Plain is the view without randomness that evaluation uses: the whole picture resized to size × size,
// laid over white if it has alpha, normalized as in Apply. Shapes as in Apply.
func (p Policy) Plain(pixels *Node, size int) *Node {
	p.check(pixels, size)
	return p.finish(newView(nil, pixels, size))
}

// Unnormalize takes views back to the range 0 … 1 for display: x·Std + Mean, clipped.
func (p Policy) Unnormalize(views *Node) *Node {
	if len(p.Mean) > 0 {
		views = Add(Mul(views, p.perChannel(views, p.Std)), p.perChannel(views, p.Mean))
	}
	return ClipScalar(views, 0, 1)
}

func (p Policy) check(pixels *Node, size int) {
	if err := p.Validate(); err != nil {
		panic(err)
	}
	if size < 1 {
		exceptions.Panicf("augment: policy %q: view size %d, want at least 1", p.Name, size)
	}
	if pixels.DType() != dtypes.Uint8 || pixels.Rank() != 4 {
		exceptions.Panicf("augment: policy %q: pixels are %s, want Uint8 [N, H, W, C]", p.Name, pixels.Shape())
	}
	c := pixels.Shape().Dim(3)
	if c != 1 && c != 3 && c != 4 {
		exceptions.Panicf("augment: policy %q: pixels %s have %d channels, want 1 (gray), 3 (RGB) or 4 (RGBA)", p.Name, pixels.Shape(), c)
	}
	if err := p.Fits(c); err != nil {
		panic(err)
	}
}

// Fits returns an error if the policy cannot be applied to pictures of so many channels: one that normalizes
// RGB does not fit gray pictures.
func (p Policy) Fits(channels int) error {
	if out := min(channels, 3); len(p.Mean) > 0 && len(p.Mean) != out {
		return fmt.Errorf("augment: policy %q normalizes %d channels, but views of pictures with %d have %d; choose another policy, or set Mean and Std to %d value%s each",
			p.Name, len(p.Mean), channels, out, out, map[bool]string{true: "s"}[out > 1])
	}
	return nil
}

// finish resizes and flattens what no transform has, normalizes, and moves the channels last.
func (p Policy) finish(v *view) *Node {
	v.resize()
	v.flatten()
	x := Stack(v.planes(), -1) // [N, S, S, C]
	x.AssertDims(v.n, v.size, v.size, -1)
	if len(p.Mean) > 0 {
		x = Div(Sub(x, p.perChannel(x, p.Mean)), p.perChannel(x, p.Std))
	}
	return StopGradient(x)
}

func (p Policy) perChannel(x *Node, values []float64) *Node {
	return Reshape(ConstAsDType(x.Graph(), x.DType(), values), 1, 1, 1, len(values))
}

// view is a batch of pictures on their way through a policy. The pixels are held in one of two forms,
// converted when asked for: rows [N, H, C, W], in which resampling along H and along W are both plain
// matrix products, and planes, one [N, H, W] per channel, in which color math vectorizes.
type view struct {
	rng    *Node
	rows   *Node
	chans  []*Node
	n      int
	size   int   // of the finished view
	alpha  bool  // channel 3 is alpha and the others are multiplied by it
	fill   *Node // background [N, 3], nil for white
	window *window
}

func newView(rng, pixels *Node, size int) *view {
	v := &view{rng: rng, n: pixels.Shape().Dim(0), size: size, alpha: pixels.Shape().Dim(3) == 4}
	x := TransposeAllAxes(pixels, 0, 1, 3, 2) // [N, H, C, W]
	x = DivScalar(ConvertDType(x, dtypes.Float32), 255)
	if v.alpha {
		a := SliceAxis(x, 2, AxisElem(3))
		x = Concatenate([]*Node{Mul(SliceAxis(x, 2, AxisRange(0, 3)), a), a}, 2)
	}
	v.rows = x
	return v
}

// image is the pixels as [N, H, C, W].
func (v *view) image() *Node {
	if v.rows == nil {
		v.rows = Stack(v.chans, 2)
	}
	return v.rows
}

func (v *view) setImage(x *Node) { v.rows, v.chans = x, nil }

// planes is the pixels as one [N, H, W] per channel.
func (v *view) planes() []*Node {
	if v.chans == nil {
		v.chans = make([]*Node, v.rows.Shape().Dim(2))
		for c := range v.chans {
			v.chans[c] = Squeeze(SliceAxis(v.rows, 2, AxisElem(c)), 2)
		}
	}
	return v.chans
}

func (v *view) setPlanes(planes []*Node) { v.rows, v.chans = nil, planes }

// flatten lays pictures with alpha over their background: c + (1 − alpha)·background.
func (v *view) flatten() {
	if !v.alpha {
		return
	}
	v.alpha = false
	planes := v.planes()
	empty := OneMinus(planes[3])
	flat := make([]*Node, 3)
	for c := range flat {
		if v.fill == nil {
			flat[c] = Add(planes[c], empty)
		} else {
			flat[c] = Add(planes[c], Mul(empty, perImage(Squeeze(SliceAxis(v.fill, 1, AxisElem(c)), 1))))
		}
		flat[c] = ClipScalar(flat[c], 0, 1) // resampling may leave 1 + rounding
	}
	v.setPlanes(flat)
}

// uniform draws one number in lo … hi for each picture: [N].
func (v *view) uniform(lo, hi float64) *Node {
	return Squeeze(v.uniforms(1, lo, hi), 1)
}

// uniforms draws k numbers in lo … hi for each picture: [N, k].
func (v *view) uniforms(k int, lo, hi float64) *Node {
	var u *Node
	v.rng, u = RandomUniform(v.rng, shapes.Make(dtypes.Float32, v.n, k))
	return AddScalar(MulScalar(u, hi-lo), lo)
}

// chance is true with probability p, drawn for each picture: [N]. It is never true for p = 0 and always
// for p = 1, because uniform numbers are in [0, 1).
func (v *view) chance(p float64) *Node {
	u := v.uniform(0, 1)
	return LessThan(u, Scalar(u.Graph(), u.DType(), p))
}

// perImage reshapes one number per picture [N] so that it broadcasts over a plane [N, H, W].
func perImage(x *Node) *Node { return Reshape(x, -1, 1, 1) }

// indicator is 1 where the condition holds and 0 elsewhere.
func indicator(condition *Node) *Node { return ConvertDType(condition, dtypes.Float32) }
