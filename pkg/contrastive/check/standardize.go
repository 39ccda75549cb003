package check

import (
	"math"
	"math/rand/v2"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// Standardizer brings features to mean 0 and standard deviation 1; train has the shape [n][width], test [m][width].
type Standardizer func(train, test [][]float64) (a, b [][]float64)

// Standardize checks a function that prepares frozen features for a linear probe: with the mean μ and the standard
// deviation σ of each feature over the training part,
//
//	a[i][j] = (train[i][j] − μⱼ)/σⱼ    b[i][j] = (test[i][j] − μⱼ)/σⱼ
//
// and 0 for a feature that never varies. Nothing of the test part may enter μ and σ (Hastie, Tibshirani and Friedman, The
// Elements of Statistical Learning, section 7.10.2, on the wrong way to cross-validate). σ may be divided by n or n − 1,
// and have something as small as 10⁻⁵ added. It recognizes statistics of the test part, of both parts, of rows, and of all
// features at once, a missing mean or deviation, the variance in its place, a division by 0, and features written over.
func Standardize(f func(train, test [][]float64) (a, b [][]float64)) Report {
	return standardizeSpec().judge(f).publish()
}

const (
	standardizeTestOwn slips = 1 << iota
	standardizePooled
	standardizeRows
	standardizeOneForAll
	standardizeNoMean
	standardizeNoDeviation
	standardizeVariance
	standardizeByZero
	standardizeInPlace
)

func standardizeSpec() spec[Standardizer] {
	return spec[Standardizer]{
		name:      "Standardize",
		exercise:  "12-probe",
		with:      func(s slips) Standardizer { return standardizeWith(s, 0) },
		answers:   standardizeAnswers,
		unwritten: func(_, _ [][]float64) (a, b [][]float64) { return nil, nil },
		rows: []row[Standardizer]{
			{lang.Text{En: "the training part: mean 0, deviation 1", Zh: "训练部分：均值 0，标准差 1"}, func(f Standardizer) (string, bool) {
				train, test := frozenFeatures(random(1), 9, 3)
				a, _ := f(clone(train), clone(test))
				if len(a) != len(train) {
					return lang.Text{En: "want %d rows, got %d", Zh: "应有 %d 行，得到 %d 行"}.Sprintf(len(train), len(a)), false
				}
				want, _ := eitherStandardized(train, test, a)
				var l largest
				for j := range train[0] {
					mean, deviation := moments(columnOf(a, j))
					_, one := moments(columnOf(want, j))
					l.compare(lang.Text{En: "mean of feature %d", Zh: "第 %d 个特征的均值"}.Sprintf(j), 0, mean)
					l.compare(lang.Text{En: "deviation of feature %d", Zh: "第 %d 个特征的标准差"}.Sprintf(j), one, deviation)
				}
				return l.result()
			}},
			{lang.Text{En: "both parts, on 10 random sets", Zh: "10 组随机特征上的两个部分"}, func(f Standardizer) (string, bool) {
				var l largest
				rng := random(2)
				for range 10 {
					train, test := frozenFeatures(rng, 4+rng.IntN(6), 2+rng.IntN(6))
					a, b := f(clone(train), clone(test))
					wantA, wantB := eitherStandardized(train, test, a)
					l.compareAll("a", wantA, a)
					l.compareAll("b", wantB, b)
				}
				return l.result()
			}},
			{lang.Text{En: "a known case: 100, 300 and, in the test part, 600", Zh: "已知答案：100、300，测试部分是 600"}, func(f Standardizer) (string, bool) {
				train, test := [][]float64{{100}, {300}}, [][]float64{{600}}
				a, b := f(clone(train), clone(test))
				wantA, wantB := eitherStandardized(train, test, a)
				var l largest
				l.compareAll("a", wantA, a)
				l.compareAll("b", wantB, b)
				return l.result()
			}},
			{lang.Text{En: "another test part leaves the training part as it is", Zh: "换一个测试部分，训练部分的结果不变"}, func(f Standardizer) (string, bool) {
				train, test := frozenFeatures(random(3), 6, 4)
				_, other := frozenFeatures(random(4), 6, 5)
				a, _ := f(clone(train), clone(test))
				again, _ := f(clone(train), clone(other))
				var l largest
				l.compareAll("a", a, again)
				return l.result()
			}},
			{lang.Text{En: "a test picture comes out the same alone and among others", Zh: "测试图片单独处理与一起处理结果相同"}, func(f Standardizer) (string, bool) {
				train, test := frozenFeatures(random(5), 6, 4)
				_, together := f(clone(train), clone(test))
				_, alone := f(clone(train), clone(test[:1]))
				if len(together) == 0 {
					return lang.Text{En: "b is empty", Zh: "b 是空的"}.String(), false
				}
				var l largest
				l.compareAll("b", together[:1], alone)
				return l.result()
			}},
			{lang.Text{En: "a feature that never varies: 0, not NaN", Zh: "从不变化的特征：得 0，不是 NaN"}, func(f Standardizer) (string, bool) {
				a, b := f([][]float64{{7, 100}, {7, 250}, {7, 300}}, [][]float64{{7, 500}})
				var l largest
				l.compareAll("a", [][]float64{{0, 0, 0}}, [][]float64{columnOf(a, 0)})
				l.compareAll("b", [][]float64{{0}}, [][]float64{columnOf(b, 0)})
				return l.result()
			}},
			{lang.Text{En: "no test part: no rows", Zh: "没有测试部分：没有行"}, func(f Standardizer) (string, bool) {
				train, _ := frozenFeatures(random(6), 5, 1)
				a, b := f(train, nil)
				return lang.Text{En: "%d and %d rows", Zh: "%d 行和 %d 行"}.Sprintf(len(a), len(b)), len(a) == 5 && len(b) == 0
			}},
			{lang.Text{En: "the features stay as they are: frozen", Zh: "特征保持原样：冻结"}, func(f Standardizer) (string, bool) {
				train, test := frozenFeatures(random(7), 5, 3)
				train1, test1 := clone(train), clone(test)
				f(train1, test1)
				return unchanged([]string{"train", "test"}, [][][]float64{train, test}, [][][]float64{train1, test1})
			}},
		},
		slips: []slip{
			{"statistics-of-the-test-part", lang.Text{
				En: "The test part is standardized by its own mean and deviation. It must be seen as the probe will see a single new picture: with the numbers of the training part.",
				Zh: "测试部分用了它自己的均值和标准差。探测器将来看一张新图片时只有训练部分的数，这里也必须用训练部分的。"}, "12-downstream#derivation"},
			{"statistics-of-both-parts", lang.Text{
				En: "Mean and deviation run over both parts: the test part leaks into what the probe is fitted on. Use the training part alone.",
				Zh: "均值和标准差是在两部分上一起算的：测试部分泄漏进了线性探测要拟合的数据。只能用训练部分。"}, "12-downstream#practice"},
			{"rows-for-columns", lang.Text{
				En: "Mean and deviation run along a row, over the features of one picture. They belong to a column: one feature over all pictures.",
				Zh: "均值和标准差是沿着行算的，即一张图片的各个特征。它们属于列：一个特征在所有图片上的。"}, "12-downstream#derivation"},
			{"one-for-all-features", lang.Text{
				En: "All features share one mean and one deviation. Each feature needs its own, or a large one drowns the others.",
				Zh: "所有特征共用一个均值和一个标准差。每个特征要有自己的，否则大的会淹没其他的。"}, "12-downstream#derivation"},
			{"mean-left-in", lang.Text{
				En: "The mean is not subtracted: features are scaled but not centered.",
				Zh: "没有减去均值：特征缩放了，却没有居中。"}, "12-downstream#derivation"},
			{"deviation-left-in", lang.Text{
				En: "The features are centered but not divided by their standard deviation, so that one penalty does not suit all of them.",
				Zh: "特征居中了，却没有除以标准差，于是同一个惩罚项不能适合所有特征。"}, "12-downstream#derivation"},
			{"variance-for-deviation", lang.Text{
				En: "You divide by the variance; take its square root first.",
				Zh: "你除以的是方差；要先开平方。"}, "12-downstream#derivation"},
			{"division-by-zero", lang.Text{
				En: "A feature that never varies divides by 0 and becomes NaN, and after it every weight. Leave the division out where the deviation is 0.",
				Zh: "从不变化的特征会除以 0，变成 NaN，接着所有权重也都成了 NaN。标准差为 0 时不要除。"}, "12-downstream#practice"},
			{"written-over", lang.Text{
				En: "The features themselves are written over: who uses them next finds others, and calling this twice gives something else. Make new slices.",
				Zh: "原来的特征被改写了：下一个使用的人拿到的已是别的数，调用两次结果就不同。要新建切片。"}, "12-downstream#practice"},
		},
	}
}

// standardizeAnswers are relative to their size, so that σ divided by n and by n − 1 give the same.
func standardizeAnswers(f Standardizer) []float64 {
	train, test := frozenFeatures(random(121), 6, 6) // as many rows: the two ways differ by one factor
	train1, test1 := clone(train), clone(test)
	a, b := f(train1, test1)
	answers := append([]float64{float64(len(a)), float64(len(b))}, relative(append(flat(a), flat(b)...))...)
	if _, frozen := unchanged([]string{"", ""}, [][][]float64{train, test}, [][][]float64{train1, test1}); !frozen {
		answers = append(answers, 1)
	}
	a, b = f([][]float64{{7, 100}, {7, 250}, {7, 300}}, [][]float64{{7, 500}, {7, 90}, {7, 310}})
	return append(answers, relative(append(columnOf(a, 0), columnOf(b, 0)...))...)
}

// relative are numbers by the root of their mean square.
func relative(x []float64) []float64 {
	size := math.Sqrt(oracle.Dot(x, x) / max(float64(len(x)), 1))
	if size < tolerance || !finite(size) {
		return x
	}
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] / size
	}
	return out
}

