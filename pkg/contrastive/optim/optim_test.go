package optim

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// The problem of every test: a weight [2, 2] and a bias [2] with the loss ½ Σ a (θ − c)², whose gradient is
// a (θ − c), in the graph and below in plain numbers.
var (
	weightStart, biasStart = [][]float32{{1, -2}, {0.5, 3}}, []float32{0.3, -0.7}
	curvature, target      = 1.5, 0.25
)

func flatStart() []float64 { return []float64{1, -2, 0.5, 3, 0.3, -0.7} }

// isBias says which of the six flattened parameters get no decay.
func isBias(i int) bool { return i >= 4 }

// train runs steps updates on the device and returns the parameters after each, flattened, with rates and gradient norms.
func train(t *testing.T, o Optimizer, batch, total, steps int, clip float64) (parameters [][]float64, rates, norms []float64) {
	t.Helper()
	store := model.NewStore()
	bound := &Bound{Optimizer: o, BatchSize: batch, TotalSteps: total, ClipNorm: clip, Trainable: "/model"}
	exec := model.MustNewExec(testbackend.New(t), store, func(scope *model.Scope, one *Node) []*Node {
		g := one.Graph()
		w := store.Scope("/model").VariableWithValue("weights", weightStart)
		b := store.Scope("/model").VariableWithValue("biases", biasStart)
		frozen := store.Scope("/other").VariableWithValue("weights", weightStart)
		quadratic := func(x *Node) *Node { return MulScalar(ReduceAllSum(Square(AddScalar(x, -target))), curvature/2) }
		loss := Add(Add(quadratic(w.NodeValue(g)), quadratic(b.NodeValue(g))), quadratic(frozen.NodeValue(g)))
		bound.UpdateGraph(scope, g, loss)
		rate, _ := scope.GetGraphParam(g, RateGraphParam)
		norm, _ := scope.GetGraphParam(g, GradientNormGraphParam)
		return []*Node{w.NodeValue(g), b.NodeValue(g), rate.(*Node), norm.(*Node)}
	})
	for range steps {
		out := exec.MustCall(float32(1))
		var flat []float64
		for _, x := range append(tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])...) {
			flat = append(flat, float64(x))
		}
		parameters = append(parameters, flat)
		rates = append(rates, float64(out[2].Value().(float32)))
		norms = append(norms, float64(out[3].Value().(float32)))
	}
	require.Equal(t, weightStart, store.GetVariable("/other/weights").MustValue().Value(), "a variable outside the scope moved")
	return parameters, rates, norms
}

func gradient(theta []float64) (g []float64, norm float64) {
	for _, x := range theta {
		g = append(g, curvature*(x-target))
		norm += math.Pow(curvature*(x-target), 2)
	}
	return g, math.Sqrt(norm)
}

// rateAt is the schedule written out.
func rateAt(peak, warmUp float64, step, total int) float64 {
	w := warmUp * float64(total)
	if float64(step) <= w {
		return peak * float64(step) / w
	}
	return peak * (1 + math.Cos(math.Pi*(float64(step)-w)/(float64(total)-w))) / 2
}

func requireSteps(t *testing.T, want, got [][]float64) {
	t.Helper()
	for step := range want {
		for i := range want[step] {
			require.InDelta(t, want[step][i], got[step][i], 2e-5*(1+math.Abs(want[step][i])), "parameter %d after step %d", i, step+1)
		}
	}
}

func TestAdamW(t *testing.T) {
	o := AdamW{LearningRate: 0.1, WeightDecay: 0.05, Beta1: 0.9, Beta2: 0.99, WarmUp: 0.2}
	got, rates, norms := train(t, o, 64, 10, 7, 0)
	theta, m, v := flatStart(), make([]float64, 6), make([]float64, 6)
	var want [][]float64
	for step := 1; step <= 7; step++ {
		g, norm := gradient(theta)
		eta := rateAt(0.1, 0.2, step, 10)
		require.InDelta(t, eta, rates[step-1], 1e-6)
		require.InDelta(t, norm, norms[step-1], 1e-4)
		for i := range theta {
			m[i] = 0.9*m[i] + 0.1*g[i]
			v[i] = 0.99*v[i] + 0.01*g[i]*g[i]
			update := m[i] / (1 - math.Pow(0.9, float64(step))) / (math.Sqrt(v[i]/(1-math.Pow(0.99, float64(step)))) + 1e-8)
			if !isBias(i) {
				update += 0.05 * theta[i]
			}
			theta[i] -= eta * update
		}
		want = append(want, append([]float64(nil), theta...))
	}
	requireSteps(t, want, got)
}

