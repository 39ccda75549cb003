package loss

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/support/exceptions"
)

// NCE is noise-contrastive estimation: it fits an unnormalized density by telling data from noise of known density, and estimates
// the normalizer on the way. With ν = M/N noise samples per datum and G(u) = score(u) + c − log p_noise(u):
//
//	L = −1/N [ Σ_data log σ(G − ln ν) + Σ_noise log(1 − σ(G − ln ν)) ]
//
// scores and logNoise [N] are the model's log-density up to a constant and the noise's log-density at the data; noiseScores and
// noiseLogNoise, of any one shape with M elements, are the same at the noise. c is a scalar node, the learned logarithm of 1/Z: at the
// optimum e^{score+c} is the density of the data. Scalar; its value is (1 + ν) ln(1 + ν) − ν ln ν when G = 0 everywhere.
//
// Gutmann and Hyvärinen 2012, "Noise-Contrastive Estimation of Unnormalized Statistical Models", JMLR 13, section 2. Their paper of 2010
// has ν = 1 and half of this.
func NCE(scores, logNoise, noiseScores, noiseLogNoise, c *graph.Node) *graph.Node {
	scores, logNoise, noiseScores, noiseLogNoise = promote(scores), promote(logNoise), promote(noiseScores), promote(noiseLogNoise)
	if !scores.Shape().Equal(logNoise.Shape()) || !noiseScores.Shape().Equal(noiseLogNoise.Shape()) || scores.DType() != noiseScores.DType() {
		exceptions.Panicf("NCE: each score needs its noise log-density, of one dtype; got %s with %s and %s with %s",
			scores.Shape(), logNoise.Shape(), noiseScores.Shape(), noiseLogNoise.Shape())
	}
	assertScalar("NCE", "c", c)
	c = graph.ConvertDType(c, scores.DType())
	n, m := scores.Shape().Size(), noiseScores.Shape().Size()
	logRatio := graph.Log(graph.Scalar(scores.Graph(), scores.DType(), float64(m)/float64(n)))
	data := graph.Sub(graph.Sub(graph.Add(scores, c), logNoise), logRatio)
	noise := graph.Sub(graph.Sub(graph.Add(noiseScores, c), noiseLogNoise), logRatio)
	// −log σ(x) = softplus(−x) and −log(1 − σ(x)) = softplus(x).
	return graph.DivScalar(graph.Add(graph.ReduceAllSum(softplus(graph.Neg(data))), graph.ReduceAllSum(softplus(noise))), float64(n))
}
