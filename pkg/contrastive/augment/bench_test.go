package augment

import (
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// randomPixels are n pictures of noise with smooth alpha.
func randomPixels(seed uint64, n, h, w, c int) *tensors.Tensor {
	r := rand.New(rand.NewPCG(seed, 1))
	flat := make([]uint8, n*h*w*c)
	for i := range flat {
		flat[i] = uint8(r.IntN(256))
	}
	return tensors.FromFlatDataAndDimensions(flat, n, h, w, c)
}

// BenchmarkPolicy is the cost of 512 views of 32×32 RGBA pictures, by policy and, under "part", by transform.
func BenchmarkPolicy(b *testing.B) {
	policies := []Policy{None(), Emoji(), SimCLR(), SimCLRCIFAR(), MoCoV2()}
	for _, t := range Emoji().Transforms {
		policies = append(policies, Policy{Name: "part/" + t.name(), Transforms: []Transform{t}})
	}
	policies = append(policies, Policy{Name: "part/GaussianBlur", Transforms: []Transform{blur(0.5)}})
	for _, p := range policies {
		b.Run(p.Name, func(b *testing.B) { benchViews(b, p) })
	}
}

func benchViews(b *testing.B, p Policy) {
	const n, size = 512, 32
	backend := testbackend.New(b)
	exec := MustNewExec(backend, func(rng, pixels *Node) (*Node, *Node) {
		rng, views := p.Apply(rng, pixels, size)
		return rng, ReduceAllMean(views) // a scalar, so that copying views to the host is not measured
	})
	rng, err := RNGStateFromSeed(1)
	if err != nil {
		b.Fatal(err)
	}
	pixels := randomPixels(1, n, size, size, 4)
	var mean *tensors.Tensor
	rng, mean = exec.MustCall2(rng, pixels)
	mean.Value()
	b.ResetTimer()
	for b.Loop() {
		rng, mean = exec.MustCall2(rng, pixels)
		mean.Value()
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "views/s")
}
