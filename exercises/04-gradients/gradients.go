// Package gradients is exercise 04: what the loss does to a query and its keys. README.md says what to write.
package gradients

// Gradients are the derivatives of one query's loss
//
//	L = −log p₀,   p = softmax of the logits q·kⱼ/T
//
// by the query, ∂L/∂q, and by each key, ∂L/∂kⱼ. q has the shape [width], keys [n][width], and so have the results. keys[0]
// is the positive, all others are negatives; the vectors are taken as they are, not normalized.
func Gradients(q []float64, keys [][]float64, temperature float64) (dq []float64, dkeys [][]float64) {
	return nil, nil // yours
}
