// Package ntxent is exercise 05: SimCLR's loss, by hand. README.md says what to write.
package ntxent

// Masks say who is whose positive and who may choose whom among 2n rows: n first views, then, in the same order, the n
// second views. Both have the shape [2n][2n]; row i is the anchor. positive[i][j] is true where j is the other view of the
// picture that i shows, candidate[i][j] where i may choose j: everywhere but at i itself.
func Masks(n int) (positive, candidate [][]bool) {
	return nil, nil // yours
}

// NTXent is the mean over all 2n rows i of [z1; z2] of
//
//	−log( exp(cos(zᵢ, z_p)/T) / Σ_{a≠i} exp(cos(zᵢ, z_a)/T) )
//
// where z_p is the positive of zᵢ. z1 and z2 have the shape [n][width]; row i of both shows the same picture.
func NTXent(z1, z2 [][]float64, temperature float64) float64 {
	return 0 // yours
}
