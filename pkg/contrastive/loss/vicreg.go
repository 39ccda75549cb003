package loss

import (
	"github.com/gomlx/gomlx/core/graph"
)

// VICRegWeights weighs the three terms of [VICReg]. A weight of zero switches a term off.
type VICRegWeights struct {
	Invariance, Variance, Covariance float64

	// SumVariance adds the variance terms of the two views, as eq. 6 of the paper has it. The released code, and the default
	// here, takes their mean.
	SumVariance bool
}

// VICRegDefaults are the paper's weights: 25, 25, 1.
var VICRegDefaults = VICRegWeights{Invariance: 25, Variance: 25, Covariance: 1}

// VICRegTerms are the loss and the unweighted terms it is made of, all scalars.
type VICRegTerms struct {
	Loss, Invariance, Variance, Covariance *graph.Node
}

// VICReg keeps views alike (invariance), every dimension alive (variance) and dimensions different (covariance):
//
//	L = λ·s + μ·v + ν·c
//	s = 1/(N·D) Σ (z1 − z2)²
//	v = ½ Σ_views 1/D Σⱼ max(0, 1 − √(Var(z·ⱼ) + 10⁻⁴))
//	c = Σ_views 1/D Σ_{i≠j} Cov(z)ᵢⱼ²
//
// with variance and covariance over N−1. z1, z2 [N, D], N ≥ 2, not normalized.
//
// Bardes, Ponce and LeCun 2022, "VICReg: Variance-Invariance-Covariance Regularization", eq. 1 to 6. The equations leave
// s undivided by D; the released code, here and elsewhere, divides.
func VICReg(z1, z2 *graph.Node, w VICRegWeights) VICRegTerms {
	assertPaired("VICReg", z1, z2, 2)
	z1, z2 = promote(z1), promote(z2)
	terms := VICRegTerms{
		Invariance: graph.ReduceAllMean(graph.Square(graph.Sub(z1, z2))),
		Variance:   graph.Add(varianceTerm(z1), varianceTerm(z2)),
		Covariance: graph.Add(covarianceTerm(z1), covarianceTerm(z2)),
	}
	if !w.SumVariance {
		terms.Variance = graph.MulScalar(terms.Variance, 0.5)
	}
	terms.Loss = graph.Add(graph.MulScalar(terms.Invariance, w.Invariance),
		graph.Add(graph.MulScalar(terms.Variance, w.Variance), graph.MulScalar(terms.Covariance, w.Covariance)))
	return terms
}

// varianceTerm is the mean over dimensions of max(0, 1 − standard deviation): [N, D] → scalar.
func varianceTerm(z *graph.Node) *graph.Node {
	n := float64(z.Shape().Dimensions[0])
	variance := graph.DivScalar(graph.ReduceSum(graph.Square(centered(z)), 0), n-1) // [D]
	return graph.ReduceAllMean(graph.MaxScalar(graph.OneMinus(graph.Sqrt(graph.AddScalar(variance, 1e-4))), 0))
}

// covarianceTerm is the sum of the squared covariances between different dimensions, over D: [N, D] → scalar.
func covarianceTerm(z *graph.Node) *graph.Node {
	n, width := z.Shape().Dimensions[0], z.Shape().Dimensions[1]
	z = centered(z)
	covariance := graph.DivScalar(graph.EinsumAxes(z, z, [][2]int{{0, 0}}, nil), float64(n-1)) // [D, D]
	squares := graph.Square(covariance)
	offDiagonal := graph.Where(NotSelf(z.Graph(), width, width), squares, graph.ZerosLike(squares))
	return graph.DivScalar(graph.ReduceAllSum(offDiagonal), float64(width))
}
