package check

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// ProbeStepper moves the weights of a linear classifier one step: w has the shape [width][classes], b the length classes,
// features the shape [n][width], and labels the length n.
type ProbeStepper func(w [][]float64, b []float64, features [][]float64, labels []int, rate float64) (newW [][]float64, newB []float64)

// ProbeStep checks a step of gradient descent on a linear probe's loss, over the whole batch at once:
//
//	J = −1/n Σᵢ log pᵢ,yᵢ    pᵢ = softmax(xᵢW + b)    W ← W − rate · ∂J/∂W    b ← b − rate · ∂J/∂b
//
// (the evaluation of Chen and others, SimCLR, 2020, appendix B; by a logit, the derivative is p − [c = y], over n). The
// features come from a frozen encoder and must not change; w and b may be written over. It recognizes the wrong sign, a sum
// over the batch, a bias that never moves, a missing target, weights that move within the batch, features that are trained
// too, a missing rate, sigmoids for the softmax, and a softmax without max-subtraction.
func ProbeStep(f func(w [][]float64, b []float64, features [][]float64, labels []int, rate float64) (newW [][]float64, newB []float64)) Report {
	return probeStepSpec().judge(f).publish()
}

const (
	probeUphill slips = 1 << iota
	probeSum
	probeNoBias
	probeNoTarget
	probeRowByRow
	probeUnfrozen
	probeNoRate
	probeSigmoid
	probeNoMax
)

// probeCase is what a step begins from.
type probeCase struct {
	w, features [][]float64
	b           []float64
	labels      []int
	rate        float64
}

func randomProbe(seed uint64) probeCase {
	rng := random(seed)
	n, width, classes := 3+rng.IntN(6), 1+rng.IntN(5), 2+rng.IntN(3)
	c := probeCase{w: rows(rng, width, classes), features: rows(rng, n, width), b: rows(rng, 1, classes)[0], rate: 0.1 + rng.Float64()}
	for range n {
		c.labels = append(c.labels, rng.IntN(classes))
	}
	return c
}

// step is what f makes of copies, as one matrix: the rows of the weights, and the bias below them.
func (c probeCase) step(f ProbeStepper) (moved, features [][]float64) {
	features = clone(c.features)
	w, b := f(clone(c.w), append([]float64(nil), c.b...), features, append([]int(nil), c.labels...), c.rate)
	return append(append([][]float64(nil), w...), b), features
}

// compare sets the step of f beside the right one.
func (c probeCase) compare(f ProbeStepper) (string, bool) {
	want, _ := c.step(probeStepWith(0))
	got, _ := c.step(f)
	var l largest
	l.compareAll(probeNames(), want, got)
	return l.result()
}

func probeNames() string {
	return lang.Text{En: "weights, bias last", Zh: "权重（最后一行是偏置）"}.String()
}

