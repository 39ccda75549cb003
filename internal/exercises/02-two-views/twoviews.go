// Package twoviews solves exercise 02.
package twoviews

import (
	"math/rand/v2"
	"slices"
)

// TwoViews makes two random views of a picture, size × size each: a window, mirrored in half of the cases, times a factor.
func TwoViews(picture [][][3]float64, size int, seed, index uint64) (a, b [][][3]float64) {
	rng := rand.New(rand.NewPCG(seed, index)) // of this call alone: no other call can change what it draws
	return view(rng, picture, size), view(rng, picture, size)
}

// view draws one view.
func view(rng *rand.Rand, picture [][][3]float64, size int) [][][3]float64 {
	y, x := rng.IntN(len(picture)-size+1), rng.IntN(len(picture[0])-size+1)
	mirrored := rng.IntN(2) == 0
	factor := 0.6 + 0.8*rng.Float64()

	out := make([][][3]float64, size)
	for i := range out {
		out[i] = slices.Clone(picture[y+i][x : x+size]) // a slice of the picture would still be the picture's memory
		if mirrored {
			slices.Reverse(out[i])
		}
		for j := range out[i] {
			for c := range out[i][j] {
				out[i][j][c] = min(1, factor*out[i][j][c])
			}
		}
	}
	return out
}
