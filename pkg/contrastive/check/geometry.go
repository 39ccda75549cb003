package check

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// PairMeasure is a number of two views: row i of x and row i of y, both of shape [n][width], belong together.
type PairMeasure func(x, y [][]float64) float64

// Measure is a number of a set of rows of shape [n][width].
type Measure func(x [][]float64) float64

// Alignment checks a function that computes
//
//	mean over i of ‖x̂ᵢ − ŷᵢ‖²,   x̂ = x/‖x‖
//
// (Wang and Isola, 2020, section 4.1, with α = 2), prints what it found, and returns it. It recognizes rows that are not
// normalized, a distance that is not squared, a sum for the mean, a mean over the dimensions too, a cosine for the distance,
// half of the distance, and a mean over all pairs instead of the positive ones.
func Alignment(f func(x, y [][]float64) float64) Report { return alignmentSpec().judge(f).publish() }

// Uniformity checks a function that computes
//
//	log( 1/(n(n−1)) Σ_{i≠j} exp(−2 ‖x̂ᵢ − x̂ⱼ‖²) ),   x̂ = x/‖x‖,   n ≥ 2
//
// (Wang and Isola, 2020, section 4.1, with t = 2), prints what it found, and returns it. It recognizes rows that are not
// normalized, pairs of a row with itself, half of the pairs divided by the number of all, a sum for the mean, a missing
// logarithm, a mean of logarithms, the wrong sign of t or no t, a distance that is not squared, and a cosine for the
// distance.
func Uniformity(f func(x [][]float64) float64) Report { return uniformitySpec().judge(f).publish() }

const (
	alignRaw slips = 1 << iota
	alignNotSquared
	alignSum
	alignPerDimension
	alignCosine
	alignHalf
	alignAllPairs
)