func probeStepSpec() spec[ProbeStepper] {
	sure := probeCase{w: [][]float64{{1000, -1000}}, b: []float64{0, 0}, features: [][]float64{{1}, {-1}}, rate: 0.5}
	return spec[ProbeStepper]{
		name:     "ProbeStep",
		exercise: "12-probe",
		with:     probeStepWith,
		answers: func(f ProbeStepper) (a []float64) {
			sure := sure
			sure.labels = []int{1, 1}
			for _, c := range []probeCase{randomProbe(1), randomProbe(2), sure} {
				moved, features := c.step(f)
				a = append(append(append(a, float64(len(moved))), flat(moved)...), flat(features)...)
			}
			return a
		},
		unwritten: func([][]float64, []float64, [][]float64, []int, float64) ([][]float64, []float64) { return nil, nil },
		rows: []row[ProbeStepper]{
			{lang.Text{En: "the step, on 20 random batches", Zh: "20 个随机批上的一步"}, func(f ProbeStepper) (string, bool) {
				var l largest
				for seed := range uint64(20) {
					c := randomProbe(100 + seed)
					want, _ := c.step(probeStepWith(0))
					got, _ := c.step(f)
					l.compareAll(probeNames(), want, got)
				}
				return l.result()
			}},
			{lang.Text{En: "what it moves by is the gradient, by finite differences", Zh: "移动量就是梯度（与有限差分比较）"}, func(f ProbeStepper) (string, bool) {
				c := randomProbe(3)
				got, _ := c.step(f)
				if len(got) != len(c.w)+1 || len(got[len(c.w)]) != len(c.b) {
					return lang.Text{En: "the shapes of w and b have changed", Zh: "w 和 b 的形状变了"}.String(), false
				}
				loss := func() float64 { return probeLoss(c) }
				parameters := append(append([][]float64(nil), c.w...), c.b)
				want := slopes(loss, parameters)
				var l largest
				for i := range want {
					for j := range want[i] {
						l.compare(probeNames(), want[i][j], (parameters[i][j]-got[i][j])/c.rate)
					}
				}
				return l.result()
			}},
			{lang.Text{En: "two pictures, all weights 0: known", Zh: "两张图片，权重全为 0：已知答案"}, func(f ProbeStepper) (string, bool) {
				c := probeCase{w: [][]float64{{0, 0}}, b: []float64{0, 0}, features: [][]float64{{1}, {-1}}, labels: []int{0, 1}, rate: 1}
				got, _ := c.step(f)
				var l largest
				l.compareAll(probeNames(), [][]float64{{0.5, -0.5}, {0, 0}}, got)
				return l.result()
			}},
			{lang.Text{En: "one class only: the bias learns it", Zh: "只有一个类别：由偏置来学"}, func(f ProbeStepper) (string, bool) {
				c := probeCase{w: [][]float64{{0, 0}}, b: []float64{0, 0}, features: [][]float64{{0}, {0}, {0}}, labels: []int{1, 1, 1}, rate: 1}
				got, _ := c.step(f)
				var l largest
				l.compareAll(probeNames(), [][]float64{{0, 0}, {-0.5, 0.5}}, got)
				return l.result()
			}},
			{lang.Text{En: "logits of ±1000, right: nothing moves", Zh: "logit 为 ±1000 且答对：不动"}, func(f ProbeStepper) (string, bool) {
				sure := sure
				sure.labels = []int{0, 1}
				return sure.compare(f)
			}},
			{lang.Text{En: "logits of ±1000, wrong: no overflow", Zh: "logit 为 ±1000 且答错：不溢出"}, func(f ProbeStepper) (string, bool) {
				sure := sure
				sure.labels = []int{1, 1}
				return sure.compare(f)
			}},
			{lang.Text{En: "each picture twice: the same step", Zh: "每张图片出现两次：步子相同"}, func(f ProbeStepper) (string, bool) {
				c := randomProbe(4)
				once, _ := c.step(f)
				c.features = append(clone(c.features), clone(c.features)...)
				c.labels = append(append([]int(nil), c.labels...), c.labels...)
				twice, _ := c.step(f)
				var l largest
				l.compareAll(probeNames(), once, twice)
				return l.result()
			}},
			{lang.Text{En: "rate 0: nothing moves", Zh: "学习率为 0：不动"}, func(f ProbeStepper) (string, bool) {
				c := randomProbe(5)
				c.rate = 0
				return c.compare(f)
			}},
			{lang.Text{En: "200 steps tell three groups apart", Zh: "200 步能分开三组"}, threeGroups},
			{lang.Text{En: "the features stay as they are: frozen", Zh: "特征保持原样：冻结"}, func(f ProbeStepper) (string, bool) {
				c := randomProbe(6)
				_, features := c.step(f)
				return unchanged([]string{"features"}, [][][]float64{c.features}, [][][]float64{features})
			}},
		},
		slips: []slip{
			{"uphill", lang.Text{
				En: "The step goes up the gradient: the loss grows. Subtract the gradient from the weights.",
				Zh: "这一步是沿梯度上升的：损失会变大。要从权重中减去梯度。"}, "12-downstream#derivation"},
			{"sum-for-mean", lang.Text{
				En: "The gradients of the pictures are added up; divide by their number, or the rate will depend on how many there are.",
				Zh: "各图片的梯度加在了一起；要除以图片数，否则合适的学习率取决于图片的多少。"}, "12-downstream#derivation"},
			{"bias-left", lang.Text{
				En: "The bias never moves. Its gradient is that of the logits, p − [c = y], averaged over the pictures.",
				Zh: "偏置没有动。它的梯度就是 logit 的梯度 p − [c = y] 对各图片的平均。"}, "12-downstream#derivation"},
			{"target-missing", lang.Text{
				En: "The gradient is p alone: the labels are not used. It is probability minus target, p − [c = y].",
				Zh: "梯度里只有 p：标签没有用上。梯度是概率减目标，即 p − [c = y]。"}, "12-downstream#derivation"},
			{"moves-within-the-batch", lang.Text{
				En: "The weights change picture by picture, so that the later ones see other weights than the first. Add up the whole gradient first, then take one step.",
				Zh: "权重随着每张图片就变了，后面的图片看到的已不是原来的权重。要先把整批的梯度算完，再走一步。"}, "12-downstream#derivation"},
			{"features-trained", lang.Text{
				En: "The features move too, along their own gradient. A probe asks what lies ready in a frozen encoder: only W and b may move.",
				Zh: "特征也沿着自己的梯度动了。线性探测问的是冻结的编码器里现成有什么：只有 W 和 b 可以动。"}, "12-downstream#intuition"},
			{"rate-missing", lang.Text{
				En: "The rate is not used: subtract rate times the gradient.",
				Zh: "没有用到学习率：应减去学习率乘以梯度。"}, "12-downstream#derivation"},
			{"sigmoid-for-softmax", lang.Text{
				En: "Each class gets a sigmoid of its own. The classes compete here: the softmax divides by the sum over all of them.",
				Zh: "每个类别各用了一个 sigmoid。这里各类别互相竞争：softmax 要除以所有类别之和。"}, "12-downstream#derivation"},
			{"no-max-subtraction", lang.Text{
				En: "You exponentiate the logits as they are; from about 710 on, exp overflows and the weights become NaN. Subtract each picture's largest logit first.",
				Zh: "你直接对 logit 取指数；大约从 710 起 exp 就会溢出，权重变成 NaN。先减去每张图片最大的 logit。"}, "03-losses#derivation"},
		},
	}
}

