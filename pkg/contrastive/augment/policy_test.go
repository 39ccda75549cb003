package augment

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// all are all policies of the package.
func all() []Policy {
	ps := Policies()
	b1, b2 := BYOL()
	t1, t2 := BarlowTwins()
	d1, d2, d3 := DINO()
	return append(ps, b1, b2, t1, t2, d1, d2, d3)
}

// everything is a policy with all transforms.
func everything() Policy {
	return Policy{Name: "everything", Transforms: []Transform{
		HorizontalFlip{P: 0.5},
		Rotation{Max: math.Pi},
		RandomResizedCrop{Scale: inceptionScale, Ratio: inceptionRatio},
		RandomBackground{P: 0.5},
		ColorJitter{Brightness: 1.2, Contrast: 1.2, Saturation: 1.2, Hue: 0.5, P: 0.9},
		Grayscale{P: 0.2},
		GaussianBlur{Sigma: [2]float64{0.1, 3}, Kernel: 0.9, P: 0.5},
		Solarize{Threshold: 0.3, P: 0.5},
	}}
}

func TestZeroStrengthIsIdentity(t *testing.T) {
	zeros := []Transform{
		RandomResizedCrop{Scale: [2]float64{1, 1}, Ratio: [2]float64{1, 1}},
		HorizontalFlip{},
		Rotation{},
		RandomBackground{},
		ColorJitter{P: 1},
		ColorJitter{Brightness: 0.8, Contrast: 0.8, Saturation: 0.8, Hue: 0.5, P: 0},
		ColorJitter{Hue: 1e-9, P: 1},
		Grayscale{},
		GaussianBlur{Sigma: [2]float64{1, 2}, Kernel: 0.5, P: 0},
		GaussianBlur{Sigma: [2]float64{1e-3, 1e-3}, Kernel: 0.5, P: 1},
		Solarize{Threshold: 0.5},
		Solarize{Threshold: 0, P: 0},
	}
	for _, c := range []int{1, 3, 4} {
		pixels := noise(9, 4, 10, 10, c)
		want := plain(t, None(), pixels, 10)
		for _, z := range zeros {
			wantSame(t, fmt.Sprintf("%#v, %d channels", z, c), apply(t, alone(z), 1, pixels, 10), want, 2e-6)
		}
		wantSame(t, "no transform", apply(t, None(), 1, pixels, 10), want, 0)
	}
}

func TestViewsAreInRangeAndShape(t *testing.T) {
	for _, p := range []Policy{everything(), Emoji(), MoCoV1()} { // all transforms; each in the order of most recipes
		for _, c := range []int{1, 3, 4} {
			if c == 1 && p.Name != "everything" {
				continue
			}
			out := min(c, 3)
			p.Mean, p.Std = nil, nil
			got := apply(t, p, 3, noise(5, 16, 13, 17, c), 11)
			if want := []int{16, 11, 11, out}; !slices.Equal(got.dims, want) {
				t.Fatalf("%s, %d channels: shape %v, want %v", p.Name, c, got.dims, want)
			}
			for i, x := range got.flat {
				if !(x >= 0 && x <= 1) {
					t.Fatalf("%s, %d channels: value %d is %g", p.Name, c, i, x)
				}
			}
		}
	}
}

func TestSeeds(t *testing.T) {
	// All pictures are the same, so that what differs is the random numbers.
	one := tensors.MustCopyFlatData[uint8](noise(6, 1, 12, 12, 4))
	pixels := tensors.FromFlatDataAndDimensions(slices.Repeat(one, 8), 8, 12, 12, 4)
	for _, p := range []Policy{everything(), Emoji(), SimCLR()} {
		exec := MustNewExec(testbackend.New(t), func(rng, pixels *Node) (*Node, *Node) { return p.Apply(rng, pixels, 12) })
		draw := func(rng *tensors.Tensor) (*tensors.Tensor, batch) {
			next, views := exec.MustCall2(rng, pixels)
			return next, toBatch(views)
		}
		state := func(seed int64) *tensors.Tensor {
			rng, err := RNGStateFromSeed(seed)
			if err != nil {
				t.Fatal(err)
			}
			return rng
		}
		next, first := draw(state(1))
		_, again := draw(state(1))
		_, other := draw(state(2))
		_, second := draw(next)
		if !slices.Equal(first.flat, again.flat) {
			t.Errorf("%s: one seed gave two results", p.Name)
		}
		if slices.Equal(first.flat, other.flat) {
			t.Errorf("%s: two seeds gave one result", p.Name)
		}
		for i := range 8 {
			if slices.Equal(first.image(i), second.image(i)) {
				t.Errorf("%s: the second view of picture %d is the first again", p.Name, i)
			}
			for j := range i {
				if slices.Equal(first.image(i), first.image(j)) {
					t.Errorf("%s: pictures %d and %d got the same view", p.Name, i, j)
				}
			}
		}
	}
}