func alignmentSpec() spec[PairMeasure] {
	return spec[PairMeasure]{
		name:     "Alignment",
		exercise: "07-geometry",
		with:     alignmentWith,
		answers: func(f PairMeasure) []float64 {
			rng := random(71)
			x := rows(rng, 5, 4)
			return []float64{f(x, jitter(rng, x, 0.5)), f(oracle.Units(x), oracle.Units(rows(rng, 5, 4)))}
		},
		unwritten: func(_, _ [][]float64) float64 { return 0 },
		rows: []row[PairMeasure]{
			{lang.Text{En: "the value, on 20 random batches", Zh: "20 个随机批上的值"}, func(f PairMeasure) (string, bool) {
				var l largest
				rng := random(1)
				for range 20 {
					x := rows(rng, 1+rng.IntN(8), 2+rng.IntN(7))
					y := jitter(rng, x, 0.5)
					l.compare(lang.Text{En: "%d pairs, width %d", Zh: "%d 对，宽 %d"}.Sprintf(len(x), len(x[0])), oracle.Alignment(x, y, 2), f(x, y))
				}
				return l.result()
			}},
			{lang.Text{En: "both views the same: 0", Zh: "两个视图相同：0"}, func(f PairMeasure) (string, bool) {
				x := rows(random(2), 6, 4)
				return differs(0, f(x, clone(x)))
			}},
			{lang.Text{En: "at right angles: 2", Zh: "互相垂直：2"}, func(f PairMeasure) (string, bool) {
				return differs(2, f([][]float64{{3, 0}, {0, 1}}, [][]float64{{0, 2}, {-5, 0}}))
			}},
			{lang.Text{En: "opposite: 4", Zh: "方向相反：4"}, func(f PairMeasure) (string, bool) {
				return differs(4, f([][]float64{{3, 4}}, [][]float64{{-6, -8}}))
			}},
			{lang.Text{En: "the length of a row does not matter", Zh: "与行向量的长度无关"}, func(f PairMeasure) (string, bool) {
				rng := random(3)
				x := rows(rng, 6, 4)
				y := jitter(rng, x, 0.5)
				return differs(f(x, y), f(scaled(rng, x), scaled(rng, y)))
			}},
			{lang.Text{En: "the order of the pairs does not matter", Zh: "与样本对的次序无关"}, func(f PairMeasure) (string, bool) {
				rng := random(4)
				x := rows(rng, 6, 4)
				y := jitter(rng, x, 0.5)
				order := rng.Perm(6)
				return differs(f(x, y), f(permuted(x, order), permuted(y, order)))
			}},
			{lang.Text{En: "a zero row gives a number", Zh: "零向量也得到一个数"}, func(f PairMeasure) (string, bool) {
				got := f([][]float64{{0, 0}, {1, 0}}, [][]float64{{1, 0}, {1, 0}})
				return number(got), finite(got)
			}},
			{lang.Text{En: "its inputs stay as they are", Zh: "不改动输入"}, func(f PairMeasure) (string, bool) {
				rng := random(5)
				x, y := rows(rng, 4, 3), rows(rng, 4, 3)
				x1, y1 := clone(x), clone(y)
				f(x1, y1)
				return unchanged([]string{"x", "y"}, [][][]float64{x, y}, [][][]float64{x1, y1})
			}},
		},
		slips: []slip{
			{"rows-not-normalized", lang.Text{
				En: "The rows are taken at the length they have. Divide each by its length first: alignment is a distance on the unit sphere, or a larger embedding would look worse than it is.",
				Zh: "你用的是行向量本来的长度。先把每一行除以它的长度：对齐性是单位球面上的距离，否则嵌入只要变大，看起来就更差。"}, "07-alignment-and-uniformity#derivation"},
			{"distance-not-squared", lang.Text{
				En: "You take the distance, which is α = 1. Here α = 2: square it, and the square root is not needed at all.",
				Zh: "你取的是距离本身，也就是 α = 1。这里 α = 2：取平方，根本不用开方。"}, "07-alignment-and-uniformity#derivation"},
			{"sum-for-mean", lang.Text{
				En: "You return the sum over the pairs; divide by their number. Two encoders measured on different numbers of pictures could not be compared otherwise.",
				Zh: "你返回的是各对之和；要除以对数。否则在不同数目的图片上测得的两个编码器就无法比较。"}, "07-alignment-and-uniformity#practice"},
			{"mean-over-dimensions", lang.Text{
				En: "You also divide by the width, as a mean squared error does. The squared distance of a pair is a sum over the dimensions; only the pairs are averaged.",
				Zh: "你还除以了向量的宽度，就像均方误差那样。一对的距离平方是对各维求和，只在各对之间取平均。"}, "07-alignment-and-uniformity#derivation"},
			{"cosine-for-distance", lang.Text{
				En: "You return the mean cosine. It says the same the other way round: the squared distance is 2 − 2·cos, 0 for equal views.",
				Zh: "你返回的是平均余弦。它说的是同一件事，但方向相反：距离的平方是 2 − 2·cos，视图相同时为 0。"}, "07-alignment-and-uniformity#derivation"},
			{"half-the-distance", lang.Text{
				En: "You return 1 − cos, which is half of the squared distance. At right angles alignment is 2, for opposite views 4.",
				Zh: "你返回的是 1 − cos，只有距离平方的一半。互相垂直时对齐性应为 2，方向相反时为 4。"}, "07-alignment-and-uniformity#derivation"},
			{"all-pairs", lang.Text{
				En: "You average over all rows of y for each row of x. Alignment asks about positives only: row i of x with row i of y.",
				Zh: "你对 x 的每一行都和 y 的所有行取了平均。对齐性只问正样本对：x 的第 i 行与 y 的第 i 行。"}, "07-alignment-and-uniformity#intuition"},
		},
	}
}

// alignmentWith is Alignment with mistakes in it.
func alignmentWith(s slips) PairMeasure {
	distance := func(a, b []float64) float64 {
		if !s.has(alignRaw) {
			a, b = oracle.Unit(a), oracle.Unit(b)
		}
		d := oracle.SquaredDistance(a, b)
		if s.has(alignCosine) {
			d = oracle.Dot(a, b)
		} else if s.has(alignNotSquared) {
			d = math.Sqrt(d)
		}
		if s.has(alignPerDimension) {
			d /= float64(len(a))
		}
		if s.has(alignHalf) {
			d /= 2
		}
		return d
	}
	return func(x, y [][]float64) float64 {
		total := 0.0
		for i := range x {
			if !s.has(alignAllPairs) {
				total += distance(x[i], y[i])
				continue
			}
			for j := range y {
				total += distance(x[i], y[j]) / float64(len(y))
			}
		}
		if !s.has(alignSum) {
			total /= float64(len(x))
		}
		return total
	}
}

