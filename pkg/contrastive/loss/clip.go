package loss

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/support/exceptions"
)

// CLIP is the symmetric cross-entropy between the pictures and the texts of a batch, s = cosine similarity:
//
//	L = −1/2N Σᵢ [ log( e^{s(xᵢ,yᵢ)/T} / Σⱼ e^{s(xᵢ,yⱼ)/T} ) + log( e^{s(xᵢ,yᵢ)/T} / Σⱼ e^{s(xⱼ,yᵢ)/T} ) ]
//
// image, text [N, D], N ≥ 2, row i of one belonging to row i of the other; scalar. It is ln N when all look alike
// ([InfoNCECeiling]).
//
// Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision", figure 3.
func CLIP(image, text *graph.Node, temperature float64) *graph.Node {
	return InfoNCE(image, text, temperature, Symmetric())
}

// CLIPMaxLogScale is ln 100, above which CLIP does not let the logarithm of the scale grow (section 2.5). Clip the variable after
// each step; clipped inside the graph its gradient would vanish there.
var CLIPMaxLogScale = math.Log(100)

// CLIPLearned is [CLIP] with a learned temperature: logScale is a scalar node, ln(1/T); the paper starts it at ln(1/0.07).
func CLIPLearned(image, text, logScale *graph.Node) *graph.Node {
	n := assertPaired("CLIPLearned", image, text, 2)
	assertScalar("CLIPLearned", "logScale", logScale)
	s := CosineSimilarity(image, text) // [N, N]
	logits := graph.Mul(s, graph.Exp(graph.ConvertDType(logScale, s.DType())))
	positives := PairMask(s.Graph(), n, n)
	c := Contrast{}
	return graph.MulScalar(graph.Add(c.Reduce(logits, positives, nil), c.Reduce(graph.Transpose(logits, 0, 1), positives, nil)), 0.5)
}

// assertScalar panics unless x, which the message calls what, is a scalar of floating point.
func assertScalar(name, what string, x *graph.Node) {
	if !x.IsScalar() || !x.DType().IsFloat() {
		exceptions.Panicf("%s: %s must be a floating-point scalar, got %s", name, what, x.Shape())
	}
}
