// Package moco is exercise 08: the three parts of MoCo, by hand. README.md says what to write.
package moco

// EMA moves the momentum encoder's weights a step after those of the query encoder, in place:
//
//	keyᵢ ← m·keyᵢ + (1 − m)·queryᵢ
//
// key and query are of the same length; query stays as it is.
func EMA(key, query []float64, momentum float64) {
	// yours
}

// Enqueue puts a batch of keys, of shape [B][width], into the queue and returns the queue: oldest key first, newest last,
// at most capacity of them. The oldest leave first. The memory of keys is used again at the next step: keep copies.
func Enqueue(queue, keys [][]float64, capacity int) [][]float64 {
	return nil // yours
}

// QueryGradient returns the gradients, by q and by k, of
//
//	L = mean over i of −log( exp(qᵢ·kᵢ/T) / (exp(qᵢ·kᵢ/T) + Σⱼ exp(qᵢ·queueⱼ/T)) )
//
// as MoCo computes them. q, k, dq and dk have the shape [n][width], queue has [K][width]. Rows are taken as they are.
func QueryGradient(q, k, queue [][]float64, temperature float64) (dq, dk [][]float64) {
	return nil, nil // yours
}
