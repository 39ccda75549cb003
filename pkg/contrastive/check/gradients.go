package check

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// pairGradients are the derivatives of a loss of one query, [width], and its keys, [n][width], in the same shapes.
type pairGradients func(q []float64, keys [][]float64, temperature float64) (dq []float64, dkeys [][]float64)

// InfoNCEGradients checks a function that computes the gradients of one query's loss, L = −ln p₀ with p = softmax(q·kⱼ/T),
// whose positive is keys[0] and whose vectors are taken as they are:
//
//	∂L/∂q = (Σⱼ pⱼkⱼ − k₀)/T    ∂L/∂kⱼ = (pⱼ − [j = 0]) q/T
//
// (the equation of He and others, 2020, section 3.1, differentiated; Wang and Liu, 2021, section 3), prints what it found,
// and returns it. It recognizes a missing or misplaced temperature, the wrong sign, a positive that is pushed or treated
// as a negative, a softmax without max-subtraction, a query that feels only its positive, keys without a gradient or with
// their own direction, cosines, and a mean over the keys.
func InfoNCEGradients(f func(q []float64, keys [][]float64, temperature float64) (dq []float64, dkeys [][]float64)) Report {
	return infoNCEGradientsSpec().judge(f).publish()
}

const (
	gradNoInverse slips = 1 << iota
	gradTimesTemperature
	gradColdProbabilities
	gradSign
	gradPositivePushed
	gradPositiveFlipped
	gradNoMax
	gradOnlyPositive
	gradPositiveTwice
	gradNoKeys
	gradOwnDirection
	gradCosine
	gradMean
)