func TestSGD(t *testing.T) {
	for _, nesterov := range []bool{false, true} {
		o := SGD{LearningRate: 0.1, Momentum: 0.8, Nesterov: nesterov, WeightDecay: 0.01}
		got, rates, _ := train(t, o, 128, 20, 6, 0)
		theta, u := flatStart(), make([]float64, 6)
		var want [][]float64
		for step := 1; step <= 6; step++ {
			g, _ := gradient(theta)
			eta := rateAt(0.1*128/256, 0, step, 20)
			require.InDelta(t, eta, rates[step-1], 1e-6, "linear scaling by the batch")
			for i := range theta {
				if !isBias(i) {
					g[i] += 0.01 * theta[i]
				}
				u[i] = 0.8*u[i] + g[i]
				direction := u[i]
				if nesterov {
					direction = g[i] + 0.8*u[i]
				}
				theta[i] -= eta * direction
			}
			want = append(want, append([]float64(nil), theta...))
		}
		requireSteps(t, want, got)
	}
}

func TestLARS(t *testing.T) {
	o := LARS{LearningRate: 0.5, Momentum: 0.9, WeightDecay: 0.02, Trust: 0.1}
	got, _, _ := train(t, o, 256, 20, 6, 0)
	theta, u := flatStart(), make([]float64, 6)
	var want [][]float64
	for step := 1; step <= 6; step++ {
		g, _ := gradient(theta)
		weightNorm, gradientNorm := 0.0, 0.0
		for i := range 4 {
			g[i] += 0.02 * theta[i]
			weightNorm += theta[i] * theta[i]
			gradientNorm += g[i] * g[i]
		}
		ratio := 0.1 * math.Sqrt(weightNorm) / math.Sqrt(gradientNorm)
		for i := range theta {
			if !isBias(i) {
				g[i] *= ratio
			}
			u[i] = 0.9*u[i] + g[i]
			theta[i] -= rateAt(0.5, 0, step, 20) * u[i]
		}
		want = append(want, append([]float64(nil), theta...))
	}
	requireSteps(t, want, got)
}

func TestClipNorm(t *testing.T) {
	const clip = 0.5
	got, _, norms := train(t, SGD{LearningRate: 0.1}, 256, 1000, 1, clip)
	theta := flatStart()
	g, norm := gradient(theta)
	require.InDelta(t, norm, norms[0], 1e-4, "the norm is recorded before clipping")
	require.Greater(t, norm, clip)
	for i := range theta {
		theta[i] -= rateAt(0.1, 0, 1, 1000) * g[i] * clip / norm
	}
	requireSteps(t, [][]float64{theta}, got)
}

func TestScheduleGraphEqualsFactor(t *testing.T) {
	for _, s := range []Schedule{{WarmUp: 0.1}, {}, {WarmUp: 0.3, Constant: true}, {WarmUp: 0.05}} {
		exec := MustNewExec(testbackend.New(t), func(step *Node) *Node { return s.factor(step, 50) })
		for step := 1; step <= 60; step += 7 {
			require.InDelta(t, s.Factor(step, 50), float64(exec.MustCall(float32(step))[0].Value().(float32)), 1e-6, "%+v at %d", s, step)
		}
	}
	require.InDelta(t, 0, Schedule{WarmUp: 0.1}.Factor(50, 50), 1e-12)
	require.InDelta(t, 1, Schedule{WarmUp: 0.1}.Factor(5, 50), 1e-12)
}

func TestValidate(t *testing.T) {
	for _, name := range Optimizers.Names() {
		o, err := Optimizers.New(name)
		require.NoError(t, err)
		require.NoError(t, o.Validate(), name)
	}
	adamw, err := registry.WithDefaults(AdamW{})
	require.NoError(t, err)
	for want, change := range map[string]func(*AdamW){
		"learning_rate = 0":   func(a *AdamW) { a.LearningRate = 0 },
		"learning_rate = NaN": func(a *AdamW) { a.LearningRate = math.NaN() },
		"weight_decay = -1":   func(a *AdamW) { a.WeightDecay = -1 },
		"beta2 = 1":           func(a *AdamW) { a.Beta2 = 1 },
		"warm_up = 2":         func(a *AdamW) { a.WarmUp = 2 },
	} {
		broken := adamw
		change(&broken)
		require.ErrorContains(t, broken.Validate(), want)
	}
	require.ErrorContains(t, LARS{LearningRate: 1}.Validate(), "trust = 0")
	require.ErrorContains(t, SGD{LearningRate: 1, Momentum: 1}.Validate(), "sgd_momentum = 1")
}
