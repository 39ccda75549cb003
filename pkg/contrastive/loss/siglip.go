package loss

import (
	"github.com/gomlx/gomlx/core/graph"
)

// SigLIP asks of every picture and text of a batch, independently, whether they belong together. With s = cosine similarity
// and yᵢⱼ = 1 if i = j and −1 otherwise:
//
//	L = −1/N Σᵢ Σⱼ log σ( yᵢⱼ (t·s(xᵢ, yⱼ) + b) )
//
// image, text [N, D]; t > 0 is the inverse temperature and b the bias (the paper starts at t = 10, b = −10); scalar. There is no
// softmax, so one pair (N = 1) is a batch.
//
// Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training", section 3.2 and algorithm 1.
func SigLIP(image, text *graph.Node, t, b float64) *graph.Node {
	assertPositive("SigLIP", "inverse temperature t", t)
	assertPaired("SigLIP", image, text, 1)
	return sigmoidPairs(graph.AddScalar(graph.MulScalar(CosineSimilarity(image, text), t), b))
}

// SigLIPLearned is [SigLIP] with learned scalars: t = e^{logT}, which starts at ln 10, and the bias b, at −10.
func SigLIPLearned(image, text, logT, b *graph.Node) *graph.Node {
	assertPaired("SigLIPLearned", image, text, 1)
	assertScalar("SigLIPLearned", "logT", logT)
	assertScalar("SigLIPLearned", "b", b)
	s := CosineSimilarity(image, text)
	return sigmoidPairs(graph.Add(graph.Mul(s, graph.Exp(graph.ConvertDType(logT, s.DType()))), graph.ConvertDType(b, s.DType())))
}

// sigmoidPairs is −1/N Σᵢⱼ log σ(±logitᵢⱼ), plus on the diagonal: [N, N] → scalar.
func sigmoidPairs(logits *graph.Node) *graph.Node {
	n := logits.Shape().Dimensions[0]
	wrong := graph.Where(PairMask(logits.Graph(), n, n), graph.Neg(logits), logits) // −log σ(x) = softplus(−x)
	return graph.DivScalar(graph.ReduceAllSum(softplus(wrong)), float64(n))
}

// softplus is log(1+eˣ) without overflow. GoMLX's own has derivative 1 instead of ½ at exactly 0.
func softplus(x *graph.Node) *graph.Node {
	zero := graph.ScalarZero(x.Graph(), x.DType())
	isPositive := graph.GreaterThan(x, zero)
	minusAbs := graph.Where(isPositive, graph.Neg(x), x)
	return graph.Add(graph.Where(isPositive, x, graph.ZerosLike(x)), graph.Log1p(graph.Exp(minusAbs)))
}
