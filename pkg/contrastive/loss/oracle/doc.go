// Package oracle computes every loss of the package loss again, in float64 plain loops that follow the formula line by line.
// It is what the graph functions are tested against, and a place to read a loss without knowing GoMLX.
//
// Embeddings are rows, [][]float64 with one slice per sample. Nothing is vectorized or cached, shapes are trusted, and the inputs are not
// modified. Formulas, sources and meanings of the parameters are documented at the functions of the same name in package loss.
package oracle
