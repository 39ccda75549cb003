package optim

import (
	"path"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// Optimizer is a registered update rule; its fields are its hyperparameters.
type Optimizer interface {
	// Name is the key under which the optimizer is registered, e.g. "adamw".
	Name() string

	// Validate says which hyperparameter is impossible, if any.
	Validate() error

	// Rate is the peak learning rate η for batches of size pictures, and the schedule it follows.
	Rate(batchSize int) (float64, Schedule)

	// Rule is the update rule for one step, given the clipping and decay it is asked to apply.
	Rule() Rule
}

// Rule updates one parameter. parameter and gradient have the same shape, rate is the scalar learning rate
// of this step, step the scalar count of steps including this one. plain is true for biases and the scales
// and offsets of normalisations, which get no weight decay (and no trust ratio). state returns a variable
// that lives as long as the parameter, of its shape, zero at first.
type Rule func(parameter, gradient, rate, step *Node, plain bool, state func(name string) *model.Variable) (updated *Node)

// Optimizers holds what can be named in config.json and on the command line.
var Optimizers = registry.New[Optimizer]("optimizer")

func init() {
	Optimizers.Register(AdamW{})
	Optimizers.Register(SGD{})
	Optimizers.Register(LARS{})
}

const (
	// RateGraphParam and GradientNormGraphParam name the graph parameters under which an update leaves the
	// learning rate and the Euclidean norm of the whole gradient (before clipping), for the history.
	RateGraphParam         = "contrastlab_learning_rate"
	GradientNormGraphParam = "contrastlab_gradient_norm"
)

// Bound is an optimizer with the run's length and batch filled in: GoMLX's [optimizer.Interface].
type Bound struct {
	Optimizer  Optimizer
	BatchSize  int
	TotalSteps int
	ClipNorm   float64 // the gradient's norm is scaled down to this; 0 does not clip
	Trainable  string  // the scope whose trainable variables are updated, e.g. "/model"

	// Factor, if not nil, multiplies the learning rate of a parameter: fine-tuning changes an encoder more slowly
	// than the classifier on it.
	Factor func(v *model.Variable) float64
}

var _ optimizer.Interface = (*Bound)(nil)

const stateScope = "optim"

// UpdateGraph adds one update of all trainable variables below b.Trainable to the graph. It counts the
// step in GoMLX's global step.
func (b *Bound) UpdateGraph(scope *model.Scope, g *Graph, loss *Node) {
	trainable := scope.Store().Scope(b.Trainable)
	var parameters []*model.Variable
	for v := range trainable.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			parameters = append(parameters, v)
		}
	}
	// A store that was loaded holds its variables in another order; sums must not depend on it.
	slices.SortFunc(parameters, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	values := make([]*Node, len(parameters))
	for i, v := range parameters {
		values[i] = v.NodeValue(g)
	}
	gradients := Gradient(loss, values...)

	step := optimizer.IncrementGlobalStep(g, dtypes.Float32)
	peak, schedule := b.Optimizer.Rate(b.BatchSize)
	rate := MulScalar(schedule.factor(step, b.TotalSteps), peak)
	squares := ScalarZero(g, dtypes.Float32)
	for _, gradient := range gradients {
		squares = Add(squares, ReduceAllSum(Square(ConvertDType(gradient, dtypes.Float32))))
	}
	gradientNorm := Sqrt(squares)
	scope.SetGraphParam(g, RateGraphParam, rate)
	scope.SetGraphParam(g, GradientNormGraphParam, gradientNorm)

	rule := b.Optimizer.Rule()
	for i, v := range parameters {
		gradient := gradients[i]
		if b.ClipNorm > 0 {
			gradient = Mul(gradient, MinScalar(Div(Scalar(g, dtypes.Float32, b.ClipNorm), MaxScalar(gradientNorm, 1e-12)), 1))
		}
		state := func(name string) *model.Variable {
			at := path.Join("/", stateScope, v.Scope())
			return scope.Store().Scope(at).WithInitializer(initializer.Zero).
				VariableWithShape(v.Name()+"_"+name, v.Shape()).SetTrainable(false)
		}
		own := rate
		if b.Factor != nil {
			own = MulScalar(rate, b.Factor(v))
		}
		v.SetNodeValue(rule(v.NodeValue(g), gradient, own, step, isPlain(v), state))
	}
}

// Clear deletes the optimizer's variables.
func (b *Bound) Clear(scope *model.Scope) error {
	return scope.Store().Scope("/" + stateScope).DeleteVariablesInScope()
}

// isPlain tells biases and the parameters of normalisations from weights. Their common mark is that they
// are vectors; a learned token or position table is not a vector and is named here.
func isPlain(v *model.Variable) bool {
	return v.Shape().Rank() <= 1 || strings.HasPrefix(v.Name(), "token") || strings.HasPrefix(v.Name(), "position")
}
