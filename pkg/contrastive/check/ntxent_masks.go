package check

import "github.com/contrastlab/contrastlab/internal/lang"

// viewMasks are the positives and the candidates of 2n rows, of which rows i and n+i are the views of one picture.
type viewMasks func(n int) (positive, candidate [][]bool)

// TwoViewMasks checks a function that returns the two masks of NT-Xent for n pictures, both of shape [2n][2n]:
//
//	positive[i][j] = (j = i ± n)    candidate[i][j] = (j ≠ i)
//
// Row i is an anchor, column j what it is compared with; the rows are [z1; z2], the second views below the first ones
// (Chen and others, 2020, section 2.1 and equation 1). It recognizes masks with the diagonal left in, for views that lie
// side by side, of one view's anchors only, of n instead of 2n rows, without the positive or the own view among the
// candidates, with a whole view as positives, exchanged, and with rows that share their memory.
func TwoViewMasks(f func(n int) (positive, candidate [][]bool)) Report {
	return twoViewMasksSpec().judge(f).publish()
}

const (
	viewSelfCandidate slips = 1 << iota
	viewSelfPositive
	viewInterleaved
	viewNoPositive
	viewFirstOnly
	viewOtherOnly
	viewSingle
	viewAllPositive
	viewExchanged
	viewOneSlice
)

func twoViewMasksSpec() spec[viewMasks] {
	compare := func(l *largest, f viewMasks, n int) {
		wantPositive, wantCandidate := twoViewMasksWith(0)(n)
		positive, candidate := f(n)
		l.compareAll(lang.Text{En: "n = %d: positive", Zh: "n = %d：positive"}.Sprintf(n), zeroOne(wantPositive), zeroOne(positive))
		l.compareAll(lang.Text{En: "n = %d: candidate", Zh: "n = %d：candidate"}.Sprintf(n), zeroOne(wantCandidate), zeroOne(candidate))
	}
	return spec[viewMasks]{
		name:     "TwoViewMasks",
		exercise: "05-ntxent",
		with:     twoViewMasksWith,
		answers: func(f viewMasks) (got []float64) {
			for _, n := range []int{3, 4} {
				positive, candidate := f(n)
				got = append(append(got, shape(zeroOne(positive))...), shape(zeroOne(candidate))...)
			}
			return got
		},
		unwritten: func(int) (_, _ [][]bool) { return nil, nil },
		rows: []row[viewMasks]{
			{lang.Text{En: "two pictures: rows 0 and 2, 1 and 3 belong together", Zh: "两张图片：第 0 和 2 行、第 1 和 3 行是一对"}, func(f viewMasks) (string, bool) {
				var l largest
				positive, _ := f(2)
				l.compareAll("positive", [][]float64{{0, 0, 1, 0}, {0, 0, 0, 1}, {1, 0, 0, 0}, {0, 1, 0, 0}}, zeroOne(positive))
				return l.result()
			}},
			{lang.Text{En: "two pictures: each row has the three others to choose from", Zh: "两张图片：每一行要在其余三行中选"}, func(f viewMasks) (string, bool) {
				var l largest
				_, candidate := f(2)
				l.compareAll("candidate", [][]float64{{0, 1, 1, 1}, {1, 0, 1, 1}, {1, 1, 0, 1}, {1, 1, 1, 0}}, zeroOne(candidate))
				return l.result()
			}},
			{lang.Text{En: "one picture: the other view is all there is", Zh: "只有一张图片：只有另一个视图可选"}, func(f viewMasks) (string, bool) {
				var l largest
				compare(&l, f, 1)
				return l.result()
			}},
			{lang.Text{En: "one positive for each of the 2n rows, and it is a candidate", Zh: "2n 行各有一个正样本，而且在候选之列"}, func(f viewMasks) (string, bool) {
				positive, candidate := f(5)
				if len(positive) != 10 || len(candidate) != 10 {
					return lang.Text{En: "5 pictures: want 10 rows, got %d and %d", Zh: "5 张图片：应有 10 行，得到 %d 行和 %d 行"}.Sprintf(len(positive), len(candidate)), false
				}
				for i := range positive {
					count, among := 0, 0
					for j, is := range positive[i] {
						if is {
							count++
							if j < len(candidate[i]) && candidate[i][j] {
								among++
							}
						}
					}
					if count != 1 || among != 1 {
						return lang.Text{En: "row %d has %d, of which %d are candidates", Zh: "第 %d 行有 %d 个，其中 %d 个是候选"}.Sprintf(i, count, among), false
					}
				}
				return "", true
			}},
			{lang.Text{En: "every entry, for 1 to 8 pictures", Zh: "1 到 8 张图片，每个元素"}, func(f viewMasks) (string, bool) {
				var l largest
				for n := 1; n <= 8; n++ {
					compare(&l, f, n)
				}
				return l.result()
			}},
		},
		slips: []slip{
			{"self-as-candidate", lang.Text{
				En: "The diagonal of candidate is true: each view may choose itself, with cosine 1, the largest there is. The loss then stays above ln 2: leave j = i out.",
				Zh: "candidate 的对角线为 true：每个视图都可以选自己，余弦是 1，大得不能再大。于是损失总在 ln 2 以上：要去掉 j = i。"}, "03-losses#derivation"},
			{"self-as-positive", lang.Text{
				En: "The diagonal of positive is true: each view is its own positive. Only the other view of the same picture is.",
				Zh: "positive 的对角线为 true：每个视图成了自己的正样本。正样本只是同一张图片的另一个视图。"}, "05-simclr#derivation"},
			{"interleaved", lang.Text{
				En: "Your masks are for views side by side: rows 2i and 2i+1. Here the second views are stacked below the first ones: rows i and i+n. The wrong layout makes strangers positives, without any error.",
				Zh: "你的掩码适用于两个视图相邻的排法：第 2i 和 2i+1 行。这里第二个视图叠在第一个下面：第 i 和 i+n 行。排法弄错，不相干的图片就成了正样本，而且不会报错。"}, "05-simclr#derivation"},
			{"positive-not-a-candidate", lang.Text{
				En: "The positive is missing among the candidates. That is another loss (DCL, Yeh and others, 2022); in NT-Xent the positive must be chosen among all others, itself included.",
				Zh: "候选里缺了正样本。那是另一个损失（DCL，Yeh 等，2022）；在 NT-Xent 里，正样本自己也在被选的行列。"}, "05-simclr#derivation"},
			{"first-view-only", lang.Text{
				En: "Only the first n rows have a positive. The second views are anchors too: the positive of row n+i is row i.",
				Zh: "只有前 n 行有正样本。第二个视图也要当锚点：第 n+i 行的正样本是第 i 行。"}, "05-simclr#derivation"},
			{"other-view-only", lang.Text{
				En: "The candidates are the other view's rows only, as in InfoNCE. In NT-Xent every other row of the batch is one: 2n − 1, not n.",
				Zh: "候选只有另一个视图的各行，那是 InfoNCE。在 NT-Xent 里，这一批其余的每一行都是候选：2n − 1 个，而不是 n 个。"}, "05-simclr#derivation"},
			{"n-rows-for-2n", lang.Text{
				En: "The masks have n rows, with the positives on the diagonal: that is InfoNCE, first views against second ones. Here all 2n rows are compared with all 2n.",
				Zh: "掩码只有 n 行，正样本在对角线上：那是 InfoNCE，第一个视图对第二个视图。这里是全部 2n 行与全部 2n 行相比。"}, "03-losses#derivation"},
			{"whole-view-positive", lang.Text{
				En: "All rows of the other view are positives. Only one of them shows the same picture; the others are negatives.",
				Zh: "另一个视图的所有行都成了正样本。其中只有一行是同一张图片，其余都是负样本。"}, "05-simclr#intuition"},
			{"exchanged", lang.Text{
				En: "The two masks come in the wrong order: first positive, then candidate.",
				Zh: "两个掩码的次序反了：先 positive，后 candidate。"}, "05-simclr#derivation"},
			{"rows-share-memory", lang.Text{
				En: "All rows of a mask are one and the same slice, so each overwrites the one before. Call make inside the loop over i.",
				Zh: "掩码的所有行是同一个切片，后写的覆盖了先写的。要在对 i 的循环里面调用 make。"}, "05-simclr#derivation"},
		},
	}
}

