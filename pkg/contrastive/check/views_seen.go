package check

import (
	"fmt"
	"math"
	"slices"

	"github.com/contrastlab/contrastlab/internal/lang"
)

// What the views are looked for in: a picture of 5 × 7 pixels has 2 × 4 places for a window of 4 × 4.
const (
	viewSize     = 4
	placesDown   = 2
	placesAcross = 4
	pairsSeen    = 200
)

// origin is where a view comes from.
type origin struct {
	y, x         int
	flip, upside bool
	factor       float64
}

// viewsSeen are the views of one picture under many indices, and what is known of them.
type viewsSeen struct {
	shape                           []float64 // of the first view of a wrong size
	lost                            string    // the first view that is no part of the picture
	found                           int
	changed                         bool // the picture, by some call
	pairs                           [][2]origin
	places                          [placesDown][placesAcross]int
	flips, upsides                  int
	samePlace, sameFlip, sameFactor int
	darkest, brightest, sum         float64
}

func (v viewsSeen) views() int    { return 2 * len(v.pairs) }
func (v viewsSeen) mean() float64 { return v.sum / float64(v.views()) }

// darkness is 0 if the least factor is as expected, −1 if it is less, 1 if it is more.
func (v viewsSeen) darkness() int { return outside(v.darkest, 0.6-1e-9, 0.66) }

// brightness is the same of the largest.
func (v viewsSeen) brightness() int { return outside(v.brightest, 1.34, 1.4+1e-9) }

func outside(x, lo, hi float64) int {
	switch {
	case x < lo:
		return -1
	case x > hi:
		return 1
	default:
		return 0
	}
}

// look makes many views and searches the picture for each. Pairs of which a view is not found do not count.
func look(f twoViews) viewsSeen {
	seen := viewsSeen{darkest: math.Inf(1), brightest: math.Inf(-1)}
	picture := randomPicture(5, 7, 0.1, 0.7) // times 1.4 is below 1: nothing is clipped
	for index := range uint64(pairsSeen) {
		given := copied(picture)
		a, b := f(given, viewSize, 7, index)
		seen.changed = seen.changed || !equal(given, picture)
		var pair [2]origin
		both := true
		for i, view := range []Picture{a, b} {
			if !square(view, viewSize) {
				seen.shape = []float64{float64(i), float64(len(view))}
				seen.lost = lang.Text{En: "index %d: a view of %s", Zh: "序号 %d：有一个视图是 %s"}.Sprintf(index, sides(view))
				return seen
			}
			from, ok := find(picture, view)
			what := lang.Text{En: "index %d, %s: no part of the picture times a factor", Zh: "序号 %d，%s：不是图片的某一部分乘以一个系数"}
			if ok && from.upside {
				what = lang.Text{En: "index %d, %s: upside down", Zh: "序号 %d，%s：上下颠倒"}
			}
			if (!ok || from.upside) && seen.lost == "" {
				seen.lost = what.Sprintf(index, "ab"[i:i+1])
			}
			both = both && ok
			if ok {
				seen.found++
			}
			pair[i] = from
		}
		if both {
			seen.add(pair)
		}
	}
	return seen
}

