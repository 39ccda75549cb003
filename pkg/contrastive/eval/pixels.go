package eval

import "github.com/contrastlab/contrastlab/datasets"

// Pixels makes the baseline that every encoder has to beat: the pictures themselves as vectors.
//
// Values are in [0, 1], flattened [H·W·C]. With four channels the fourth is straight alpha and the picture is
// laid over white first, so that C is 3: what is transparent has a color all the same, which must not
// count. The vectors are not mean-centered.
func Pixels(images *datasets.Images) *Embeddings {
	n, channels := images.Len(), images.Channels
	if channels == 4 {
		channels = 3
	}
	e := &Embeddings{N: n, D: images.Height * images.Width * channels, Images: images}
	e.Vectors = make([]float32, n*e.D)
	if images.Channels != 4 {
		for i, v := range images.Pixels[:n*e.D] {
			e.Vectors[i] = float32(v) / 255
		}
		return e
	}
	for p := range len(e.Vectors) / 3 {
		rgba := images.Pixels[4*p : 4*p+4]
		alpha := float32(rgba[3]) / 255
		for c := range 3 {
			e.Vectors[3*p+c] = 1 - alpha + alpha*float32(rgba[c])/255
		}
	}
	return e
}
