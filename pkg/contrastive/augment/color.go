package augment

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// ColorJitter changes brightness, contrast, saturation and hue of a picture with probability P, by
// torchvision's definitions. With x in 0 … 1, the gray value l = 0.299 R + 0.587 G + 0.114 B, and a factor
// f drawn uniformly from max(0, 1−s) … 1+s, s being the field:
//
//	brightness:  x ← f·x
//	contrast:    x ← f·x + (1−f)·(mean of l over the picture)
//	saturation:  x ← f·x + (1−f)·l
//	hue:         the hue angle in HSV turns by a share of the full circle, uniform in −Hue … Hue
//
// each clipped to 0 … 1. The four act in a random order that each picture draws for itself, all 24 being
// equally likely; so torchvision does for single pictures, whereas its batch on a tensor shares one order
// and one set of factors. Gray pictures have no saturation and hue; they keep the other two.
type ColorJitter struct {
	// Brightness, Contrast and Saturation are strengths, at least 0.
	Brightness, Contrast, Saturation float64
	// Hue is a share of the full circle, 0 … 0.5.
	Hue float64
	// P is the probability that a picture is changed at all.
	P float64
}

// Grayscale replaces a picture with probability P by its gray value 0.299 R + 0.587 G + 0.114 B in all
// three channels. Gray pictures stay as they are.
type Grayscale struct {
	P float64
}

// Solarize inverts with probability P all values that are not below Threshold: x ← 1 − x where
// x ≥ Threshold.
type Solarize struct {
	// Threshold is in 0 … 1; the papers use 0.5 (128 of 256).
	Threshold float64
	P         float64
}

func (ColorJitter) name() string { return "ColorJitter" }
func (Grayscale) name() string   { return "Grayscale" }
func (Solarize) name() string    { return "Solarize" }

func (ColorJitter) phase() phase { return color }
func (Grayscale) phase() phase   { return color }
func (Solarize) phase() phase    { return color }

// Validate implements Transform.
func (t ColorJitter) Validate() error {
	for _, s := range []struct {
		field string
		value float64
	}{{"Brightness", t.Brightness}, {"Contrast", t.Contrast}, {"Saturation", t.Saturation}} {
		if !(s.value >= 0) || !finite(s.value) {
			return fmt.Errorf("%s: %s is %g, want a finite strength of at least 0", t.name(), s.field, s.value)
		}
	}
	if !(t.Hue >= 0 && t.Hue <= 0.5) {
		return fmt.Errorf("%s: Hue is %g, want a share of the color circle 0 … 0.5", t.name(), t.Hue)
	}
	return checkP(t.name(), t.P)
}

// Validate implements Transform.
func (t Grayscale) Validate() error { return checkP(t.name(), t.P) }

// Validate implements Transform.
func (t Solarize) Validate() error {
	if !(t.Threshold >= 0 && t.Threshold <= 1) {
		return fmt.Errorf("%s: Threshold is %g, want 0 … 1", t.name(), t.Threshold)
	}
	return checkP(t.name(), t.P)
}

// blend is one of brightness, contrast and saturation: a mix of the picture with black, its mean gray or
// its gray.
type blend struct {
	toward blendTarget
	factor *Node // [N]; 1 changes nothing
	key    *Node // [N]; the order of the keys is the order of the changes
}

// hueTurn is a turn of the hue, in shares of the full circle.
type hueTurn struct {
	turns, key *Node // [N]
}

type blendTarget int

const (
	towardBlack blendTarget = iota
	towardMean
	towardGray
)

func (t ColorJitter) apply(v *view) {
	rgb := len(v.planes()) == 3
	on := indicator(v.chance(t.P)) // [N]
	var blends []*blend
	add := func(strength float64, toward blendTarget) {
		if strength > 0 {
			f := v.uniform(max(0, 1-strength), 1+strength)
			blends = append(blends, &blend{toward: toward, factor: OnePlus(Mul(on, MinusOne(f))), key: v.uniform(0, 1)})
		}
	}
	add(t.Brightness, towardBlack)
	add(t.Contrast, towardMean)
	if rgb {
		add(t.Saturation, towardGray)
	}
	var hue *hueTurn
	if rgb && t.Hue > 0 {
		hue = &hueTurn{turns: Mul(on, v.uniform(-t.Hue, t.Hue)), key: v.uniform(0, 1)}
	}
	v.setPlanes(changeColors(v.planes(), blends, hue))
}

// changeColors applies the blends and the hue (nil for none) to planes, for each picture in the order of its
// keys.
//
// Hue is the expensive one, and its place in the order differs from picture to picture. So it is computed
// once, in the middle: the blends have a row of slots before it and one after it, and each picture uses
// the slots that its order asks for.
func changeColors(planes []*Node, blends []*blend, hue *hueTurn) []*Node {
	slots := ranks(blends)
	if hue == nil {
		return blendSlots(planes, blends, slots, 0)
	}
	for i, b := range blends {
		after := indicator(GreaterOrEqual(b.key, hue.key))
		slots[i] = Add(slots[i], MulScalar(after, float64(len(blends))))
	}
	planes = blendSlots(planes, blends, slots, 0)
	planes = turnHue(planes, perImage(hue.turns))
	return blendSlots(planes, blends, slots, len(blends))
}

