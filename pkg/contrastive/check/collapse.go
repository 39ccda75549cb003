package check

import (
	"math"

	"github.com/contrastlab/contrastlab/internal/exercises/hiddenruns"
	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// Verdict is what a detector says of embeddings.
type Verdict int

const (
	Undecided   Verdict = iota // nothing said
	Healthy                    // the embeddings spread over many directions
	Collapsed                  // complete collapse: all pictures have nearly the same direction
	Dimensional                // dimensional collapse: the embeddings differ, but in a few directions only
)

func (v Verdict) String() string {
	switch v {
	case Healthy:
		return lang.Text{En: "healthy", Zh: "健康"}.String()
	case Collapsed:
		return lang.Text{En: "complete collapse", Zh: "完全坍缩"}.String()
	case Dimensional:
		return lang.Text{En: "dimensional collapse", Zh: "维度坍缩"}.String()
	default:
		return lang.Text{En: "undecided", Zh: "未判定"}.String()
	}
}

// ExampleRun is a real training, by the embeddings of 96 test pictures, with its verdict and the package's own measurements.
type ExampleRun struct {
	Name          string      // how it was trained, in the learner's language
	Z             [][]float64 // [96][32], what the projection head says, not normalized
	Verdict       Verdict
	Std           float64 // std·√D of the rows at unit length, as eval.Std
	EffectiveRank float64 // as eval.EffectiveRank
}

// ExampleRuns are half of the runs that [Diagnose] judges a detector by; the other half stays hidden.
func ExampleRuns() []ExampleRun { return emojiRuns(true) }

func emojiRuns(shown bool) (runs []ExampleRun) {
	for _, r := range hiddenruns.All() {
		if r.Shown != shown {
			continue
		}
		verdict := Healthy
		if r.Collapsed() {
			verdict = Collapsed
		} else if r.Dimensional() {
			verdict = Dimensional
		}
		runs = append(runs, ExampleRun{r.Name.String(), clone(r.Z), verdict, r.Std, r.Rank})
	}
	return runs
}

// Detector says of embeddings z, of shape [n][width], whether the encoder that made them has collapsed.
type Detector func(z [][]float64) Verdict

// Diagnose checks a function that tells a healthy encoder from a complete and from a dimensional collapse, by embeddings that
// real trainings made on emoji (six that [ExampleRuns] shows and six hidden ones) and by point clouds whose answer is known;
// it prints what it found, and returns it. Embeddings are compared by their cosine, so the length of a row says nothing. The
// truth is the package's own measurement: std·√D below 0.1 (Chen and He, 2021, section 4.1) is a complete collapse; else an
// effective rank (Roy and Vetterli, 2007) below a fifth of the 32 dimensions is a dimensional one. All runs are far from both
// bounds, so the detector may have its own measures and thresholds. The check recognizes a detector that looks at the mean,
// at the length of rows, or at rows that are not normalized; that measures the spread only or the rank only, or the rank
// first; that does not center; that a row of zeros defeats; and one that says the same of every run.
func Diagnose(f func(z [][]float64) Verdict) Report { return diagnoseSpec().judge(f).publish() }

const (
	detectMean slips = 1 << iota
	detectLengths
	detectRaw
	detectStdOnly
	detectAllHealthy
	detectAllCollapsed
	detectUncentered
	detectZeroRows
	detectZeroRowsLine
	detectRankFirst
	detectRankOnly
)

// cloud are point clouds in 32 dimensions whose verdict no threshold changes: n rows around a direction of their own.
type cloud struct {
	center, spread, scale float64 // length of the common part, of the rest, and of the whole
	directions            int     // of the rest
}

func (c cloud) rows() [][]float64 {
	const n, width = 96, 32
	rng := random(61)
	axes := oracle.Units(rows(rng, c.directions+1, width))
	z := make([][]float64, n)
	for i := range n {
		z[i] = make([]float64, width)
		by := rows(rng, 1, c.directions)[0]
		for d := range width {
			z[i][d] = c.center * axes[0][d]
			for a, v := range by {
				z[i][d] += c.spread * v / math.Sqrt(float64(c.directions)) * axes[a+1][d]
			}
			z[i][d] *= c.scale
		}
	}
	if c.center == 0 { // as many on this side as on the other
		for i := range n / 2 {
			for d := range width {
				z[n/2+i][d] = -z[i][d]
			}
		}
	}
	return z
}

// ray are rows of one direction and of lengths from 1 to 96.
func ray() [][]float64 {
	z := cloud{center: 1, directions: 1, scale: 1}.rows()
	for i := range z {
		for d := range z[i] {
			z[i][d] *= float64(1 + i)
		}
	}
	return z
}

// nothing are the rows of a dead network: all zeros.
func nothing() [][]float64 { return cloud{}.rows() }

func diagnoseSpec() spec[Detector] {
	said := func(want, got Verdict) (string, bool) {
		return lang.Text{En: "want %v, got %v", Zh: "应为%v，得到%v"}.Sprintf(want, got), got == want
	}
	judged := func(runs []ExampleRun, name func(i int) string) func(f Detector) (string, bool) {
		return func(f Detector) (string, bool) {
			right, wrong := 0, ""
			for i, r := range runs {
				got := f(clone(r.Z))
				if got == r.Verdict {
					right++
				} else if wrong == "" {
					wrong = lang.Text{En: "; %s: want %v, got %v (std·√D %.3f, effective rank %.1f of %d)", Zh: "；%s：应为%v，得到%v（std·√D %.3f，有效秩 %.1f，共 %d 维）"}.Sprintf(
						name(i), r.Verdict, got, r.Std, r.EffectiveRank, len(r.Z[0]))
				}
			}
			return lang.Text{En: "%d of %d right", Zh: "判对 %d 个，共 %d 个"}.Sprintf(right, len(runs)) + wrong, right == len(runs)
		}
	}
	shown, hidden := emojiRuns(true), emojiRuns(false)
	of := func(z [][]float64, want Verdict) func(f Detector) (string, bool) {
		return func(f Detector) (string, bool) { return said(want, f(clone(z))) }
	}
	return spec[Detector]{
		name:     "Diagnose",
		exercise: "06-collapse",
		with:     diagnoseWith,
		answers: func(f Detector) (a []float64) {
			for _, z := range [][][]float64{
				cloud{spread: 1, scale: 5, directions: 31}.rows(),
				cloud{center: 0.8, spread: 0.6, scale: 1, directions: 31}.rows(),
				cloud{spread: 1, scale: 1e-4, directions: 31}.rows(),
				cloud{center: 1, spread: 1e-3, scale: 1, directions: 31}.rows(),
				cloud{center: 1, spread: 1e-3, scale: 1e5, directions: 31}.rows(),
				cloud{center: 1, spread: 1e-3, scale: 1, directions: 1}.rows(),
				cloud{spread: 1, scale: 1, directions: 1}.rows(),
				nothing(),
			} {
				a = append(a, float64(f(z)))
			}
			return a
		},
		unwritten: func([][]float64) Verdict { return Undecided },
		rows: []row[Detector]{
			{lang.Text{En: "the example runs", Zh: "示例训练"}, judged(shown, func(i int) string { return shown[i].Name })},
			{lang.Text{En: "the hidden runs", Zh: "隐藏的训练"}, judged(hidden, func(i int) string {
				return lang.Text{En: "hidden run %d", Zh: "隐藏的训练 %d"}.Sprintf(i + 1)
			})},
			{lang.Text{En: "a thousand times the size, or a thousandth: the same verdict", Zh: "放大或缩小一千倍：判定不变"}, func(f Detector) (string, bool) {
				for i, r := range shown {
					z, by := clone(r.Z), []float64{1000, 0.001}[i%2]
					for i := range z {
						for d := range z[i] {
							z[i][d] *= by
						}
					}
					if detail, ok := said(f(clone(r.Z)), f(z)); !ok {
						return lang.Text{En: "%s × %g: %s", Zh: "%s × %g：%s"}.Sprintf(r.Name, by, detail), false
					}
				}
				return "", true
			}},
			{lang.Text{En: "the order of the rows does not matter", Zh: "与各行的次序无关"}, func(f Detector) (string, bool) {
				for _, r := range shown {
					if detail, ok := said(f(clone(r.Z)), f(permuted(clone(r.Z), random(62).Perm(len(r.Z))))); !ok {
						return detail, false
					}
				}
				return "", true
			}},
			{lang.Text{En: "directions spread evenly", Zh: "方向均匀铺开"}, of(cloud{spread: 1, scale: 5, directions: 31}.rows(), Healthy)},
			{lang.Text{En: "spread evenly around a common direction", Zh: "围绕一个共同方向均匀铺开"}, of(cloud{center: 0.8, spread: 0.6, scale: 1, directions: 31}.rows(), Healthy)},
			{lang.Text{En: "a speck that varies in all dimensions", Zh: "极小的一团，各维都有变化"}, of(cloud{center: 1, spread: 1e-3, scale: 1, directions: 31}.rows(), Collapsed)},
			{lang.Text{En: "one direction, lengths from 1 to 96", Zh: "同一个方向，长度从 1 到 96"}, of(ray(), Collapsed)},
			{lang.Text{En: "all zeros", Zh: "全为零"}, of(nothing(), Collapsed)},
			{lang.Text{En: "on a line, to both sides", Zh: "在一条直线上，两边都有"}, of(cloud{spread: 1, scale: 1, directions: 1}.rows(), Dimensional)},
			{lang.Text{En: "its input stays as it is", Zh: "不改动输入"}, func(f Detector) (string, bool) {
				z := cloud{center: 0.8, spread: 0.6, scale: 1, directions: 31}.rows()
				z1 := clone(z)
				f(z1)
				return unchanged([]string{"z"}, [][][]float64{z}, [][][]float64{z1})
			}},
		},
		slips: []slip{
			{"mean-for-spread", lang.Text{
				En: "You look at the mean of each dimension. A mean near 0 is what a healthy encoder has; collapse is a lack of differences between pictures, so measure how far rows are from the mean.",
				Zh: "你看的是各维的均值。均值接近 0 恰恰是健康编码器的样子；坍缩是图片之间没有差别，所以要量各行离均值有多远。"}, "06-collapse#practice"},
			{"lengths-only", lang.Text{
				En: "You look at the length of the rows. A collapsed encoder may have long embeddings, all in one direction, and a healthy one short ones: normalize them, then measure the spread.",
				Zh: "你看的是各行的长度。坍缩的编码器也可以有很长的嵌入，只是方向都一样；健康的编码器也可以有很短的嵌入。先归一化，再量散布。"}, "06-collapse#practice"},
			{"rows-not-normalized", lang.Text{
				En: "The spread is measured on rows of the length they have. If lengths grow, the standard deviation of a collapsed encoder grows too and hides the collapse: bring every row to length 1 first.",
				Zh: "你在原来的长度上量散布。长度一涨，坍缩编码器的标准差也跟着涨，坍缩就被掩盖了：先把每一行的长度变成 1。"}, "06-collapse#derivation"},
			{"spread-only", lang.Text{
				En: "You measure the spread only. Rows on a line have a standard deviation in every dimension: to see a dimensional collapse, count the directions, by the effective rank of the centered rows.",
				Zh: "你只量了散布。排在一条直线上的各行，每一维也都有标准差：要看出维度坍缩，得数方向，也就是中心化之后的有效秩。"}, "06-collapse#practice"},
			{"all-healthy", lang.Text{
				En: "You call everything healthy, a point and a line included. Compare your measurement on the example runs, check.ExampleRuns(), and put the threshold into the gap.",
				Zh: "你把什么都判为健康，连一个点和一条直线也是。在示例训练 check.ExampleRuns() 上比较你量得的数，把阈值放在空当里。"}, "06-collapse#practice"},
			{"all-collapsed", lang.Text{
				En: "You call everything collapsed. In D dimensions a row of length 1 leaves each dimension about 1/√D, so the standard deviation of a healthy encoder is no more than that: multiply by √D, or lower the threshold.",
				Zh: "你把什么都判为坍缩。长度为 1 的行分到 D 个维度上，每维大约只有 1/√D，所以健康编码器的标准差最多也就这么大：乘上 √D，或者降低阈值。"}, "06-collapse#derivation"},
			{"not-centered", lang.Text{
				En: "You do not subtract the mean of the rows. A point far from 0 then counts as spread, and as one direction: a complete collapse looks like a dimensional one. Center each dimension, for the spread and for the rank.",
				Zh: "你没有减去各行的均值。这样，离零点很远的一个点也被算成有散布、有一个方向，完全坍缩看起来就像维度坍缩。无论算散布还是算秩，每一维都要先中心化。"}, "06-collapse#derivation"},
			{"zero-rows", lang.Text{
				En: "Rows of zeros, as a dead network makes them, become NaN when they are divided by their length. NaN is never below a threshold, so it passes for healthy: leave a row of zeros as it is.",
				Zh: "全零的行（网络“死”了就会这样）除以自己的长度会得到 NaN。NaN 永远不会低于任何阈值，于是被当成健康：全零的行要原样保留。"}, "06-collapse#practice"},
			{"zero-rows-as-a-line", lang.Text{
				En: "Rows of zeros, as a dead network makes them, become NaN when they are divided by their length. NaN is never below a threshold, and an entropy that leaves out what is not above 0 then counts one direction: leave a row of zeros as it is.",
				Zh: "全零的行（网络“死”了就会这样）除以自己的长度会得到 NaN。NaN 永远不会低于任何阈值，而熵又略去了不大于 0 的项，于是数出一个方向：全零的行要原样保留。"}, "06-collapse#practice"},
			{"rank-first", lang.Text{
				En: "You ask for the rank first. What a complete collapse leaves of the differences may well lie in few directions, or be nothing but rounding: its rank means nothing. First the spread; the rank only where there is one.",
				Zh: "你先看了秩。完全坍缩之后残留的差别可能正好只在几个方向上，也可能只是舍入误差：这时的秩没有意义。先看散布；有散布，才谈得上秩。"}, "06-collapse#practice"},
			{"rank-only", lang.Text{
				En: "You measure the rank only. It does not depend on size: a speck of a millionth can vary in all dimensions. Measure the spread as well, and first.",
				Zh: "你只量了秩。秩与大小无关：百万分之一大的一小团，也可以在所有维度上变化。散布也要量，而且要先量。"}, "06-collapse#practice"},
		},
	}
}

// diagnoseWith is a detector with mistakes in it.
func diagnoseWith(s slips) Detector {
	return func(z [][]float64) Verdict {
		if s.has(detectAllHealthy) {
			return Healthy
		}
		unit := oracle.Units(z)
		if s.has(detectRaw) {
			unit = z
		} else if s.has(detectZeroRows | detectZeroRowsLine) {
			unit = clone(z)
			for i := range unit {
				length := math.Sqrt(oracle.Dot(z[i], z[i]))
				for d := range unit[i] {
					unit[i][d] /= length
				}
			}
		}
		n, width := float64(len(z)), len(z[0])
		mean := make([]float64, width)
		for i := range unit {
			for d, v := range unit[i] {
				mean[d] += v / n
			}
		}
		centered := clone(unit)
		if !s.has(detectUncentered) {
			for i := range centered {
				for d := range mean {
					centered[i][d] -= mean[d]
				}
			}
		}
		covariance := make([][]float64, width)
		for a := range covariance {
			covariance[a] = make([]float64, width)
			for b := range covariance[a] {
				for i := range centered {
					covariance[a][b] += centered[i][a] * centered[i][b] / n
				}
			}
		}
		spread := 0.0
		for d := range covariance {
			v := math.Sqrt(covariance[d][d])
			if s.has(detectMean) {
				v = math.Abs(mean[d])
			}
			spread += v / math.Sqrt(float64(width))
		}
		if s.has(detectLengths) {
			spread = 0
			for i := range z {
				spread += math.Sqrt(oracle.Dot(z[i], z[i])) / n
			}
		}
		threshold := hiddenruns.CollapsedStd
		if s.has(detectAllCollapsed) {
			threshold = 2 // more than spread can be
		}
		collapsed := spread < threshold && !s.has(detectRankOnly)
		rank := effectiveRank(covariance)
		if math.IsNaN(rank) && s.has(detectZeroRowsLine) {
			rank = 1
		}
		few := rank < hiddenruns.DimensionalShare*float64(width) && !s.has(detectStdOnly)
		switch {
		case few && (s.has(detectRankFirst) || !collapsed):
			return Dimensional
		case collapsed:
			return Collapsed
		default:
			return Healthy
		}
	}
}

// effectiveRank is e to the entropy of the singular values, the roots of the covariance's eigenvalues, as shares; 0 of none.
func effectiveRank(covariance [][]float64) float64 {
	values, total := Eigenvalues(covariance), 0.0
	for i, v := range values {
		values[i] = math.Sqrt(max(0, v))
		total += values[i]
	}
	if total == 0 || math.IsNaN(total) {
		return total
	}
	entropy := 0.0
	for _, v := range values {
		if p := v / total; p > 0 {
			entropy -= p * math.Log(p)
		}
	}
	return math.Exp(entropy)
}