// twoViewMasksWith are the masks with mistakes in them.
func twoViewMasksWith(s slips) viewMasks {
	return func(n int) (positive, candidate [][]bool) {
		count := 2 * n
		if s.has(viewSingle) {
			count = n
		}
		partner := func(i int) int {
			switch {
			case s.has(viewSingle):
				return i
			case s.has(viewInterleaved):
				return i ^ 1
			case s.has(viewFirstOnly):
				return i + n // beyond the last row for the second views
			default:
				return (i + n) % count
			}
		}
		view := func(i int) int { // 0 or 1
			if s.has(viewInterleaved) {
				return i % 2
			}
			return i / n
		}
		sharedPositive, sharedCandidate := make([]bool, count), make([]bool, count)
		for i := range count {
			p, c := make([]bool, count), make([]bool, count)
			if s.has(viewOneSlice) {
				p, c = sharedPositive, sharedCandidate
			}
			for j := range count {
				other := view(i) != view(j)
				p[j] = j == partner(i) || j == i && s.has(viewSelfPositive) || other && s.has(viewAllPositive)
				c[j] = (j != i || s.has(viewSelfCandidate) || s.has(viewSingle)) &&
					(j != partner(i) || !s.has(viewNoPositive)) && (other || !s.has(viewOtherOnly))
			}
			positive, candidate = append(positive, p), append(candidate, c)
		}
		if s.has(viewExchanged) {
			return candidate, positive
		}
		return positive, candidate
	}
}
