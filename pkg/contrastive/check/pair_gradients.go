package check

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// batchGradients are the derivatives of a loss of two views, both of shape [n][width], in the same shapes.
type batchGradients func(q, k [][]float64, temperature float64) (dq, dk [][]float64)

// PairGradients checks the gradients of the loss that [InfoNCE] checks, of all rows of a batch and through the cosine. With
// the unit vectors u = q/‖q‖, v = k/‖k‖ and p the softmax of each row of cosines over T:
//
//	∂L/∂qᵢ = (I − uᵢuᵢᵀ) Σⱼ (pᵢⱼ − [i = j]) vⱼ / (nT ‖qᵢ‖)    ∂L/∂kⱼ = (I − vⱼvⱼᵀ) Σᵢ (pᵢⱼ − [i = j]) uᵢ / (nT ‖kⱼ‖)
//
// (Wang and Liu, 2021, section 3, with the derivative of the normalization). It is meant for what automatic differentiation
// makes of a graph (package ongraph turns one into such a function). It recognizes a gradient that is stopped on the way to the keys, to the
// queries, through the lengths, above or below the fraction, one of the sum instead of the mean, and NaN from a root at
// zero.
func PairGradients(f func(q, k [][]float64, temperature float64) (dq, dk [][]float64)) Report {
	return pairGradientsSpec().judge(f).publish()
}

const (
	stopKeys slips = 1 << iota
	stopQueries
	stopLengths
	stopAbove
	stopBelow
	gradientOfSum
	rootAtZero
)

func pairGradientsSpec() spec[batchGradients] {
	return spec[batchGradients]{
		name:     "PairGradients",
		exercise: "13-on-a-graph",
		with:     pairGradientsWith,
		answers: func(f batchGradients) (a []float64) {
			rng := random(131)
			q := rows(rng, 4, 3)
			k := jitter(rng, q, 0.7)
			for range 2 {
				dq, dk := f(q, k, 0.4)
				a = append(a, float64(len(dq)), float64(len(dk)))
				if q[0][0] == 0 && len(dq) > 0 { // a zero row has no direction: any number will do as its gradient
					a = append(a, 0*oracle.Mean(dq[0]))
					dq = dq[1:]
				}
				a = append(append(a, flat(dq)...), flat(dk)...)
				q = clone(q)
				q[0] = []float64{0, 0, 0}
			}
			return a
		},
		unwritten: func(_, _ [][]float64, _ float64) (dq, dk [][]float64) { return nil, nil },
		rows: []row[batchGradients]{
			{lang.Text{En: "against the formula, 6 random batches", Zh: "6 个随机批，与公式相比"}, func(f batchGradients) (string, bool) {
				var l largest
				rng := random(1)
				for batch := range 6 {
					n, width, t := 3, 4, 0.3
					if batch%2 == 1 {
						n, width, t = 6, 2, 1.1
					}
					q := rows(rng, n, width)
					k := jitter(rng, q, 0.7)
					wantQ, wantK := pairGradientsWith(0)(q, k, t)
					dq, dk := f(q, k, t)
					l.compareAll("dq", wantQ, dq)
					l.compareAll("dk", wantK, dk)
				}
				return l.result()
			}},
			{lang.Text{En: "against finite differences of the loss", Zh: "与损失的有限差分相比"}, func(f batchGradients) (string, bool) {
				var l largest
				rng := random(2)
				q := rows(rng, 4, 3)
				k := jitter(rng, q, 0.7)
				dq, dk := f(q, k, 0.5)
				loss := func() float64 { return oracle.InfoNCE(q, k, 0.5) }
				l.compareAll("dq", slopes(loss, q), dq)
				l.compareAll("dk", slopes(loss, k), dk)
				return l.result()
			}},
			{lang.Text{En: "at right angles to its own row: length does not matter", Zh: "与自己那一行垂直：长度不起作用"}, func(f batchGradients) (string, bool) {
				rng := random(3)
				q := rows(rng, 4, 3)
				k := jitter(rng, q, 0.7)
				dq, dk := f(q, k, 0.5)
				if len(dq) != 4 || len(dk) != 4 {
					return lang.Text{En: "want 4 rows each, got %d and %d", Zh: "各应有 4 行，得到 %d 行和 %d 行"}.Sprintf(len(dq), len(dk)), false
				}
				var l largest
				for i := range q {
					l.compare("dq·q", 0, oracle.Dot(dq[i], q[i]))
					l.compare("dk·k", 0, oracle.Dot(dk[i], k[i]))
				}
				return l.result()
			}},
			{lang.Text{En: "rows twice as long: half the gradient", Zh: "行长一倍：梯度减半"}, func(f batchGradients) (string, bool) {
				rng := random(4)
				q := rows(rng, 4, 3)
				k := jitter(rng, q, 0.7)
				long := clone(q)
				for i := range long {
					for j := range long[i] {
						long[i][j] *= 2
					}
				}
				dq, _ := f(q, k, 0.5)
				half, _ := f(long, k, 0.5)
				var l largest
				for i := range half {
					for j := range half[i] {
						half[i][j] *= 2
					}
				}
				l.compareAll("2·dq", dq, half)
				return l.result()
			}},
			{lang.Text{En: "one pair: nothing to choose from, all 0", Zh: "只有一对：无可选择，全为 0"}, func(f batchGradients) (string, bool) {
				dq, dk := f([][]float64{{1, 2}}, [][]float64{{2, 1}}, 0.5)
				var l largest
				l.compareAll("dq", [][]float64{{0, 0}}, dq)
				l.compareAll("dk", [][]float64{{0, 0}}, dk)
				return l.result()
			}},
			{lang.Text{En: "T = 0.001: no overflow", Zh: "T = 0.001：不溢出"}, func(f batchGradients) (string, bool) {
				q := [][]float64{{1, 0}, {0, 1}}
				k := [][]float64{q[1], q[0]}
				wantQ, wantK := pairGradientsWith(0)(q, k, 0.001)
				dq, dk := f(q, k, 0.001)
				var l largest
				l.compareAll("dq", wantQ, dq)
				l.compareAll("dk", wantK, dk)
				return l.result()
			}},
			{lang.Text{En: "a zero row: its gradient is a number", Zh: "零向量：它的梯度也是数"}, func(f batchGradients) (string, bool) {
				dq, dk := f([][]float64{{0, 0}, {1, 0}}, [][]float64{{1, 0}, {0, 0}}, 0.5)
				for _, d := range [][]float64{flat(dq), flat(dk)} {
					for _, v := range d {
						if !finite(v) {
							return lang.Text{En: "%v among the gradients", Zh: "梯度中有 %v"}.Sprintf(v), false
						}
					}
				}
				return "", len(dq) == 2 && len(dk) == 2
			}},
		},
		slips: []slip{
			{"keys-stopped", lang.Text{
				En: "No gradient reaches the keys: there is a StopGradient on k. MoCo does so, where keys come from a momentum encoder; here both views are to learn.",
				Zh: "没有梯度流到键：k 上有 StopGradient。MoCo 这样做，因为键来自动量编码器；这里两个视图都要学。"}, "08-moco#derivation"},
			{"queries-stopped", lang.Text{
				En: "No gradient reaches the queries: there is a StopGradient on q.",
				Zh: "没有梯度流到查询：q 上有 StopGradient。"}, "04-gradients#derivation"},
			{"lengths-stopped", lang.Text{
				En: "The lengths are treated as constants: the gradient has a part along the row itself and makes rows longer or shorter for nothing. Differentiate through the normalization.",
				Zh: "长度被当成了常数：梯度里有沿着这一行自身的分量，白白把它拉长或缩短。要让梯度穿过归一化。"}, "04-gradients#derivation"},
			{"positive-stopped", lang.Text{
				En: "The positive's logit above the fraction is treated as a constant: everything is pushed and nothing pulled.",
				Zh: "分子里正样本的 logit 被当成了常数：只有推力，没有拉力。"}, "04-gradients#derivation"},
			{"sum-below-stopped", lang.Text{
				En: "The sum below the fraction is treated as a constant: everything is pulled and nothing pushed, and all collapses. Only the largest logit may be held constant, as it cancels.",
				Zh: "分母的和被当成了常数：只有拉力，没有推力，一切都会坍缩。只有最大的 logit 可以当作常数，因为它会约掉。"}, "04-gradients#derivation"},
			{"sum-for-mean", lang.Text{
				En: "The gradient is that of the sum over the pairs; average, or the learning rate will depend on the batch size.",
				Zh: "这是各对之和的梯度；要取平均，否则学习率会取决于批大小。"}, "03-losses#practice"},
			{"root-at-zero", lang.Text{
				En: "A zero row gets NaN: the root has an infinite slope at 0, and 0 · ∞ is NaN even where Where later chooses the other branch. Guard what stands under the root, as L2Normalize does.",
				Zh: "零向量得到 NaN：平方根在 0 处斜率无穷大，而 0 · ∞ 是 NaN，哪怕后面的 Where 选了另一支。要保护根号下面的数，像 L2Normalize 那样。"}, "04-gradients#practice"},
		},
	}
}