func TestProbabilities(t *testing.T) {
	const n, size, p = 4096, 4, 0.3
	pixels := noise(12, n, size, size, 3)
	// An empty picture shows its background, and a dark one solarizes at 0.
	empty := tensors.FromFlatDataAndDimensions(make([]uint8, n*size*size*4), n, size, size, 4)
	for _, c := range []struct {
		t      Transform
		pixels *tensors.Tensor
	}{
		{HorizontalFlip{P: p}, pixels},
		{ColorJitter{Brightness: 0.4, Contrast: 0.4, Saturation: 0.4, Hue: 0.1, P: p}, pixels},
		{Grayscale{P: p}, pixels},
		{GaussianBlur{Sigma: [2]float64{0.5, 2}, Kernel: 1, P: p}, pixels},
		{Solarize{Threshold: 0.2, P: p}, pixels},
		{RandomBackground{P: p}, empty},
	} {
		base, got := plain(t, None(), c.pixels, size), apply(t, alone(c.t), 1, c.pixels, size)
		changed := 0
		for i := range n {
			if distance(got.image(i), base.image(i)) > 1e-4 {
				changed++
			}
		}
		wantFrequency(t, c.t.name(), changed, n, p)
	}
}

func TestBackground(t *testing.T) {
	const n, size = 256, 4
	flat := tensors.MustCopyFlatData[uint8](noise(2, n, size, size, 4))
	for i := range n * size * size {
		flat[4*i+3] = []uint8{255, 255, 0, 128}[i%4]
	}
	pixels := tensors.FromFlatDataAndDimensions(flat, n, size, size, 4)
	got := apply(t, alone(RandomBackground{P: 1}), 1, pixels, size)
	white := plain(t, None(), pixels, size)
	seen := [3]map[bool]int{{}, {}, {}}
	for i := range n {
		ground := got.image(i)[2*3 : 3*3] // pixel 2 is invisible
		for c := range 3 {
			seen[c][ground[c] > 0.5]++
		}
		for px := range size * size {
			k := i*size*size + px
			alpha := float64(flat[4*k+3]) / 255
			for c := range 3 {
				shown := alpha * float64(flat[4*k+c]) / 255
				if g, want := float64(got.image(i)[3*px+c]), shown+(1-alpha)*float64(ground[c]); math.Abs(g-want) > 1e-6 {
					t.Fatalf("picture %d, pixel %d is %g, want %g over its background", i, px, g, want)
				}
				if g, want := float64(white.image(i)[3*px+c]), shown+1-alpha; math.Abs(g-want) > 1e-6 {
					t.Fatalf("picture %d, pixel %d is %g, want %g over white", i, px, g, want)
				}
			}
		}
	}
	for c := range seen {
		wantFrequency(t, fmt.Sprintf("bright background, channel %d", c), seen[c][true], n, 0.5)
	}
}

