package check

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/contrastlab/contrastlab/internal/lang"
)

// tolerance is how far two ways to compute the same in float64 may be apart, relative to the value if it exceeds 1.
const tolerance = 1e-7

func near(a, b float64) bool {
	return finite(a) && finite(b) && math.Abs(a-b) <= tolerance*max(1, math.Abs(a), math.Abs(b))
}

// random is a source of numbers that are the same in every run.
func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5eed)) }

// rows are n rows of a width from a normal distribution: of different lengths, as an encoder's are.
func rows(rng *rand.Rand, n, width int) [][]float64 {
	z := make([][]float64, n)
	for i := range z {
		z[i] = make([]float64, width)
		for j := range z[i] {
			z[i][j] = rng.NormFloat64()
		}
	}
	return z
}

// jitter are rows that lie near those of z, as a second view does.
func jitter(rng *rand.Rand, z [][]float64, by float64) [][]float64 {
	near := clone(z)
	for i := range near {
		for j := range near[i] {
			near[i][j] += by * rng.NormFloat64()
		}
	}
	return near
}

func clone(z [][]float64) [][]float64 {
	out := make([][]float64, len(z))
	for i := range z {
		out[i] = append([]float64(nil), z[i]...)
	}
	return out
}

// flat are the numbers of all rows, one after the other.
func flat(z [][]float64) (out []float64) {
	for _, row := range z {
		out = append(out, row...)
	}
	return out
}

// scaled are the rows of z, each times a positive factor of its own.
func scaled(rng *rand.Rand, z [][]float64) [][]float64 {
	out := clone(z)
	for i := range out {
		by := math.Exp(rng.NormFloat64())
		for j := range out[i] {
			out[i][j] *= by
		}
	}
	return out
}

// permuted are the rows of z in the given order.
func permuted(z [][]float64, order []int) [][]float64 {
	out := make([][]float64, len(order))
	for i, from := range order {
		out[i] = z[from]
	}
	return out
}

// differs says in what two results differ, and whether they agree.
func differs(want, got float64) (string, bool) {
	return lang.Text{En: "want %s, got %s", Zh: "应为 %s，得到 %s"}.Sprintf(number(want), number(got)), near(want, got)
}

// largest keeps the largest difference of several comparisons.
type largest struct {
	difference float64
	worst      string // the comparison with a difference above the tolerance that came first
	compared   int
}

// compare adds one; what says which one it is.
func (l *largest) compare(what string, want, got float64) {
	l.compared++
	l.difference = max(l.difference, math.Abs(want-got))
	if detail, ok := differs(want, got); !ok && l.worst == "" {
		l.worst = what + ": " + detail
	}
}

// compareAll adds a comparison for each entry of two matrices.
func (l *largest) compareAll(what string, want, got [][]float64) {
	if len(want) != len(got) {
		l.wrong(lang.Text{En: "%s: want %d rows, got %d", Zh: "%s：应有 %d 行，得到 %d 行"}.Sprintf(what, len(want), len(got)))
		return
	}
	for i := range want {
		if len(want[i]) != len(got[i]) {
			l.wrong(lang.Text{En: "%s: row %d: want %d numbers, got %d", Zh: "%s：第 %d 行应有 %d 个数，得到 %d 个"}.Sprintf(what, i, len(want[i]), len(got[i])))
			return
		}
		for j := range want[i] {
			l.compare(fmt.Sprintf("%s[%d][%d]", what, i, j), want[i][j], got[i][j])
		}
	}
}

// wrong adds a comparison that failed without numbers.
func (l *largest) wrong(what string) {
	if l.worst == "" {
		l.worst = what
	}
}

// result is what a row says of the comparisons.
func (l *largest) result() (string, bool) {
	if l.worst != "" {
		return l.worst, false
	}
	if l.compared == 0 {
		return lang.Text{En: "nothing to compare came back", Zh: "没有返回可比较的东西"}.String(), false
	}
	return lang.Text{En: "%d compared, largest difference %.1e", Zh: "比较了 %d 个，最大差 %.1e"}.Sprintf(l.compared, l.difference), true
}

// number is x with as many digits as help to compare.
func number(x float64) string {
	if x == 0 {
		x = 0 // not −0
	}
	return fmt.Sprintf("%.6g", x)
}

// slope is the derivative of f by x[i][j], by central differences.
func slope(f func() float64, x [][]float64, i, j int) float64 {
	const h = 1e-5
	old := x[i][j]
	defer func() { x[i][j] = old }()
	x[i][j] = old + h
	up := f()
	x[i][j] = old - h
	down := f()
	return (up - down) / (2 * h)
}

// slopes is the gradient of f by every entry of x.
func slopes(f func() float64, x [][]float64) [][]float64 {
	g := clone(x)
	for i := range x {
		for j := range x[i] {
			g[i][j] = slope(f, x, i, j)
		}
	}
	return g
}

// unchanged says whether a function left the matrices alone that it was given.
func unchanged(names []string, before, after [][][]float64) (string, bool) {
	for n := range before {
		for i := range before[n] {
			for j := range before[n][i] {
				if before[n][i][j] != after[n][i][j] {
					return lang.Text{En: "%s[%d][%d] was changed from %s to %s", Zh: "%s[%d][%d] 从 %s 被改成了 %s"}.Sprintf(names[n], i, j, number(before[n][i][j]), number(after[n][i][j])), false
				}
			}
		}
	}
	return "", true
}
