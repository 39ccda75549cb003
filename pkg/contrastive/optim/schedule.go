package optim

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Schedule is linear warm-up followed by half a cosine (Loshchilov and Hutter 2017, without restarts; the
// shape that SimCLR, BYOL and their successors train with): over T steps, of which w warm up, step t = 1 … T
// runs at the peak rate times
//
//	t / w                                 for t ≤ w
//	½ (1 + cos(π (t − w) / (T − w)))      after
//
// so the last step runs at (almost) zero.
type Schedule struct {
	// WarmUp is the share of all steps that warms up, between 0 and 1.
	WarmUp float64
	// Constant keeps the peak after the warm-up, as for linear probes.
	Constant bool
}

// Factor is the schedule at step (counted from 1) of total, as a number: what factor builds as a graph.
func (s Schedule) Factor(step, total int) float64 {
	warmUp := s.WarmUp * float64(total)
	t := float64(step)
	switch {
	case t <= warmUp:
		return t / warmUp
	case s.Constant:
		return 1
	}
	return 0.5 * (1 + math.Cos(math.Pi*math.Min(1, (t-warmUp)/(float64(total)-warmUp))))
}

func (s Schedule) factor(step *Node, total int) *Node {
	warmUp := s.WarmUp * float64(total)
	factor := OnesLike(step)
	if !s.Constant {
		through := MinScalar(DivScalar(AddScalar(step, -warmUp), math.Max(1, float64(total)-warmUp)), 1)
		factor = MulScalar(OnePlus(Cos(MulScalar(through, math.Pi))), 0.5)
	}
	if warmUp > 0 {
		factor = Where(LessOrEqual(step, Scalar(step.Graph(), step.DType(), warmUp)), DivScalar(step, warmUp), factor)
	}
	return factor
}

// positive and share are the checks that every optimizer's Validate makes.
func positive(name string, value float64) error {
	if !(value > 0) || math.IsInf(value, 0) {
		return fmt.Errorf("%s = %g: it must be above 0", name, value)
	}
	return nil
}

func share(name string, value float64) error {
	if !(value >= 0 && value < 1) {
		return fmt.Errorf("%s = %g: it must be at least 0 and below 1", name, value)
	}
	return nil
}

func notNegative(name string, value float64) error {
	if !(value >= 0) || math.IsInf(value, 0) {
		return fmt.Errorf("%s = %g: it must not be negative", name, value)
	}
	return nil
}

// firstError is the first that is not nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
