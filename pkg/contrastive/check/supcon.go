package check

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// LabeledLoss is a loss of rows with a label each; z has the shape [n][width].
type LabeledLoss func(z [][]float64, labels []int, temperature float64) float64

// SupCon checks a function that computes L_out of supervised contrastive learning,
//
//	L = mean over i of −1/|P(i)| Σ_{p∈P(i)} log( exp(cos(zᵢ, z_p)/T) / Σ_{a≠i} exp(cos(zᵢ, z_a)/T) )
//
// (Khosla and others, 2020, equation 2), where P(i) are the other rows with the label of row i. All rows are anchors; the
// mean runs over those that have a positive, and is 0 if none has. It recognizes a loss with the anchor itself among the
// positives or below the fraction, with the mean inside the logarithm, with the other or all positives missing below,
// summed over positives or anchors, anchors without positives counted or divided by zero, different labels as positives, a
// wrong temperature, dot products, a wrong sign, and no max-subtraction.
func SupCon(f func(z [][]float64, labels []int, temperature float64) float64) Report {
	return supConSpec().judge(f).publish()
}

const (
	supConSelfPositive slips = 1 << iota
	supConSelfBelow
	supConInside
	supConOwnBelow
	supConNegativesBelow
	supConSumPositives
	supConLonelyCounted
	supConLonelyNaN
	supConInverted
	supConSumAnchors
	supConNoTemperature
	supConTimesTemperature
	supConDot
	supConNoMinus
	supConNoMax
)

func supConSpec() spec[LabeledLoss] {
	return spec[LabeledLoss]{
		name:     "SupCon",
		exercise: "09-supcon",
		with:     supConWith,
		answers: func(f LabeledLoss) []float64 {
			rng := random(91)
			return []float64{
				f(rows(rng, 7, 4), []int{0, 1, 0, 1, 1, 0, 1}, 0.4), // every anchor has a positive
				f(rows(rng, 6, 4), []int{2, 0, 2, 1, 2, 3}, 1.7),    // some have none
				f([][]float64{{1, 0}, {1, 0}, {0, 1}, {0, 1}}, []int{0, 0, 1, 1}, 0.001),
			}
		},
		unwritten: func([][]float64, []int, float64) float64 { return 0 },
		rows: []row[LabeledLoss]{
			{lang.Text{En: "the value, on 20 random batches", Zh: "20 个随机批上的值"}, func(f LabeledLoss) (string, bool) {
				var l largest
				rng := random(1)
				for range 20 {
					z := rows(rng, 3+rng.IntN(7), 2+rng.IntN(6))
					labels := make([]int, len(z))
					for i := range labels {
						labels[i] = rng.IntN(3)
					}
					t := 0.05 + rng.Float64()
					what := lang.Text{En: "labels %v, T = %.2f", Zh: "标签 %v，T = %.2f"}.Sprintf(labels, t)
					l.compare(what, oracle.SupConOut(z, labels, len(z), t), f(z, append([]int(nil), labels...), t))
				}
				return l.result()
			}},
			{lang.Text{En: "all embeddings alike: ln(n − 1)", Zh: "所有嵌入都相同：ln(n − 1)"}, func(f LabeledLoss) (string, bool) {
				z := make([][]float64, 9)
				for i := range z {
					z[i] = []float64{3, 4}
				}
				return differs(math.Log(8), f(z, []int{0, 1, 2, 0, 1, 2, 0, 1, 2}, 0.1))
			}},
			{lang.Text{En: "classes in one point each, T = 0.01: ln|P|, the floor", Zh: "每类缩成一点，T = 0.01：下限 ln|P|"}, func(f LabeledLoss) (string, bool) {
				z := [][]float64{{1, 0}, {1, 0}, {1, 0}, {1, 0}, {-1, 0}, {-1, 0}, {-1, 0}, {-1, 0}}
				return differs(math.Log(3), f(z, []int{5, 5, 5, 5, 8, 8, 8, 8}, 0.01))
			}},
			{lang.Text{En: "each label twice: NT-Xent", Zh: "每个标签出现两次：就是 NT-Xent"}, func(f LabeledLoss) (string, bool) {
				rng := random(2)
				z1 := rows(rng, 4, 3)
				z2 := jitter(rng, z1, 0.5)
				return differs(oracle.NTXent(z1, z2, 0.3), f(append(clone(z1), clone(z2)...), []int{0, 1, 2, 3, 0, 1, 2, 3}, 0.3))
			}},
			{lang.Text{En: "an anchor without a positive does not count", Zh: "没有正样本的锚点不计入"}, func(f LabeledLoss) (string, bool) {
				z, labels := rows(random(3), 6, 3), []int{0, 0, 1, 2, 1, 9}
				return differs(oracle.SupConOut(z, labels, 6, 0.5), f(z, labels, 0.5))
			}},
			{lang.Text{En: "no positives at all: 0", Zh: "完全没有正样本：0"}, func(f LabeledLoss) (string, bool) {
				if detail, ok := differs(0, f([][]float64{{1, 2}, {2, 1}, {1, 1}}, []int{0, 1, 2}, 0.5)); !ok {
					return detail, false
				}
				return differs(0, f([][]float64{{1, 2}}, []int{0}, 0.5))
			}},
			{lang.Text{En: "T = 0.001: no overflow", Zh: "T = 0.001：不溢出"}, func(f LabeledLoss) (string, bool) {
				z := [][]float64{{1, 0}, {1, 0}, {0, 1}, {0, 1}}
				if detail, ok := differs(0, f(z, []int{0, 0, 1, 1}, 0.001)); !ok {
					return detail, false
				}
				return differs(1000, f(z, []int{0, 1, 0, 1}, 0.001))
			}},
			{lang.Text{En: "length and order of the rows do not matter", Zh: "与行向量的长度和次序无关"}, func(f LabeledLoss) (string, bool) {
				rng := random(4)
				z, labels := rows(rng, 6, 4), []int{0, 1, 1, 0, 2, 1}
				order := rng.Perm(6)
				moved := make([]int, 6)
				for i, from := range order {
					moved[i] = labels[from]
				}
				return differs(f(z, labels, 0.3), f(permuted(scaled(rng, z), order), moved, 0.3))
			}},
			{lang.Text{En: "a label is a name: its number does not matter", Zh: "标签只是名字：与数值无关"}, func(f LabeledLoss) (string, bool) {
				z := rows(random(5), 5, 3)
				return differs(f(z, []int{0, 1, 0, 1, 1}, 0.3), f(z, []int{-4, 900, -4, 900, 900}, 0.3))
			}},
			{lang.Text{En: "a zero row gives a number", Zh: "零向量也得到一个数"}, func(f LabeledLoss) (string, bool) {
				z, labels := [][]float64{{0, 0}, {1, 0}, {0, 2}, {1, 1}}, []int{0, 0, 1, 1}
				return differs(oracle.SupConOut(z, labels, 4, 0.5), f(z, labels, 0.5))
			}},
			{lang.Text{En: "its inputs stay as they are", Zh: "不改动输入"}, func(f LabeledLoss) (string, bool) {
				z, labels := rows(random(6), 4, 3), []int{0, 1, 0, 1}
				z1, labels1 := clone(z), append([]int(nil), labels...)
				f(z1, labels1, 0.5)
				for i := range labels {
					if labels[i] != labels1[i] {
						return lang.Text{En: "labels[%d] was changed from %d to %d", Zh: "labels[%d] 从 %d 被改成了 %d"}.Sprintf(i, labels[i], labels1[i]), false
					}
				}
				return unchanged([]string{"z"}, [][][]float64{z}, [][][]float64{z1})
			}},
		},
		slips: supConSlips(),
	}
}

