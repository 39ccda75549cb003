package contrastive

import (
	"iter"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/contrastlab/contrastlab/datasets"
)

// sampler feeds a training loop with the indices of the pictures of each step. What step k gets depends
// on the seed and k alone, so a resumed run sees what an uninterrupted one would have.
type sampler struct {
	samples   [][]int32 // the pictures each sample can be seen as
	views     int
	batchSize int
	seed      int64
	next      func() int // the step to start from

	epoch int // that order is of
	order []int
}

var _ train.Dataset = (*sampler)(nil)

func newSampler(images *datasets.Images, c *Config, views int, next func() int) *sampler {
	return &sampler{samples: samplesOf(images, c.Positives), views: views, batchSize: c.BatchSize, seed: c.Seed, next: next}
}

// samplesOf lists for each sample the pictures that show it: itself, or all pictures of the item. Items
// with a single picture are left out, having no second view of that kind.
func samplesOf(images *datasets.Images, pairing Pairing) [][]int32 {
	var samples [][]int32
	if pairing == SameImage {
		all := make([]int32, images.Len())
		samples = make([][]int32, len(all))
		for i := range all {
			all[i] = int32(i)
			samples[i] = all[i : i+1 : i+1]
		}
		return samples
	}
	byItem := make([][]int32, len(images.ItemNames))
	for i, item := range images.Items {
		byItem[item] = append(byItem[item], int32(i))
	}
	for _, pictures := range byItem {
		if len(pictures) > 1 {
			samples = append(samples, pictures)
		}
	}
	return samples
}

// Name implements [train.Dataset].
func (s *sampler) Name() string { return "indices" }

// Iter implements [train.Dataset]: one batch of indices [views, batch] a step, without end.
func (s *sampler) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for step := s.next(); ; step++ {
			batch := train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(s.at(step), s.views, s.batchSize)}}
			if !yield(batch, nil) {
				return
			}
		}
	}
}

// at is the indices of a step.
func (s *sampler) at(step int) []int32 {
	perEpoch := len(s.samples) / s.batchSize
	return s.indices(step/perEpoch, step%perEpoch)
}

// indices are those of one batch of one epoch: view by view, sample by sample.
func (s *sampler) indices(epoch, batch int) []int32 {
	if s.order == nil || s.epoch != epoch {
		s.epoch, s.order = epoch, rand.New(rand.NewPCG(uint64(s.seed), uint64(epoch))).Perm(len(s.samples))
	}
	choose := rand.New(rand.NewPCG(uint64(s.seed)+1, uint64(epoch)<<32+uint64(batch)))
	indices := make([]int32, s.views*s.batchSize)
	for b, sample := range s.order[batch*s.batchSize : (batch+1)*s.batchSize] {
		pictures := s.samples[sample]
		turn := choose.Perm(len(pictures))
		for v := range s.views {
			// With fewer pictures than views, pictures repeat, each in another random view.
			indices[v*s.batchSize+b] = pictures[turn[v%len(pictures)]]
		}
	}
	return indices
}
