package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// KMeansOptions are the settings of [KMeans].
type KMeansOptions struct {
	// Restarts is how many random starts are tried; the one with the smallest distances counts. 0 stands for 5.
	Restarts int

	// MaxIterations bounds each of them. 0 stands for 100.
	MaxIterations int

	// Seed of the starts.
	Seed uint64
}

// KMeans assigns each row at unit length to one of k clusters so that the sum of squared distances to the
// cluster means is small:
//
//	min Σ_i ‖x̂_i − m_{c_i}‖²,   x̂ = x/‖x‖,
//
// by Lloyd's iterations from k-means++ starts (Arthur and Vassilvitskii 2007, section 2.2). The result is a
// cluster per row, 0 … k−1, and depends on the seed: it is a local minimum.
// Compare it with labels by [NMI] and [ARI]. k larger than the number of rows is an error.
func KMeans(e *Embeddings, k int, opt KMeansOptions) ([]int32, error) {
	if err := e.check("given"); err != nil {
		return nil, err
	}
	if opt.Restarts == 0 {
		opt.Restarts = 5
	}
	if opt.MaxIterations == 0 {
		opt.MaxIterations = 100
	}
	switch {
	case k < 1 || k > e.N:
		return nil, fmt.Errorf("eval: k-means with %d clusters of %d rows%s: want 1 … %d", k, e.N, e.named(), e.N)
	case opt.Restarts < 0 || opt.MaxIterations < 0:
		return nil, fmt.Errorf("eval: k-means with %d restarts of %d iterations: want positive numbers", opt.Restarts, opt.MaxIterations)
	}
	run := kmeans{x: e.normalized(), n: e.N, d: e.D, k: k}
	var best []int32
	smallest := math.Inf(1)
	for restart := range opt.Restarts {
		assigned, cost := run.once(rand.New(rand.NewPCG(opt.Seed, uint64(restart))), opt.MaxIterations)
		if cost < smallest {
			best, smallest = assigned, cost
		}
	}
	return best, nil
}

type kmeans struct {
	x       []float64
	n, d, k int
}

func (r *kmeans) row(i int) []float64 { return r.x[i*r.d : (i+1)*r.d] }

func distance2(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return sum
}

func (r *kmeans) once(rng *rand.Rand, iterations int) (assigned []int32, cost float64) {
	centers := r.start(rng)
	assigned = make([]int32, r.n)
	distances := make([]float64, r.n)
	previous := math.Inf(1)
	for range iterations {
		parallel(r.n, func(i int) {
			distances[i] = math.Inf(1)
			for c := range r.k {
				if d := distance2(r.row(i), centers[c*r.d:(c+1)*r.d]); d < distances[i] {
					distances[i], assigned[i] = d, int32(c)
				}
			}
		})
		cost = 0
		for _, d := range distances {
			cost += d
		}
		if cost >= previous {
			break
		}
		previous = cost
		r.recenter(centers, assigned, distances)
	}
	return assigned, cost
}

// start draws rows as centers, each with a probability proportional to the squared distance to the nearest
// of those already drawn.
func (r *kmeans) start(rng *rand.Rand) []float64 {
	centers := append(make([]float64, 0, r.k*r.d), r.row(rng.IntN(r.n))...)
	nearest := make([]float64, r.n)
	for i := range nearest {
		nearest[i] = math.Inf(1)
	}
	for len(centers) < r.k*r.d {
		latest := centers[len(centers)-r.d:]
		total := 0.0
		for i := range nearest {
			nearest[i] = min(nearest[i], distance2(r.row(i), latest))
			total += nearest[i]
		}
		at, left := rng.IntN(r.n), rng.Float64()*total
		if total > 0 {
			for at = 0; at < r.n-1 && left >= nearest[at]; at++ {
				left -= nearest[at]
			}
		}
		centers = append(centers, r.row(at)...)
	}
	return centers
}