func supConSlips() []slip {
	return []slip{
		{"self-as-positive", lang.Text{
			En: "The anchor is counted among its own positives. Its cosine with itself is 1 whatever the encoder does: leave p = i out.",
			Zh: "锚点被算作自己的正样本。不管编码器怎样，它与自己的余弦总是 1：要去掉 p = i。"}, "09-supcon#derivation"},
		{"self-below", lang.Text{
			En: "The anchor itself stands below the fraction, with the largest similarity there can be. The sum runs over a ≠ i.",
			Zh: "分母里有锚点自己，而且相似度最大。求和只对 a ≠ i。"}, "09-supcon#derivation"},
		{"mean-inside", lang.Text{
			En: "You average the probabilities of the positives and then take the log: that is L_in. L_out takes each log first, then their mean, so that every positive is pulled alike.",
			Zh: "你先对正样本的概率取平均再取对数：那是 L_in。L_out 先各自取对数再平均，这样每个正样本受到同样的拉力。"}, "09-supcon#derivation"},
		{"other-positives-missing-below", lang.Text{
			En: "Below the fraction the other positives are missing. In SupCon everybody but the anchor stands there, positives and negatives alike.",
			Zh: "分母里缺了其他正样本。在 SupCon 里，除锚点以外的所有行都在分母中，不分正负。"}, "09-supcon#derivation"},
		{"positives-missing-below", lang.Text{
			En: "Below the fraction stand the negatives alone, so that the loss can be negative. In SupCon everybody but the anchor stands there, positives too.",
			Zh: "分母里只有负样本，损失可能为负。在 SupCon 里，除锚点以外的所有行都在分母中，正样本也在内。"}, "09-supcon#derivation"},
		{"sum-over-positives", lang.Text{
			En: "You add up the positives of an anchor without dividing by their number |P(i)|: anchors of large classes would count for more.",
			Zh: "你把一个锚点的各正样本相加，却没有除以个数 |P(i)|：大类的锚点会更有分量。"}, "09-supcon#derivation"},
		{"lonely-anchors-counted", lang.Text{
			En: "Anchors without a positive are counted in the mean, as losses of 0. Divide by the number of anchors that have one.",
			Zh: "没有正样本的锚点以 0 计入了平均。应除以有正样本的锚点数。"}, "09-supcon#derivation"},
		{"zero-positives-divided", lang.Text{
			En: "An anchor without positives divides by zero, and the whole loss becomes NaN. Leave such anchors out, and return 0 if none is left.",
			Zh: "没有正样本的锚点会除以零，整个损失变成 NaN。要跳过这样的锚点；一个都不剩时返回 0。"}, "09-supcon#derivation"},
		{"labels-inverted", lang.Text{
			En: "The rows with another label are taken for the positives, and those of the anchor's class for negatives.",
			Zh: "把标签不同的行当成了正样本，同类的反而成了负样本。"}, "09-supcon#intuition"},
		{"sum-over-anchors", lang.Text{
			En: "You return the sum over the anchors; divide by the number of those that have a positive, or the learning rate will depend on the batch size.",
			Zh: "你返回的是各锚点之和；要除以有正样本的锚点数，否则学习率会取决于批大小。"}, "09-supcon#derivation"},
		{"missing-temperature", lang.Text{
			En: "The temperature is not used: divide every cosine by T.",
			Zh: "没有用到温度：每个余弦都要除以 T。"}, "03-losses#derivation"},
		{"multiplied-temperature", lang.Text{
			En: "The cosines are multiplied by T; they are to be divided by it. A small T must sharpen the choice.",
			Zh: "余弦乘以了 T；应当除以 T。T 越小，选择应越尖锐。"}, "03-losses#derivation"},
		{"dot-for-cosine", lang.Text{
			En: "You compare by the dot product. SupCon compares directions: divide by both lengths.",
			Zh: "你用点积来比较。SupCon 比较方向：要除以两个向量的长度。"}, "01-pairs-and-cosine#derivation"},
		{"wrong-sign", lang.Text{
			En: "The sign is the other way round: the loss is minus the log of a probability, so it is never below 0.",
			Zh: "符号反了：损失是概率的负对数，永远不小于 0。"}, "09-supcon#derivation"},
		{"no-max-subtraction", lang.Text{
			En: "You exponentiate the logits as they are. For a small T, exp overflows; subtract each anchor's largest logit first: it cancels in the fraction.",
			Zh: "你直接对 logit 取指数。T 很小时 exp 会溢出；先减去每个锚点最大的 logit：它在分式中会约掉。"}, "03-losses#derivation"},
	}
}