func TestPlainAndNormalization(t *testing.T) {
	pixels := noise(4, 2, 8, 8, 3)
	base := plain(t, None(), pixels, 8)
	p := Policy{Mean: []float64{0.5, 0.4, 0.3}, Std: []float64{0.1, 0.2, 0.4}}
	got := plain(t, p, pixels, 8)
	for i, g := range got.flat {
		if want := (float64(base.flat[i]) - p.Mean[i%3]) / p.Std[i%3]; math.Abs(float64(g)-want) > 1e-5 {
			t.Fatalf("value %d is %g, want %g", i, g, want)
		}
	}
	wantSame(t, "Apply without transforms", apply(t, p, 1, pixels, 8), got, 0)
	back := run(t, func(x []*Node) *Node { return p.Unnormalize(x[0]) }, tensors.FromFlatDataAndDimensions(got.flat, got.dims...))
	wantSame(t, "Unnormalize", back, base, 1e-6)

	for _, d := range [][2]int{{8, 8}, {16, 4}, {5, 31}} { // Plain resizes the whole picture
		raw := noise(7, 1, d[0], d[1], 3)
		bytes := tensors.MustCopyFlatData[uint8](raw)
		want := newPicture(d[0], d[1], 3)
		for i, b := range bytes {
			want[i/3/d[1]][i/3%d[1]][i%3] = float64(b) / 255
		}
		wantPictures(t, "Plain", plain(t, None(), raw, 8), []picture{refResize(want, 0, 0, d[0], d[1], 8, false)}, 2e-6)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	for _, p := range append(all(), everything()) {
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back Policy
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if !reflect.DeepEqual(p, back) {
			t.Errorf("%s came back as %#v, want %#v", data, back, p)
		}
	}
	data, err := json.Marshal(struct{ Augment Policy }{alone(HorizontalFlip{P: 0.5})})
	if want := `{"Augment":{"Name":"augment.HorizontalFlip","Transforms":[{"Transform":"HorizontalFlip","P":0.5}]}}`; err != nil || string(data) != want {
		t.Errorf("got %s, %v, want %s", data, err, want)
	}
}

func TestJSONErrors(t *testing.T) {
	for text, want := range map[string]string{
		`{"Name":"x","Transforms":[{"Transform":"Spin","P":1}]}`:          `policy "x": transform 0: unknown transform "Spin"; known are RandomResizedCrop, HorizontalFlip, Rotation`,
		`{"Transforms":[{"P":1}]}`:                                        `no string under "Transform"`,
		`{"Transforms":[{"Transform":"HorizontalFlip","Probability":1}]}`: `unknown field "Probability"`,
		`{"Transforms":[{"Transform":"HorizontalFlip","P":2}]}`:           `P is 2, want a probability`,
		`{"Transforms":[{"Transform":"HorizontalFlip","P":"often"}]}`:     `HorizontalFlip`,
		`{"Transform":[]}`:   `unknown field "Transform"`,
		`{"Transforms":[7]}`: `transform 0`,
		`{"Transforms":[{"Transform":"Grayscale"},{"Transform":"Rotation","Max":1}]}`: `put geometry first`,
	} {
		p := Policy{Name: "before"}
		err := json.Unmarshal([]byte(text), &p)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
		if p.Name != "before" {
			t.Errorf("%s changed the policy", text)
		}
	}
	if _, err := json.Marshal(Policy{Name: "x", Transforms: []Transform{nil}}); err == nil {
		t.Error("a nil transform was saved")
	}
}

func TestValidate(t *testing.T) {
	for _, p := range all() {
		if err := p.Validate(); err != nil {
			t.Error(err)
		}
	}
	nan := math.NaN()
	crop := RandomResizedCrop{Scale: inceptionScale, Ratio: inceptionRatio}
	for want, p := range map[string]Policy{
		"Scale is 0.9 … 0.2, want the smaller value first": alone(RandomResizedCrop{Scale: [2]float64{0.9, 0.2}, Ratio: inceptionRatio}),
		"Scale is 0 … 1, want values above 0":              alone(RandomResizedCrop{Scale: [2]float64{0, 1}, Ratio: inceptionRatio}),
		"Scale is 0.5 … 1.5":                               alone(RandomResizedCrop{Scale: [2]float64{0.5, 1.5}, Ratio: inceptionRatio}),
		"Scale is NaN … 1":                                 alone(RandomResizedCrop{Scale: [2]float64{nan, 1}, Ratio: inceptionRatio}),
		"Ratio is 2 … 1":                                   alone(RandomResizedCrop{Scale: inceptionScale, Ratio: [2]float64{2, 1}}),
		"Ratio is -1 … 1":                                  alone(RandomResizedCrop{Scale: inceptionScale, Ratio: [2]float64{-1, 1}}),
		"Ratio is 1 … +Inf":                                alone(RandomResizedCrop{Scale: inceptionScale, Ratio: [2]float64{1, math.Inf(1)}}),
		"HorizontalFlip: P is -0.1":                        alone(HorizontalFlip{P: -0.1}),
		"HorizontalFlip: P is NaN":                         alone(HorizontalFlip{P: nan}),
		"Rotation: Max is -1":                              alone(Rotation{Max: -1}),
		"Rotation: Max is 4":                               alone(Rotation{Max: 4}),
		"RandomBackground: P is 1.1":                       alone(RandomBackground{P: 1.1}),
		"Brightness is -1":                                 alone(ColorJitter{Brightness: -1, P: 1}),
		"Contrast is NaN":                                  alone(ColorJitter{Contrast: nan, P: 1}),
		"Saturation is +Inf":                               alone(ColorJitter{Saturation: math.Inf(1), P: 1}),
		"Hue is 0.6":                                       alone(ColorJitter{Hue: 0.6, P: 1}),
		"ColorJitter: P is 2":                              alone(ColorJitter{P: 2}),
		"Grayscale: P is 5":                                alone(Grayscale{P: 5}),
		"Sigma is -1 … 2":                                  alone(GaussianBlur{Sigma: [2]float64{-1, 2}, Kernel: 0.1, P: 1}),
		"Sigma is 2 … 1":                                   alone(GaussianBlur{Sigma: [2]float64{2, 1}, Kernel: 0.1, P: 1}),
		"Kernel is 0":                                      alone(GaussianBlur{Sigma: [2]float64{1, 2}, P: 1}),
		"Threshold is 128":                                 alone(Solarize{Threshold: 128, P: 1}),
		"Solarize: P is -2":                                alone(Solarize{P: -2}),
		"transform 1 is nil":                               alone(crop, nil),
		"put geometry first":                               alone(Grayscale{}, crop),
		"a second RandomBackground":                        alone(RandomBackground{}, RandomBackground{}),
		"1 values in Mean but 3 in Std":                    {Mean: []float64{0}, Std: []float64{1, 1, 1}},
		"Mean and Std have 2 values":                       {Mean: []float64{0, 0}, Std: []float64{1, 1}},
		"Std positive":                                     {Mean: []float64{0}, Std: []float64{0}},
		"Mean must be finite":                              {Mean: []float64{nan}, Std: []float64{1}},
	} {
		if err := p.Validate(); err == nil || !strings.HasPrefix(err.Error(), "augment: policy ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%#v: error %v, want %q", p, err, want)
		}
	}
}