func (v *viewsSeen) add(pair [2]origin) {
	v.pairs = append(v.pairs, pair)
	for _, o := range pair {
		v.places[o.y][o.x]++
		v.flips += one(o.flip)
		v.upsides += one(o.upside)
		v.darkest, v.brightest = min(v.darkest, o.factor), max(v.brightest, o.factor)
		v.sum += o.factor
	}
	a, b := pair[0], pair[1]
	v.samePlace += one(a.y == b.y && a.x == b.x)
	v.sameFlip += one(a.flip == b.flip)
	v.sameFactor += one(near(a.factor, b.factor))
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// find searches the picture for a view: every place, mirrored or not, upside down or not.
func find(picture, view Picture) (origin, bool) {
	size := len(view)
	for y := range len(picture) - size + 1 {
		for x := range len(picture[0]) - size + 1 {
			for turn := range 4 {
				o := origin{y: y, x: x, flip: turn&1 != 0, upside: turn&2 != 0}
				if o.explains(picture, view) {
					return o, true
				}
			}
		}
	}
	return origin{}, false
}

// explains says whether the view comes from there, by a factor that it notes. The factor is that of the darkest number,
// which no factor lifts beyond 1.
func (o *origin) explains(picture, view Picture) bool {
	size := len(view)
	source := func(i, j int) [3]float64 {
		if o.upside {
			i = size - 1 - i
		}
		if o.flip {
			j = size - 1 - j
		}
		return picture[o.y+i][o.x+j]
	}
	least := math.Inf(1)
	for i := range size {
		for j := range size {
			for c, v := range source(i, j) {
				if v < least {
					least, o.factor = v, view[i][j][c]/v
				}
			}
		}
	}
	for i := range size {
		for j := range size {
			for c, v := range source(i, j) {
				if !near(min(1, v*o.factor), view[i][j][c]) {
					return false
				}
			}
		}
	}
	return true
}

// stranger is a pair of calls whose views must not be the same.
type stranger struct {
	what  lang.Text
	alike func(f twoViews) bool
}

// strangers are all of them; a few calls each, as by accident nothing is ever the same.
var strangers = []stranger{
	{lang.Text{En: "index 0 and index 1 get the same views", Zh: "序号 0 和序号 1 的视图相同"}, func(f twoViews) bool {
		a, b := viewed(f, 1, 0)
		a1, b1 := viewed(f, 1, 1)
		return equal(a, a1) && equal(b, b1)
	}},
	{lang.Text{En: "seed 1 and seed 2 give the same views", Zh: "种子 1 和种子 2 的视图相同"}, func(f twoViews) bool {
		a, b := viewed(f, 1, 5)
		a1, b1 := viewed(f, 2, 5)
		return equal(a, a1) && equal(b, b1)
	}},
	{lang.Text{En: "seed 1, index 2 and seed 2, index 1 give the same views", Zh: "种子 1、序号 2 与种子 2、序号 1 的视图相同"}, func(f twoViews) bool {
		a, b := viewed(f, 1, 2)
		a1, b1 := viewed(f, 2, 1)
		return equal(a, a1) && equal(b, b1)
	}},
	{lang.Text{En: "the second view is drawn like the first one of the next index or seed", Zh: "第二个视图与下一个序号或种子的第一个视图抽法相同"}, func(f twoViews) bool {
		_, b := viewed(f, 3, 4)
		byIndex, _ := viewed(f, 3, 5)
		bySeed, _ := viewed(f, 4, 4)
		return equal(b, byIndex) || equal(b, bySeed)
	}},
}

// viewed are the views of a picture that is the same for every call.
func viewed(f twoViews, seed, index uint64) (a, b Picture) {
	a, b = f(randomPicture(5, 7, 0.1, 0.7), viewSize, seed, index)
	return copied(a), copied(b)
}

// repeats says whether calls give the same again, upwards and downwards.
func repeats(f twoViews) bool {
	var up [][2]Picture
	for index := range uint64(8) {
		a, b := viewed(f, 9, index)
		up = append(up, [2]Picture{a, b})
	}
	for index, pair := range slices.Backward(up) {
		if a, b := viewed(f, 9, uint64(index)); !equal(a, pair[0]) || !equal(b, pair[1]) {
			return false
		}
	}
	return true
}

// lookInBright makes views of a picture with bright pixels: the largest number in them, and the first one that is no part
// of the picture times a factor, cut at 1.
func lookInBright(f twoViews) (most float64, lost string) {
	picture := randomPicture(5, 7, 0.1, 1)
	for index := range uint64(30) {
		a, b := f(copied(picture), viewSize, 5, index)
		for i, view := range []Picture{a, b} {
			if !square(view, viewSize) {
				return most, lang.Text{En: "index %d: a view of %s", Zh: "序号 %d：有一个视图是 %s"}.Sprintf(index, sides(view))
			}
			here := 0.0
			for y := range view {
				for x := range view[y] {
					here = max(here, slices.Max(view[y][x][:]))
				}
			}
			most = max(most, here)
			if _, ok := find(picture, view); !ok && lost == "" {
				lost = lang.Text{En: "index %d, %s: no part of a bright picture; largest number %s", Zh: "序号 %d，%s：不是一张明亮图片的某一部分；最大的数是 %s"}.Sprintf(index, "ab"[i:i+1], number(here))
			}
		}
	}
	return most, lost
}

// viewTraits is what is characteristic of a function, a number for each trait. Where views cannot be found, or their
// picture is changed under them, there is nothing further to say.
func viewTraits(f twoViews) []float64 {
	seen := look(f)
	if len(seen.shape) > 0 {
		return append([]float64{0}, seen.shape...)
	}
	if seen.changed {
		return []float64{1}
	}
	traits := []float64{2, flag(repeats(f))}
	for _, c := range strangers {
		traits = append(traits, flag(c.alike(f)))
	}
	a, b := viewed(f, 1, 1)
	most, _ := lookInBright(f)
	traits = append(traits, flag(equal(a, b)), flag(most > 1))
	if seen.found < 2*pairsSeen {
		return append(traits, flag(seen.found > 0))
	}
	half := func(count, of int) float64 { // 0 for none, 1 for about half of them, 2 for all, else −1
		switch share := float64(count) / float64(of); {
		case share == 0 || share == 1:
			return 2 * share
		case math.Abs(share-0.5) < 0.18:
			return 1
		default:
			return -1
		}
	}
	corner := func(y, x int) float64 { return flag(seen.places[y][x] > 0) }
	return append(traits, 2, half(seen.flips, seen.views()), half(seen.upsides, seen.views()),
		corner(0, 0), corner(placesDown-1, 0), corner(0, placesAcross-1),
		flag(seen.samePlace == len(seen.pairs)), flag(seen.sameFactor == len(seen.pairs)),
		half(seen.sameFlip, len(seen.pairs)), float64(seen.darkness()), float64(seen.brightness()))
}

func flag(is bool) float64 { return float64(one(is)) }

// randomPicture is the same for the same arguments: no two of its numbers are.
func randomPicture(height, width int, lo, hi float64) Picture {
	rng := random(uint64(100*height + width))
	picture := make(Picture, height)
	for y := range picture {
		picture[y] = make([][3]float64, width)
		for x := range picture[y] {
			for c := range 3 {
				picture[y][x][c] = lo + (hi-lo)*rng.Float64()
			}
		}
	}
	return picture
}

func copied(p Picture) Picture {
	out := make(Picture, len(p))
	for y := range p {
		out[y] = slices.Clone(p[y])
	}
	return out
}

func equal(a, b Picture) bool {
	return slices.EqualFunc(a, b, func(x, y [][3]float64) bool { return slices.Equal(x, y) })
}

func square(p Picture, size int) bool {
	return len(p) == size && !slices.ContainsFunc(p, func(row [][3]float64) bool { return len(row) != size })
}

// sides is how large a view is: "4 × 3", or "0" if there is none.
func sides(p Picture) string {
	if len(p) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d × %d", len(p), len(p[0]))
}
