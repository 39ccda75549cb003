package check

import (
	"math"
	"math/rand/v2"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// matrixOfRows compares each row of a, [n][width], with each row of b, [m][width]: a matrix [n][m].
type matrixOfRows func(a, b [][]float64) [][]float64

// CosineMatrix checks a function that computes, for a of shape [n][width] and b of shape [m][width], the matrix [n][m] of
//
//	cos(aᵢ, bⱼ) = aᵢ·bⱼ / (‖aᵢ‖ ‖bⱼ‖)
//
// and 0 where one of the two is zero (Salton, Wong and Yang, 1975; as the similarity of SimCLR in Chen and others, 2020,
// section 2.1), prints what it found, and returns it. It recognizes dot products, a missing, squared or otherwise measured
// length, distances, a transposed matrix, NaN for zero rows, lengths along the batch, rows that share their memory, and
// inputs that are normalized in place.
func CosineMatrix(f func(a, b [][]float64) [][]float64) Report {
	return cosineMatrixSpec().judge(f).publish()
}

const (
	cosineDot slips = 1 << iota
	cosineOnlyA
	cosineOnlyB
	cosineSquared
	cosineAbsolute
	cosineColumns
	cosineDistance
	cosineTransposed
	cosineZero
	cosineSharedRow
	cosineInPlace
)

func cosineMatrixSpec() spec[matrixOfRows] {
	return spec[matrixOfRows]{
		name:     "CosineMatrix",
		exercise: "01-cosine",
		with:     cosineMatrixWith,
		answers: func(f matrixOfRows) []float64 {
			rng := random(11)
			a, b := rows(rng, 4, 3), rows(rng, 3, 3)
			got := append(shape(f(a, b)), flat(a)...) // in-place work shows in the inputs
			got = append(got, flat(b)...)
			for _, x := range flat(f([][]float64{{0, 0}, {1, 2}}, [][]float64{{3, 1}})) { // a distance from zero is 0 or 1
				got = append(got, flag(finite(x)))
			}
			return got
		},
		unwritten: func(_, _ [][]float64) [][]float64 { return nil },
		rows: []row[matrixOfRows]{
			{lang.Text{En: "every entry, on 20 random pairs of matrices", Zh: "20 对随机矩阵的每个元素"}, func(f matrixOfRows) (string, bool) {
				var l largest
				rng := random(12)
				for range 20 {
					a, b := unlikeMatrices(rng)
					l.compareAll("cos", cosines(a, b), f(a, b))
				}
				return l.result()
			}},
			{lang.Text{En: "same, opposite, right angle: 1, −1, 0", Zh: "同向、反向、直角：1、−1、0"}, func(f matrixOfRows) (string, bool) {
				var l largest
				l.compareAll("cos", [][]float64{{1, -1, 0, 0.96}}, f([][]float64{{3, 4}}, [][]float64{{6, 8}, {-3, -4}, {-8, 6}, {4, 3}}))
				return l.result()
			}},
			{lang.Text{En: "the length of a row does not matter", Zh: "与行向量的长度无关"}, func(f matrixOfRows) (string, bool) {
				var l largest
				rng := random(13)
				a, b := unlikeMatrices(rng)
				want := clone(f(a, b))
				l.compareAll("cos", want, f(scaled(rng, a), scaled(rng, b)))
				return l.result()
			}},
			{lang.Text{En: "b against a is the transposed matrix", Zh: "交换 a 与 b 得到转置矩阵"}, func(f matrixOfRows) (string, bool) {
				var l largest
				a, b := unlikeMatrices(random(14))
				l.compareAll("cos(b, a)", transposed(cosines(a, b)), f(b, a))
				return l.result()
			}},
			{lang.Text{En: "a zero row gives 0, not NaN", Zh: "零向量得到 0，而不是 NaN"}, func(f matrixOfRows) (string, bool) {
				var l largest
				l.compareAll("cos", [][]float64{{0, 0}, {0, 1}}, f([][]float64{{0, 0}, {2, 0}}, [][]float64{{0, 0}, {1, 0}}))
				return l.result()
			}},
			{lang.Text{En: "its inputs stay as they are", Zh: "不改动输入"}, func(f matrixOfRows) (string, bool) {
				a, b := unlikeMatrices(random(15))
				a1, b1 := clone(a), clone(b)
				for _, line := range f(a1, b1) { // nor does the result share their memory
					for j := range line {
						line[j] = 7
					}
				}
				return unchanged([]string{"a", "b"}, [][][]float64{a, b}, [][][]float64{a1, b1})
			}},
		},
		slips: []slip{
			{"dot-for-cosine", lang.Text{
				En: "You return dot products. A long row then looks similar to everything: divide by both lengths.",
				Zh: "你返回的是点积。这样，长的向量看上去跟什么都像：要除以两个向量的长度。"}, "01-pairs-and-cosine#derivation"},
			{"length-of-b-missing", lang.Text{
				En: "You divide by the length of a's row only. The longest row of b is now the nearest to every row of a: divide by its length too.",
				Zh: "你只除以了 a 的行的长度。于是 b 中最长的一行离 a 的每一行都最近：也要除以它的长度。"}, "01-pairs-and-cosine#derivation"},
			{"length-of-a-missing", lang.Text{
				En: "You divide by the length of b's row only. The order in a row is right already, the values are not: divide by the length of a's row too.",
				Zh: "你只除以了 b 的行的长度。每行内的排序已经对了，数值却不对：也要除以 a 的行的长度。"}, "01-pairs-and-cosine#derivation"},
			{"squared-lengths", lang.Text{
				En: "You divide by the squared lengths: ‖a‖ is the square root of a·a. Twice as long a row now gets half the cosine.",
				Zh: "你除以的是长度的平方：‖a‖ 是 a·a 的平方根。现在向量长一倍，余弦就减半。"}, "01-pairs-and-cosine#derivation"},
			{"sum-of-absolute-values", lang.Text{
				En: "You measure length by the sum of absolute values. ‖a‖ is the root of the sum of squares; only then is a row's cosine with itself 1.",
				Zh: "你用绝对值之和来量长度。‖a‖ 是平方和的平方根；只有这样，一行与自身的余弦才是 1。"}, "01-pairs-and-cosine#derivation"},
			{"columns-normalized", lang.Text{
				En: "You divide each column by its length, that is, along the batch. The length that counts is that of a row: one picture's embedding.",
				Zh: "你把每一列除以它的长度，也就是沿批的方向归一化了。该归一化的是行：一行才是一张图片的嵌入。"}, "01-pairs-and-cosine#practice"},
			{"distance", lang.Text{
				En: "You return 1 − cos, a distance: alike is 0 there. A similarity is asked for: alike is 1.",
				Zh: "你返回的是 1 − cos，那是距离，相同时为 0。这里要的是相似度：相同时为 1。"}, "01-pairs-and-cosine#derivation"},
			{"transposed", lang.Text{
				En: "Rows and columns are exchanged: entry [i][j] compares row i of a with row j of b, so that there are as many rows as in a.",
				Zh: "行和列颠倒了：元素 [i][j] 比较 a 的第 i 行和 b 的第 j 行，所以结果的行数与 a 相同。"}, "01-pairs-and-cosine#derivation"},
			{"nan-for-zero", lang.Text{
				En: "A row of zeros gives 0/0 = NaN, and one NaN makes a whole loss NaN. It has no direction: return 0 for it.",
				Zh: "全零的行得到 0/0 = NaN，而一个 NaN 就会让整个损失变成 NaN。它没有方向：返回 0。"}, "01-pairs-and-cosine#practice"},
			{"rows-share-memory", lang.Text{
				En: "All rows of the result are one and the same slice, so that every row shows the last one: call make inside the loop over i.",
				Zh: "结果的所有行是同一个切片，所以每一行显示的都是最后一行：要在对 i 的循环里面调用 make。"}, "01-pairs-and-cosine#derivation"},
			{"normalized-in-place", lang.Text{
				En: "You normalize the rows where they are: the caller's embeddings are changed. A slice is a reference; divide in a copy, or divide the product.",
				Zh: "你就地归一化了各行：调用者的嵌入被改掉了。切片是引用；请在副本上除，或者对乘积做除法。"}, "01-pairs-and-cosine#practice"},
		},
	}
}

// cosines is the right answer.
func cosines(a, b [][]float64) [][]float64 {
	out := make([][]float64, len(a))
	for i := range a {
		for j := range b {
			out[i] = append(out[i], oracle.Cosine(a[i], b[j]))
		}
	}
	return out
}

// unlikeMatrices are two with as many columns and never as many rows.
func unlikeMatrices(rng *rand.Rand) (a, b [][]float64) {
	n, width := 2+rng.IntN(6), 3+rng.IntN(6)
	return rows(rng, n, width), rows(rng, n+1+rng.IntN(3), width)
}

// shape are the numbers of all rows, after their number and that of each row's entries.
func shape(z [][]float64) []float64 {
	out := []float64{float64(len(z))}
	for _, row := range z {
		out = append(append(out, float64(len(row))), row...)
	}
	return out
}

func transposed(z [][]float64) [][]float64 {
	if len(z) == 0 {
		return nil
	}
	out := make([][]float64, len(z[0]))
	for j := range out {
		for i := range z {
			out[j] = append(out[j], z[i][j])
		}
	}
	return out
}

// cosineMatrixWith is CosineMatrix with mistakes in it.
func cosineMatrixWith(s slips) matrixOfRows {
	length := func(x []float64) float64 {
		squares, absolute := oracle.Dot(x, x), 0.0
		for _, v := range x {
			absolute += math.Abs(v)
		}
		switch {
		case s.has(cosineSquared):
			return squares
		case s.has(cosineAbsolute):
			return absolute
		default:
			return math.Sqrt(squares)
		}
	}
	// divided are the rows of z, each (or each column) by its length.
	divided := func(z [][]float64) [][]float64 {
		if s.has(cosineColumns) {
			z = transposed(z)
		}
		out := z
		if !s.has(cosineInPlace) {
			out = clone(z)
		}
		for i := range z {
			if l := length(z[i]); l != 0 || s.has(cosineZero) {
				for j := range z[i] {
					out[i][j] /= l
				}
			}
		}
		if s.has(cosineColumns) {
			out = transposed(out)
		}
		return out
	}
	return func(a, b [][]float64) [][]float64 {
		if !s.has(cosineDot) && !s.has(cosineOnlyB) {
			a = divided(a)
		}
		if !s.has(cosineDot) && !s.has(cosineOnlyA) {
			b = divided(b)
		}
		out, line := make([][]float64, len(a)), make([]float64, len(b))
		for i := range a {
			if !s.has(cosineSharedRow) {
				line = make([]float64, len(b))
			}
			for j := range b {
				line[j] = oracle.Dot(a[i], b[j])
				if s.has(cosineDistance) {
					line[j] = 1 - line[j]
				}
			}
			out[i] = line
		}
		if s.has(cosineTransposed) {
			out = transposed(out)
		}
		return out
	}
}
