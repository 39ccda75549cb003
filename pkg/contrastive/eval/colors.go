package eval

import (
	"math"

	"github.com/contrastlab/contrastlab/datasets"
)

// MeanColors is the mean color of each picture as a vector whose cosine compares colors: for each channel with
// the mean m in 0 … 1 the pair (cos πm/2, sin πm/2), so that
//
//	cos(x, y) = 1/C Σ_c cos(π (x_c − y_c)/2),
//
// which falls with the distance of the colors. Transparent pictures lie over white, as in [Pixels].
func MeanColors(images *datasets.Images) *Embeddings {
	pixels, channels := Pixels(images), min(images.Channels, 3)
	e := &Embeddings{N: pixels.N, D: 2 * channels, Images: images, Vectors: make([]float32, pixels.N*2*channels)}
	parallel(e.N, func(i int) {
		mean := make([]float64, channels)
		for j, v := range pixels.Row(i) {
			mean[j%channels] += float64(v)
		}
		for c, sum := range mean {
			sin, cos := math.Sincos(math.Pi / 2 * sum / float64(pixels.D/channels))
			e.Row(i)[2*c], e.Row(i)[2*c+1] = float32(cos), float32(sin)
		}
	})
	return e
}

// The bins per channel of a color histogram and the bins of a gray one.
const (
	colorBins = 8
	grayBins  = 64
)

// ColorHistograms counts the colors of each picture in 8×8×8 bins (64 of gray), whatever their place. The vectors
// hold the square roots of the shares p, so that a cosine is the Bhattacharyya coefficient of two histograms,
//
//	cos(x, y) = Σ_b √(p_b q_b).
//
// It is what Chen et al. 2020 (SimCLR), section 3.1 and figure 5, show to be nearly enough to tell which crops
// come from one picture when colors are not distorted. Transparent pictures lie over white, as in [Pixels].
func ColorHistograms(images *datasets.Images) *Embeddings {
	pixels, channels := Pixels(images), min(images.Channels, 3)
	bins, each := grayBins, grayBins
	if channels == 3 {
		bins, each = colorBins*colorBins*colorBins, colorBins
	}
	e := &Embeddings{N: pixels.N, D: bins, Images: images, Vectors: make([]float32, pixels.N*bins)}
	parallel(e.N, func(i int) {
		counts, row := e.Row(i), pixels.Row(i)
		for p := 0; p < len(row); p += channels {
			bin := 0
			for _, v := range row[p : p+channels] {
				bin = bin*each + min(int(v*float32(each)), each-1)
			}
			counts[bin]++
		}
		for b, n := range counts {
			counts[b] = float32(math.Sqrt(float64(n) * float64(channels) / float64(pixels.D)))
		}
	})
	return e
}
