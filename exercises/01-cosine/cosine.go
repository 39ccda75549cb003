// Package cosine is exercise 01: how alike two embeddings are. README.md says what to write.
package cosine

// CosineMatrix compares every row of a with every row of b. Entry [i][j] of the result is
//
//	cos(aᵢ, bⱼ) = aᵢ·bⱼ / (‖aᵢ‖ ‖bⱼ‖)
//
// and 0 if one of the two rows is zero. a has the shape [n][width], b [m][width], the result [n][m].
func CosineMatrix(a, b [][]float64) [][]float64 {
	return nil // yours
}
