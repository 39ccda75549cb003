package check

import (
	"math"
	"slices"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// NTXent checks a function that computes SimCLR's loss of the 2n views [z1; z2],
//
//	L = mean over all i of −log( exp(cos(zᵢ, z_p)/T) / Σ_{a≠i} exp(cos(zᵢ, z_a)/T) )
//
// where z_p is the other view of the picture that zᵢ shows; z1 and z2 have the shape [n][width] (Chen and others, 2020,
// equation 1). It recognizes a loss with the anchor itself below the fraction, with the positive missing or twice below,
// with views taken to lie side by side, of one view's anchors only, with the other view's rows only as candidates, summed
// or divided by n, with a wrong temperature, of dot products, with the wrong sign, without max-subtraction, and one that
// appends to its argument.
func NTXent(f func(z1, z2 [][]float64, temperature float64) float64) Report {
	return ntXentSpec().judge(f).publish()
}

const (
	ntXentSelf slips = 1 << iota
	ntXentNoPositive
	ntXentPositiveTwice
	ntXentInterleaved
	ntXentFirstOnly
	ntXentHalf
	ntXentOtherOnly
	ntXentSum
	ntXentOverN
	ntXentNoTemperature
	ntXentTimesTemperature
	ntXentDot
	ntXentNoMinus
	ntXentNoMax
	ntXentAppend
)

func ntXentSpec() spec[PairLoss] {
	return spec[PairLoss]{
		name:     "NTXent",
		exercise: "05-ntxent",
		with:     ntXentWith,
		answers: func(f PairLoss) []float64 {
			return append(pairAnswers(f, 51, 0.5, 0.9, 0.2), behind(f))
		},
		unwritten: func(_, _ [][]float64, _ float64) float64 { return 0 },
		rows: []row[PairLoss]{
			{lang.Text{En: "the value, on 20 random batches", Zh: "20 个随机批上的值"}, func(f PairLoss) (string, bool) {
				var l largest
				rng := random(52)
				for range 20 {
					z1 := rows(rng, 2+rng.IntN(6), 2+rng.IntN(6))
					z2, t := jitter(rng, z1, 0.5), 0.05+rng.Float64()
					l.compare(lang.Text{En: "%d pictures, T = %.2f", Zh: "%d 张图片，T = %.2f"}.Sprintf(len(z1), t), oracle.NTXent(z1, z2, t), f(z1, z2, t))
				}
				return l.result()
			}},
			allAlike(lang.Text{En: "all views alike: ln(2n − 1), the ceiling", Zh: "所有视图都相同：上限 ln(2n − 1)"}, math.Log(15)),
			{lang.Text{En: "pairs alike, all else at right angles: the floor", Zh: "成对相同，其余都成直角：下限"}, func(f PairLoss) (string, bool) {
				z := [][]float64{{1, 0, 0}, {0, 2, 0}, {0, 0, 3}}
				return differs(math.Log1p(4*math.Exp(-1/0.5)), f(z, clone(z), 0.5))
			}},
			onePair(lang.Text{En: "one picture: nothing to choose from, 0", Zh: "只有一张图片：无可选择，值为 0"}),
			noOverflow(),
			exchangeable(lang.Text{En: "the views may be exchanged: both are anchors", Zh: "可以交换两个视图：两者都是锚点"}, 53, 5, 3, 0.8),
			{lang.Text{En: "length and order do not matter", Zh: "与长度和次序无关"}, func(f PairLoss) (string, bool) {
				rng := random(54)
				z1 := rows(rng, 6, 4)
				z2 := jitter(rng, z1, 0.5)
				order := rng.Perm(6)
				return differs(f(z1, z2, 0.3), f(permuted(scaled(rng, z1), order), permuted(scaled(rng, z2), order), 0.3))
			}},
			zeroRow(oracle.NTXent, []float64{1, 1}),
			pairStays(55, "z1", "z2"),
			{lang.Text{En: "z1 = z[:4] of a longer z: z[4] stays", Zh: "z1 = z[:4] 取自更长的 z：z[4] 不变"}, func(f PairLoss) (string, bool) {
				return differs(9, behind(f))
			}},
		},
		slips: []slip{
			{"self-pair-left-in", lang.Text{
				En: "The anchor itself stands below the fraction, with cosine 1, the largest there is. A perfect encoder then still has a loss of ln 2 or more: the sum runs over a ≠ i.",
				Zh: "分母里有锚点自己，余弦是 1，大得不能再大。于是完美的编码器也还有至少 ln 2 的损失：求和只对 a ≠ i。"}, "03-losses#derivation"},
			{"positive-missing-below", lang.Text{
				En: "The positive is missing below the fraction. That is another loss (DCL, Yeh and others, 2022), and it can be negative.",
				Zh: "分母里缺了正样本。那是另一个损失（DCL，Yeh 等，2022），它可以为负。"}, "05-simclr#derivation"},
			{"positive-twice-below", lang.Text{
				En: "The positive stands below the fraction twice: once of its own, once more among the others, as if it were a negative too. One picture alone then has a loss of ln 2 instead of 0.",
				Zh: "正样本在分母里出现了两次：自己一次，又混在其余各项里被当成负样本一次。于是只有一张图片时，损失是 ln 2 而不是 0。"}, "05-simclr#derivation"},
			{"interleaved", lang.Text{
				En: "You pair rows 2i and 2i+1. Stacked as [z1; z2], the views of a picture are rows i and i+n; as it is, strangers are pulled together.",
				Zh: "你把第 2i 行和第 2i+1 行配成一对。按 [z1; z2] 叠放时，同一张图片的视图是第 i 行和第 i+n 行；现在拉到一起的是不相干的图片。"}, "05-simclr#derivation"},
			{"first-view-only", lang.Text{
				En: "Only the rows of z1 are anchors. Every view asks: the rows of z2 are anchors too, and the mean runs over 2n.",
				Zh: "只有 z1 的行当了锚点。每个视图都要来问：z2 的行也是锚点，平均要对 2n 个取。"}, "05-simclr#derivation"},
			{"half-of-the-anchors", lang.Text{
				En: "You go through n anchors and divide by 2n: half of the loss. The rows of z2 are anchors too, so i runs over all 2n rows.",
				Zh: "你只遍历了 n 个锚点，却除以 2n：损失只剩一半。z2 的行也是锚点，所以 i 要遍历全部 2n 行。"}, "05-simclr#derivation"},
			{"other-view-only", lang.Text{
				En: "An anchor is compared with the other view's rows only: that is InfoNCE in both directions. NT-Xent has all 2n − 1 other rows below, those of the anchor's own view as well.",
				Zh: "锚点只与另一个视图的各行相比：那是双向的 InfoNCE。NT-Xent 的分母里是其余全部 2n − 1 行，也包括与锚点同一视图的各行。"}, "03-losses#derivation"},
			{"sum-for-mean", lang.Text{
				En: "You return the sum over the anchors; divide by their number, 2n, or the learning rate will depend on the batch size.",
				Zh: "你返回的是各锚点之和；要除以锚点数 2n，否则学习率会取决于批大小。"}, "05-simclr#derivation"},
			{"divided-by-n", lang.Text{
				En: "You divide by n, the number of pictures: twice too much. There are 2n anchors. (SimCLR's released code adds both directions in this way, the paper's equation averages.)",
				Zh: "你除以了图片数 n，结果大了一倍：锚点有 2n 个。（SimCLR 公布的代码就是这样把两个方向相加的，论文的公式取平均。）"}, "05-simclr#derivation"},
			{"missing-temperature", lang.Text{
				En: "The temperature is not used: divide every cosine by T.",
				Zh: "没有用到温度：每个余弦都要除以 T。"}, "05-simclr#derivation"},
			{"multiplied-temperature", lang.Text{
				En: "The cosines are multiplied by T; they are to be divided by it. A small T must sharpen the choice.",
				Zh: "余弦乘以了 T；应当除以 T。T 越小，选择应越尖锐。"}, "05-simclr#derivation"},
			{"dot-for-cosine", lang.Text{
				En: "You compare by the dot product. The N in NT-Xent stands for normalized: divide by both lengths.",
				Zh: "你用点积来比较。NT-Xent 里的 N 是“归一化”的意思：要除以两个向量的长度。"}, "01-pairs-and-cosine#derivation"},
			{"wrong-sign", lang.Text{
				En: "The sign is the other way round: the loss is minus the log of a probability, so it is never below 0.",
				Zh: "符号反了：损失是概率的负对数，永远不小于 0。"}, "05-simclr#derivation"},
			{"no-max-subtraction", lang.Text{
				En: "You exponentiate the logits as they are. For a small T, exp overflows; subtract each anchor's largest logit first: it cancels in the fraction.",
				Zh: "你直接对 logit 取指数。T 很小时 exp 会溢出；先减去每个锚点最大的 logit：它在分式中会约掉。"}, "03-losses#derivation"},
			{"append-to-the-argument", lang.Text{
				En: "append(z1, z2...) writes into the caller's memory if there is room behind z1, as in z1 := z[:n]. Stack into a slice of your own: slices.Concat(z1, z2).",
				Zh: "如果 z1 后面还有空位，比如 z1 := z[:n]，append(z1, z2...) 就会写进调用者的内存。请叠放到自己的切片里：slices.Concat(z1, z2)。"}, "05-simclr#derivation"},
		},
	}
}

// behind is 9 if f leaves alone what lies behind the rows of z1 that it is given.
func behind(f PairLoss) float64 {
	z := append(rows(random(56), 4, 2), []float64{9, 9})
	f(z[:4], rows(random(57), 4, 2), 0.5)
	return z[4][0]
}

// ntXentWith is NTXent with mistakes in it.
func ntXentWith(s slips) PairLoss {
	return func(z1, z2 [][]float64, temperature float64) float64 {
		z, n := slices.Concat(z1, z2), len(z1)
		if s.has(ntXentAppend) {
			z = append(z1, z2...)
		}
		similarity := oracle.Cosine
		if s.has(ntXentDot) {
			similarity = oracle.Dot
		}
		logit := func(i, a int) float64 {
			return logitOf(similarity(z[i], z[a]), temperature, s.has(ntXentNoTemperature), s.has(ntXentTimesTemperature))
		}
		partner := func(i int) int {
			if s.has(ntXentInterleaved) {
				return i ^ 1
			}
			return (i + n) % (2 * n)
		}
		anchors, total := 2*n, 0.0
		if s.has(ntXentFirstOnly) || s.has(ntXentHalf) {
			anchors = n
		}
		for i := range anchors {
			var below []float64
			for a := range z {
				sameView := (a < n) == (i < n)
				if (a != i || s.has(ntXentSelf)) && (a != partner(i) || !s.has(ntXentNoPositive)) && (!sameView || !s.has(ntXentOtherOnly)) {
					below = append(below, logit(i, a))
				}
			}
			if s.has(ntXentPositiveTwice) {
				below = append(below, logit(i, partner(i)))
			}
			total += logSum(below, s.has(ntXentNoMax)) - logit(i, partner(i))
		}
		switch {
		case s.has(ntXentSum):
		case s.has(ntXentOverN):
			total /= float64(n)
		case s.has(ntXentHalf):
			total /= float64(2 * n)
		default:
			total /= float64(anchors)
		}
		if s.has(ntXentNoMinus) {
			return -total
		}
		return total
	}
}
