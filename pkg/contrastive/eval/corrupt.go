package eval

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/contrastlab/contrastlab/datasets"
)

// Corruption damages pictures, each in the same way at every call: it tests whether what was learned on clean pictures
// survives. The idea and most of the kinds are those of Hendrycks and Dietterich 2019, "Benchmarking Neural Network
// Robustness to Common Corruptions and Perturbations".
type Corruption interface {
	// Name tells kind and strength: "rotated 90°".
	Name() string

	// check says which strength is impossible, if any.
	check() error

	// damage changes one picture of h×w with so many channels in place; rng is the picture's own. The fourth channel
	// is alpha.
	damage(pixels []uint8, h, w, channels int, rng *rand.Rand)
}

// Rotated turns pictures counterclockwise about their middle; where nothing comes to lie, the edge is repeated.
type Rotated struct{ Degrees float64 }

// Noisy adds Gaussian noise of standard deviation Std, in units of the full range 0 … 255, to each color value.
// What is transparent stays so.
type Noisy struct{ Std float64 }

// Inverted makes negatives of pictures: v becomes 255 − v.
type Inverted struct{}

// Grayscale replaces colors by their luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), in all three channels.
type Grayscale struct{}

// Corruptions are those a report shows: a small and a large rotation, weak and strong noise, negatives, no color.
func Corruptions() []Corruption {
	return []Corruption{Rotated{15}, Rotated{90}, Noisy{0.1}, Noisy{0.25}, Inverted{}, Grayscale{}}
}

// Corrupt is a copy of images with every picture damaged by c, labels and all else kept. Noise is drawn by seed and
// the picture's place.
func Corrupt(images *datasets.Images, c Corruption, seed uint64) (*datasets.Images, error) {
	if err := images.Validate(); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	damaged := *images
	damaged.Name = fmt.Sprintf("%s, %s", images.Name, c.Name())
	damaged.Pixels = append([]uint8(nil), images.Pixels...)
	size := images.Height * images.Width * images.Channels
	parallel(images.Len(), func(i int) {
		c.damage(damaged.Pixels[i*size:(i+1)*size], images.Height, images.Width, images.Channels, rand.New(rand.NewPCG(seed, uint64(i))))
	})
	return &damaged, nil
}

// Name implements [Corruption].
func (r Rotated) Name() string { return fmt.Sprintf("rotated %g°", r.Degrees) }

func (r Rotated) check() error {
	if math.IsNaN(r.Degrees) || math.IsInf(r.Degrees, 0) {
		return fmt.Errorf("eval: pictures rotated by %v degrees: want a finite number", r.Degrees)
	}
	return nil
}

func (r Rotated) damage(pixels []uint8, h, w, channels int, _ *rand.Rand) {
	from := append([]uint8(nil), pixels...)
	sin, cos := math.Sincos(r.Degrees * math.Pi / 180)
	for y := range h {
		for x := range w {
			// Where this pixel comes from, y pointing down.
			dx, dy := float64(x)-float64(w-1)/2, float64(y)-float64(h-1)/2
			sx := min(max(cos*dx-sin*dy+float64(w-1)/2, 0), float64(w-1))
			sy := min(max(sin*dx+cos*dy+float64(h-1)/2, 0), float64(h-1))
			x0, y0 := int(sx+1e-9), int(sy+1e-9)
			fx, fy := max(0, sx-float64(x0)), max(0, sy-float64(y0))
			x1, y1 := min(x0+1, w-1), min(y0+1, h-1)
			at := func(y, x, c int) float64 { return float64(from[(y*w+x)*channels+c]) }
			for c := range channels {
				top := at(y0, x0, c)*(1-fx) + at(y0, x1, c)*fx
				bottom := at(y1, x0, c)*(1-fx) + at(y1, x1, c)*fx
				pixels[(y*w+x)*channels+c] = clamp8(top*(1-fy) + bottom*fy)
			}
		}
	}
}

// Name implements [Corruption].
func (n Noisy) Name() string { return fmt.Sprintf("noisy σ=%g", n.Std) }

func (n Noisy) check() error {
	if !(n.Std >= 0) || math.IsInf(n.Std, 0) {
		return fmt.Errorf("eval: noise of standard deviation %v: want a number of at least 0, 1 being the full range", n.Std)
	}
	return nil
}

func (n Noisy) damage(pixels []uint8, _, _, channels int, rng *rand.Rand) {
	for i, v := range pixels {
		if channels == 4 && i%4 == 3 {
			continue
		}
		pixels[i] = clamp8(float64(v) + 255*n.Std*rng.NormFloat64())
	}
}

// Name implements [Corruption].
func (Inverted) Name() string { return "inverted" }

func (Inverted) check() error { return nil }

func (Inverted) damage(pixels []uint8, _, _, channels int, _ *rand.Rand) {
	for i, v := range pixels {
		if channels != 4 || i%4 != 3 {
			pixels[i] = 255 - v
		}
	}
}

// Name implements [Corruption].
func (Grayscale) Name() string { return "grayscale" }

func (Grayscale) check() error { return nil }

func (Grayscale) damage(pixels []uint8, _, _, channels int, _ *rand.Rand) {
	if channels < 3 {
		return
	}
	for i := 0; i < len(pixels); i += channels {
		luma := clamp8(0.299*float64(pixels[i]) + 0.587*float64(pixels[i+1]) + 0.114*float64(pixels[i+2]))
		pixels[i], pixels[i+1], pixels[i+2] = luma, luma, luma
	}
}

func clamp8(v float64) uint8 { return uint8(min(max(v, 0), 255) + 0.5) }