const (
	uniformRaw slips = 1 << iota
	uniformSelfPairs
	uniformHalf
	uniformSum
	uniformNoLog
	uniformMeanOfLogs
	uniformSign
	uniformNoT
	uniformNotSquared
	uniformCosine
)

func uniformitySpec() spec[Measure] {
	return spec[Measure]{
		name:     "Uniformity",
		exercise: "07-geometry",
		with:     uniformityWith,
		answers: func(f Measure) []float64 {
			rng := random(72)
			return []float64{f(rows(rng, 5, 4)), f(oracle.Units(rows(rng, 4, 3)))}
		},
		unwritten: func([][]float64) float64 { return 0 },
		rows: []row[Measure]{
			{lang.Text{En: "the value, on 20 random sets", Zh: "20 组随机数据上的值"}, func(f Measure) (string, bool) {
				var l largest
				rng := random(1)
				for range 20 {
					x := rows(rng, 2+rng.IntN(8), 2+rng.IntN(7))
					l.compare(lang.Text{En: "%d rows, width %d", Zh: "%d 行，宽 %d"}.Sprintf(len(x), len(x[0])), oracle.Uniformity(x, 2), f(x))
				}
				return l.result()
			}},
			{lang.Text{En: "all rows alike: 0", Zh: "所有行相同：0"}, func(f Measure) (string, bool) {
				return differs(0, f([][]float64{{3, 4}, {3, 4}, {3, 4}}))
			}},
			{lang.Text{En: "all at right angles: −4", Zh: "两两垂直：−4"}, func(f Measure) (string, bool) {
				return differs(-4, f([][]float64{{2, 0, 0}, {0, 1, 0}, {0, 0, 3}}))
			}},
			{lang.Text{En: "two rows, opposite: −8", Zh: "两行，方向相反：−8"}, func(f Measure) (string, bool) {
				return differs(-8, f([][]float64{{1, 2}, {-1, -2}}))
			}},
			{lang.Text{En: "the length of a row does not matter", Zh: "与行向量的长度无关"}, func(f Measure) (string, bool) {
				rng := random(3)
				x := rows(rng, 6, 4)
				return differs(f(x), f(scaled(rng, x)))
			}},
			{lang.Text{En: "the order of the rows does not matter", Zh: "与各行的次序无关"}, func(f Measure) (string, bool) {
				rng := random(4)
				x := rows(rng, 6, 4)
				return differs(f(x), f(permuted(x, rng.Perm(6))))
			}},
			{lang.Text{En: "a zero row gives a number", Zh: "零向量也得到一个数"}, func(f Measure) (string, bool) {
				got := f([][]float64{{0, 0}, {1, 0}, {0, 1}})
				return number(got), finite(got)
			}},
			{lang.Text{En: "its input stays as it is", Zh: "不改动输入"}, func(f Measure) (string, bool) {
				x := rows(random(5), 4, 3)
				x1 := clone(x)
				f(x1)
				return unchanged([]string{"x"}, [][][]float64{x}, [][][]float64{x1})
			}},
		},
		slips: []slip{
			{"rows-not-normalized", lang.Text{
				En: "The rows are taken at the length they have. Divide each by its length first: longer rows are farther apart, so that an encoder would look more uniform by growing.",
				Zh: "你用的是行向量本来的长度。先把每一行除以它的长度：向量越长，相距就越远，编码器只要把输出放大，看起来就更均匀。"}, "07-alignment-and-uniformity#derivation"},
			{"self-pairs", lang.Text{
				En: "Pairs of a row with itself are in the mean. Their distance is 0, each adds exp(0) = 1, so that no encoder could get below log(1/n): leave i = j out, of the sum and of the count.",
				Zh: "平均里混进了每一行与它自己的对。这些距离为 0，各贡献 exp(0) = 1，于是任何编码器都低不过 log(1/n)：求和与计数时都要去掉 i = j。"}, "07-alignment-and-uniformity#derivation"},
			{"half-of-the-pairs", lang.Text{
				En: "You add up the pairs with j < i and divide by n(n − 1), which counts each pair twice. The result is log 2 = 0.69 too low; there are n(n − 1)/2 such pairs.",
				Zh: "你只对 j < i 的对求和，却除以了 n(n − 1)，那是把每对数两次的数目。结果低了 log 2 = 0.69；这样的对只有 n(n − 1)/2 个。"}, "07-alignment-and-uniformity#derivation"},
			{"sum-for-mean", lang.Text{
				En: "You take the logarithm of the sum over the pairs; divide by their number before. Otherwise more pictures alone make it rise.",
				Zh: "你对各对之和取了对数；取对数之前要先除以对数目。否则图片一多，值就升高。"}, "07-alignment-and-uniformity#practice"},
			{"missing-log", lang.Text{
				En: "The logarithm is missing: take it of the mean, at the very end. Then all rows alike give 0 and everything else less.",
				Zh: "少了对数：最后对平均值取对数。这样所有行相同时得 0，其他情形都小于 0。"}, "07-alignment-and-uniformity#derivation"},
			{"mean-of-logs", lang.Text{
				En: "You average logarithms: log and exp cancel, and what is left is −2 times the mean squared distance, which does not see that two rows lie on top of each other. First the mean of the exponentials, then the logarithm.",
				Zh: "你平均的是对数：log 与 exp 相消，只剩下平均距离平方的 −2 倍，两行重叠在一起它也看不出来。先对指数取平均，再取对数。"}, "07-alignment-and-uniformity#derivation"},
			{"sign-of-t", lang.Text{
				En: "The sign in the exponent is the other way round: exp(−2d²) is largest for rows that are close. They are what uniformity punishes.",
				Zh: "指数里的符号反了：exp(−2d²) 在两行靠近时最大，均匀性要惩罚的正是它们。"}, "07-alignment-and-uniformity#derivation"},
			{"missing-t", lang.Text{
				En: "The factor t = 2 before the squared distance is missing. It says how far the push reaches, and numbers of different t cannot be compared.",
				Zh: "距离平方前面少了系数 t = 2。它决定推力所及的范围，t 不同的数值不能比较。"}, "07-alignment-and-uniformity#derivation"},
			{"distance-not-squared", lang.Text{
				En: "You take the distance in the exponent; the Gaussian potential has its square: exp(−2d²).",
				Zh: "你在指数里用的是距离；高斯势用的是距离的平方：exp(−2d²)。"}, "07-alignment-and-uniformity#derivation"},
			{"cosine-for-distance", lang.Text{
				En: "You take the cosine where the squared distance belongs. They are related by d² = 2 − 2·cos, so that exp(−2d²) = exp(4·cos − 4).",
				Zh: "该用距离平方的地方你用了余弦。二者的关系是 d² = 2 − 2·cos，所以 exp(−2d²) = exp(4·cos − 4)。"}, "07-alignment-and-uniformity#derivation"},
		},
	}
}