// pairGradientsWith are the gradients with mistakes in them.
func pairGradientsWith(s slips) batchGradients {
	return func(q, k [][]float64, temperature float64) (dq, dk [][]float64) {
		u, v := oracle.Units(q), oracle.Units(k)
		du, dv := zeros(q), zeros(k)
		for i := range u {
			logits := make([]float64, len(v))
			for j := range v {
				logits[j] = oracle.Dot(u[i], v[j]) / temperature
			}
			for j, p := range oracle.Softmax(logits) {
				g := 0.0
				if !s.has(stopBelow) {
					g += p
				}
				if i == j && !s.has(stopAbove) {
					g--
				}
				g /= temperature
				if !s.has(gradientOfSum) {
					g /= float64(len(u))
				}
				for d := range u[i] {
					du[i][d] += g * v[j][d]
					dv[j][d] += g * u[i][d]
				}
			}
		}
		dq, dk = throughUnits(s, q, u, du), throughUnits(s, k, v, dv)
		if s.has(stopQueries) {
			dq = zeros(q)
		}
		if s.has(stopKeys) {
			dk = zeros(k)
		}
		return dq, dk
	}
}

// throughUnits is the gradient by x of a function of the units u = x/‖x‖, du being that by u.
func throughUnits(s slips, x, u, du [][]float64) [][]float64 {
	dx := zeros(x)
	for i := range x {
		length, along := math.Sqrt(oracle.Dot(x[i], x[i])), oracle.Dot(du[i], u[i])
		if s.has(stopLengths) {
			along = 0
		}
		for d := range dx[i] {
			if length > 0 {
				dx[i][d] = (du[i][d] - along*u[i][d]) / length
			} else if s.has(rootAtZero) {
				dx[i][d] = math.NaN()
			}
		}
	}
	return dx
}

// zeros has the shape of z.
func zeros(z [][]float64) [][]float64 {
	out := make([][]float64, len(z))
	for i := range z {
		out[i] = make([]float64, len(z[i]))
	}
	return out
}