// recenter moves the centers to their means; an empty cluster takes over the row farthest from its center.
func (r *kmeans) recenter(centers []float64, assigned []int32, distances []float64) {
	clear(centers)
	counts := make([]float64, r.k)
	for i, c := range assigned {
		counts[c]++
		for j, v := range r.row(i) {
			centers[int(c)*r.d+j] += v
		}
	}
	for c, count := range counts {
		center := centers[c*r.d : (c+1)*r.d]
		if count == 0 {
			farthest := 0
			for i, d := range distances {
				if d > distances[farthest] {
					farthest = i
				}
			}
			distances[farthest] = 0
			copy(center, r.row(farthest))
			continue
		}
		for j := range center {
			center[j] /= count
		}
	}
}

// NMI is the normalized mutual information of two partitions of the same rows,
//
//	2 I(A; B) / (H(A) + H(B)),
//
// in [0, 1]: 1 if they agree up to the names of the parts. It is NMI_sum in table 2 of Vinh et al. 2010,
// "Information Theoretic Measures for Clusterings Comparison". Many small parts raise it even if they are
// random; [ARI] is corrected for that. Two partitions of one part each agree: 1.
// Different lengths, or no rows at all, are an error.
func NMI(a, b []int32) (float64, error) {
	t, err := contingency(a, b)
	if err != nil {
		return 0, err
	}
	if len(t.a) == 1 && len(t.b) == 1 {
		return 1, nil
	}
	n := float64(len(a))
	entropy := func(counts []float64) float64 {
		h := 0.0
		for _, c := range counts {
			h -= c / n * math.Log(c/n)
		}
		return h
	}
	mutual := 0.0
	for i, row := range t.both {
		for j, c := range row {
			if c > 0 {
				mutual += c / n * math.Log(c*n/(t.a[i]*t.b[j]))
			}
		}
	}
	return min(1, max(0, 2*mutual/(entropy(t.a)+entropy(t.b)))), nil
}

// ARI is the adjusted Rand index of two partitions of the same rows: the share of pairs of rows on which they
// agree, rescaled so that 1 is full agreement and 0 what random partitions with parts of the same sizes
// expect (Hubert and Arabie 1985, equation 5). It can be negative.
// Different lengths, or no rows at all, are an error.
func ARI(a, b []int32) (float64, error) {
	t, err := contingency(a, b)
	if err != nil {
		return 0, err
	}
	pairs := func(counts []float64) (sum float64) {
		for _, c := range counts {
			sum += c * (c - 1) / 2
		}
		return sum
	}
	both := 0.0
	for _, row := range t.both {
		both += pairs(row)
	}
	inA, inB, all := pairs(t.a), pairs(t.b), pairs([]float64{float64(len(a))})
	if inA == inB && (inA == 0 || inA == all) {
		return 1, nil // all in one part in both, or all apart in both
	}
	expected := inA * inB / all
	return (both - expected) / ((inA+inB)/2 - expected), nil
}

// table counts the rows in each part of a, of b, and of both at once.
type table struct {
	a, b []float64
	both [][]float64
}

func contingency(a, b []int32) (*table, error) {
	if len(a) != len(b) || len(a) == 0 {
		return nil, fmt.Errorf("eval: comparing a partition of %d rows with one of %d: want the same rows, at least one", len(a), len(b))
	}
	namesA := slices.Compact(slices.Sorted(slices.Values(a)))
	namesB := slices.Compact(slices.Sorted(slices.Values(b)))
	t := &table{make([]float64, len(namesA)), make([]float64, len(namesB)), make([][]float64, len(namesA))}
	for i := range t.both {
		t.both[i] = make([]float64, len(namesB))
	}
	for i := range a {
		at, _ := slices.BinarySearch(namesA, a[i])
		bt, _ := slices.BinarySearch(namesB, b[i])
		t.a[at]++
		t.b[bt]++
		t.both[at][bt]++
	}
	return t, nil
}
