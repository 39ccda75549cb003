package check

import (
	"fmt"
	"math"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// Retriever names the best text of each picture, by its row; image has the shape [n][width], text [m][width].
type Retriever func(image, text [][]float64) []int

// Retrieve checks a function that finds, for each picture, the text with the largest cosine,
//
//	best[i] = argmax over j of cos(imageᵢ, textⱼ)
//
// which with one text per class is a zero-shot classifier (Radford and others, 2021, section 3.1.2). There may be more
// texts than pictures, or fewer. It recognizes the dot product and the distance in place of the cosine, the farthest text,
// texts that search pictures, a search that never takes a negative cosine, one that stops at the number of pictures, one
// that leaves a picture's own row out, and one that begins at the second text.
func Retrieve(f func(image, text [][]float64) []int) Report {
	return retrieveSpec().judge(f).publish()
}

const (
	retrieveDot slips = 1 << iota
	retrieveDistance
	retrieveFarthest
	retrieveColumns
	retrieveFromZero
	retrieveShort
	retrieveNotOwn
	retrieveSkipFirst
)

func retrieveSpec() spec[Retriever] {
	return spec[Retriever]{
		name:     "Retrieve",
		exercise: "11-clip",
		with:     retrieveWith,
		answers: func(f Retriever) (a []float64) {
			rng := random(112)
			for range 3 {
				image, text := rows(rng, 6, 2), rows(rng, 14, 2)
				best := f(image, text)
				a = append(a, float64(len(best)))
				for _, j := range best {
					a = append(a, float64(j))
				}
			}
			for _, j := range f([][]float64{{1, 0}, {2, 1}}, [][]float64{{-3, 5}, {-1, 0.5}, {-1, 1}, {-1, 2}}) { // all behind
				a = append(a, float64(j))
			}
			return a
		},
		unwritten: func(_, _ [][]float64) []int { return nil },
		rows: []row[Retriever]{
			{lang.Text{En: "four pictures, three texts: known", Zh: "四张图片、三个文本：已知答案"}, func(f Retriever) (string, bool) {
				image := [][]float64{{1, 0.1}, {0.1, 1}, {1, 0.9}, {-0.1, 5}}
				return sameRows([]int{0, 2, 1, 2}, f(image, [][]float64{{1, 0}, {1, 1}, {0, 1}}))
			}},
			{lang.Text{En: "20 random batches", Zh: "20 个随机批"}, func(f Retriever) (string, bool) {
				rng, searched := random(1), 0
				for range 20 {
					width := 2 + rng.IntN(5)
					image, text := rows(rng, 1+rng.IntN(8), width), rows(rng, 2+rng.IntN(8), width)
					if detail, ok := sameRows(retrieveWith(0)(image, text), f(image, text)); !ok {
						return detail, false
					}
					searched += len(image)
				}
				return lang.Text{En: "%d pictures", Zh: "%d 张图片"}.Sprintf(searched), true
			}},
			{lang.Text{En: "every picture finds its own caption", Zh: "每张图片都找到自己的说明文字"}, func(f Retriever) (string, bool) {
				rng := random(2)
				image := rows(rng, 6, 8)
				return sameRows([]int{0, 1, 2, 3, 4, 5}, f(image, jitter(rng, image, 0.05)))
			}},
			{lang.Text{En: "another order of the texts", Zh: "打乱文本的次序"}, func(f Retriever) (string, bool) {
				rng := random(3)
				image := rows(rng, 6, 8)
				order := rng.Perm(6)
				want := make([]int, 6)
				for at, from := range order {
					want[from] = at
				}
				return sameRows(want, f(image, permuted(image, order)))
			}},
			{lang.Text{En: "the length of a row does not matter", Zh: "与行向量的长度无关"}, func(f Retriever) (string, bool) {
				rng := random(4)
				image, text := rows(rng, 7, 4), rows(rng, 5, 4)
				return sameRows(f(image, text), f(scaled(rng, image), scaled(rng, text)))
			}},
			{lang.Text{En: "all cosines negative: the least negative", Zh: "余弦全为负：取最接近 0 的"}, func(f Retriever) (string, bool) {
				return sameRows([]int{2}, f([][]float64{{1, 0}}, [][]float64{{-1, 0}, {-1, 1}, {-1, 3}}))
			}},
			{lang.Text{En: "one text: always the first", Zh: "只有一个文本：总是第 0 个"}, func(f Retriever) (string, bool) {
				return sameRows([]int{0, 0, 0}, f([][]float64{{1, 0}, {0, 1}, {-1, 0}}, [][]float64{{1, 1}}))
			}},
			{lang.Text{En: "a text of zeros is no hit", Zh: "全零的文本不会被选中"}, func(f Retriever) (string, bool) {
				return sameRows([]int{1, 2}, f([][]float64{{1, 0}, {0, 1}}, [][]float64{{0, 0}, {1, 0.2}, {0.2, 1}}))
			}},
			{lang.Text{En: "its inputs stay as they are", Zh: "不改动输入"}, func(f Retriever) (string, bool) {
				rng := random(5)
				image, text := rows(rng, 4, 3), rows(rng, 4, 3)
				image1, text1 := clone(image), clone(text)
				f(image1, text1)
				return unchanged([]string{"image", "text"}, [][][]float64{image, text}, [][][]float64{image1, text1})
			}},
		},
		slips: []slip{
			{"dot-for-cosine", lang.Text{
				En: "You compare by the dot product, so that a long text wins whatever it says. Divide by both lengths.",
				Zh: "你用点积来比较，于是长的文本向量不管说什么都会赢。要除以两个向量的长度。"}, "01-pairs-and-cosine#derivation"},
			{"distance-for-cosine", lang.Text{
				En: "You take the nearest by distance, to which lengths contribute. Scale the rows to length 1 first; then both agree.",
				Zh: "你按距离取最近的，而距离与长度有关。先把各行缩放到长度 1，两者就一致了。"}, "01-pairs-and-cosine#derivation"},
			{"farthest", lang.Text{
				En: "You return the text with the smallest cosine; the best is the largest.",
				Zh: "你返回的是余弦最小的文本；最好的是最大的。"}, "01-pairs-and-cosine#derivation"},
			{"texts-search-pictures", lang.Text{
				En: "You search the best picture of each text: as many answers as texts. Each picture asks, the texts are the candidates.",
				Zh: "你找的是每个文本的最佳图片，结果和文本一样多。应由图片来问，文本是候选。"}, "11-language#derivation"},
			{"never-negative", lang.Text{
				En: "The search begins with a best cosine of 0, so a negative one is never taken. Begin with the first text, or with minus infinity.",
				Zh: "搜索时最佳余弦从 0 开始，负的永远选不上。应从第一个文本开始，或者从负无穷开始。"}, "11-language#practice"},
			{"stops-at-the-number-of-pictures", lang.Text{
				En: "The search ends at the number of pictures: later texts are never found. The inner loop runs over all texts.",
				Zh: "搜索到图片数就停了：后面的文本永远找不到。内层循环要遍历所有文本。"}, "11-language#practice"},
			{"own-row-left-out", lang.Text{
				En: "Text i is left out for picture i, as one would among pictures. Here it is the right answer.",
				Zh: "对第 i 张图片跳过了第 i 个文本，那是图片之间互相检索时的做法。在这里它正是正确答案。"}, "11-language#intuition"},
			{"first-text-skipped", lang.Text{
				En: "The first text can never win: compare it like the others, from j = 0 on.",
				Zh: "第一个文本永远赢不了：要从 j = 0 开始，像其他文本一样比较它。"}, "11-language#practice"},
		},
	}
}

// sameRows says whether two lists of rows are the same.
func sameRows(want, got []int) (string, bool) {
	return lang.Text{En: "want %s, got %s", Zh: "应为 %s，得到 %s"}.Sprintf(fmt.Sprint(want), fmt.Sprint(got)), fmt.Sprint(want) == fmt.Sprint(got)
}

// retrieveWith is Retrieve with mistakes in it.
func retrieveWith(s slips) Retriever {
	return func(image, text [][]float64) []int {
		similarity := oracle.Cosine
		switch {
		case s.has(retrieveDot):
			similarity = oracle.Dot
		case s.has(retrieveDistance):
			similarity = oracle.NegativeSquaredDistance
		}
		if s.has(retrieveColumns) {
			image, text = text, image
		}
		best := make([]int, len(image))
		for i := range image {
			most := math.Inf(-1)
			if s.has(retrieveFromZero) {
				most = 0
			}
			for j := range text {
				switch {
				case s.has(retrieveShort) && j >= len(image):
				case s.has(retrieveNotOwn) && j == i:
				case s.has(retrieveSkipFirst) && j == 0:
				default:
					c := similarity(image[i], text[j])
					if s.has(retrieveFarthest) {
						c = -c
					}
					if c > most {
						best[i], most = j, c
					}
				}
			}
		}
		return best
	}
}