// ranks is for each blend how many come before it: [N] each, all different in each picture.
func ranks(blends []*blend) []*Node {
	r := make([]*Node, len(blends))
	for i, b := range blends {
		r[i] = ZerosLike(b.key)
		for j, other := range blends {
			switch {
			case j < i: // ties keep the order of the list
				r[i] = Add(r[i], indicator(LessOrEqual(other.key, b.key)))
			case j > i:
				r[i] = Add(r[i], indicator(LessThan(other.key, b.key)))
			}
		}
	}
	return r
}

// blendSlots runs the slots first … first+len(blends)−1: in each, a picture gets the blend whose slot it
// is, or stays as it is.
//
// A slot is a 3 × 3 matrix per picture, keep·1 + toGray·(each row the luma's weights), and an offset. The
// matrix product is not only shorter to write: unlike sums of planes, XLA's CPU backend does not fuse it, and
// fused slots are computed anew for each of their many uses, which multiplies from slot to slot.
func blendSlots(planes []*Node, blends []*blend, slots []*Node, first int) []*Node {
	channels := len(planes)
	for s := range blends {
		keep := OnesLike(blends[0].key)
		toMean, toGray := ZerosLike(keep), ZerosLike(keep)
		mean := false
		for i, b := range blends {
			here := indicator(Equal(slots[i], Scalar(keep.Graph(), keep.DType(), first+s)))
			move := Mul(here, OneMinus(b.factor)) // [N]: 1 − f here, 0 elsewhere
			keep = Sub(keep, move)
			switch b.toward {
			case towardMean:
				toMean, mean = move, true
			case towardGray:
				toGray = move
			}
		}
		x := Stack(planes, 1) // [N, C, H, W]
		x = Einsum("ndc,nchw->ndhw", channelMatrix(keep, toGray, channels), x)
		if mean {
			l := ReduceMean(gray(planes), 1, 2) // [N]
			x = Add(x, Reshape(Mul(toMean, l), -1, 1, 1, 1))
		}
		x = ClipScalar(x, 0, 1)
		planes = split(x)
	}
	return planes
}

// channelMatrix is keep [N] times the identity plus toGray [N] times the matrix that makes each channel the
// gray value: [N, channels, channels].
func channelMatrix(keep, toGray *Node, channels int) *Node {
	identity, luma := make([][]float32, channels), make([][]float32, channels)
	for d := range channels {
		identity[d], luma[d] = make([]float32, channels), lumaWeights[:channels]
		identity[d][d] = 1
	}
	g := keep.Graph()
	return Add(Mul(perImage(keep), ExpandAxes(Const(g, identity), 0)), Mul(perImage(toGray), ExpandAxes(Const(g, luma), 0)))
}

// lumaWeights are those of ITU-R BT.601 for R, G, B.
var lumaWeights = []float32{0.299, 0.587, 0.114}

// split is the channels of x [N, C, H, W], each [N, H, W].
func split(x *Node) []*Node {
	planes := make([]*Node, x.Shape().Dim(1))
	for c := range planes {
		planes[c] = Squeeze(SliceAxis(x, 1, AxisElem(c)), 1)
	}
	return planes
}

// gray is the luma of RGB planes (ITU-R BT.601), or the one plane of a gray picture.
func gray(planes []*Node) *Node {
	if len(planes) == 1 {
		return planes[0]
	}
	return Add(Add(MulScalar(planes[0], 0.299), MulScalar(planes[1], 0.587)), MulScalar(planes[2], 0.114))
}

// turnHue turns the hue of RGB planes in 0 … 1 by a share of the full circle; value and saturation stay.
//
// With v the largest and m the smallest of the three, d = v − m, and the hue h in sextants (0 … 6, red at
// 0), a color is v − d·max(0, min(k, 4−k, 1)) with k = (o + h) mod 6 and o = 5, 3, 1 for R, G, B.
func turnHue(planes []*Node, turns *Node) []*Node {
	r, g, b := planes[0], planes[1], planes[2]
	v := Max(Max(r, g), b)
	d := Sub(v, Min(Min(r, g), b))
	isGray := Equal(d, ZerosLike(d))
	inv := Reciprocal(Where(isGray, OnesLike(d), d)) // any hue will do for gray: d scales it away
	hr := Mul(Sub(g, b), inv)
	hg := AddScalar(Mul(Sub(b, r), inv), 2)
	hb := AddScalar(Mul(Sub(r, g), inv), 4)
	h := Where(Equal(v, r), hr, Where(Equal(v, g), hg, hb))
	h = Add(h, MulScalar(turns, 6))
	turned := make([]*Node, 3)
	for c, o := range []float64{5, 3, 1} {
		k := AddScalar(h, o)
		k = Sub(k, MulScalar(Floor(MulScalar(k, 1.0/6)), 6))
		ramp := MaxScalar(MinScalar(Min(k, AddScalar(Neg(k), 4)), 1), 0)
		turned[c] = Sub(v, Mul(d, ramp))
	}
	return turned
}

func (t Grayscale) apply(v *view) {
	on := v.chance(t.P)
	planes := v.planes()
	if len(planes) == 1 {
		return
	}
	l := gray(planes)
	next := make([]*Node, len(planes))
	for c, x := range planes {
		next[c] = Where(on, l, x)
	}
	v.setPlanes(next)
}

func (t Solarize) apply(v *view) {
	on := perImage(v.chance(t.P))
	planes := v.planes()
	next := make([]*Node, len(planes))
	for c, x := range planes {
		bright := GreaterOrEqual(x, Scalar(x.Graph(), x.DType(), t.Threshold))
		next[c] = Where(LogicalAnd(bright, on), OneMinus(x), x)
	}
	v.setPlanes(next)
}