// uniformityWith is Uniformity with mistakes in it.
func uniformityWith(s slips) Measure {
	exponent := func(a, b []float64) float64 {
		d, t := oracle.SquaredDistance(a, b), -2.0
		if s.has(uniformNotSquared) {
			d = math.Sqrt(d)
		}
		if s.has(uniformCosine) {
			d, t = oracle.Dot(a, b), 2 // what is alike shall weigh more
		}
		if s.has(uniformNoT) {
			t /= 2
		}
		if s.has(uniformSign) {
			t = -t
		}
		return t * d
	}
	return func(x [][]float64) float64 {
		if !s.has(uniformRaw) {
			x = oracle.Units(x)
		}
		sum, pairs := 0.0, 0.0
		for i := range x {
			for j := range x {
				if i == j && !s.has(uniformSelfPairs) {
					continue
				}
				pairs++
				if s.has(uniformHalf) && j > i {
					continue
				}
				e := exponent(x[i], x[j])
				if !s.has(uniformMeanOfLogs) {
					e = math.Exp(e)
				}
				sum += e
			}
		}
		if !s.has(uniformSum) {
			sum /= pairs
		}
		if s.has(uniformNoLog) || s.has(uniformMeanOfLogs) {
			return sum
		}
		return math.Log(sum)
	}
}
