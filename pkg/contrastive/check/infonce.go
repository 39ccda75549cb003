package check

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// PairLoss is a loss of two views: row i of q and row i of k, both of shape [n][width], belong together.
type PairLoss func(q, k [][]float64, temperature float64) float64

// InfoNCE checks a function that computes
//
//	L = mean over i of −log( exp(cos(qᵢ, kᵢ)/T) / Σⱼ exp(cos(qᵢ, kⱼ)/T) )
//
// (van den Oord, Li and Vinyals, 2018, equation 4, with the temperature of Wu and others, 2018), prints what it found, and
// returns it. It recognizes a loss without max-subtraction, without or with a wrong temperature, of dot products instead
// of cosines, with the positive missing below the fraction, over columns instead of rows, summed instead of averaged, and
// with the wrong sign.
func InfoNCE(f func(q, k [][]float64, temperature float64) float64) Report {
	return infoNCESpec().judge(f).publish()
}

const (
	noMax slips = 1 << iota
	noTemperature
	timesTemperature
	dotForCosine
	noPositiveBelow
	columnsForRows
	sumForMean
	noMinus
)

func infoNCESpec() spec[PairLoss] {
	return spec[PairLoss]{
		name:      "InfoNCE",
		exercise:  "03-infonce",
		with:      infoNCEWith,
		answers:   func(f PairLoss) []float64 { return pairAnswers(f, 31, 0.5, 1, 0.2) },
		unwritten: func(_, _ [][]float64, _ float64) float64 { return 0 },
		rows: []row[PairLoss]{
			{lang.Text{En: "the value, on 20 random batches", Zh: "20 个随机批上的值"}, func(f PairLoss) (string, bool) {
				var l largest
				rng := random(1)
				var n, width int
				var t float64
				for batch := range 20 {
					if batch%5 == 0 { // a function on a graph is compiled anew for each shape and temperature
						n, width, t = 2+rng.IntN(7), 2+rng.IntN(7), 0.05+rng.Float64()
					}
					q := rows(rng, n, width)
					k := jitter(rng, q, 0.5)
					l.compare(lang.Text{En: "%d pairs, T = %.2f", Zh: "%d 对，T = %.2f"}.Sprintf(n, t), oracle.InfoNCE(q, k, t), f(q, k, t))
				}
				return l.result()
			}},
			allAlike(lang.Text{En: "all candidates alike: ln n", Zh: "所有候选都相同：ln n"}, math.Log(8)),
			onePair(lang.Text{En: "one pair: nothing to choose from, 0", Zh: "只有一对：无可选择，值为 0"}),
			noOverflow(),
			lengthFree(2, 0.5),
			orderFree(3, 0.5),
			zeroRow(oracle.InfoNCE, []float64{1, 0}),
			pairStays(4, "q", "k"),
		},
		slips: []slip{
			{"no-max-subtraction", lang.Text{
				En: "You exponentiate the logits as they are. For a small T, exp overflows; subtract each row's largest logit first: it cancels in the fraction.",
				Zh: "你直接对 logit 取指数。T 很小时 exp 会溢出；先减去每行最大的 logit：它在分式中会约掉。"}, "03-losses#derivation"},
			{"missing-temperature", lang.Text{
				En: "The temperature is not used: divide every cosine by T.",
				Zh: "没有用到温度：每个余弦都要除以 T。"}, "03-losses#derivation"},
			{"multiplied-temperature", lang.Text{
				En: "The cosines are multiplied by T; they are to be divided by it. A small T must sharpen the choice.",
				Zh: "余弦乘以了 T；应当除以 T。T 越小，选择应越尖锐。"}, "03-losses#derivation"},
			{"dot-for-cosine", lang.Text{
				En: "You compare by the dot product. InfoNCE here compares directions: divide by both lengths.",
				Zh: "你用点积来比较。这里的 InfoNCE 比较方向：要除以两个向量的长度。"}, "01-pairs-and-cosine#derivation"},
			{"positive-missing-below", lang.Text{
				En: "The positive is missing below the fraction. That is another loss (DCL, Yeh and others, 2022), and it can be negative.",
				Zh: "分母里缺了正样本。那是另一个损失（DCL，Yeh 等，2022），它可以为负。"}, "03-losses#derivation"},
			{"columns-for-rows", lang.Text{
				En: "The sum below runs over the queries of a key; it must run over the keys of a query: j counts columns of the row i.",
				Zh: "分母是对同一个键的所有查询求和；应当对同一个查询的所有键求和：j 数的是第 i 行的各列。"}, "03-losses#derivation"},
			{"sum-for-mean", lang.Text{
				En: "You return the sum over the pairs; divide by their number, or the learning rate will depend on the batch size.",
				Zh: "你返回的是各对之和；要除以对数，否则学习率会取决于批大小。"}, "03-losses#practice"},
			{"wrong-sign", lang.Text{
				En: "The sign is the other way round: the loss is minus the log of a probability, so it is never below 0.",
				Zh: "符号反了：损失是概率的负对数，永远不小于 0。"}, "03-losses#derivation"},
		},
	}
}

// infoNCEWith is InfoNCE with mistakes in it.
func infoNCEWith(s slips) PairLoss {
	return func(q, k [][]float64, temperature float64) float64 {
		n, total := len(q), 0.0
		similarity := oracle.Cosine
		if s.has(dotForCosine) {
			similarity = oracle.Dot
		}
		logit := func(i, j int) float64 {
			if s.has(columnsForRows) {
				i, j = j, i
			}
			return logitOf(similarity(q[i], k[j]), temperature, s.has(noTemperature), s.has(timesTemperature))
		}
		for i := range n {
			var below []float64
			for j := range n {
				if j != i || !s.has(noPositiveBelow) {
					below = append(below, logit(i, j))
				}
			}
			total += logSum(below, s.has(noMax)) - logit(i, i)
		}
		if !s.has(sumForMean) {
			total /= float64(n)
		}
		if s.has(noMinus) {
			total = -total
		}
		return total
	}
}

// logSum is log Σ eˣ, safely or, naively, as it is written.
func logSum(x []float64, naively bool) float64 {
	if !naively {
		return oracle.LogSumExp(x)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v)
	}
	return math.Log(sum)
}
