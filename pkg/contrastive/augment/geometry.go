package augment

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// RandomResizedCrop cuts a random box and resizes it to the view's size, as torchvision's transform of
// this name does on PIL images.
//
// Up to ten boxes are drawn: area = u·H·W with u uniform in Scale, width / height log-uniform in Ratio,
// both sides rounded to whole pixels; the first that fits is placed uniformly at whole pixels. If none
// fits, the largest centered box within Ratio is taken. The resize is bilinear with half-pixel centers;
// where the view has fewer pixels than the box, the triangle kernel widens by the scale (antialiasing).
type RandomResizedCrop struct {
	// Scale is the range of the box's share of the picture's area, within 0 < … ≤ 1.
	Scale [2]float64
	// Ratio is the range of the box's width divided by its height, above 0.
	Ratio [2]float64
}

// HorizontalFlip mirrors left and right with probability P. It costs nothing after a crop.
type HorizontalFlip struct {
	P float64
}

// Rotation turns the picture about its center by an angle uniform in −Max … Max radians, positive being
// counterclockwise, with bilinear interpolation. What turns in from outside is transparent in pictures
// with alpha and black in others, as with torchvision's default fill.
//
// Put it before a crop where you can: less of the outside is seen then, and it is cheaper, because the
// matrix products of the crop keep XLA from computing it again in every color transform that follows.
type Rotation struct {
	// Max is the largest angle in radians, 0 … π.
	Max float64
}

func (RandomResizedCrop) name() string { return "RandomResizedCrop" }
func (HorizontalFlip) name() string    { return "HorizontalFlip" }
func (Rotation) name() string          { return "Rotation" }

func (RandomResizedCrop) phase() phase { return geometry }
func (HorizontalFlip) phase() phase    { return geometry }
func (Rotation) phase() phase          { return geometry }

// Validate implements Transform.
func (t RandomResizedCrop) Validate() error {
	if err := checkRange(t.name(), "Scale", t.Scale, 0, 1); err != nil {
		return err
	}
	return checkRange(t.name(), "Ratio", t.Ratio, 0, math.MaxFloat64)
}

// Validate implements Transform.
func (t HorizontalFlip) Validate() error { return checkP(t.name(), t.P) }

// Validate implements Transform.
func (t Rotation) Validate() error {
	if !(t.Max >= 0 && t.Max <= math.Pi) {
		return fmt.Errorf("%s: Max is %g, want an angle in radians 0 … π", t.name(), t.Max)
	}
	return nil
}

// window is a box in each picture that is to be resized to the view, and whether to mirror it. It is
// collected from a crop and the flips around it and then applied at once.
type window struct {
	top, left, height, width *Node // [N] in pixels; nil top means the whole picture
	mirror                   *Node // [N] 0 or 1, or nil
}

func (t RandomResizedCrop) apply(v *view) {
	v.resample() // an earlier crop
	h, w := v.image().Shape().Dim(1), v.image().Shape().Dim(3)
	v.window = t.box(v, h, w)
}

// box draws the boxes for pictures of h × w pixels.
func (t RandomResizedCrop) box(v *view, h, w int) *window {
	const attempts = 10
	area := v.uniforms(attempts, t.Scale[0]*float64(h*w), t.Scale[1]*float64(h*w)) // [N, attempts]
	ratio := Exp(v.uniforms(attempts, math.Log(t.Ratio[0]), math.Log(t.Ratio[1])))
	widths := Round(Sqrt(Mul(area, ratio)))
	heights := Round(Sqrt(Div(area, ratio)))

	fallbackH, fallbackW := t.fallback(h, w)
	g := area.Graph()
	width := BroadcastToDims(Scalar(g, dtypes.Float32, fallbackW), v.n)
	height := BroadcastToDims(Scalar(g, dtypes.Float32, fallbackH), v.n)
	// Where in the free space the box is, 0 … 1 from the top and from the left.
	place := v.uniforms(2, 0, 1)
	centered := func(free float64) *Node { // the share that offset takes to ⌊free/2⌋
		return MulScalar(OnesLike(width), (math.Floor(free/2)+0.5)/(free+1))
	}
	downRight := [2]*Node{centered(float64(h) - fallbackH), centered(float64(w) - fallbackW)}
	for k := attempts - 1; k >= 0; k-- { // backward, so that the first box that fits wins
		wk := Squeeze(SliceAxis(widths, 1, AxisElem(k)), 1)
		hk := Squeeze(SliceAxis(heights, 1, AxisElem(k)), 1)
		fits := LogicalAnd(
			LogicalAnd(GreaterOrEqual(wk, ScalarOne(g, dtypes.Float32)), LessOrEqual(wk, Scalar(g, dtypes.Float32, w))),
			LogicalAnd(GreaterOrEqual(hk, ScalarOne(g, dtypes.Float32)), LessOrEqual(hk, Scalar(g, dtypes.Float32, h))))
		width, height = Where(fits, wk, width), Where(fits, hk, height)
		for i := range downRight {
			downRight[i] = Where(fits, Squeeze(SliceAxis(place, 1, AxisElem(i)), 1), downRight[i])
		}
	}
	// One of the free+1 whole-pixel places, each equally likely.
	offset := func(u *Node, side int, length *Node) *Node {
		free := AddScalar(Neg(length), float64(side))
		return Min(Floor(Mul(u, OnePlus(free))), free)
	}
	return &window{top: offset(downRight[0], h, height), left: offset(downRight[1], w, width), height: height, width: width}
}

