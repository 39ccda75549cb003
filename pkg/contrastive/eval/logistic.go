package eval

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/optimize"
)

// solver minimizes the loss of multinomial logistic regressions of one width: L-BFGS on the host, loss and
// gradient in float64 on the backend, compiled once per number of rows.
type solver struct {
	d, classes int
	exec       *graph.Exec
}

func newSolver(backend compute.Backend, d, classes int) (*solver, error) {
	if backend == nil {
		return nil, fmt.Errorf("eval: no backend: pass contrastive.Backend() or compute.New()")
	}
	s := &solver{d: d, classes: classes}
	var err error
	s.exec, err = graph.NewExec(backend, s.lossAndGradient)
	if err != nil {
		return nil, fmt.Errorf("eval: logistic regression: %w", err)
	}
	return s, nil
}

func (s *solver) close() { s.exec.Finalize() }

// lossAndGradient is [1 + P]: the loss and its gradient by theta, P = (d+1)·classes.
//
// x is [N, d], y [N] class indices, weight [N] what each row counts, theta [P] the weights [d, classes] and then
// the biases, l2 a scalar.
func (s *solver) lossAndGradient(x, y, weight, theta, l2 *graph.Node) *graph.Node {
	n, weights := x.Shape().Dim(0), s.d*s.classes
	x.AssertDims(n, s.d)
	y.AssertDims(n)
	weight.AssertDims(n)
	theta.AssertDims(weights + s.classes)
	w := graph.Reshape(graph.Slice(theta, graph.AxisRange(0, weights)), s.d, s.classes)
	b := graph.Reshape(graph.Slice(theta, graph.AxisRange(weights)), 1, s.classes)
	logp := graph.LogSoftmax(graph.Add(graph.Einsum("nd,dc->nc", x, w), b))
	truth := graph.OneHot(y, s.classes, dtypes.Float64)   // [N, classes]
	perRow := graph.ReduceSum(graph.Mul(truth, logp), -1) // [N]
	loss := graph.Neg(graph.ReduceAllSum(graph.Mul(weight, perRow)))
	loss = graph.Add(loss, graph.Mul(l2, graph.DivScalar(graph.ReduceAllSum(graph.Square(w)), 2)))
	loss.AssertScalar()
	return graph.Concatenate([]*graph.Node{graph.Reshape(loss, 1), graph.Gradient(loss, theta)[0]}, 0)
}

// problem is one set of rows on the device.
type problem struct {
	*solver
	x, y, weight *tensors.Tensor
}

// load fills up with rows of weight 0, to a power of two or a multiple of 1024, so that sets of about one
// size share one compiled graph.
func (s *solver) load(x []float64, y []int32) *problem {
	n := len(y)
	padded := (n + 1023) / 1024 * 1024
	if n < 1024 {
		padded = 1 << bits.Len(uint(n-1))
	}
	weight := append(slices.Repeat([]float64{1 / float64(n)}, n), make([]float64, padded-n)...)
	x = append(slices.Clip(x), make([]float64, (padded-n)*s.d)...)
	y = append(slices.Clip(y), make([]int32, padded-n)...)
	return &problem{
		s,
		tensors.FromFlatDataAndDimensions(x, padded, s.d),
		tensors.FromFlatDataAndDimensions(y, padded),
		tensors.FromFlatDataAndDimensions(weight, padded),
	}
}

func (p *problem) close() {
	for _, t := range []*tensors.Tensor{p.x, p.y, p.weight} {
		_ = t.FinalizeAll()
	}
}

type fitted struct {
	theta      []float64
	loss       float64
	iterations int
	converged  bool
}

// gradientTolerance bounds every component of the gradient at what counts as the minimum.
const gradientTolerance = 1e-6

// fit starts at theta, or at zero if it is nil.
func (p *problem) fit(l2 float64, theta []float64, maxIterations int) (fitted, error) {
	size := (p.d + 1) * p.classes
	if theta == nil {
		theta = make([]float64, size)
	}
	// gonum asks for the value and the gradient one after the other.
	var at, last []float64
	var failed error
	evaluate := func(theta []float64) []float64 {
		if at != nil && slices.Equal(at, theta) {
			return last
		}
		at = slices.Clone(theta)
		out, err := p.exec.Call1(p.x, p.y, p.weight, at, l2)
		if err == nil {
			last, err = tensors.CopyFlatData[float64](out)
			err = firstError(err, out.FinalizeAll())
		}
		if err != nil {
			failed = err
			last = slices.Repeat([]float64{math.NaN()}, 1+size)
		}
		return last
	}
	result, err := optimize.Minimize(optimize.Problem{
		Func: func(theta []float64) float64 { return evaluate(theta)[0] },
		Grad: func(grad, theta []float64) { copy(grad, evaluate(theta)[1:]) },
	}, theta, &optimize.Settings{
		GradientThreshold: gradientTolerance,
		MajorIterations:   maxIterations,
		Converger:         optimize.NeverTerminate{},
	}, &optimize.LBFGS{})
	if failed != nil {
		return fitted{}, fmt.Errorf("eval: logistic regression on %d rows: %w", p.x.Shape().Dim(0), failed)
	}
	if result == nil {
		return fitted{}, fmt.Errorf("eval: logistic regression with L2 = %v: %w", l2, err)
	}
	// A line search that cannot improve any more is an error to gonum; the gradient says whether it is one.
	last = evaluate(result.X)
	worst := 0.0
	for _, g := range last[1:] {
		worst = max(worst, math.Abs(g))
	}
	return fitted{slices.Clone(result.X), last[0], result.MajorIterations, worst <= gradientTolerance}, nil
}
