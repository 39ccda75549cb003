package check

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// QueryGradient is the gradient of a loss by queries and by their keys, given the keys in the queue.
type QueryGradient func(q, k, queue [][]float64, temperature float64) (dq, dk [][]float64)

// MoCoGradients checks a function that returns the gradients of MoCo's loss,
//
//	L = mean over i of −log( exp(qᵢ·kᵢ/T) / (exp(qᵢ·kᵢ/T) + Σⱼ exp(qᵢ·queueⱼ/T)) ),
//
// by the queries q and by their keys k, both of shape [n][width] as the gradients are (He and others, 2020, equation 1 and
// algorithm 1). No gradient reaches a key: dk is all zeros. Rows are taken as they are; to make them unit vectors is the
// encoder's part. It prints what it found, and returns it. It recognizes a gradient into the keys, a softmax without
// max-subtraction, without temperature, without the positive or without the queue, keys of other queries as negatives, a
// missing pull to the positive, a missing 1/T or 1/n, the wrong sign, and rows that were normalized.
func MoCoGradients(f func(q, k, queue [][]float64, temperature float64) (dq, dk [][]float64)) Report {
	return moCoGradientsSpec().judge(f).publish()
}

const (
	mocoKeyGradient slips = 1 << iota
	mocoNoMax
	mocoColdless
	mocoNoPositive
	mocoNoQueue
	mocoOthersKeys
	mocoNoPull
	mocoNoOuterT
	mocoSum
	mocoSign
	mocoUnits
)

