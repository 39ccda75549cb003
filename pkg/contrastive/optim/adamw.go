package optim

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2):
//
//	m ← β₁ m + (1−β₁) g        v ← β₂ v + (1−β₂) g²
//	θ ← θ − η (m̂ / (√v̂ + ε) + λ θ)        m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)
//
// Biases and the parameters of normalisations have λ = 0, unless DecayAll is set.
type AdamW struct {
	// LearningRate is η at its peak. Zero means 4e-3, found on emoji with 256 pairs a step.
	LearningRate float64 `json:"learning_rate" default:"0.004"`
	// Scaling is how the rate grows with the batch. Zero means NoScaling.
	Scaling Scaling `json:"scaling" help:"of the rate by the batch B: none, linear (B/256) or square_root (√(B/256))"`
	// WeightDecay is λ. Zero means 1e-4.
	WeightDecay float64 `json:"weight_decay" default:"1e-4"`
	// DecayAll decays biases and the parameters of normalisations too, as PyTorch does unless told otherwise.
	DecayAll bool `json:"decay_all" help:"biases and norms decay too"`
	// Beta1 and Beta2 are the decay of the two moments. Zero means 0.9 and 0.999.
	Beta1 float64 `json:"beta1" default:"0.9"`
	Beta2 float64 `json:"beta2" default:"0.999"`
	// WarmUp is the share of the steps that warms up. Zero means 0.1.
	WarmUp float64 `json:"warm_up" default:"0.1"`
}

// Name implements [Optimizer].
func (AdamW) Name() string { return "adamw" }

// Validate implements [Optimizer].
func (a AdamW) Validate() error {
	return firstError(positive("learning_rate", a.LearningRate), notNegative("weight_decay", a.WeightDecay),
		share("beta1", a.Beta1), share("beta2", a.Beta2), share("warm_up", a.WarmUp), scalings.Check(a.Scaling))
}

// Rate implements [Optimizer].
func (a AdamW) Rate(batchSize int) (float64, Schedule) {
	return a.Scaling.rate(a.LearningRate, batchSize), Schedule{WarmUp: a.WarmUp}
}

// Rule implements [Optimizer].
func (a AdamW) Rule() Rule {
	const epsilon = 1e-8
	return func(parameter, gradient, rate, step *Node, plain bool, state func(string) *model.Variable) *Node {
		g := parameter.Graph()
		first, second := state("m"), state("v")
		m := Add(MulScalar(first.NodeValue(g), a.Beta1), MulScalar(gradient, 1-a.Beta1))
		v := Add(MulScalar(second.NodeValue(g), a.Beta2), MulScalar(Square(gradient), 1-a.Beta2))
		first.SetNodeValue(m)
		second.SetNodeValue(v)
		mHat := Div(m, OneMinus(Pow(Scalar(g, step.DType(), a.Beta1), step)))
		vHat := Div(v, OneMinus(Pow(Scalar(g, step.DType(), a.Beta2), step)))
		update := Div(mHat, AddScalar(Sqrt(vHat), epsilon))
		if (!plain || a.DecayAll) && a.WeightDecay > 0 {
			update = Add(update, MulScalar(parameter, a.WeightDecay))
		}
		return Sub(parameter, Mul(rate, update))
	}
}
