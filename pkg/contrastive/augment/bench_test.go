package augment

import (
	"math"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// BenchmarkPolicy is the cost of 512 views of 32×32 RGBA pictures, by policy and, under "part", by transform.
func BenchmarkPolicy(b *testing.B) {
	policies := append(all(), everything())
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
	// The views are an output, as they are the input of an encoder: only then are they laid out in memory,
	// which is part of the cost. They are not copied to the host; reading rng is what waits for the end.
	exec := MustNewExec(backend, func(rng, pixels *Node) (*Node, *Node) { return p.Apply(rng, pixels, size) })
	rng, err := RNGStateFromSeed(1)
	if err != nil {
		b.Fatal(err)
	}
	pixels := noise(1, n, size, size, 4)
	step := func() {
		var views *tensors.Tensor
		rng, views = exec.MustCall2(rng, pixels)
		rng.Value()
		views.MustFinalizeAll()
	}
	step()
	best := time.Duration(math.MaxInt64)
	b.ResetTimer()
	for b.Loop() {
		start := time.Now()
		step()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "views/s")
	b.ReportMetric(best.Seconds()*1e3, "ms-best") // what other work on the machine disturbs least
}

// BenchmarkRotate compares ways to rotate 512 RGBA pictures of 32×32 by up to 0.2 radians.
func BenchmarkRotate(b *testing.B) {
	const n, size, largest = 512, 32, 0.2
	angles := make([]float64, n)
	for i := range angles {
		angles[i] = largest * (2*float64(i)/n - 1)
	}
	for _, way := range []struct {
		name   string
		rotate func(x, angle *Node) *Node
	}{
		{"gather", rotate},
		{"two passes", func(x, angle *Node) *Node { return rotateTwoPasses(x, angle, largest) }},
		{"not at all", func(x, angle *Node) *Node { return x }},
	} {
		b.Run(way.name, func(b *testing.B) {
			exec := MustNewExec(testbackend.New(b), func(pixels, angle *Node) *Node {
				return ReduceAllMean(Square(way.rotate(newView(nil, pixels, size).image(), angle)))
			})
			pixels, turned := noise(1, n, size, size, 4), floats(angles...)
			exec.MustCall1(pixels, turned).Value()
			for b.Loop() {
				exec.MustCall1(pixels, turned).Value()
			}
		})
	}
}
