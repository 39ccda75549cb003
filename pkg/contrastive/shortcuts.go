package contrastive

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// ErrNoPretext is returned where there are no two views of a picture to be told from others: the method looks at
// one view, or at pictures and texts.
var ErrNoPretext = errors.New("the method does not compare two views of a picture")

// Shortcuts says how far features that have learned nothing solve the pretext task already: the share of samples
// whose second view is, of those of all samples, the nearest to their first by cosine similarity (recall@1).
type Shortcuts struct {
	Samples        int     `json:"samples"`         // N
	Chance         float64 `json:"chance"`          // 1/N
	MeanColor      float64 `json:"mean_color"`      // three numbers a view
	ColorHistogram float64 `json:"color_histogram"` // which colors, but not where
	Pixels         float64 `json:"pixels"`          // minus their mean, each compared with the one in its place
	Untrained      float64 `json:"untrained"`       // h of the encoder before its first step
}

// shortcutSamples is N: fixed, so that the meters of two policies compare, and the default batch.
const shortcutSamples = 256

// MeasureShortcuts is the shortcut meter: before training, it makes views of up to 256 samples of images exactly
// as [Pretrain] would, by config's pairs and policies, and compares them by color, by pixels and by the untrained
// encoder. What solves the task without learning is what the encoder will learn first, and may be all it learns: where
// color histograms do, the paper's remedy is color distortion (Chen et al. 2020, section 3.1, figure 5).
//
// Errors: those of config, and [ErrNoPretext].
func MeasureShortcuts(backend compute.Backend, images *datasets.Images, config Config) (*Shortcuts, error) {
	run, err := Untrained(backend, images, config)
	if err != nil {
		return nil, err
	}
	pairs, err := run.pairs(images)
	if err != nil {
		return nil, err
	}
	s, err := pairs.shortcuts(backend)
	if err == nil {
		s.Untrained, err = recallAt1(backend, pairs.features[0], pairs.features[1])
	}
	return s, err
}

// pairs are two views of each of some samples, as pictures and as the run sees them: row i of both halves shows
// sample i. The third of each is the picture that the first view was made of, without randomness.
type pairs struct {
	views                [2]*datasets.Images
	features, embeddings [3]*eval.Embeddings // h and z
}

