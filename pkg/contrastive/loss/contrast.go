package loss

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Form says where the sum over several positives stands. With one positive per anchor the forms are equal.
type Form int

const (
	// LogOutside averages log-probabilities: −1/|P| Σₚ log(e^{sₚ} / Σₐ e^{sₐ}). SupCon's L_out, eq. 2.
	LogOutside Form = iota
	// LogInside takes the logarithm of the mean probability: −log(1/|P| Σₚ e^{sₚ} / Σₐ e^{sₐ}). SupCon's L_in, eq. 3.
	LogInside
)

// Average says how the losses of the anchors become one number.
type Average int

const (
	// ValidAnchors divides by the number of anchors that have a positive and a candidate.
	ValidAnchors Average = iota
	// AllAnchors divides by the number of anchors, those without a positive counting as 0.
	AllAnchors
	// SumAnchors does not divide.
	SumAnchors
)

// Contrast is a contrastive objective, put together from independent parts. For anchor i with logits
// sᵢⱼ = similarity(anchorᵢ, candidateⱼ)/T, positives P(i) and candidates A(i):
//
//	Lᵢ = −1/|P(i)| Σ_{p∈P(i)} log( e^{sᵢₚ} / Σ_{a∈A(i)} e^{sᵢₐ} )          (LogOutside)
//
// A(i) normally contains P(i), but need not: leaving the positives out of it is what decoupled contrastive
// learning does. The sums are computed relative to the largest logit, so that no exponential overflows.
type Contrast struct {
	Similarity  Similarity // nil: CosineSimilarity
	Temperature float64    // T > 0
	Form        Form
	Average     Average
	Weight      float64 // factor on the result; 0 means 1
}

// Loss contrasts each anchor with the candidates: anchors [N, D], candidates [M, D] → scalar.
//
// positives and mask are Bool [N, M]: who should be alike, and who stands in the denominator (nil: everyone).
func (c Contrast) Loss(anchors, candidates, positives, mask *graph.Node) *graph.Node {
	assertPositive("Contrast", "temperature", c.Temperature)
	similarity := c.Similarity
	if similarity == nil {
		similarity = CosineSimilarity
	}
	return c.Reduce(graph.DivScalar(similarity(anchors, candidates), c.Temperature), positives, mask)
}

// Reduce is Loss for logits computed elsewhere, for example with a learned temperature, which is then not
// divided by again: logits [N, M], positives and mask Bool [N, M] (mask nil: every column) → scalar.
func (c Contrast) Reduce(logits, positives, mask *graph.Node) *graph.Node {
	losses, valid := c.PerAnchor(logits, positives, mask)
	total := graph.ReduceAllSum(losses)
	switch c.Average {
	case ValidAnchors:
		count := graph.ReduceAllSum(graph.ConvertDType(valid, losses.DType()))
		total = graph.Div(total, graph.MaxScalar(count, 1))
	case AllAnchors:
		total = graph.DivScalar(total, float64(losses.Shape().Dimensions[0]))
	}
	if c.Weight != 0 && c.Weight != 1 {
		total = graph.MulScalar(total, c.Weight)
	}
	return total
}

// PerAnchor gives the loss of each anchor, before any average: logits [N, M] → losses [N], valid [N] (Bool).
// Anchors that have no positive or no candidate are not valid and have loss 0.
func (c Contrast) PerAnchor(logits, positives, mask *graph.Node) (losses, valid *graph.Node) {
	logits = promote(logits)
	assertMask("Contrast: positives", logits, positives)
	if mask != nil {
		assertMask("Contrast: candidates", logits, mask)
	}
	g, dtype := logits.Graph(), logits.DType()
	one := graph.ScalarOne(g, dtype)

	// Relative to the best candidate: exact where it matters, when the positive is that candidate.
	largest := maskedMax(logits, mask)               // [N, 1]
	shifted := graph.Sub(logits, largest)            // [N, M]
	logSum := graph.Log(maskedSumExp(shifted, mask)) // [N, 1]
	count := graph.ReduceAndKeep(graph.ConvertDType(positives, dtype), graph.ReduceSum, 1)
	count = graph.MaxScalar(count, 1) // [N, 1]

	var pull *graph.Node // [N, 1]: how well the positives do
	switch c.Form {
	case LogOutside:
		pull = graph.Div(graph.ReduceAndKeep(graph.Where(positives, shifted, graph.ZerosLike(shifted)), graph.ReduceSum, 1), count)
	case LogInside:
		best := maskedMax(shifted, positives) // [N, 1]
		pull = graph.Add(best, graph.Log(graph.Div(maskedSumExp(graph.Sub(shifted, best), positives), count)))
	default:
		exceptions.Panicf("Contrast: unknown Form %d", c.Form)
	}
	valid = anyTrue(positives, one) // [N]
	if mask != nil {
		valid = graph.LogicalAnd(valid, anyTrue(mask, one))
	}
	losses = graph.Squeeze(graph.Sub(logSum, pull), 1) // [N]
	return graph.Where(valid, losses, graph.ZerosLike(losses)), valid
}

// maskedMax is the largest entry of each row among those in the mask, 0 for rows without any: [N, M] → [N, 1].
// It only recenters, and the result does not depend on it, so it passes no gradient.
func maskedMax(x, mask *graph.Node) *graph.Node {
	x = graph.StopGradient(x)
	if mask == nil {
		return graph.ReduceAndKeep(x, graph.ReduceMax, 1)
	}
	lowest := graph.BroadcastToShape(graph.Infinity(x.Graph(), x.DType(), -1), x.Shape())
	largest := graph.ReduceAndKeep(graph.Where(mask, x, lowest), graph.ReduceMax, 1)
	return graph.StopGradient(graph.Where(graph.IsFinite(largest), largest, graph.ZerosLike(largest)))
}

// maskedSumExp is Σ eˣ over the mask, 1 for rows without any so that their logarithm is no NaN for a debugger to stop at:
// [N, M] → [N, 1]. x ≤ 0 within the mask.
func maskedSumExp(x, mask *graph.Node) *graph.Node {
	if mask == nil {
		return graph.ReduceAndKeep(graph.Exp(x), graph.ReduceSum, 1)
	}
	// Masked before the exponential: an overflow there would come back as 0·∞ in the gradient.
	x = graph.Where(mask, x, graph.ZerosLike(x))
	sum := graph.ReduceAndKeep(graph.Where(mask, graph.Exp(x), graph.ZerosLike(x)), graph.ReduceSum, 1)
	return graph.Where(graph.Equal(sum, graph.ScalarZero(x.Graph(), x.DType())), graph.OnesLike(sum), sum)
}

// anyTrue says which rows of mask [N, M] hold a true: [N].
func anyTrue(mask, one *graph.Node) *graph.Node {
	return graph.GreaterOrEqual(graph.ReduceSum(graph.ConvertDType(mask, one.DType()), 1), one)
}

// assertMask panics unless mask is a Bool of the dimensions of logits [N, M].
func assertMask(name string, logits, mask *graph.Node) {
	logits.AssertRank(2)
	if mask == nil {
		exceptions.Panicf("%s: a mask of shape %v is needed, got nil", name, logits.Shape().Dimensions)
	}
	if mask.DType() != dtypes.Bool || !mask.Shape().EqualDimensions(logits.Shape()) {
		exceptions.Panicf("%s: want Bool%v to match the logits, got %s", name, logits.Shape().Dimensions, mask.Shape())
	}
}