// frozenFeatures are features of different means and deviations, all so large that a small number added to a deviation
// makes no difference.
func frozenFeatures(rng *rand.Rand, trained, tested int) (train, test [][]float64) {
	means, scales := []float64{100, -500, 1000}, []float64{40, 90, 300}
	features := func(n int, shift float64) [][]float64 {
		z := rows(rng, n, len(means))
		for i := range z {
			for j := range z[i] {
				z[i][j] = means[j] + scales[j]*(shift+z[i][j])
			}
		}
		return z
	}
	return features(trained, 0), features(tested, 0.7) // the test part comes from elsewhere
}

// eitherStandardized is what is wanted: with σ divided by n, or by n − 1 if that is what a comes from.
func eitherStandardized(train, test, a [][]float64) (wantA, wantB [][]float64) {
	wantA, wantB = standardizeWith(0, 1)(train, test)
	var l largest
	l.compareAll("a", wantA, a)
	if _, ok := l.result(); ok {
		return wantA, wantB
	}
	return standardizeWith(0, 0)(train, test)
}

func moments(x []float64) (mean, deviation float64) {
	mean = oracle.Mean(x)
	for _, v := range x {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / max(float64(len(x)), 1))
}

func columnOf(z [][]float64, j int) (x []float64) {
	for i := range z {
		x = append(x, z[i][j])
	}
	return x
}

