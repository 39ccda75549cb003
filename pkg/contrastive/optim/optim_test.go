package optim

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
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
	for _, all := range []bool{false, true} {
		o := AdamW{LearningRate: 0.1, WeightDecay: 0.05, Beta1: 0.9, Beta2: 0.99, WarmUp: 0.2, DecayAll: all}
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
				if all || !isBias(i) {
					update += 0.05 * theta[i]
				}
				theta[i] -= eta * update
			}
			want = append(want, append([]float64(nil), theta...))
		}
		requireSteps(t, want, got)
	}
}

func TestSGD(t *testing.T) {
	for _, o := range []SGD{
		{LearningRate: 0.05, Momentum: 0.8, WeightDecay: 0.01},
		{LearningRate: 0.1, Momentum: 0.8, Nesterov: true, WeightDecay: 0.01, Scaling: LinearScaling},
		{LearningRate: 0.05, Momentum: 0.9, WeightDecay: 0.05, DecayAll: true, WarmUp: 0.2},
	} {
		got, rates, _ := train(t, o, 128, 20, 6, 0)
		eta := o.LearningRate
		if o.Scaling == LinearScaling {
			eta *= 128. / 256
		}
		want, wantRates := sgdSteps(o, eta, 20, 6, math.Inf(1))
		require.InDeltaSlice(t, wantRates, rates, 1e-6)
		requireSteps(t, want, got)
	}
}

// sgdSteps is SGD in plain numbers, at the peak rate eta, with the gradient's norm clipped.
func sgdSteps(o SGD, eta float64, total, steps int, clip float64) (thetas [][]float64, rates []float64) {
	theta, u := flatStart(), make([]float64, 6)
	for step := 1; step <= steps; step++ {
		g, norm := gradient(theta)
		rates = append(rates, rateAt(eta, o.WarmUp, step, total))
		for i := range theta {
			g[i] *= math.Min(1, clip/norm)
			if o.DecayAll || !isBias(i) {
				g[i] += o.WeightDecay * theta[i]
			}
			u[i] = o.Momentum*u[i] + g[i]
			direction := u[i]
			if o.Nesterov {
				direction = g[i] + o.Momentum*u[i]
			}
			theta[i] -= rates[step-1] * direction
		}
		thetas = append(thetas, append([]float64(nil), theta...))
	}
	return thetas, rates
}

func TestLARS(t *testing.T) {
	for _, o := range []LARS{
		{LearningRate: 0.5, Momentum: 0.9, WeightDecay: 0.02, Trust: 0.1},
		{LearningRate: 0.5, Momentum: 0.9, WeightDecay: 0.02, Trust: 0.1, DecayAll: true, Scaling: SquareRootScaling},
	} {
		got, _, _ := train(t, o, 1024, 20, 6, 0)
		eta := o.LearningRate
		if o.Scaling == SquareRootScaling {
			eta *= 2 // √(1024/256)
		}
		theta, u := flatStart(), make([]float64, 6)
		var want [][]float64
		for step := 1; step <= 6; step++ {
			g, _ := gradient(theta)
			for _, layer := range [][2]int{{0, 4}, {4, 6}} { // the weight, the bias
				if layer[0] == 4 && !o.DecayAll {
					continue
				}
				weightNorm, gradientNorm := 0.0, 0.0
				for i := layer[0]; i < layer[1]; i++ {
					g[i] += 0.02 * theta[i]
					weightNorm += theta[i] * theta[i]
					gradientNorm += g[i] * g[i]
				}
				for i := layer[0]; i < layer[1]; i++ {
					g[i] *= 0.1 * math.Sqrt(weightNorm) / math.Sqrt(gradientNorm)
				}
			}
			for i := range theta {
				u[i] = 0.9*u[i] + g[i]
				theta[i] -= rateAt(eta, 0, step, 20) * u[i]
			}
			want = append(want, append([]float64(nil), theta...))
		}
		requireSteps(t, want, got)
	}
}