// pairs makes views of a batch of samples as a training step does and embeds them.
func (r *Run) pairs(images *datasets.Images) (*pairs, error) {
	if _, reads := r.Config.Method.(TextUser); reads {
		return nil, fmt.Errorf("%s: %w", r.Config.Method.Name(), ErrNoPretext)
	}
	plan := r.Config.planViews(images)
	if len(plan) < 2 || plan[0].Size != plan[1].Size { // views of two sizes have no pixels in the same place
		return nil, fmt.Errorf("%s: %w", r.Config.Method.Name(), ErrNoPretext)
	}
	config := r.Config
	config.BatchSize = min(shortcutSamples, config.Samples(images))
	if config.BatchSize < 2 {
		return nil, fmt.Errorf("%s holds %d samples: two are needed to tell one from another", images.Name, config.BatchSize)
	}
	n, picture := config.BatchSize, images.Height*images.Width*images.Channels
	indices := newSampler(images, &config, 2, nil).indices(0, 0)
	exec, err := model.NewExec(r.backend, r.store, func(scope *model.Scope, rng, pixels *Node) []*Node {
		scope.Store().SetTraining(pixels.Graph(), false)
		sides := split(pixels, 2)
		var views [3]*Node
		for side, rows := range sides {
			rng, views[side] = plan[side].Policy.Apply(rng, rows, plan[side].Size)
		}
		views[2] = plan[0].Policy.Plain(sides[0], plan[0].Size)
		outputs := []*Node{rng}
		for side := range sides {
			outputs = append(outputs, MulScalar(plan[side].Policy.Unnormalize(views[side]), 255))
		}
		h := split(r.Config.Encoder.Features(scope.Store().Scope(learnScope+"/encoder"), Concatenate(views[:], 0)), len(views))
		z := split(r.Config.Head.Project(scope.Store().Scope(learnScope+"/head"), Concatenate(h, 0)), len(views))
		return append(append(outputs, h...), z...)
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	state, err := RNGStateFromSeed(config.Seed)
	if err != nil {
		return nil, err
	}
	originals := make([]int, n)
	for i := range originals {
		originals[i] = int(indices[i])
	}
	known, err := images.Select(originals)
	if err != nil {
		return nil, err
	}
	made := &pairs{}
	for side := range made.features {
		of := known // what is known of the pictures: labels, items
		if side < 2 {
			of = &datasets.Images{Name: fmt.Sprintf("view %d of %s", side+1, images.Name), Height: plan[side].Size, Width: plan[side].Size,
				Channels: min(images.Channels, 3), Items: sequence(n)}
			made.views[side] = of
		}
		made.features[side] = &eval.Embeddings{N: n, Images: of}
		made.embeddings[side] = &eval.Embeddings{N: n, Images: of}
	}
	chunk := min(n, embedChunk/2) // pairs
	for start := 0; start < n; start += chunk {
		count := min(chunk, n-start)
		input := make([]uint8, 0, 2*chunk*picture)
		for side := range 2 {
			for i := range chunk { // the last chunk is filled up with its last sample
				at := int(indices[side*n+min(start+i, n-1)])
				input = append(input, images.Pixels[at*picture:(at+1)*picture]...)
			}
		}
		out, err := exec.Call(state, tensors.FromFlatDataAndDimensions(input, 2*chunk, images.Height, images.Width, images.Channels))
		if err != nil {
			return nil, err
		}
		state = out[0]
		if err := made.add(count, out[1:3], out[3:6], out[6:9]); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// sequence is 0 … n−1.
func sequence(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// add takes the first count rows of what was made: views, features, embeddings.
func (p *pairs) add(count int, views, h, z []*tensors.Tensor) error {
	rows := func(t *tensors.Tensor) ([]float32, error) {
		flat, err := tensors.CopyFlatData[float32](t)
		if err != nil {
			return nil, err
		}
		return flat[:len(flat)/t.Shape().Dim(0)*count], nil
	}
	for side, t := range views {
		flat, err := rows(t)
		if err != nil {
			return err
		}
		for _, v := range flat {
			p.views[side].Pixels = append(p.views[side].Pixels, uint8(v+0.5))
		}
	}
	for _, of := range []struct {
		to   *[3]*eval.Embeddings
		from []*tensors.Tensor
	}{{&p.features, h}, {&p.embeddings, z}} {
		for i, t := range of.from {
			flat, err := rows(t)
			if err != nil {
				return err
			}
			e := of.to[i]
			e.D = t.Shape().Dim(1)
			e.Vectors = slices.Concat(e.Vectors, flat)
		}
	}
	return nil
}

// shortcuts measures what needs no encoder.
func (p *pairs) shortcuts(backend compute.Backend) (*Shortcuts, error) {
	n := p.views[0].Len()
	s := &Shortcuts{Samples: n, Chance: 1 / float64(n)}
	for _, m := range []struct {
		into *float64
		make func(*datasets.Images) *eval.Embeddings
	}{{&s.MeanColor, eval.MeanColors}, {&s.ColorHistogram, eval.ColorHistograms}, {&s.Pixels, eval.Pixels}} {
		a, b := m.make(p.views[0]), m.make(p.views[1])
		if m.into == &s.Pixels {
			center := a
			var err error
			if a, err = a.Centered(center); err != nil {
				return nil, err
			}
			if b, err = b.Centered(center); err != nil {
				return nil, err
			}
		}
		var err error
		if *m.into, err = recallAt1(backend, a, b); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// recallAt1 is the share of first views whose nearest second view is of the same sample.
func recallAt1(backend compute.Backend, first, second *eval.Embeddings) (float64, error) {
	found, err := eval.Retrieval(backend, first, second, 1)
	if err != nil {
		return 0, err
	}
	return found.Recall[0], nil
}
