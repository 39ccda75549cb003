// Package manifold lays embeddings out in the plane, to look at: [PCA], which is linear and keeps distances
// as far as two axes can, and [TSNE], which keeps neighborhoods and nothing else.
//
// Both are for pictures, not for numbers: measure with package eval, in all dimensions.
//
// Add a projection here if it maps vectors to a few coordinates; drawing the points is the business of chart.
package manifold
