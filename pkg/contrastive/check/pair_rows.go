package check

import (
	"github.com/contrastlab/contrastlab/internal/lang"
)

// The properties that every loss of pairs by cosines has, for the checks of such losses. A seed is that of the random rows,
// noise is how far the second view lies from the first.

// onePair: with nothing to choose from the loss is 0.
func onePair(name lang.Text) row[PairLoss] {
	return row[PairLoss]{name, func(f PairLoss) (string, bool) {
		return differs(0, f([][]float64{{1, 2}}, [][]float64{{2, 1}}, 0.5))
	}}
}

// noOverflow: 0 where both pairs are found, 1/T where each is taken for the other.
func noOverflow() row[PairLoss] {
	return row[PairLoss]{lang.Text{En: "T = 0.001: no overflow", Zh: "T = 0.001：不溢出"}, func(f PairLoss) (string, bool) {
		z := [][]float64{{1, 0}, {0, 1}}
		if detail, ok := differs(0, f(z, clone(z), 0.001)); !ok {
			return detail, false
		}
		return differs(1000, f(z, [][]float64{z[1], z[0]}, 0.001))
	}}
}

// allAlike: the loss of eight pairs of which nothing can be told apart.
func allAlike(name lang.Text, want float64) row[PairLoss] {
	return row[PairLoss]{name, func(f PairLoss) (string, bool) {
		z := make([][]float64, 8)
		for i := range z {
			z[i] = []float64{3, 4}
		}
		return differs(want, f(z, clone(z), 0.1))
	}}
}

// lengthFree: the loss compares directions.
func lengthFree(seed uint64, noise float64) row[PairLoss] {
	return row[PairLoss]{lang.Text{En: "the length of a row does not matter", Zh: "与行向量的长度无关"}, func(f PairLoss) (string, bool) {
		rng := random(seed)
		x := rows(rng, 6, 4)
		y := jitter(rng, x, noise)
		return differs(f(x, y, 0.3), f(scaled(rng, x), scaled(rng, y), 0.3))
	}}
}

// orderFree: pairs are a set.
func orderFree(seed uint64, noise float64) row[PairLoss] {
	return row[PairLoss]{lang.Text{En: "the order of the pairs does not matter", Zh: "与样本对的次序无关"}, func(f PairLoss) (string, bool) {
		rng := random(seed)
		x := rows(rng, 6, 4)
		y := jitter(rng, x, noise)
		order := rng.Perm(6)
		return differs(f(x, y, 0.3), f(permuted(x, order), permuted(y, order), 0.3))
	}}
}

// zeroRow: a row without direction has the cosine 0 with all.
func zeroRow(reference PairLoss, second []float64) row[PairLoss] {
	return row[PairLoss]{lang.Text{En: "a zero row gives a number", Zh: "零向量也得到一个数"}, func(f PairLoss) (string, bool) {
		x, y := [][]float64{{0, 0}, {1, 0}}, [][]float64{{1, 0}, second}
		return differs(reference(x, y, 0.5), f(x, y, 0.5))
	}}
}

// exchangeable: both sides ask.
func exchangeable(name lang.Text, seed uint64, n, width int, noise float64) row[PairLoss] {
	return row[PairLoss]{name, func(f PairLoss) (string, bool) {
		rng := random(seed)
		x := rows(rng, n, width)
		y := jitter(rng, x, noise)
		return differs(f(x, y, 0.3), f(y, x, 0.3))
	}}
}

// pairStays: what the loss is given stays as it is; first and second are its names.
func pairStays(seed uint64, first, second string) row[PairLoss] {
	return row[PairLoss]{lang.Text{En: "its inputs stay as they are", Zh: "不改动输入"}, func(f PairLoss) (string, bool) {
		rng := random(seed)
		x, y := rows(rng, 4, 3), rows(rng, 4, 3)
		gotX, gotY := clone(x), clone(y)
		f(gotX, gotY, 0.5)
		return unchanged([]string{first, second}, [][][]float64{x, y}, [][][]float64{gotX, gotY})
	}}
}

// pairAnswers are those of a loss of pairs: at two temperatures, and at one at which exp overflows.
func pairAnswers(f PairLoss, seed uint64, noise float64, temperatures ...float64) (a []float64) {
	rng := random(seed)
	for _, t := range temperatures {
		x := rows(rng, 5, 4)
		a = append(a, f(x, jitter(rng, x, noise), t))
	}
	far := [][]float64{{1, 0}, {0, 1}}
	return append(a, f(far, clone(far), 0.001))
}

// logitOf is a similarity over the temperature, or what becomes of it where the temperature is forgotten or multiplied.
func logitOf(similarity, temperature float64, forgotten, multiplied bool) float64 {
	switch {
	case forgotten:
		return similarity
	case multiplied:
		return similarity * temperature
	default:
		return similarity / temperature
	}
}
