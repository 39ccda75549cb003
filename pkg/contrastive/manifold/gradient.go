package manifold

import (
	"math"
	"runtime"
	"sync"

	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// rowwise calls f for all rows on all cores; each call must write only what belongs to its row, so that the
// result does not depend on the number of cores.
func rowwise(n int, f func(i int)) {
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

// affinities is p_ij, [N, N], with the diagonal 0 and the sum 1. Float32 halves the memory; the accumulations
// are in float64.
func affinities(unit *eval.Embeddings, perplexity float64) []float32 {
	n := unit.N
	conditional := make([]float32, n*n)
	rowwise(n, func(i int) {
		distances := make([]float64, n)
		for j := range n {
			for k, v := range unit.Row(i) {
				d := float64(v) - float64(unit.Row(j)[k])
				distances[j] += d * d
			}
		}
		p := neighborhood(distances, i, perplexity)
		for j, v := range p {
			conditional[i*n+j] = float32(v)
		}
	})
	rowwise(n, func(i int) {
		for j := range i {
			p := (conditional[i*n+j] + conditional[j*n+i]) / float32(2*n)
			conditional[i*n+j], conditional[j*n+i] = p, p
		}
	})
	return conditional
}

// neighborhood is p_j|i for squared distances from i, with β = 1/2σ² found by bisection such that the entropy is
// ln(perplexity). Where more rows than that coincide with i the entropy cannot fall so far, and they share.
func neighborhood(distances []float64, i int, perplexity float64) []float64 {
	nearest := math.Inf(1)
	for j, d := range distances {
		if j != i {
			nearest = min(nearest, d)
		}
	}
	p := make([]float64, len(distances))
	want := math.Log(perplexity)
	beta, low, high := 1.0, 0.0, math.Inf(1)
	for range 100 {
		// Relative to the nearest, or all underflow for a far outlier.
		sum, moment := 0.0, 0.0
		for j, d := range distances {
			if p[j] = 0; j != i {
				p[j] = math.Exp(-beta * (d - nearest))
				sum += p[j]
				moment += p[j] * (d - nearest)
			}
		}
		for j := range p {
			p[j] /= sum
		}
		entropy := math.Log(sum) + beta*moment/sum
		if math.Abs(entropy-want) < 1e-7 {
			break
		}
		if entropy > want {
			low = beta
		} else {
			high = beta
		}
		if math.IsInf(high, 1) {
			if beta *= 2; beta > 1e12 {
				break
			}
		} else {
			beta = (low + high) / 2
		}
	}
	return p
}

type tsne struct {
	n int
	p []float32
	y [][2]float64

	forces []forces // of the shares, kept between iterations
}

// shares is into how many parts the rows are dealt for the gradient: fixed, so that the order of the additions,
// and with it the layout, does not depend on the number of cores.
const shares = 16

// forces is what one share of the pairs adds: Σ p w (y_i − y_j) and Σ w² (y_i − y_j) for each point, and Σ w.
type forces struct {
	pull, push [][2]float64
	weight     float64
}

// gradient writes ∂KL/∂y with P multiplied by exaggeration:
//
//	4 Σ_j (p_ij − q_ij) w_ij (y_i − y_j),   w_ij = 1/(1 + ‖y_i − y_j‖²),   q_ij = w_ij/Z.
//
// Each pair is visited once and acts on both its points.
func (t *tsne) gradient(exaggeration float64, gradient [][2]float64) {
	if t.forces == nil {
		for range shares {
			t.forces = append(t.forces, forces{pull: make([][2]float64, t.n), push: make([][2]float64, t.n)})
		}
	}
	rowwise(shares, func(s int) {
		f := &t.forces[s]
		clear(f.pull)
		clear(f.push)
		f.weight = 0
		for i := s; i < t.n; i += shares {
			t.act(i, f)
		}
	})
	z := 0.0
	for _, f := range t.forces {
		z += 2 * f.weight
	}
	for i := range gradient {
		for a := range 2 {
			pull, push := 0.0, 0.0
			for s := range t.forces {
				pull += t.forces[s].pull[i][a]
				push += t.forces[s].push[i][a]
			}
			gradient[i][a] = 4 * (exaggeration*pull - push/z)
		}
	}
}

// act adds the forces between point i and all before it.
func (t *tsne) act(i int, f *forces) {
	yi := t.y[i]
	pull, push := f.pull[:i], f.push[:i]
	var pullX, pullY, pushX, pushY, sum float64
	for j, p := range t.p[i*t.n : i*t.n+i] {
		dx, dy := yi[0]-t.y[j][0], yi[1]-t.y[j][1]
		w := 1 / (1 + dx*dx + dy*dy)
		sum += w
		pw, ww := float64(p)*w, w*w
		pullX += pw * dx
		pullY += pw * dy
		pushX += ww * dx
		pushY += ww * dy
		pull[j][0] -= pw * dx
		pull[j][1] -= pw * dy
		push[j][0] -= ww * dx
		push[j][1] -= ww * dy
	}
	f.weight += sum
	f.pull[i][0] += pullX
	f.pull[i][1] += pullY
	f.push[i][0] += pushX
	f.push[i][1] += pushY
}

// descend is gradient descent with momentum, 0.5 in the first quarter and 0.8 after it, and a gain per
// coordinate that grows while the gradient keeps its sign (van der Maaten and Hinton 2008, section 3.4).
func (t *tsne) descend(opt TSNEOptions) {
	gradient, step, gain := make([][2]float64, t.n), make([][2]float64, t.n), make([][2]float64, t.n)
	for i := range gain {
		gain[i] = [2]float64{1, 1}
	}
	for iteration := range opt.Iterations {
		momentum, exaggeration := 0.8, 1.0
		if iteration < opt.Iterations/4 {
			momentum, exaggeration = 0.5, opt.Exaggeration
		}
		t.gradient(exaggeration, gradient)
		var mean [2]float64
		for i := range t.y {
			for a, g := range gradient[i] {
				if (g > 0) != (step[i][a] > 0) {
					gain[i][a] += 0.2
				} else {
					gain[i][a] = max(0.01, gain[i][a]*0.8)
				}
				step[i][a] = momentum*step[i][a] - opt.LearningRate*gain[i][a]*g
				t.y[i][a] += step[i][a]
				mean[a] += t.y[i][a] / float64(t.n)
			}
		}
		for i := range t.y {
			t.y[i][0] -= mean[0]
			t.y[i][1] -= mean[1]
		}
	}
}

// divergence is KL(P‖Q) in nats.
func (t *tsne) divergence() float64 {
	z := make([]float64, t.n)
	part := make([]float64, t.n)
	weight := func(i, j int) float64 {
		dx, dy := t.y[i][0]-t.y[j][0], t.y[i][1]-t.y[j][1]
		return 1 / (1 + dx*dx + dy*dy)
	}
	rowwise(t.n, func(i int) {
		for j := range t.n {
			if j == i {
				continue
			}
			w := weight(i, j)
			z[i] += w
			if p := float64(t.p[i*t.n+j]); p > 0 {
				part[i] += p * math.Log(p/w)
			}
		}
	})
	total, kl, mass := 0.0, 0.0, 0.0
	for i := range z {
		total += z[i]
		kl += part[i]
	}
	for _, p := range t.p {
		mass += float64(p)
	}
	return kl + mass*math.Log(total)
}