func infoNCEGradientsSpec() spec[pairGradients] {
	return spec[pairGradients]{
		name:     "InfoNCEGradients",
		exercise: "04-gradients",
		with:     infoNCEGradientsWith,
		answers: func(f pairGradients) (got []float64) {
			add := func(q []float64, keys [][]float64, t float64) {
				dq, dkeys := f(q, keys, t)
				got = append(got, orZeros(dq, len(q))...)
				for j := range keys {
					var dk []float64
					if j < len(dkeys) {
						dk = dkeys[j]
					}
					got = append(got, orZeros(dk, len(q))...)
				}
			}
			rng := random(41)
			for _, t := range []float64{0.5, 2} {
				add(rows(rng, 1, 3)[0], rows(rng, 4, 3), t)
			}
			add([]float64{1, 1}, [][]float64{{1, 1}, {1, -1}}, 0.001)
			return got
		},
		unwritten: func([]float64, [][]float64, float64) ([]float64, [][]float64) { return nil, nil },
		rows: []row[pairGradients]{
			{lang.Text{En: "against the formula, 20 random queries", Zh: "20 个随机查询，与公式相比"}, func(f pairGradients) (string, bool) {
				var l largest
				rng := random(42)
				for range 20 {
					n, width := 2+rng.IntN(6), 2+rng.IntN(6)
					q, keys, t := rows(rng, 1, width)[0], rows(rng, n, width), 0.2+rng.Float64()
					dq, dkeys := f(q, keys, t)
					l.compareAll("dq", [][]float64{oracle.InfoNCEGradQuery(q, keys, t)}, [][]float64{dq})
					l.compareAll("dkeys", oracle.InfoNCEGradKeys(q, keys, t), dkeys)
				}
				return l.result()
			}},
			{lang.Text{En: "against finite differences of the loss", Zh: "与损失的有限差分相比"}, func(f pairGradients) (string, bool) {
				var l largest
				rng := random(43)
				q, keys, t := rows(rng, 1, 4), rows(rng, 5, 4), 0.8
				loss := func() float64 {
					logits := make([]float64, len(keys))
					for j := range keys {
						logits[j] = oracle.Dot(q[0], keys[j]) / t
					}
					return oracle.LogSumExp(logits) - logits[0]
				}
				dq, dkeys := f(q[0], keys, t)
				l.compareAll("dq", slopes(loss, q), [][]float64{dq})
				l.compareAll("dkeys", slopes(loss, keys), dkeys)
				return l.result()
			}},
			{lang.Text{En: "two keys alike to the query: p = ½", Zh: "两个键与查询同样相似：p = ½"}, func(f pairGradients) (string, bool) {
				var l largest
				dq, dkeys := f([]float64{2, 0}, [][]float64{{0, 1}, {0, -1}}, 0.5)
				l.compareAll("dq", [][]float64{{0, -2}}, [][]float64{dq})
				l.compareAll("dkeys", [][]float64{{-2, 0}, {2, 0}}, dkeys)
				return l.result()
			}},
			{lang.Text{En: "one key: nothing to choose from, all 0", Zh: "只有一个键：无可选择，全为 0"}, func(f pairGradients) (string, bool) {
				var l largest
				dq, dkeys := f([]float64{1, 2}, [][]float64{{3, -1}}, 0.5)
				l.compareAll("dq", [][]float64{{0, 0}}, [][]float64{dq})
				l.compareAll("dkeys", [][]float64{{0, 0}}, dkeys)
				return l.result()
			}},
			{lang.Text{En: "pushes and pull balance: Σ dkeys = 0", Zh: "推力与拉力平衡：Σ dkeys = 0"}, func(f pairGradients) (string, bool) {
				var l largest
				rng := random(44)
				_, dkeys := f(rows(rng, 1, 3)[0], rows(rng, 6, 3), 0.7)
				sum, size := make([]float64, 3), 0.0
				for _, dk := range dkeys {
					for d := range min(3, len(dk)) {
						sum[d] += dk[d]
						size += math.Abs(dk[d])
					}
				}
				if size == 0 {
					return lang.Text{En: "all are 0: nothing pulls and nothing pushes", Zh: "全为 0：没有推力，也没有拉力"}.String(), false
				}
				l.compareAll("Σ dkeys", [][]float64{{0, 0, 0}}, [][]float64{sum})
				return l.result()
			}},
			{lang.Text{En: "T = 0.001: no overflow", Zh: "T = 0.001：不溢出"}, func(f pairGradients) (string, bool) {
				var l largest
				near, far := []float64{1, 1}, []float64{1, -1}
				dq, dkeys := f(near, [][]float64{near, far}, 0.001) // found: nothing moves
				l.compareAll("dq", [][]float64{{0, 0}}, [][]float64{dq})
				l.compareAll("dkeys", [][]float64{{0, 0}, {0, 0}}, dkeys)
				dq, dkeys = f(near, [][]float64{far, near}, 0.001) // missed: all of the force
				l.compareAll("dq", [][]float64{{0, 2000}}, [][]float64{dq})
				l.compareAll("dkeys", [][]float64{{-1000, -1000}, {1000, 1000}}, dkeys)
				return l.result()
			}},
			{lang.Text{En: "the order of the negatives does not matter", Zh: "与负样本的次序无关"}, func(f pairGradients) (string, bool) {
				var l largest
				rng := random(45)
				q, keys := rows(rng, 1, 3)[0], rows(rng, 5, 3)
				order := []int{0, 3, 1, 4, 2}
				dq, dkeys := f(q, keys, 0.6)
				dq1, dkeys1 := f(q, permuted(keys, order), 0.6)
				if len(dkeys) != len(keys) {
					return lang.Text{En: "dkeys: want %d rows, got %d", Zh: "dkeys：应有 %d 行，得到 %d 行"}.Sprintf(len(keys), len(dkeys)), false
				}
				l.compareAll("dq", [][]float64{dq}, [][]float64{dq1})
				l.compareAll("dkeys", permuted(dkeys, order), dkeys1)
				return l.result()
			}},
			{lang.Text{En: "its inputs stay as they are", Zh: "不改动输入"}, func(f pairGradients) (string, bool) {
				rng := random(46)
				q, keys := rows(rng, 1, 3), rows(rng, 4, 3)
				q1, keys1 := clone(q), clone(keys)
				f(q1[0], keys1, 0.5)
				return unchanged([]string{"q", "keys"}, [][][]float64{q, keys}, [][][]float64{q1, keys1})
			}},
		},
		slips: []slip{
			{"missing-inverse-temperature", lang.Text{
				En: "The factor 1/T is missing: the logit is q·k/T, so its derivative by q is k/T. Your gradients have the right direction and the wrong length.",
				Zh: "缺了因子 1/T：logit 是 q·k/T，它对 q 的导数是 k/T。你的梯度方向正确，长度不对。"}, "04-gradients#derivation"},
			{"multiplied-temperature", lang.Text{
				En: "You multiply by T in front where 1/T belongs: at a low temperature the forces are large, not small.",
				Zh: "前面该是 1/T 的地方你乘以了 T：温度低时，力应当大，而不是小。"}, "04-gradients#derivation"},
			{"probabilities-without-temperature", lang.Text{
				En: "The probabilities are a softmax of q·k; they must be one of q·k/T. As it is, the hardest negative never gets its larger share at low T.",
				Zh: "概率是对 q·k 做的 softmax；应当对 q·k/T 做。现在这样，T 再低，最困难的负样本也得不到更大的份额。"}, "04-gradients#derivation"},
			{"wrong-sign", lang.Text{
				En: "The sign is the other way round: this is the direction that makes the loss smaller. The gradient points to where it grows; the optimizer subtracts it.",
				Zh: "符号反了：这是让损失变小的方向。梯度指向损失变大的方向，减去它是优化器的事。"}, "04-gradients#derivation"},
			{"positive-treated-as-negative", lang.Text{
				En: "The positive is treated as a negative: belief minus truth is p₀ − 1 for keys[0], not p₀. As it is, everything pushes and nothing pulls.",
				Zh: "正样本被当成了负样本：对 keys[0]，相信减去真相是 p₀ − 1，而不是 p₀。现在所有的键都在推，没有一个在拉。"}, "04-gradients#intuition"},
			{"positive-pushed", lang.Text{
				En: "The positive's force has the wrong sign: it is p₀ − 1, belief minus truth, below 0. The pull has the strength 1 − p₀, but it pulls, so the gradient points away from the positive.",
				Zh: "正样本的力符号反了：应当是 p₀ − 1，即相信减去真相，它小于 0。拉力的大小是 1 − p₀，但它是拉，所以梯度背向正样本。"}, "04-gradients#intuition"},
			{"no-max-subtraction", lang.Text{
				En: "You exponentiate the logits as they are. For a small T, exp overflows and Inf/Inf is NaN; subtract the largest logit first: it cancels in the softmax.",
				Zh: "你直接对 logit 取指数。T 很小时 exp 会溢出，而 Inf/Inf 是 NaN；先减去最大的 logit：它在 softmax 中会约掉。"}, "03-losses#derivation"},
			{"query-feels-only-its-positive", lang.Text{
				En: "The query is pulled by −k₀ alone: Σ pⱼkⱼ, the push of all keys, is missing in dq. Without it the pull never ends, even when the positive is found.",
				Zh: "查询只受到 −k₀ 的拉力：dq 里缺了所有键的推力 Σ pⱼkⱼ。没有它，即使正样本已被认出，拉力也不会停止。"}, "04-gradients#derivation"},
			{"positive-subtracted-twice", lang.Text{
				En: "k₀ is subtracted twice in dq: either use p₀ − 1 in the sum, or subtract k₀ after it, not both.",
				Zh: "dq 里减了两次 k₀：要么在求和中用 p₀ − 1，要么求和之后再减 k₀，不能两样都做。"}, "04-gradients#derivation"},
			{"keys-without-gradient", lang.Text{
				En: "The keys get no gradient. That is a stop-gradient, as in MoCo; asked for is the loss in which both sides move.",
				Zh: "键没有得到梯度。那是停止梯度，像 MoCo 那样；这里要的是两边都会动的损失。"}, "04-gradients#derivation"},
			{"keys-move-along-themselves", lang.Text{
				En: "A key's gradient has the key's own direction. The derivative of q·k by k is q: all keys move along the query.",
				Zh: "键的梯度用了键自己的方向。q·k 对 k 的导数是 q：所有的键都沿着查询移动。"}, "04-gradients#derivation"},
			{"cosine-for-dot", lang.Text{
				En: "The probabilities are those of cosines. Here the vectors are taken as they are, q·k/T; normalizing is a step of its own, with a gradient of its own.",
				Zh: "概率是用余弦算的。这里向量保持原样，用 q·k/T；归一化是另外一步，有它自己的梯度。"}, "04-gradients#derivation"},
			{"mean-over-keys", lang.Text{
				En: "You divide by the number of keys. One query has one loss, and the softmax has shared out the force already; a mean is taken over queries.",
				Zh: "你除以了键的个数。一个查询只有一个损失，softmax 已经把力分配好了；平均是对查询取的。"}, "04-gradients#derivation"},
		},
	}
}

