package optim

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// LARS scales the rate of each layer by the ratio of its weight's norm to its gradient's (You et al. 2017,
// algorithm 1), which is what lets SimCLR and BYOL train with batches of thousands:
//
//	g ← g + λ θ        u ← μ u + τ ‖θ‖/‖g‖ · g        θ ← θ − η u
//
// Biases and the parameters of normalisations have neither decay nor trust ratio, as in SimCLR and BYOL, unless DecayAll
// is set. A ratio with a zero norm in it counts as 1. As in SimCLR's released code, g is with its decay when its norm is
// taken, where You et al. divide by ‖g‖ + λ ‖θ‖.
type LARS struct {
	// LearningRate is η at its peak. Zero means 0.3, which SimCLR scales linearly (Chen et al. 2020, sec. 2.2): for batches
	// other than 256 set Scaling.
	LearningRate float64 `json:"learning_rate" default:"0.3"`
	// Scaling is how the rate grows with the batch. Zero means NoScaling.
	Scaling Scaling `json:"scaling" help:"of the rate by the batch B: none, linear (B/256) or square_root (√(B/256))"`
	// Momentum is μ. Zero means 0.9.
	Momentum float64 `json:"lars_momentum" default:"0.9"`
	// WeightDecay is λ. Zero means 1e-6.
	WeightDecay float64 `json:"weight_decay" default:"1e-6"`
	// DecayAll gives biases and the parameters of normalisations decay and ratio too, as in You et al.
	DecayAll bool `json:"decay_all" help:"biases and norms have decay and ratio too"`
	// Trust is τ. Zero means 0.001.
	Trust float64 `json:"trust" default:"0.001"`
	// WarmUp is the share of the steps that warms up. Zero means 0.1.
	WarmUp float64 `json:"warm_up" default:"0.1"`
}

// Name implements [Optimizer].
func (LARS) Name() string { return "lars" }

// Validate implements [Optimizer].
func (l LARS) Validate() error {
	return firstError(positive("learning_rate", l.LearningRate), share("lars_momentum", l.Momentum),
		notNegative("weight_decay", l.WeightDecay), positive("trust", l.Trust), share("warm_up", l.WarmUp), scalings.Check(l.Scaling))
}

// Rate implements [Optimizer].
func (l LARS) Rate(batchSize int) (float64, Schedule) {
	return l.Scaling.rate(l.LearningRate, batchSize), Schedule{WarmUp: l.WarmUp}
}

// Rule implements [Optimizer].
func (l LARS) Rule() Rule {
	momentum := SGD{Momentum: l.Momentum}
	return func(parameter, gradient, rate, _ *Node, plain bool, state func(string) *model.Variable) *Node {
		if !plain || l.DecayAll {
			gradient = Add(gradient, MulScalar(parameter, l.WeightDecay))
			weightNorm, gradientNorm := Sqrt(ReduceAllSum(Square(parameter))), Sqrt(ReduceAllSum(Square(gradient)))
			ratio := MulScalar(Div(weightNorm, MaxScalar(gradientNorm, 1e-30)), l.Trust)
			usable := And(isPositive(weightNorm), isPositive(gradientNorm))
			gradient = Mul(gradient, Where(usable, ratio, OnesLike(ratio)))
		}
		return Sub(parameter, Mul(rate, momentum.velocity(gradient, state("velocity"))))
	}
}

// isPositive is x > 0, elementwise.
func isPositive(x *Node) *Node { return GreaterThan(x, ZerosLike(x)) }
