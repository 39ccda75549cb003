package optim

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// SGD is stochastic gradient descent with momentum μ and L2 weight decay λ, in the form of PyTorch (the
// rate multiplies the velocity, not the gradient: Sutskever et al. 2013 write it the other way):
//
//	u ← μ u + (g + λ θ)        θ ← θ − η u        (Nesterov: θ ← θ − η (g + λ θ + μ u))
//
// Biases and the parameters of normalisations have λ = 0, unless DecayAll is set.
type SGD struct {
	// LearningRate is η at its peak. Zero means 0.06, that of MoCo's CIFAR-10 demo with batches of 512.
	LearningRate float64 `json:"learning_rate" default:"0.06"`
	// Scaling is how the rate grows with the batch. Zero means NoScaling.
	Scaling Scaling `json:"scaling" help:"of the rate by the batch B: none, linear (B/256) or square_root (√(B/256))"`
	// Momentum is μ. Zero means 0.9.
	Momentum float64 `json:"sgd_momentum" default:"0.9"`
	// Nesterov looks ahead along the velocity.
	Nesterov bool `json:"nesterov"`
	// WeightDecay is λ. Zero means 5e-4.
	WeightDecay float64 `json:"weight_decay" default:"5e-4"`
	// DecayAll decays biases and the parameters of normalisations too, as PyTorch does unless told otherwise, and with it
	// the recipes of MoCo and SupCon.
	DecayAll bool `json:"decay_all" help:"biases and norms decay too"`
	// WarmUp is the share of the steps that warms up. Zero means 0.05.
	WarmUp float64 `json:"warm_up" default:"0.05"`
}

// Name implements [Optimizer].
func (SGD) Name() string { return "sgd" }

// Validate implements [Optimizer].
func (s SGD) Validate() error {
	return firstError(positive("learning_rate", s.LearningRate), share("sgd_momentum", s.Momentum),
		notNegative("weight_decay", s.WeightDecay), share("warm_up", s.WarmUp), scalings.Check(s.Scaling))
}

// Rate implements [Optimizer].
func (s SGD) Rate(batchSize int) (float64, Schedule) {
	return s.Scaling.rate(s.LearningRate, batchSize), Schedule{WarmUp: s.WarmUp}
}

// Rule implements [Optimizer].
func (s SGD) Rule() Rule {
	return func(parameter, gradient, rate, _ *Node, plain bool, state func(string) *model.Variable) *Node {
		if (!plain || s.DecayAll) && s.WeightDecay > 0 {
			gradient = Add(gradient, MulScalar(parameter, s.WeightDecay))
		}
		return Sub(parameter, Mul(rate, s.velocity(gradient, state("velocity"))))
	}
}

func (s SGD) velocity(gradient *Node, velocity *model.Variable) *Node {
	u := Add(MulScalar(velocity.NodeValue(gradient.Graph()), s.Momentum), gradient)
	velocity.SetNodeValue(u)
	if s.Nesterov {
		return Add(gradient, MulScalar(u, s.Momentum))
	}
	return u
}