// threeGroups lets f learn pictures that a linear classifier can tell apart, none of the groups around the origin.
func threeGroups(f ProbeStepper) (string, bool) {
	rng := random(7)
	c := probeCase{w: [][]float64{{0, 0, 0}, {0, 0, 0}}, b: []float64{0, 0, 0}, rate: 0.5}
	for i := range 30 {
		center := [][]float64{{1, 1}, {3, 1}, {1, 3}}[i%3]
		c.features = append(c.features, []float64{center[0] + 0.2*rng.NormFloat64(), center[1] + 0.2*rng.NormFloat64()})
		c.labels = append(c.labels, i%3)
	}
	before := probeLoss(c)
	for range 200 {
		moved, features := c.step(f)
		if len(moved) != 3 {
			return lang.Text{En: "the shapes of w and b have changed", Zh: "w 和 b 的形状变了"}.String(), false
		}
		c.w, c.b, c.features = moved[:2], moved[2], features
	}
	right := 0
	for i, x := range c.features {
		logits, best := probeLogits(c.w, c.b, x), 0
		for k := range logits {
			if logits[k] > logits[best] {
				best = k
			}
		}
		if best == c.labels[i] {
			right++
		}
	}
	after := probeLoss(c)
	return lang.Text{En: "%d of %d right, loss %s → %s", Zh: "%[2]d 张中答对 %[1]d 张，损失 %[3]s → %[4]s"}.Sprintf(right, len(c.features), number(before), number(after)),
		right == len(c.features) && after < before/2
}

func probeLogits(w [][]float64, b, x []float64) []float64 {
	logits := append([]float64(nil), b...)
	for k := range logits {
		for j := range x {
			logits[k] += x[j] * w[j][k]
		}
	}
	return logits
}

func probeLoss(c probeCase) float64 {
	total := 0.0
	for i, x := range c.features {
		logits := probeLogits(c.w, c.b, x)
		total += oracle.LogSumExp(logits) - logits[c.labels[i]]
	}
	return total / float64(len(c.features))
}

// probeStepWith is ProbeStep with mistakes in it.
func probeStepWith(s slips) ProbeStepper {
	return func(w [][]float64, b []float64, features [][]float64, labels []int, rate float64) ([][]float64, []float64) {
		newW, newB := clone(w), append([]float64(nil), b...)
		step := -rate
		if s.has(probeNoRate) {
			step = -1
		}
		if s.has(probeUphill) {
			step = -step
		}
		for i, x := range features {
			seenW, seenB := w, b
			if s.has(probeRowByRow) {
				seenW, seenB = clone(newW), append([]float64(nil), newB...)
			}
			p := probeProbabilities(s, probeLogits(seenW, seenB, x))
			old := append([]float64(nil), x...)
			for k := range p {
				g := p[k]
				if k == labels[i] && !s.has(probeNoTarget) {
					g--
				}
				if !s.has(probeSum) {
					g /= float64(len(features))
				}
				for j := range x {
					newW[j][k] += step * g * old[j]
					if s.has(probeUnfrozen) {
						x[j] += step * g * seenW[j][k]
					}
				}
				if !s.has(probeNoBias) {
					newB[k] += step * g
				}
			}
		}
		return newW, newB
	}
}

// probeProbabilities is the softmax, or what is taken for it.
func probeProbabilities(s slips, logits []float64) []float64 {
	if !s.has(probeSigmoid) && !s.has(probeNoMax) {
		return oracle.Softmax(logits)
	}
	p, sum := make([]float64, len(logits)), 0.0
	for k, l := range logits {
		p[k] = math.Exp(l)
		sum += p[k]
	}
	for k, l := range logits {
		p[k] /= sum
		if s.has(probeSigmoid) {
			p[k] = 1 / (1 + math.Exp(-l))
		}
	}
	return p
}
