package check

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// CLIP checks a function that computes the symmetric loss of pictures and texts,
//
//	L = ½ ( mean over i of −log softmax_j(cos(imageᵢ, textⱼ)/T)ᵢ + mean over j of −log softmax_i(cos(imageᵢ, textⱼ)/T)ⱼ )
//
// (Radford and others, 2021, section 2.3 and figure 3): each picture must find its text and each text its picture. It
// recognizes one direction alone, both added instead of averaged, one softmax over the whole matrix, a missing or multiplied
// temperature, dot products, a pair missing below, a sum over the pairs, a wrong sign, and no max-subtraction.
func CLIP(f func(image, text [][]float64, temperature float64) float64) Report {
	return clipSpec().judge(f).publish()
}

const (
	clipPicturesOnly slips = 1 << iota
	clipTextsOnly
	clipSumDirections
	clipWholeMatrix
	clipNoTemperature
	clipTimesTemperature
	clipDot
	clipPairMissingBelow
	clipSumPairs
	clipNoMinus
	clipNoMax
)

func clipSpec() spec[PairLoss] {
	return spec[PairLoss]{
		name:      "CLIP",
		exercise:  "11-clip",
		with:      clipWith,
		answers:   func(f PairLoss) []float64 { return pairAnswers(f, 111, 0.7, 0.4, 1.6) },
		unwritten: func(_, _ [][]float64, _ float64) float64 { return 0 },
		rows: []row[PairLoss]{
			{lang.Text{En: "the value, on 20 random batches", Zh: "20 个随机批上的值"}, func(f PairLoss) (string, bool) {
				var l largest
				rng := random(1)
				for range 20 {
					image := rows(rng, 2+rng.IntN(7), 2+rng.IntN(7))
					text, t := jitter(rng, image, 0.7), 0.05+rng.Float64()
					l.compare(lang.Text{En: "%d pairs, T = %.2f", Zh: "%d 对，T = %.2f"}.Sprintf(len(image), t), oracle.CLIP(image, text, t), f(image, text, t))
				}
				return l.result()
			}},
			exchangeable(lang.Text{En: "pictures and texts exchanged: the same", Zh: "图片和文本对调：不变"}, 2, 6, 4, 1),
			allAlike(lang.Text{En: "all candidates alike: ln n", Zh: "所有候选都相同：ln n"}, math.Log(8)),
			{lang.Text{En: "one text for all pictures: ln n in both directions", Zh: "所有图片配同一个文本：两个方向都是 ln n"}, func(f PairLoss) (string, bool) {
				image := [][]float64{{1, 0}, {0, 1}, {1, 0}, {0, 1}}
				text := [][]float64{{1, 1}, {2, 2}, {1, 1}, {1, 1}}
				return differs(math.Log(4), f(image, text, 0.5))
			}},
			onePair(lang.Text{En: "one pair: nothing to choose from, 0", Zh: "只有一对：无可选择，值为 0"}),
			noOverflow(),
			lengthFree(3, 0.7),
			orderFree(4, 0.7),
			zeroRow(oracle.CLIP, []float64{1, 1}),
			pairStays(5, "image", "text"),
		},
		slips: []slip{
			{"pictures-ask-only", lang.Text{
				En: "Only the pictures choose among the texts, or both halves are that same direction. Texts must choose among pictures as well: the second softmax runs down the columns.",
				Zh: "只有图片在文本中挑选，或者两半都是这同一个方向。文本也要在图片中挑选：第二个 softmax 沿着列。"}, "11-language#derivation"},
			{"texts-ask-only", lang.Text{
				En: "Only the texts choose among the pictures, or both halves are that same direction. Pictures must choose among texts as well: the other softmax runs along the rows.",
				Zh: "只有文本在图片中挑选，或者两半都是这同一个方向。图片也要在文本中挑选：另一个 softmax 沿着行。"}, "11-language#derivation"},
			{"directions-added", lang.Text{
				En: "The two directions are added; take their mean, so that guessing costs ln n and not twice as much.",
				Zh: "两个方向加在了一起；应取平均，这样瞎猜的损失是 ln n，而不是它的两倍。"}, "11-language#derivation"},
			{"softmax-over-the-matrix", lang.Text{
				En: "One softmax runs over all n² pairs. Each picture has a choice of its own among n texts, and each text among n pictures.",
				Zh: "一个 softmax 跨过了全部 n² 对。每张图片各自在 n 个文本中挑选，每个文本各自在 n 张图片中挑选。"}, "11-language#derivation"},
			{"missing-temperature", lang.Text{
				En: "The temperature is not used: divide every cosine by T.",
				Zh: "没有用到温度：每个余弦都要除以 T。"}, "03-losses#derivation"},
			{"multiplied-temperature", lang.Text{
				En: "The cosines are multiplied by T; they are to be divided by it. CLIP's code multiplies by a learned scale: that is 1/T.",
				Zh: "余弦乘以了 T；应当除以 T。CLIP 的代码里乘的是一个学出来的系数，那是 1/T。"}, "11-language#derivation"},
			{"dot-for-cosine", lang.Text{
				En: "You compare by the dot product. Picture and text come from two encoders, with lengths that cannot be compared: divide by both.",
				Zh: "你用点积来比较。图片和文本出自两个编码器，长度无法相比：要除以两个向量的长度。"}, "01-pairs-and-cosine#derivation"},
			{"pair-missing-below", lang.Text{
				En: "The true pair is missing below the fraction. It is one of the n candidates; without it the loss can be negative.",
				Zh: "分母里缺了真正的那一对。它也是 n 个候选之一；没有它，损失可以为负。"}, "03-losses#derivation"},
			{"sum-over-pairs", lang.Text{
				En: "You return the sum over the pairs; divide by their number, or the learning rate will depend on the batch size.",
				Zh: "你返回的是各对之和；要除以对数，否则学习率会取决于批大小。"}, "03-losses#practice"},
			{"wrong-sign", lang.Text{
				En: "The sign is the other way round: the loss is minus the log of a probability, so it is never below 0.",
				Zh: "符号反了：损失是概率的负对数，永远不小于 0。"}, "03-losses#derivation"},
			{"no-max-subtraction", lang.Text{
				En: "You exponentiate the logits as they are. For a small T, exp overflows; subtract the largest logit of each row, and of each column, first.",
				Zh: "你直接对 logit 取指数。T 很小时 exp 会溢出；先减去每行（以及每列）最大的 logit。"}, "03-losses#derivation"},
		},
	}
}

