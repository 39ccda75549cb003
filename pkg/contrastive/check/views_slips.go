package check

import (
	"math/rand/v2"
	"slices"
)

const (
	viewsOutlive slips = 1 << iota
	viewsSame
	viewsNoSeed
	viewsNoIndex
	viewsMixed
	viewsNeighbor
	viewsInPlace
	viewsLastNever
	viewsOneCrop
	viewsNeverFlip
	viewsAlwaysFlip
	viewsUpside
	viewsOverwritten
	viewsNoClip
	viewsDarker
	viewsNoise
)

// twoViewsWith is TwoViews with mistakes in it.
func twoViewsWith(s slips) twoViews {
	outliving := rand.New(rand.NewPCG(1, 2))
	return func(picture Picture, size int, seed, index uint64) (Picture, Picture) {
		if s.has(viewsNoSeed) {
			seed = 0
		}
		if s.has(viewsNoIndex) {
			index = 0
		}
		if s.has(viewsMixed) {
			seed, index = seed+index, 0
		}
		rng := rand.New(rand.NewPCG(seed, index))
		if s.has(viewsOutlive) {
			rng = outliving
		}
		first := drawOrigin(s, rng, picture, size)
		a := first.view(s, rng, picture, size)
		if s.has(viewsSame) {
			return a, copied(a)
		}
		if s.has(viewsNeighbor) {
			rng = rand.New(rand.NewPCG(seed, index+1))
		}
		second := drawOrigin(s, rng, picture, size)
		if s.has(viewsOneCrop) {
			second.y, second.x = first.y, first.x
		}
		return a, second.view(s, rng, picture, size)
	}
}

func drawOrigin(s slips, rng *rand.Rand, picture Picture, size int) origin {
	down, across := len(picture)-size+1, len(picture[0])-size+1
	if s.has(viewsLastNever) {
		down, across = down-1, across-1
	}
	o := origin{y: rng.IntN(down), x: rng.IntN(across), flip: rng.IntN(2) == 0, factor: 0.6 + 0.8*rng.Float64()}
	if s.has(viewsNeverFlip) {
		o.flip = false
	}
	if s.has(viewsAlwaysFlip) {
		o.flip = true
	}
	if s.has(viewsDarker) {
		o.factor = 0.6 + (o.factor-0.6)/2
	}
	return o
}

// view is what is seen from there.
func (o origin) view(s slips, rng *rand.Rand, picture Picture, size int) Picture {
	view := make(Picture, size)
	for i := range view {
		view[i] = picture[o.y+i][o.x : o.x+size]
		if !s.has(viewsInPlace) {
			view[i] = slices.Clone(view[i])
		}
		for j := range size {
			if o.flip && s.has(viewsOverwritten) {
				view[i][j] = view[i][size-1-j]
			}
		}
		if o.flip && !s.has(viewsUpside) && !s.has(viewsOverwritten) {
			slices.Reverse(view[i])
		}
		for j := range view[i] {
			for c := range 3 {
				if s.has(viewsNoise) {
					o.factor = 0.6 + 0.8*rng.Float64()
				}
				view[i][j][c] *= o.factor
				if !s.has(viewsNoClip) {
					view[i][j][c] = min(1, view[i][j][c])
				}
			}
		}
	}
	if o.flip && s.has(viewsUpside) {
		slices.Reverse(view)
	}
	return view
}
