// Package probe is exercise 12: a linear classifier on a frozen encoder's features. README.md says what to write.
package probe

// Standardize brings every feature to mean 0 and standard deviation 1 over the training part, and treats the test part with
// the same numbers:
//
//	a[i][j] = (train[i][j] − μⱼ)/σⱼ    b[i][j] = (test[i][j] − μⱼ)/σⱼ
//
// train has the shape [n][width], test [m][width]; m may be 0. A feature that never varies becomes 0. train and test stay as
// they are.
func Standardize(train, test [][]float64) (a, b [][]float64) {
	return nil, nil // yours
}

// Step takes one step of gradient descent on −1/n Σᵢ log softmax(xᵢW + b) at labels[i], over all rows xᵢ of the features:
//
//	W ← W − rate · ∂J/∂W    b ← b − rate · ∂J/∂b
//
// w has the shape [width][classes], b the length classes, features [n][width], labels the length n. The features stay as
// they are; w and b may be written over.
func Step(w [][]float64, b []float64, features [][]float64, labels []int, rate float64) (newW [][]float64, newB []float64) {
	return nil, nil // yours
}