// clipWith is CLIP with mistakes in it.
func clipWith(s slips) PairLoss {
	return func(image, text [][]float64, temperature float64) float64 {
		similarity := oracle.Cosine
		if s.has(clipDot) {
			similarity = oracle.Dot
		}
		n := len(image)
		logit := func(i, j int) float64 {
			return logitOf(similarity(image[i], text[j]), temperature, s.has(clipNoTemperature), s.has(clipTimesTemperature))
		}
		var all []float64
		for i := range n {
			for j := range n {
				all = append(all, logit(i, j))
			}
		}
		pictures, texts := 0.0, 0.0
		for i := range n {
			var row, column []float64
			for j := range n {
				if j != i || !s.has(clipPairMissingBelow) {
					row, column = append(row, logit(i, j)), append(column, logit(j, i))
				}
			}
			if s.has(clipWholeMatrix) {
				row, column = all, all
			}
			pictures += logSum(row, s.has(clipNoMax)) - logit(i, i)
			texts += logSum(column, s.has(clipNoMax)) - logit(i, i)
		}
		if s.has(clipPicturesOnly) {
			texts = pictures
		}
		if s.has(clipTextsOnly) {
			pictures = texts
		}
		total := pictures + texts
		if !s.has(clipSumDirections) {
			total /= 2
		}
		if !s.has(clipSumPairs) {
			total /= float64(n)
		}
		if s.has(clipNoMinus) {
			return -total
		}
		return total
	}
}
