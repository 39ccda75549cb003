// Package supcon solves exercise 09.
package supcon

import "math"

// Mask is true at [i][j] where row j has the label of row i, and j ≠ i.
func Mask(labels []int) [][]bool {
	mask := make([][]bool, len(labels))
	for i := range mask {
		mask[i] = make([]bool, len(labels)) // a row of its own for each i
		for j := range labels {
			mask[i][j] = j != i && labels[j] == labels[i]
		}
	}
	return mask
}

// SupCon is the mean, over the anchors i that have a positive, of
// −1/|P(i)| Σ_{p∈P(i)} log( exp(cos(zᵢ, z_p)/T) / Σ_{a≠i} exp(cos(zᵢ, z_a)/T) ).
func SupCon(z [][]float64, labels []int, temperature float64) float64 {
	mask := Mask(labels)
	total, anchors := 0.0, 0
	for i := range z {
		var others []float64
		pull, positives := 0.0, 0
		for a := range z {
			if a == i {
				continue
			}
			logit := cosine(z[i], z[a]) / temperature
			others = append(others, logit)
			if mask[i][a] {
				pull += logit
				positives++
			}
		}
		if positives == 0 {
			continue // nothing to say about this anchor
		}
		// What stands below the fraction is the same for every positive, so that only their mean logit is needed.
		total += logSumExp(others) - pull/float64(positives)
		anchors++
	}
	if anchors == 0 {
		return 0
	}
	return total / float64(anchors)
}

// logSumExp is log Σ eˣ, relative to the largest so that nothing overflows.
func logSumExp(x []float64) float64 {
	largest := math.Inf(-1)
	for _, v := range x {
		largest = max(largest, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - largest)
	}
	return largest + math.Log(sum)
}

// cosine is a·b / (‖a‖ ‖b‖), and 0 if one of them has no direction.
func cosine(a, b []float64) float64 {
	dot, aa, bb := 0.0, 0.0, 0.0
	for j := range a {
		dot += a[j] * b[j]
		aa += a[j] * a[j]
		bb += b[j] * b[j]
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa) / math.Sqrt(bb)
}
