// Package twoviews is exercise 02: two random views that can be made again. README.md says what to write.
package twoviews

// TwoViews makes two random views of a picture, which is height × width × red, green, blue, each from 0 to 1. A view is
//
//	a window of size × size at a random place, all places alike,
//	mirrored left to right with probability ½,
//	times one factor, uniform from 0.6 to 1.4; what exceeds 1 becomes 1.
//
// Both views are drawn apart, but the same seed and index always give the same two. The picture stays as it is; its height
// and its width are at least size.
func TwoViews(picture [][][3]float64, size int, seed, index uint64) (a, b [][][3]float64) {
	return nil, nil // yours
}