// orZeros is x, or as many zeros if there is none.
func orZeros(x []float64, n int) []float64 {
	if len(x) == 0 {
		return make([]float64, n)
	}
	return x
}

// infoNCEGradientsWith are the gradients with mistakes in them.
func infoNCEGradientsWith(s slips) pairGradients {
	return func(q []float64, keys [][]float64, temperature float64) ([]float64, [][]float64) {
		logits := make([]float64, len(keys))
		for j, k := range keys {
			logits[j] = oracle.Dot(q, k)
			if s.has(gradCosine) {
				logits[j] = oracle.Cosine(q, k)
			}
			if !s.has(gradColdProbabilities) {
				logits[j] /= temperature
			}
		}
		factor := 1 / temperature
		if s.has(gradNoInverse) {
			factor = 1
		}
		if s.has(gradTimesTemperature) {
			factor = temperature
		}
		if s.has(gradSign) {
			factor = -factor
		}
		if s.has(gradMean) {
			factor /= float64(len(keys))
		}
		below := logSum(logits, s.has(gradNoMax))
		dq, dkeys := make([]float64, len(q)), make([][]float64, len(keys))
		for j, k := range keys {
			p := math.Exp(logits[j] - below)
			if s.has(gradNoMax) {
				p = math.Exp(logits[j]) / math.Exp(below)
			}
			force, forQuery := p, p
			if s.has(gradOnlyPositive) {
				forQuery = 0
			}
			if j == 0 && !s.has(gradPositivePushed) {
				force--
				forQuery--
				if s.has(gradPositiveTwice) {
					forQuery--
				}
			}
			if j == 0 && s.has(gradPositiveFlipped) {
				force, forQuery = -force, -forQuery
			}
			if s.has(gradNoKeys) {
				force = 0
			}
			direction := q
			if s.has(gradOwnDirection) {
				direction = k
			}
			dkeys[j] = make([]float64, len(q))
			for d := range q {
				dq[d] += forQuery * k[d] * factor
				dkeys[j][d] = force * direction[d] * factor
			}
		}
		return dq, dkeys
	}
}
