package contrastive

import (
	"iter"
	"runtime"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/train"

	"github.com/contrastlab/contrastlab/datasets"
)

const (
	// defaultResidentMiB is the most pixels that stay on the device by default.
	defaultResidentMiB = 2048
	// prefetch is how many batches lie ready on the device while a step runs.
	prefetch = 2
)

// streams says whether the pixels of images are sent batch by batch, being too many to stay on the device.
func (c *Config) streams(images *datasets.Images) bool {
	limit := c.ResidentMiB
	if limit == 0 {
		limit = defaultResidentMiB
	}
	return limit < 0 || len(images.Pixels) > limit<<20
}

// stream is a sampler that sends the pictures along, for data that does not fit on the device. A step gets
// the sampler's indices and, in their place as far as pixels go, rows [V, B] of the pixels [U, H, W, C] of
// this batch. Each picture is sent once, in however many views it is seen: U is B for views of one picture.
//
// The pictures of the next batches are gathered and sent while a step runs.
type stream struct {
	*sampler
	backend compute.Backend
	images  *datasets.Images
	once    int     // pictures of one sample that a batch can hold
	host    []uint8 // where the pictures of a batch are gathered
}

var _ train.Dataset = (*stream)(nil)

func newStream(backend compute.Backend, images *datasets.Images, s *sampler) *stream {
	once := 1
	for _, pictures := range s.samples {
		once = max(once, min(s.views, len(pictures)))
	}
	return &stream{sampler: s, backend: backend, images: images, once: once}
}

// Iter implements [train.Dataset]: [sampler.Iter] with rows and pixels. What was prefetched is released and
// the goroutine that did it has ended when the loop over it ends.
func (s *stream) Iter() iter.Seq2[train.Batch, error] {
	type made struct {
		batch train.Batch
		err   error
	}
	return func(yield func(train.Batch, error) bool) {
		first, ready, stop := s.next(), make(chan made, prefetch-1), make(chan struct{})
		var producer sync.WaitGroup
		producer.Go(func() {
			defer close(ready)
			for step := first; ; step++ {
				var m made
				m.batch, m.err = s.batch(s.at(step))
				select {
				case ready <- m:
				case <-stop:
					_ = m.batch.Finalize()
					return
				}
				if m.err != nil {
					return
				}
			}
		})
		defer func() {
			close(stop)
			for m := range ready {
				_ = m.batch.Finalize()
			}
			producer.Wait()
		}()
		for m := range ready {
			if !yield(m.batch, m.err) {
				return
			}
		}
	}
}

// batch sends what the indices [V, B] name.
func (s *stream) batch(indices []int32) (train.Batch, error) {
	rows := s.gather(indices)
	shape := shapes.Make(dtypes.Uint8, s.once*s.batchSize, s.images.Height, s.images.Width, s.images.Channels)
	// A copy of its own on the device, whatever the backend: host is used again for the next batch.
	buffer, err := s.backend.BufferFromFlatData(0, s.host, shape)
	if err != nil {
		return train.Batch{}, err
	}
	pixels, err := tensors.FromBuffer(buffer)
	if err != nil {
		return train.Batch{}, err
	}
	return train.Batch{Inputs: []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(indices, s.views, s.batchSize),
		tensors.FromFlatDataAndDimensions(rows, s.views, s.batchSize),
		pixels,
	}}, nil
}

// gather copies each picture of a batch to host once and returns the row in which each index finds its own:
// v·B + b where v is the first view of sample b that shows it. That v is less than s.once, since a sample's
// views go through its pictures in turn. Rows that no index asks for keep what an earlier batch left there.
func (s *stream) gather(indices []int32) (rows []int32) {
	size := s.images.Height * s.images.Width * s.images.Channels
	if s.host == nil {
		s.host = make([]uint8, s.once*s.batchSize*size)
	}
	rows = make([]int32, len(indices))
	place := func(sample int) {
		for at := sample; at < len(indices); at += s.batchSize {
			first := sample
			for indices[first] != indices[at] {
				first += s.batchSize
			}
			rows[at] = int32(first)
			if first == at {
				picture := int(indices[at])
				copy(s.host[at*size:(at+1)*size], s.images.Pixels[picture*size:(picture+1)*size])
			}
		}
	}
	// In parallel, because pixels may be a file mapped into memory, from which each core can wait for another part.
	workers := min(runtime.GOMAXPROCS(0), s.batchSize)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for sample := w * s.batchSize / workers; sample < (w+1)*s.batchSize/workers; sample++ {
				place(sample)
			}
		})
	}
	wg.Wait()
	return rows
}