func TestApplyRejectsOtherShapes(t *testing.T) {
	rng, err := RNGStateFromSeed(1)
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		p      Policy
		pixels any
		size   int
	}{
		"want Uint8 [N, H, W, C]":     {None(), make4(float32(0)), 4},
		"have 2 channels":             {None(), noise(1, 1, 4, 4, 2), 4},
		"view size 0":                 {None(), noise(1, 1, 4, 4, 3), 0},
		"set Mean and Std to 1 value": {MoCoV2(), noise(1, 1, 4, 4, 1), 4},
		"P is 2":                      {alone(HorizontalFlip{P: 2}), noise(1, 1, 4, 4, 3), 4},
	} {
		_, err := ExecOnce(testbackend.New(t), func(rng, pixels *Node) *Node {
			_, views := c.p.Apply(rng, pixels, c.size)
			return views
		}, rng, c.pixels)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func make4(x float32) [][][][]float32 { return [][][][]float32{{{{x, x, x}}}} }

func TestNamed(t *testing.T) {
	for _, p := range Policies() {
		got, err := Named(p.Name)
		if err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("%q: %v, %v", p.Name, got, err)
		}
	}
	if _, err := Named("simclr2"); err == nil || !strings.Contains(err.Error(), `no policy "simclr2"; there are none, emoji, emoji-mild, simclr`) {
		t.Errorf("error %v does not list the names", err)
	}
	// A caller may change what it got without changing the recipe.
	p := SimCLR()
	p.Transforms[0] = HorizontalFlip{}
	if reflect.DeepEqual(p, SimCLR()) {
		t.Error("policies share their transforms")
	}
}