// fallback is the largest box of h × w pixels whose ratio is in range.
func (t RandomResizedCrop) fallback(h, w int) (height, width float64) {
	height, width = float64(h), float64(w)
	switch r := width / height; {
	case r < t.Ratio[0]:
		height = max(1, math.Round(width/t.Ratio[0]))
	case r > t.Ratio[1]:
		width = max(1, math.Round(height*t.Ratio[1]))
	}
	return height, width
}

func (t HorizontalFlip) apply(v *view) {
	if v.window == nil {
		v.window = &window{}
	}
	mirror := indicator(v.chance(t.P))
	if before := v.window.mirror; before != nil {
		mirror = Abs(Sub(mirror, before)) // exclusive or
	}
	v.window.mirror = mirror
}

func (t Rotation) apply(v *view) {
	v.resample()
	angle := v.uniform(-t.Max, t.Max)
	if t.Max > 0 {
		v.setImage(rotate(v.image(), angle))
	}
}

// resize brings the pictures to the view's size if no crop has.
func (v *view) resize() {
	v.resample()
	if d := v.image().Shape(); d.Dim(1) != v.size || d.Dim(3) != v.size {
		v.window = &window{}
		v.resample()
	}
}

// resample applies the pending window: W_y · picture · W_xᵀ for each picture.
func (v *view) resample() {
	win := v.window
	if win == nil {
		return
	}
	v.window = nil
	x := v.image() // [N, H, C, W]
	h, w := x.Shape().Dim(1), x.Shape().Dim(3)
	if win.top == nil && h == v.size && w == v.size { // a flip alone
		v.setImage(Where(Equal(win.mirror, OnesLike(win.mirror)), Reverse(x, 3), x))
		return
	}
	if win.top == nil {
		zero := Zeros(x.Graph(), shapes.Make(dtypes.Float32, v.n))
		win.top, win.left = zero, zero
		win.height, win.width = AddScalar(zero, float64(h)), AddScalar(zero, float64(w))
	}
	wy := triangleMatrix(win.top, win.height, nil, h, v.size)
	wx := triangleMatrix(win.left, win.width, win.mirror, w, v.size)
	x = Einsum("nuh,nhcw->nucw", wy, x)
	x = Einsum("nucw,nvw->nucv", x, wx)
	v.setImage(x)
}

// triangleMatrix is the resampling of `length` pixels from `start` on (both [N], whole numbers) to size
// pixels: [N, size, side]. Each row is a triangle kernel around the source position of its pixel's center,
// cut off at the box and scaled to sum 1:
//
//	k(j, i) = max(0, 1 − |i + ½ − c_j| / max(s, 1)),  c_j = start + (j + ½)·s,  s = length / size.
//
// Where mirror is 1, the rows are in reverse order.
func triangleMatrix(start, length, mirror *Node, side, size int) *Node {
	g := start.Graph()
	shape := shapes.Make(dtypes.Float32, 1, size, side)
	j := AddScalar(Iota(g, shape, 1), 0.5)
	i := AddScalar(Iota(g, shape, 2), 0.5)
	start, length = perImage(start), perImage(length)
	scale := DivScalar(length, float64(size))
	if mirror != nil {
		mirror = perImage(mirror)
		j = Add(j, Mul(mirror, AddScalar(MulScalar(j, -2), float64(size))))
	}
	center := Add(start, Mul(j, scale))
	kernel := OneMinus(Div(Abs(Sub(i, center)), MaxScalar(scale, 1)))
	inside := LogicalAnd(GreaterThan(i, start), LessThan(i, Add(start, length)))
	kernel = Mul(MaxScalar(kernel, 0), indicator(inside)) // [N, size, side]
	return Div(kernel, ReduceAndKeep(kernel, ReduceSum, 2))
}
