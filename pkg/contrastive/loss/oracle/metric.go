package oracle

import "math"

// Triplet is the mean of the violations max(0, d(a,p) − d(a,n) + m) that are not 0, over all triplets or, with semiHard, those
// with d(a,p) < d(a,n). distance compares two rows; use [Distance] on [Units] for the usual loss.
func Triplet(z [][]float64, labels []int, margin float64, semiHard bool, distance func(a, b []float64) float64) float64 {
	var violations []float64
	for a := range z {
		for p := range z {
			for n := range z {
				if a == p || labels[a] != labels[p] || labels[a] == labels[n] {
					continue
				}
				near, far := distance(z[a], z[p]), distance(z[a], z[n])
				if near-far+margin <= 0 || semiHard && near >= far {
					continue
				}
				violations = append(violations, near-far+margin)
			}
		}
	}
	return Mean(violations)
}

// Distance is ‖a − b‖.
func Distance(a, b []float64) float64 { return math.Sqrt(SquaredDistance(a, b)) }

// Pairwise is the mean of ½d² over similar and ½max(0, m − d)² over dissimilar pairs.
func Pairwise(x1, x2 [][]float64, similar []bool, margin float64) float64 {
	total := 0.0
	for i := range x1 {
		d := Distance(x1[i], x2[i])
		if similar[i] {
			total += d * d / 2
		} else {
			gap := math.Max(0, margin-d)
			total += gap * gap / 2
		}
	}
	return total / float64(len(x1))
}

// NCE is the logistic regression of data against noise, per datum; c is the learned logarithm of 1/Z.
func NCE(scores, logNoise, noiseScores, noiseLogNoise []float64, c float64) float64 {
	nu := float64(len(noiseScores)) / float64(len(scores))
	total := 0.0
	for i := range scores {
		h := 1 / (1 + nu*math.Exp(-(scores[i]+c-logNoise[i])))
		total -= math.Log(h)
	}
	for i := range noiseScores {
		notH := 1 / (1 + math.Exp(noiseScores[i]+c-noiseLogNoise[i])/nu)
		total -= math.Log(notH)
	}
	return total / float64(len(scores))
}