// TestLARSFromZero: weights of zero, or without a gradient, have a ratio of 1, not 0 or NaN.
func TestLARSFromZero(t *testing.T) {
	rule := LARS{Trust: 0.1}.Rule()
	store := model.NewStore()
	exec := model.MustNewExec(testbackend.New(t), store, func(scope *model.Scope, theta, g *Node) *Node {
		velocity := func(string) *model.Variable { return scope.VariableWithValue("velocity", []float32{0, 0}) }
		return rule(theta, g, Scalar(g.Graph(), g.DType(), 0.5), nil, false, velocity)
	})
	require.Equal(t, []float32{-1, 0.5}, exec.MustCall([]float32{0, 0}, []float32{2, -1})[0].Value())
	require.Equal(t, []float32{3, 4}, exec.MustCall([]float32{3, 4}, []float32{0, 0})[0].Value())
}

// TestClipNorm: the norm of the whole gradient, of all parameters together and before any decay, is bounded; a smaller
// one is left alone, as the last steps' are here.
func TestClipNorm(t *testing.T) {
	const clip = 3.
	o := SGD{LearningRate: 0.4, Momentum: 0.5, WeightDecay: 0.1, Scaling: LinearScaling}
	got, _, norms := train(t, o, 128, 20, 8, clip)
	want, _ := sgdSteps(o, 0.2, 20, 8, clip)
	requireSteps(t, want, got)
	require.Greater(t, norms[0], clip, "the norm is recorded before clipping")
	require.Less(t, norms[7], clip)
	_, norm := gradient(flatStart())
	require.InDelta(t, norm, norms[0], 1e-4)
	for step := 1; step < 8; step++ {
		_, norm := gradient(want[step-1])
		require.InDelta(t, norm, norms[step], 1e-3)
	}
}

func TestScaling(t *testing.T) {
	for _, o := range []func(Scaling) Optimizer{
		func(s Scaling) Optimizer { return SGD{LearningRate: 1.2, Scaling: s} },
		func(s Scaling) Optimizer { return LARS{LearningRate: 1.2, Scaling: s} },
		func(s Scaling) Optimizer { return AdamW{LearningRate: 1.2, Scaling: s} },
	} {
		for _, batch := range []int{64, 256, 4096} {
			for scaling, want := range map[Scaling]float64{
				NoScaling: 1.2, LinearScaling: 1.2 * float64(batch) / 256,
				SquareRootScaling: 0.075 * math.Sqrt(float64(batch)), // as SimCLR's appendix B.1 has it
			} {
				rate, _ := o(scaling).Rate(batch)
				require.InDelta(t, want, rate, 1e-12, "%v at %d", scaling, batch)
			}
		}
	}
	var s Scaling
	require.NoError(t, s.UnmarshalText([]byte("square_root")))
	require.Equal(t, SquareRootScaling, s)
	require.ErrorContains(t, s.UnmarshalText([]byte("sqrt")), "known: none, linear, square_root")
}

// TestExclusions: in the encoders and the head, exactly the matrices and kernels decay.
func TestExclusions(t *testing.T) {
	g := NewGraph(testbackend.New(t), "exclusions")
	defer g.Finalize()
	store := model.NewStore()
	x := Parameter(g, "x", shapes.Make(dtypes.Float32, 2, 16, 16, 3))
	encoder.ResNet18{}.Features(store.Scope("/resnet"), x)
	encoder.SmallResNet{Width: 4, Grid: 1}.Features(store.Scope("/small"), x)
	h := encoder.ViT{Patch: 4, Width: 8, Depth: 2, Heads: 2}.Features(store.Scope("/vit"), x)
	encoder.MLPHead{Hidden: 8, Layers: 2, Dim: 4}.Project(store.Scope("/head"), h)
	decays := map[string]bool{"weights": true, "biases": false, "scale": false, "offset": false, "gain": false,
		"token_class": false, "position_class": false, "position_patches": false}
	seen := map[string]bool{}
	for v := range store.IterVariables() {
		if v.Trainable {
			want, known := decays[v.Name()]
			require.True(t, known, v.Path())
			require.Equal(t, want, !isPlain(v), v.Path())
			seen[v.Name()] = true
		}
	}
	require.Len(t, seen, len(decays))
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
	require.ErrorContains(t, SGD{LearningRate: 1, Scaling: 3}.Validate(), "scaling = 3")
	require.ErrorContains(t, LARS{LearningRate: 1}.Validate(), "trust = 0")
	require.ErrorContains(t, SGD{LearningRate: 1, Momentum: 1}.Validate(), "sgd_momentum = 1")
}
