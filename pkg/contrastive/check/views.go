package check

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/lang"
)

// Picture is height × width × red, green, blue, each from 0 to 1.
type Picture = [][][3]float64

// twoViews makes two views of a picture, size × size each, that depend on nothing but its arguments.
type twoViews func(picture Picture, size int, seed, index uint64) (a, b Picture)

// TwoViews checks a function that makes two random views of a picture, as SimCLR does for every picture of a batch (Chen
// and others, 2020, section 2.1), reduced to what can be checked exactly: each view is
//
//	min(1, factor · crop), mirrored left to right or not
//
// where the crop is a window of size × size, all places alike; a mirror image comes with probability ½; and the factor,
// one for the whole view, is uniform from 0.6 to 1.4. The two views are drawn apart, everything from the seed and the
// picture's index. As two right functions draw different numbers, views are judged by what they can be: the check searches
// the picture for each of them. It recognizes a generator that outlives the call, equal or half equal views, a seed or an
// index without effect, mixed up or shared with a neighbor, work in place, places that never occur, wrong or botched
// mirror images, and brightness without clipping, only downwards, or for each number apart.
func TwoViews(f func(picture Picture, size int, seed, index uint64) (a, b Picture)) Report {
	return twoViewsSpec().judge(f).publish()
}

func twoViewsSpec() spec[twoViews] {
	return spec[twoViews]{
		name:      "TwoViews",
		exercise:  "02-two-views",
		with:      twoViewsWith,
		answers:   viewTraits,
		unwritten: func(Picture, int, uint64, uint64) (_, _ Picture) { return nil, nil },
		rows: []row[twoViews]{
			{lang.Text{En: "both views are size × size", Zh: "两个视图都是 size × size"}, func(f twoViews) (string, bool) {
				for _, c := range []struct{ height, width, size int }{{5, 7, 4}, {7, 5, 4}, {5, 7, 5}, {6, 6, 6}, {3, 3, 1}} {
					a, b := f(randomPicture(c.height, c.width, 0.1, 0.7), c.size, 1, 2)
					for i, view := range []Picture{a, b} {
						if !square(view, c.size) {
							return lang.Text{En: "%d × %d, size %d: %s is %s", Zh: "%d × %d，size 为 %d：%s 是 %s"}.Sprintf(c.height, c.width, c.size, "ab"[i:i+1], sides(view)), false
						}
					}
				}
				return "", true
			}},
			{lang.Text{En: "a part of the picture, mirrored or not, times one factor", Zh: "图片的一部分，可以左右翻转，乘以同一个系数"}, func(f twoViews) (string, bool) {
				seen := look(f)
				if seen.lost != "" {
					return seen.lost, false
				}
				return lang.Text{En: "%d views found in the picture", Zh: "在图片中找到了 %d 个视图"}.Sprintf(2 * len(seen.pairs)), true
			}},
			{lang.Text{En: "same seed and index: same views, in any order of calls", Zh: "种子和序号相同则视图相同，与调用次序无关"}, func(f twoViews) (string, bool) {
				if !repeats(f) {
					return lang.Text{En: "called again, the views are others", Zh: "再次调用，视图就变了"}.String(), false
				}
				return "", true
			}},
			{lang.Text{En: "another seed or index: other views", Zh: "种子或序号不同则视图不同"}, func(f twoViews) (string, bool) {
				for _, c := range strangers {
					if c.alike(f) {
						return c.what.String(), false
					}
				}
				return "", true
			}},
			{lang.Text{En: "the two views are drawn apart", Zh: "两个视图分别抽取"}, func(f twoViews) (string, bool) {
				seen := look(f)
				n := len(seen.pairs)
				switch {
				case n == 0:
					return seen.lost, false
				case seen.samePlace > n*3/10: // by chance n/8
					return lang.Text{En: "the same place in %d of %d pairs; by chance it is one in 8", Zh: "%[2]d 对中有 %[1]d 对位置相同；偶然相同只有八分之一"}.Sprintf(seen.samePlace, n), false
				case seen.sameFactor > n/10: // by chance never
					return lang.Text{En: "the same brightness in %d of %d pairs", Zh: "%[2]d 对中有 %[1]d 对亮度相同"}.Sprintf(seen.sameFactor, n), false
				case math.Abs(float64(seen.sameFlip)/float64(n)-0.5) > 0.18:
					return lang.Text{En: "both or none mirrored in %d of %d pairs; by chance it is half of them", Zh: "%[2]d 对中有 %[1]d 对同时翻转或同时不翻转；偶然如此应占一半"}.Sprintf(seen.sameFlip, n), false
				}
				return lang.Text{En: "%d pairs, the same place in %d", Zh: "%d 对，其中 %d 对位置相同"}.Sprintf(n, seen.samePlace), true
			}},
			{lang.Text{En: "every place occurs, last row and column too", Zh: "每个位置都会出现，包括最后一行和最后一列"}, func(f twoViews) (string, bool) {
				seen := look(f)
				if seen.views() == 0 {
					return seen.lost, false
				}
				least := math.MaxInt
				for y := range placesDown {
					for x := range placesAcross {
						count := seen.places[y][x]
						if least = min(least, count); count < seen.views()/27 { // an eighth is expected
							return lang.Text{En: "%d views of %d begin at row %d, column %d", Zh: "%[2]d 个视图中有 %[1]d 个从第 %[3]d 行、第 %[4]d 列开始"}.Sprintf(count, seen.views(), y, x), false
						}
					}
				}
				return lang.Text{En: "%d places, the rarest %d times in %d", Zh: "%d 个位置，最少的 %d 次（共 %d 次）"}.Sprintf(placesDown*placesAcross, least, seen.views()), true
			}},
			{lang.Text{En: "half of the views are mirrored", Zh: "一半的视图左右翻转"}, func(f twoViews) (string, bool) {
				seen := look(f)
				if seen.views() == 0 {
					return seen.lost, false
				}
				share := float64(seen.flips) / float64(seen.views())
				return lang.Text{En: "%d of %d", Zh: "%[2]d 个中有 %[1]d 个"}.Sprintf(seen.flips, seen.views()), math.Abs(share-0.5) < 0.13
			}},
			{lang.Text{En: "the factor lies between 0.6 and 1.4, all alike", Zh: "系数在 0.6 到 1.4 之间均匀分布"}, func(f twoViews) (string, bool) {
				seen := look(f)
				if seen.views() == 0 {
					return seen.lost, false
				}
				return lang.Text{En: "from %.3f to %.3f, mean %.3f", Zh: "从 %.3f 到 %.3f，均值 %.3f"}.Sprintf(seen.darkest, seen.brightest, seen.mean()),
					seen.darkness() == 0 && seen.brightness() == 0 && math.Abs(seen.mean()-1) < 0.06
			}},
			{lang.Text{En: "what exceeds 1 becomes 1", Zh: "超过 1 的变成 1"}, func(f twoViews) (string, bool) {
				most, lost := lookInBright(f)
				if lost != "" {
					return lost, false
				}
				return lang.Text{En: "largest number %s", Zh: "最大的数是 %s"}.Sprintf(number(most)), most == 1
			}},
			{lang.Text{En: "the picture stays as it is, and shares no memory with its views", Zh: "不改动图片，也不与视图共用内存"}, func(f twoViews) (string, bool) {
				picture := randomPicture(5, 7, 0.1, 0.7)
				for index := range uint64(20) {
					given := copied(picture)
					a, b := f(given, 4, 3, index)
					if !equal(given, picture) {
						return lang.Text{En: "index %d: the picture was changed", Zh: "序号 %d：图片被改动了"}.Sprintf(index), false
					}
					before := copied(b)
					for y := range a {
						clear(a[y])
					}
					if !equal(given, picture) || !equal(b, before) {
						return lang.Text{En: "writing into a changes the picture or b", Zh: "往 a 里写，图片或 b 也跟着变了"}.String(), false
					}
				}
				return "", true
			}},
		},
		slips: twoViewsSlips(),
	}
}

