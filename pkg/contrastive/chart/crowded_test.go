package chart

import (
	"fmt"
	"image"
)

// crowded is charts with more to say than the usual frame has room for: legends of many names, notes and titles given
// after a chart was made, values that reach the end of their scale.
func crowded() []sample {
	noted := func(c *Chart) *Chart {
		c.Note = "given later: what the rows are, which pictures were left out of them, and why the last of them is compared with the first two of another run"
		return c
	}
	named := func(n int, long string) (lines []Series, bars []BarSeries) {
		for i := range n {
			name := fmt.Sprintf("%s %d", long, i+1)
			lines = append(lines, Series{Name: name, Y: []float64{float64(i), float64(i + 1), float64(i) / 2}})
			bars = append(bars, BarSeries{Name: name, Values: []float64{1 - 0.1*float64(i), 0.5, 0.9}, Baseline: i < 2})
		}
		return lines, bars
	}
	lines, bars := named(8, "an encoder of some size")
	groups := []string{"Noto → Twemoji", "OpenMoji → Noto", "Fluent → Twemoji"}
	few, one := named(3, "run")
	one[0].Errors = []float64{0.04, 0.02, 0.03}
	long := Lines("A title that says in one sentence what is drawn here, over what, and what the reader should look for in it", "step", "recall@1", few...)
	chinese := noted(Lines("不同编码器在测试集上的召回率", "步", "召回率", few...))
	chinese.Note = "每条曲线是三个随机种子的平均值;虚线是作为比较基准的原始像素,阴影带是一个标准差;最后一个点是训练结束时的值,没有用测试标签选择任何东西,所有数字都来自同一台机器。"
	pictures := PictureTable([][]image.Image{tiles(6, 1), tiles(6, 2)}, []string{"one", "two", "three", "four", "five", "six"}, []string{"pizza", "dog"})
	return []sample{
		{"crowded-lines", noted(Lines("Recall of eight encoders", "step", "recall@1", lines...)), true},
		{"crowded-bars", Bars("Accuracy of six encoders", "accuracy", groups, bars[:6]), true},
		{"shares", Bars("Accuracy", "accuracy", groups, one[:1]), true},
		{"noted-matrix", noted(SimilarityMatrix("Similarity of four views", [][]float32{{1, .8, -.2, 0}, {.8, 1, .1, -.7}, {-.2, .1, 1, .5}, {0, -.7, .5, 1}}, []string{"a", "a", "b", "b"})), true},
		{"noted-confusion", noted(Confusion(counts(5, newRand()), []string{"smileys", "animals", "food", "travel", "symbols"})), true},
		{"noted-map", noted(PCAMap(clusters(90, 9, 0.9), MapOptions{Picture: pictureOf, Seed: 1})), true},
		{"noted-pictures", noted(pictures), false},
		{"long-title", long, true},
		{"chinese", chinese, true},
	}
}