// supConWith is SupCon with mistakes in it.
func supConWith(s slips) LabeledLoss {
	return func(z [][]float64, labels []int, temperature float64) float64 {
		similarity := oracle.Cosine
		if s.has(supConDot) {
			similarity = oracle.Dot
		}
		total, counted := 0.0, 0.0
		for i := range z {
			var positives, negatives, below []float64
			for a := range z {
				c := logitOf(similarity(z[i], z[a]), temperature, s.has(supConNoTemperature), s.has(supConTimesTemperature))
				if a != i || s.has(supConSelfBelow) {
					below = append(below, c)
				}
				switch positive := (labels[a] == labels[i]) != s.has(supConInverted); {
				case a == i && !s.has(supConSelfPositive):
				case positive:
					positives = append(positives, c)
				default:
					negatives = append(negatives, c)
				}
			}
			if len(positives) == 0 && !s.has(supConLonelyNaN) {
				if s.has(supConLonelyCounted) {
					counted++
				}
				continue
			}
			counted++
			total += supConAnchor(s, positives, negatives, below)
		}
		if !s.has(supConSumAnchors) {
			total /= max(counted, 1)
		}
		if s.has(supConNoMinus) {
			return -total
		}
		return total
	}
}

// supConAnchor is the loss of one anchor, from its logits.
func supConAnchor(s slips, positives, negatives, below []float64) float64 {
	naively := s.has(supConNoMax)
	if s.has(supConNegativesBelow) {
		below = negatives
	}
	if s.has(supConInside) {
		return logSum(below, naively) - logSum(positives, naively) + math.Log(float64(len(positives)))
	}
	loss := 0.0
	for _, p := range positives {
		if s.has(supConOwnBelow) {
			below = append(append([]float64(nil), negatives...), p)
		}
		loss += logSum(below, naively) - p
	}
	if s.has(supConSumPositives) {
		return loss
	}
	return loss / float64(len(positives))
}