func twoViewsSlips() []slip {
	return []slip{
		{"generator-outlives-the-call", lang.Text{
			En: "The same seed and index give other views each time: what is drawn depends on earlier calls or on the clock. The functions of math/rand/v2 and a generator kept in a variable both do that. Make one in the call: rand.New(rand.NewPCG(seed, index)).",
			Zh: "种子和序号相同，每次的视图却不同：抽到什么取决于先前的调用或时钟。直接用 math/rand/v2 的函数，或者把生成器存在变量里，都会这样。应在函数里新建一个：rand.New(rand.NewPCG(seed, index))。"}, "02-views#practice"},
		{"one-view-twice", lang.Text{
			En: "Both views are the same: a second generator was seeded like the first one, or one view is returned twice. Nothing is left to ignore then; go on drawing from the same generator.",
			Zh: "两个视图完全相同：第二个生成器用了同样的种子，或者把一个视图返回了两次。这样就没有什么可忽略的了；应当用同一个生成器接着抽。"}, "02-views#derivation"},
		{"seed-ignored", lang.Text{
			En: "The seed changes nothing: two runs with different seeds see the same views, and a spread over seeds measures too little.",
			Zh: "种子不起作用：种子不同的两次训练看到同样的视图，于是在种子之间量出的波动偏小。"}, "02-views#practice"},
		{"index-ignored", lang.Text{
			En: "The index changes nothing: every picture gets the same two crops, in every epoch. The encoder sees two fixed views of each, never new ones.",
			Zh: "序号不起作用：每张图片在每个 epoch 都得到同样的两个裁剪。编码器看到的永远是那两个固定的视图，没有新的。"}, "02-views#derivation"},
		{"seed-and-index-mixed-up", lang.Text{
			En: "Seed 1, index 2 gives the same views as seed 2, index 1: you add or mix the two numbers. The next seed is then the same training, shifted by a picture. Keep them apart: rand.NewPCG(seed, index).",
			Zh: "种子 1、序号 2 与种子 2、序号 1 的视图相同：你把两个数相加或混在一起了。于是换一个种子，只是同一次训练错开一张图片。要把它们分开：rand.NewPCG(seed, index)。"}, "02-views#practice"},
		{"view-shared-with-the-neighbor", lang.Text{
			En: "The second view of a picture is drawn like the first view of the next: you seed with index + 1 or seed + 1. Draw both views from one generator, one after the other.",
			Zh: "一张图片的第二个视图与下一张的第一个视图抽法相同：你用了 index + 1 或 seed + 1 作种子。应当用一个生成器先后抽取两个视图。"}, "02-views#practice"},
		{"in-place", lang.Text{
			En: "The picture is changed: picture[y][x:x+size] is the picture's own memory, and so its next view is one of a picture mirrored or brightened already. Copy the window first.",
			Zh: "图片被改动了：picture[y][x:x+size] 就是图片自己的内存，于是它的下一个视图取自已经翻转或调亮过的图片。要先把窗口复制出来。"}, "02-views#practice"},
		{"last-place-never", lang.Text{
			En: "The last row and column never occur: there are height − size + 1 places, and IntN(n) gives 0 … n − 1. With a size equal to the height, IntN(0) panics.",
			Zh: "最后一行和最后一列从不出现：位置有 height − size + 1 个，而 IntN(n) 给出 0 … n − 1。size 等于高度时，IntN(0) 会 panic。"}, "02-views#derivation"},
		{"one-crop-for-both", lang.Text{
			En: "Both views show the same part of the picture. Two crops are what SimCLR gains most from: the encoder must infer one part from another. Draw a place for each view.",
			Zh: "两个视图是图片的同一部分。SimCLR 得益最多的正是两个不同的裁剪：编码器得从一部分推断另一部分。每个视图都要另抽位置。"}, "02-views#derivation"},
		{"never-mirrored", lang.Text{
			En: "No view is mirrored. Draw it for each view, rng.IntN(2) == 0; and exchange columns up to the middle only, or every exchange is undone by a later one.",
			Zh: "没有一个视图左右翻转。每个视图都要抽一次，rng.IntN(2) == 0；而且列只交换到中间，否则前面的交换又会被后面的换回来。"}, "02-views#derivation"},
		{"always-mirrored", lang.Text{
			En: "Every view is mirrored. IntN(1) is always 0: IntN(2) == 0 holds in half of the cases.",
			Zh: "每个视图都翻转了。IntN(1) 总是 0：IntN(2) == 0 才有一半的机会成立。"}, "02-views#derivation"},
		{"upside-down", lang.Text{
			En: "Views are turned upside down: you exchange rows. A mirror image exchanges columns, x with size − 1 − x.",
			Zh: "视图上下颠倒了：你交换的是行。左右翻转交换的是列，x 与 size − 1 − x。"}, "02-views#intuition"},
		{"half-overwritten", lang.Text{
			En: "Mirrored views are symmetric: row[x] = row[size−1−x] overwrites what the second half still needs. Exchange up to the middle, slices.Reverse(row), or write into another row.",
			Zh: "翻转后的视图左右对称：row[x] = row[size−1−x] 把后一半还要用的数覆盖了。应当只交换到中间，即 slices.Reverse(row)，或者写到另一行里。"}, "02-views#practice"},
		{"no-clipping", lang.Text{
			En: "Numbers exceed 1. A picture has none of these, and an encoder would know bright views by them: min(1, …).",
			Zh: "有的数超过了 1。图片里没有这样的数，编码器会凭它们认出调亮的视图：要取 min(1, …)。"}, "02-views#practice"},
		{"only-darker", lang.Text{
			En: "Views get darker only. From 0.6 to 1.4 is 0.6 + 0.8 · Float64().",
			Zh: "视图只会变暗。从 0.6 到 1.4 应当是 0.6 + 0.8 · Float64()。"}, "02-views#practice"},
		{"factor-for-each-number", lang.Text{
			En: "Each number gets a factor of its own: that is noise, not brightness. Draw the factor once for a view, outside the loops.",
			Zh: "每个数都有自己的系数：那是噪声，不是亮度。每个视图只在循环外面抽一次系数。"}, "02-views#practice"},
	}
}
