// Package geometry is exercise 07: two numbers that say where an encoder stands. README.md says what to write.
package geometry

// Alignment is the mean over i of
//
//	‖x̂ᵢ − ŷᵢ‖²,   x̂ = x/‖x‖
//
// x and y have the shape [n][width]; row i of x and row i of y are two views of the same thing.
func Alignment(x, y [][]float64) float64 {
	return 0 // yours
}

// Uniformity is
//
//	log( 1/(n(n−1)) Σ_{i≠j} exp(−2 ‖x̂ᵢ − x̂ⱼ‖²) )
//
// x has the shape [n][width], n ≥ 2; each row is an embedding of another picture.
func Uniformity(x [][]float64) float64 {
	return 0 // yours
}