// standardizeWith is Standardize with mistakes in it; σ is divided by the number of values less so many.
func standardizeWith(s slips, less float64) Standardizer {
	return func(train, test [][]float64) (a, b [][]float64) {
		apply := func(z [][]float64, by func(i, j int) []float64) [][]float64 {
			out := clone(z)
			for i := range z {
				for j := range z[i] {
					out[i][j] = standardizeOne(s, z[i][j], by(i, j), less)
				}
			}
			return out
		}
		by := func(own [][]float64) func(i, j int) []float64 {
			from := train
			switch {
			case s.has(standardizeTestOwn):
				from = own
			case s.has(standardizePooled):
				from = append(append([][]float64(nil), train...), test...)
			}
			return func(i, j int) []float64 {
				switch {
				case s.has(standardizeRows):
					return own[i]
				case s.has(standardizeOneForAll):
					return flat(from)
				default:
					return columnOf(from, j)
				}
			}
		}
		a, b = apply(train, by(train)), apply(test, by(test))
		if s.has(standardizeInPlace) {
			for i := range train {
				copy(train[i], a[i])
			}
			for i := range test {
				copy(test[i], b[i])
			}
		}
		return a, b
	}
}

// standardizeOne is (x − μ)/σ of the values among which x is seen.
func standardizeOne(s slips, x float64, among []float64, less float64) float64 {
	mean, deviation := moments(among)
	deviation *= math.Sqrt(float64(len(among)) / (float64(len(among)) - less))
	if s.has(standardizeVariance) {
		deviation *= deviation
	}
	if !s.has(standardizeNoMean) {
		x -= mean
	}
	if s.has(standardizeNoDeviation) || deviation == 0 && !s.has(standardizeByZero) {
		return x
	}
	return x / deviation
}
