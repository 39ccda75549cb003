package check

import "github.com/contrastlab/contrastlab/internal/lang"

// Positives says which rows are positives of which: entry [i][j] is true where j is a positive of i. One label per row.
type Positives func(labels []int) [][]bool

// SupConMask checks a function that returns the positives of supervised contrastive learning, of shape [n][n]:
//
//	mask[i][j] = (labels[j] = labels[i] and j ≠ i)
//
// (P(i) of Khosla and others, 2020, section 3.2.2). It recognizes a mask with the diagonal left in, of different labels
// instead of equal ones, of one half only, with one positive for each anchor at most, and one whose rows are all the same
// slice.
func SupConMask(f func(labels []int) [][]bool) Report {
	return supConMaskSpec().judge(f).publish()
}

const (
	maskSelf slips = 1 << iota
	maskInverted
	maskUpperHalf
	maskFirstOnly
	maskOneSlice
)

func supConMaskSpec() spec[Positives] {
	wanted := func(f Positives, labels ...int) (string, bool) {
		var l largest
		l.compareAll("mask", zeroOne(supConMaskWith(0)(labels)), zeroOne(f(append([]int(nil), labels...))))
		return l.result()
	}
	return spec[Positives]{
		name:     "SupConMask",
		exercise: "09-supcon",
		with:     supConMaskWith,
		answers: func(f Positives) (a []float64) {
			for _, labels := range [][]int{{2, 0, 2, 1, 0, 2}, {1, 1, 3}} {
				mask := f(labels)
				a = append(append(a, float64(len(mask))), flat(zeroOne(mask))...)
			}
			return a
		},
		unwritten: func([]int) [][]bool { return nil },
		rows: []row[Positives]{
			{lang.Text{En: "labels 7, 3, 7, 7: rows 0, 2 and 3 are positives of each other", Zh: "标签 7, 3, 7, 7：第 0、2、3 行互为正样本"}, func(f Positives) (string, bool) {
				return wanted(f, 7, 3, 7, 7)
			}},
			{lang.Text{En: "nobody is a positive of itself", Zh: "谁都不是自己的正样本"}, func(f Positives) (string, bool) {
				mask := f([]int{0, 0, 1, 2, 2})
				for i := range mask {
					if len(mask[i]) > i && mask[i][i] {
						return lang.Text{En: "mask[%d][%d] is true", Zh: "mask[%d][%d] 为 true"}.Sprintf(i, i), false
					}
				}
				return lang.Text{En: "%d rows", Zh: "%d 行"}.Sprintf(len(mask)), len(mask) == 5
			}},
			{lang.Text{En: "30 random batches", Zh: "30 个随机批"}, func(f Positives) (string, bool) {
				var l largest
				rng := random(1)
				for range 30 {
					labels := make([]int, 1+rng.IntN(9))
					for i := range labels {
						labels[i] = rng.IntN(4) - 1
					}
					what := lang.Text{En: "labels %v: mask", Zh: "标签 %v：mask"}.Sprintf(labels)
					l.compareAll(what, zeroOne(supConMaskWith(0)(labels)), zeroOne(f(append([]int(nil), labels...))))
				}
				return l.result()
			}},
			{lang.Text{En: "each label once: no positives", Zh: "每个标签只出现一次：没有正样本"}, func(f Positives) (string, bool) {
				return wanted(f, 4, 1, 3)
			}},
			{lang.Text{En: "one label for all: everybody but the diagonal", Zh: "标签全都相同：除对角线外全是"}, func(f Positives) (string, bool) {
				return wanted(f, 6, 6, 6, 6, 6)
			}},
			{lang.Text{En: "one row", Zh: "只有一行"}, func(f Positives) (string, bool) {
				return wanted(f, 0)
			}},
		},
		slips: []slip{
			{"self-as-positive", lang.Text{
				En: "The diagonal is true: every row is its own positive. It would get the largest possible similarity for free; leave j = i out.",
				Zh: "对角线为 true：每一行都成了自己的正样本，白得最大的相似度；要去掉 j = i。"}, "09-supcon#derivation"},
			{"inverted", lang.Text{
				En: "The mask is true where labels differ: these are the negatives. Positives have the same label.",
				Zh: "标签不同的地方为 true：那些是负样本。正样本是标签相同的。"}, "09-supcon#intuition"},
			{"one-half", lang.Text{
				En: "Only j > i is filled in. If j is a positive of i, i is one of j too: every row is an anchor and needs its own row of the mask.",
				Zh: "只填了 j > i 的部分。j 是 i 的正样本，i 也就是 j 的正样本：每一行都要当锚点，都需要掩码里自己的那一行。"}, "09-supcon#derivation"},
			{"first-only", lang.Text{
				En: "Each anchor has one positive, the first with its label. SupCon takes all of them: that is what it adds to SimCLR.",
				Zh: "每个锚点只有一个正样本，即同标签的第一个。SupCon 全都要：这正是它比 SimCLR 多出来的。"}, "09-supcon#intuition"},
			{"one-slice", lang.Text{
				En: "All rows are the same slice, so each overwrites the one before. Make a new slice for each i, inside the loop.",
				Zh: "所有行是同一个切片，后写的覆盖了先写的。要在循环里为每个 i 新建一个切片。"}, "09-supcon#practice"},
		},
	}
}

// supConMaskWith is the mask with mistakes in it.
func supConMaskWith(s slips) Positives {
	return func(labels []int) [][]bool {
		mask := make([][]bool, len(labels))
		shared := make([]bool, len(labels))
		for i := range mask {
			mask[i] = make([]bool, len(labels))
			if s.has(maskOneSlice) {
				mask[i] = shared
			}
			for j := range labels {
				equal := labels[j] == labels[i]
				mask[i][j] = equal != s.has(maskInverted) && (j != i || s.has(maskSelf)) && (j >= i || !s.has(maskUpperHalf))
				if mask[i][j] && s.has(maskFirstOnly) {
					break
				}
			}
		}
		return mask
	}
}

// zeroOne is a mask as numbers: 1 where it is true.
func zeroOne(mask [][]bool) [][]float64 {
	out := make([][]float64, len(mask))
	for i := range mask {
		out[i] = make([]float64, len(mask[i]))
		for j := range mask[i] {
			if mask[i][j] {
				out[i][j] = 1
			}
		}
	}
	return out
}