func moCoGradientsSpec() spec[QueryGradient] {
	return spec[QueryGradient]{
		name:     "MoCoGradients",
		exercise: "08-moco",
		with:     moCoGradientsWith,
		answers: func(f QueryGradient) (a []float64) {
			ask := func(q, k, queue [][]float64, temperature float64) {
				dq, dk := f(q, k, queue, temperature)
				a = append(append(append(a, float64(len(dq)), float64(len(dk))), flat(dq)...), flat(dk)...)
			}
			rng := random(81)
			q := rows(rng, 3, 4)
			ask(q, jitter(rng, q, 0.5), rows(rng, 5, 4), 0.7)
			ask([][]float64{{1, 0}}, [][]float64{{0, 1}}, [][]float64{{1, 0}}, 0.001)
			return a
		},
		unwritten: func(_, _, _ [][]float64, _ float64) (dq, dk [][]float64) { return nil, nil },
		rows: []row[QueryGradient]{
			{lang.Text{En: "dq, on 20 random batches", Zh: "20 个随机批上的 dq"}, func(f QueryGradient) (string, bool) {
				var l largest
				rng := random(1)
				for range 20 {
					q := rows(rng, 1+rng.IntN(5), 2+rng.IntN(5))
					k, queue, t := jitter(rng, q, 0.5), rows(rng, 1+rng.IntN(9), len(q[0])), 0.1+rng.Float64()
					want := make([][]float64, len(q))
					for i := range q {
						want[i] = oracle.InfoNCEGradQuery(q[i], append([][]float64{k[i]}, queue...), t)
						for d := range want[i] {
							want[i][d] /= float64(len(q))
						}
					}
					dq, _ := f(q, k, queue, t)
					l.compareAll("dq", want, dq)
				}
				return l.result()
			}},
			{lang.Text{En: "dq against finite differences of the loss", Zh: "dq 与损失的有限差分相比"}, func(f QueryGradient) (string, bool) {
				var l largest
				rng := random(2)
				q := oracle.Units(rows(rng, 4, 5))
				k, queue := oracle.Units(jitter(rng, q, 0.5)), oracle.Units(rows(rng, 6, 5))
				dq, _ := f(q, k, queue, 0.5)
				l.compareAll("dq", slopes(func() float64 { return moCoLoss(q, k, queue, 0.5) }, q), dq)
				return l.result()
			}},
			{lang.Text{En: "dk: the shape of k, and exactly 0", Zh: "dk：与 k 同形状，且恰好为 0"}, func(f QueryGradient) (string, bool) {
				rng := random(3)
				q := rows(rng, 4, 3)
				k := jitter(rng, q, 0.5)
				_, dk := f(q, k, rows(rng, 5, 3), 0.5)
				zeros := clone(k)
				for i := range zeros {
					clear(zeros[i])
				}
				var l largest
				l.compareAll("dk", zeros, dk)
				if detail, ok := l.result(); !ok || l.difference != 0 {
					return detail, false
				}
				return l.result()
			}},
			{lang.Text{En: "an empty queue: one candidate, nothing to learn, 0", Zh: "队列为空：候选只有一个，没什么可学，为 0"}, func(f QueryGradient) (string, bool) {
				q := rows(random(4), 2, 3)
				dq, _ := f(q, jitter(random(5), q, 0.5), nil, 0.5)
				var l largest
				l.compareAll("dq", [][]float64{{0, 0, 0}, {0, 0, 0}}, dq)
				return l.result()
			}},
			{lang.Text{En: "T = 0.001: no overflow", Zh: "T = 0.001：不溢出"}, func(f QueryGradient) (string, bool) {
				var l largest
				dq, _ := f([][]float64{{1, 0}}, [][]float64{{0, 1}}, [][]float64{{1, 0}}, 0.001)
				l.compareAll("dq", [][]float64{{1000, -1000}}, dq)
				return l.result()
			}},
			{lang.Text{En: "the order of the queue does not matter", Zh: "与队列中的次序无关"}, func(f QueryGradient) (string, bool) {
				rng := random(6)
				q, queue := rows(rng, 3, 4), rows(rng, 6, 4)
				k := jitter(rng, q, 0.5)
				want, _ := f(q, k, queue, 0.5)
				got, _ := f(q, k, permuted(queue, rng.Perm(6)), 0.5)
				var l largest
				l.compareAll("dq", want, got)
				return l.result()
			}},
			{lang.Text{En: "its inputs stay as they are", Zh: "不改动输入"}, func(f QueryGradient) (string, bool) {
				rng := random(7)
				q, k, queue := rows(rng, 3, 4), rows(rng, 3, 4), rows(rng, 5, 4)
				q1, k1, queue1 := clone(q), clone(k), clone(queue)
				f(q1, k1, queue1, 0.5)
				return unchanged([]string{"q", "k", "queue"}, [][][]float64{q, k, queue}, [][][]float64{q1, k1, queue1})
			}},
		},
		slips: []slip{
			{"gradient-into-keys", lang.Text{
				En: "A gradient flows into the keys. It exists, (p₊ − 1)·q/T, but MoCo stops it: the key encoder must move by its momentum alone, or the queue goes stale. Return zeros for dk.",
				Zh: "梯度流进了键。这个梯度确实存在，(p₊ − 1)·q/T，但 MoCo 把它停掉：键的编码器只能按动量移动，否则队列很快就陈旧了。dk 要返回零。"}, "08-moco#derivation"},
			{"no-max-subtraction", lang.Text{
				En: "You exponentiate the logits as they are. For a small T, exp overflows; subtract the largest logit of the query first: it cancels in the softmax.",
				Zh: "你直接对 logit 取指数。T 很小时 exp 会溢出；先减去该查询最大的 logit：它在 softmax 中会约掉。"}, "03-losses#derivation"},
			{"softmax-without-temperature", lang.Text{
				En: "The softmax is taken of the products as they are. T appears twice: the logits are q·k/T, and the derivative of a logit brings another 1/T in front.",
				Zh: "softmax 直接取自点积。T 出现两次：logit 是 q·k/T，而对 logit 求导又在前面带出一个 1/T。"}, "08-moco#derivation"},
			{"positive-left-out", lang.Text{
				En: "The softmax runs over the queue alone. The query's own key is a candidate too, the first of 1 + K; without it the gradient never comes to rest.",
				Zh: "softmax 只取遍了队列。查询自己的键也是候选，是 1 + K 个中的第一个；缺了它，梯度永远停不下来。"}, "08-moco#derivation"},
			{"queue-left-out", lang.Text{
				En: "The queue is not among the candidates. Its K keys are the negatives; without them nothing pushes.",
				Zh: "队列不在候选之列。里面的 K 个键就是负样本；没有它们，就没有推力。"}, "08-moco#derivation"},
			{"keys-of-other-queries", lang.Text{
				En: "The keys of the batch's other queries are among the negatives. In MoCo they wait in line until the next step: the candidates of a query are its own key and the queue.",
				Zh: "同一批里其他查询的键也被当成了负样本。在 MoCo 里它们要排队等到下一步：一个查询的候选只有它自己的键和队列。"}, "08-moco#derivation"},
			{"missing-pull", lang.Text{
				En: "The positive's pull is missing: the derivative of −q·k₊/T is −k₊/T. What you return is the push of the softmax alone, away from all candidates, the right one included.",
				Zh: "少了正样本的拉力：−q·k₊/T 的导数是 −k₊/T。你返回的只是 softmax 的推力，把查询推离所有候选，包括对的那个。"}, "08-moco#derivation"},
			{"missing-one-over-t", lang.Text{
				En: "The factor 1/T is missing. It comes from the logits q·k/T by the chain rule; without it the step is too small by T.",
				Zh: "少了系数 1/T。logit 是 q·k/T，按链式法则会带出它；没有它，步子就小了 T 倍。"}, "08-moco#derivation"},
			{"sum-for-mean", lang.Text{
				En: "This is the gradient of the sum over the queries; the loss is their mean. Divide by n, or the learning rate will depend on the batch size.",
				Zh: "这是对各查询之和的梯度；损失是它们的平均。要除以 n，否则学习率会取决于批大小。"}, "03-losses#practice"},
			{"wrong-sign", lang.Text{
				En: "The sign is the other way round. Gradient descent goes against the gradient, so it must point away from the positive: Σⱼ pⱼkⱼ − k₊.",
				Zh: "符号反了。梯度下降是逆着梯度走的，所以梯度应指向远离正样本的方向：Σⱼ pⱼkⱼ − k₊。"}, "08-moco#derivation"},
			{"rows-normalized", lang.Text{
				En: "You normalize the rows. Here they are taken as given; where a normalization belongs to the function, its derivative would belong to the gradient too.",
				Zh: "你对各行做了归一化。这里按给定的样子使用；如果归一化是函数的一部分，它的导数也得算进梯度。"}, "08-moco#derivation"},
		},
	}
}

