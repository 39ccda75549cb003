package oracle

import "math"

// Contrast is the general contrastive loss: which pairs (anchor i, candidate j) are positives and which stand in the denominator is
// decided by two functions.
type Contrast struct {
	Similarity  func(a, b []float64) float64 // nil: Cosine
	Temperature float64
	Inside      bool // L_in instead of L_out
	Positive    func(i, j int) bool
	Candidate   func(i, j int) bool
}

// PerAnchor are the losses of the anchors that have a positive and a candidate.
func (c Contrast) PerAnchor(anchors, candidates [][]float64) []float64 {
	similarity := c.Similarity
	if similarity == nil {
		similarity = Cosine
	}
	var losses []float64
	for i := range anchors {
		var positives, denominator []float64
		for j := range candidates {
			s := similarity(anchors[i], candidates[j]) / c.Temperature
			if c.Positive(i, j) {
				positives = append(positives, s)
			}
			if c.Candidate(i, j) {
				denominator = append(denominator, s)
			}
		}
		if len(positives) == 0 || len(denominator) == 0 {
			continue
		}
		if c.Inside {
			meanInside := LogSumExp(positives) - math.Log(float64(len(positives)))
			losses = append(losses, LogSumExp(denominator)-meanInside)
		} else {
			losses = append(losses, LogSumExp(denominator)-Mean(positives))
		}
	}
	return losses
}

// Loss is the mean of PerAnchor.
func (c Contrast) Loss(anchors, candidates [][]float64) float64 {
	return Mean(c.PerAnchor(anchors, candidates))
}

// NTXent is the mean over both views' anchors.
func NTXent(z1, z2 [][]float64, temperature float64) float64 {
	z, n := stack(z1, z2), len(z1)
	total := 0.0
	for i := range z {
		var others []float64
		for a := range z {
			if a != i {
				others = append(others, Cosine(z[i], z[a])/temperature)
			}
		}
		partner := (i + n) % (2 * n)
		total += LogSumExp(others) - Cosine(z[i], z[partner])/temperature
	}
	return total / float64(2*n)
}

// DCL is NTXent without the positive in the denominator.
func DCL(z1, z2 [][]float64, temperature float64) float64 {
	z, n := stack(z1, z2), len(z1)
	total := 0.0
	for i := range z {
		partner := (i + n) % (2 * n)
		var negatives []float64
		for a := range z {
			if a != i && a != partner {
				negatives = append(negatives, Cosine(z[i], z[a])/temperature)
			}
		}
		total += LogSumExp(negatives) - Cosine(z[i], z[partner])/temperature
	}
	return total / float64(2*n)
}

// InfoNCE is the cross-entropy of each query's own key among the keys of the batch.
func InfoNCE(q, k [][]float64, temperature float64) float64 {
	total := 0.0
	for i := range q {
		var logits []float64
		for j := range k {
			logits = append(logits, Cosine(q[i], k[j])/temperature)
		}
		total += LogSumExp(logits) - logits[i]
	}
	return total / float64(len(q))
}

// InfoNCEQueue is the cross-entropy of each query's own key among itself and the queue.
func InfoNCEQueue(q, k, queue [][]float64, temperature float64) float64 {
	total := 0.0
	for i := range q {
		logits := []float64{Cosine(q[i], k[i]) / temperature}
		for j := range queue {
			logits = append(logits, Cosine(q[i], queue[j])/temperature)
		}
		total += LogSumExp(logits) - logits[0]
	}
	return total / float64(len(q))
}

// InfoNCEGradQuery is ∂L/∂q of one query, L = −log softmax(q·k/T)₀, whose positive is keys[0]: (Σ pⱼkⱼ − k₀)/T.
func InfoNCEGradQuery(q []float64, keys [][]float64, temperature float64) []float64 {
	p := keyProbabilities(q, keys, temperature)
	gradient := make([]float64, len(q))
	for d := range q {
		for j := range keys {
			gradient[d] += p[j] * keys[j][d] / temperature
		}
		gradient[d] -= keys[0][d] / temperature
	}
	return gradient
}

