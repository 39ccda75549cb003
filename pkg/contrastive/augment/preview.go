package augment

import (
	"fmt"
	"image"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/contrastlab/contrastlab/datasets"
)

// Preview makes views of pictures to look at, out of the same graph that training compiles: element [i][v]
// is view v of picture i, size pixels a side (0: the pictures' own height), without the normalization. The
// same seed gives the same views. It fails on a policy that is not valid and on an empty set.
func (p Policy) Preview(backend compute.Backend, images *datasets.Images, views, size int, seed int64) ([][]image.Image, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if images.Len() == 0 || views < 1 {
		return nil, fmt.Errorf("augment: nothing to preview: %d pictures, %d views", images.Len(), views)
	}
	if size == 0 {
		size = images.Height
	}
	state, err := RNGStateFromSeed(seed)
	if err != nil {
		return nil, err
	}
	pixels := tensors.FromFlatDataAndDimensions(images.Pixels, images.Len(), images.Height, images.Width, images.Channels)
	exec, err := NewExec(backend, func(rng, pixels *Node) (*Node, *Node) {
		rng, views := p.Apply(rng, pixels, size)
		return rng, p.Unnormalize(views) // [N, size, size, channels]
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	pictures := make([][]image.Image, images.Len())
	for range views {
		var made *tensors.Tensor
		if state, made, err = exec.Call2(state, pixels); err != nil {
			return nil, err
		}
		values, err := tensors.CopyFlatData[float32](made)
		if err != nil {
			return nil, err
		}
		each := len(values) / images.Len()
		for i := range pictures {
			pictures[i] = append(pictures[i], toImage(values[i*each:(i+1)*each], size, made.Shape().Dim(-1)))
		}
	}
	return pictures, nil
}

// toImage makes a picture of one view [size, size, channels] with values in 0 … 1.
func toImage(values []float32, size, channels int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for pixel := range size * size {
		for c := range 3 {
			img.Pix[4*pixel+c] = uint8(255*values[pixel*channels+c%channels] + 0.5)
		}
		img.Pix[4*pixel+3] = 255
	}
	return img
}
