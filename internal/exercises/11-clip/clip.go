// Package clip solves exercise 11.
package clip

import "math"

// CLIP is the mean of two cross-entropies, of each picture among the texts and of each text among the pictures.
func CLIP(image, text [][]float64, temperature float64) float64 {
	return (oneDirection(image, text, temperature) + oneDirection(text, image, temperature)) / 2
}

// oneDirection is the mean cross-entropy of each query's own candidate among all of them: along the rows of the matrix of
// cosines, or down its columns if queries and candidates change places.
func oneDirection(queries, candidates [][]float64, temperature float64) float64 {
	total := 0.0
	for i := range queries {
		logits := make([]float64, len(candidates))
		largest := math.Inf(-1)
		for j := range candidates {
			logits[j] = cosine(queries[i], candidates[j]) / temperature
			largest = max(largest, logits[j])
		}
		sum := 0.0
		for _, l := range logits {
			sum += math.Exp(l - largest)
		}
		total += largest + math.Log(sum) - logits[i]
	}
	return total / float64(len(queries))
}

// Retrieve is the row of the text with the largest cosine, for each picture.
func Retrieve(image, text [][]float64) []int {
	best := make([]int, len(image))
	for i := range image {
		most := math.Inf(-1) // not 0: the best cosine may be negative
		for j := range text {
			if c := cosine(image[i], text[j]); c > most {
				best[i], most = j, c
			}
		}
	}
	return best
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