// moCoLoss is MoCo's loss of rows as they are.
func moCoLoss(q, k, queue [][]float64, temperature float64) float64 {
	total := 0.0
	for i := range q {
		logits := []float64{oracle.Dot(q[i], k[i]) / temperature}
		for _, old := range queue {
			logits = append(logits, oracle.Dot(q[i], old)/temperature)
		}
		total += oracle.LogSumExp(logits) - logits[0]
	}
	return total / float64(len(q))
}

// moCoGradientsWith is the gradient with mistakes in it.
func moCoGradientsWith(s slips) QueryGradient {
	return func(q, k, queue [][]float64, temperature float64) (dq, dk [][]float64) {
		if s.has(mocoUnits) {
			q, k, queue = oracle.Units(q), oracle.Units(k), oracle.Units(queue)
		}
		inner, outer := temperature, temperature
		if s.has(mocoColdless) {
			inner = 1
		}
		if s.has(mocoNoOuterT) {
			outer = 1
		}
		if !s.has(mocoSum) {
			outer *= float64(len(q))
		}
		if s.has(mocoSign) {
			outer = -outer
		}
		for i := range q {
			var candidates [][]float64
			if !s.has(mocoNoPositive) {
				candidates = append(candidates, k[i])
			}
			if s.has(mocoOthersKeys) {
				candidates = append(append(candidates, k[:i]...), k[i+1:]...)
			}
			if !s.has(mocoNoQueue) {
				candidates = append(candidates, queue...)
			}
			var logits []float64
			for _, c := range candidates {
				logits = append(logits, oracle.Dot(q[i], c)/inner)
			}
			logSum := logSum(logits, s.has(mocoNoMax))
			byQuery, byKey := make([]float64, len(q[i])), make([]float64, len(q[i]))
			share := 0.0 // of the positive
			for j, c := range candidates {
				p := math.Exp(logits[j] - logSum)
				if s.has(mocoNoMax) {
					p = math.Exp(logits[j]) / math.Exp(logSum)
				}
				if j == 0 && !s.has(mocoNoPositive) {
					share = p
				}
				for d := range c {
					byQuery[d] += p * c[d] / outer
				}
			}
			for d := range q[i] {
				if !s.has(mocoNoPull) {
					byQuery[d] -= k[i][d] / outer
				}
				if s.has(mocoKeyGradient) {
					byKey[d] = (share - 1) * q[i][d] / outer
				}
			}
			dq, dk = append(dq, byQuery), append(dk, byKey)
		}
		return dq, dk
	}
}