// InfoNCEGradKeys is ∂L/∂k of every key of the same loss: pⱼ q/T for a negative, (p₀ − 1) q/T for the positive keys[0].
func InfoNCEGradKeys(q []float64, keys [][]float64, temperature float64) [][]float64 {
	p := keyProbabilities(q, keys, temperature)
	p[0]--
	gradients := make([][]float64, len(keys))
	for j := range keys {
		gradients[j] = make([]float64, len(q))
		for d := range q {
			gradients[j][d] = p[j] * q[d] / temperature
		}
	}
	return gradients
}

// keyProbabilities is softmax(q·k/T) over the keys.
func keyProbabilities(q []float64, keys [][]float64, temperature float64) []float64 {
	logits := make([]float64, len(keys))
	for j := range keys {
		logits[j] = Dot(q, keys[j]) / temperature
	}
	return Softmax(logits)
}

// MoCoV3 is InfoNCE times 2T.
func MoCoV3(q, k [][]float64, temperature float64) float64 {
	return 2 * temperature * InfoNCE(q, k, temperature)
}

// CLIP is the mean of InfoNCE in both directions.
func CLIP(image, text [][]float64, temperature float64) float64 {
	return (InfoNCE(image, text, temperature) + InfoNCE(text, image, temperature)) / 2
}

// SigLIP is the sum of the pairs' binary cross-entropies, over N.
func SigLIP(image, text [][]float64, t, b float64) float64 {
	total := 0.0
	for i := range image {
		for j := range text {
			y := -1.0
			if i == j {
				y = 1
			}
			total += Softplus(-y * (t*Cosine(image[i], text[j]) + b))
		}
	}
	return total / float64(len(image))
}

// SupConOut is L_out over rows with a label each. The first so many rows are anchors (all of them: len(z)), every other row is a
// candidate; averaged over the anchors that have a positive.
func SupConOut(z [][]float64, labels []int, anchors int, temperature float64) float64 {
	var losses []float64
	for i := range z[:anchors] {
		var others, positives []float64
		for a := range z {
			if a == i {
				continue
			}
			s := Cosine(z[i], z[a]) / temperature
			others = append(others, s)
			if labels[a] == labels[i] {
				positives = append(positives, s)
			}
		}
		if len(positives) > 0 {
			losses = append(losses, LogSumExp(others)-Mean(positives))
		}
	}
	return Mean(losses)
}

// SupConIn is L_in, the mean over the positives standing inside the logarithm; otherwise as [SupConOut].
func SupConIn(z [][]float64, labels []int, anchors int, temperature float64) float64 {
	var losses []float64
	for i := range z[:anchors] {
		denominator, numerator, positives := 0.0, 0.0, 0.0
		for a := range z {
			if a == i {
				continue
			}
			// No cosine exceeds 1, so that e^{(s−1)/T} cannot overflow; the factor e^{−1/T} cancels.
			e := math.Exp((Cosine(z[i], z[a]) - 1) / temperature)
			denominator += e
			if labels[a] == labels[i] {
				numerator += e
				positives++
			}
		}
		if positives > 0 {
			losses = append(losses, -math.Log(numerator/positives/denominator))
		}
	}
	return Mean(losses)
}

// PositiveRank is the mean place of the best positive among an anchor's candidates, ties counting half.
func PositiveRank(similarity [][]float64, positive, candidate func(i, j int) bool) float64 {
	var ranks []float64
	for i, row := range similarity {
		best := math.Inf(-1)
		for j := range row {
			if positive(i, j) {
				best = math.Max(best, row[j])
			}
		}
		if math.IsInf(best, -1) {
			continue
		}
		rank := 1.0
		for j := range row {
			if candidate(i, j) && !positive(i, j) {
				switch {
				case row[j] > best:
					rank++
				case row[j] == best:
					rank += 0.5
				}
			}
		}
		ranks = append(ranks, rank)
	}
	return Mean(ranks)
}
