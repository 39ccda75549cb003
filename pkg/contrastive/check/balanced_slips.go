package check

import (
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/contrastlab/contrastlab/internal/lang"
)

func balancedSlips() []slip {
	return []slip{
		{"proportional", lang.Text{
			En: "Pictures are drawn from the whole data set: large domains fill the batch, small ones hardly occur. Sort positions by domain first, then draw from each list.",
			Zh: "图片是从整个数据集里抽的：大的域占满了批，小的域几乎不出现。先按域把位置分好，再从每个域各抽一些。"}, "10-domains#derivation"},
		{"first-of-each-domain", lang.Text{
			En: "Each domain always gives its first pictures; the others are never seen. Shuffle its list with rng before you take from it.",
			Zh: "每个域总是给出最前面的几张，其余的永远见不到。取之前先用 rng 打乱它的列表。"}, "10-domains#practice"},
		{"with-replacement", lang.Text{
			En: "Pictures are drawn with replacement: some come twice although others are left, and a picture becomes its own negative. Shuffle the list and take from the front.",
			Zh: "抽取是有放回的：还有没用过的图片，有的却出现了两次，一张图片就成了自己的负样本。打乱列表，从头取。"}, "10-domains#practice"},
		{"another-generator", lang.Text{
			En: "Chance comes from the global generator: no run can be repeated. Call rng.Perm, rng.Shuffle or rng.IntN, not the functions of the package rand.",
			Zh: "随机数来自全局生成器：训练无法重复。要调用 rng.Perm、rng.Shuffle 或 rng.IntN，而不是 rand 包的函数。"}, "10-domains#practice"},
		{"seeded-inside", lang.Text{
			En: "The function makes a generator of its own with a fixed seed, so that every batch is the same. Use the rng that is handed in: it goes on from call to call.",
			Zh: "函数用固定的种子自己建了一个生成器，于是每一批都一样。要用传进来的 rng：它在各次调用之间不断前进。"}, "10-domains#practice"},
		{"nothing-random", lang.Text{
			En: "Nothing is drawn: every batch is the same. Shuffle each domain's list with rng, and the batch in the end.",
			Zh: "什么也没有抽：每一批都一样。用 rng 打乱每个域的列表，最后再打乱整批。"}, "10-domains#practice"},
		{"left-over-to-the-first", lang.Text{
			En: "Places that are left over always go to the same domains; the last one loses in every batch. Draw with rng who gets them.",
			Zh: "除不尽时，多出来的位置总是给同样几个域，最后一个域每批都吃亏。应该用 rng 抽出给谁。"}, "10-domains#derivation"},
		{"left-over-lost", lang.Text{
			En: "size/D drops the remainder: the batch is too small when the size is not divisible. Give size % D domains one more.",
			Zh: "size/D 丢掉了余数：除不尽时批就小了。应让 size % D 个域各多一张。"}, "10-domains#derivation"},
		{"position-in-the-list", lang.Text{
			En: "You return positions in a domain's own list; whoever loads the batch needs positions in the data set: list[i], not i.",
			Zh: "你返回的是在域自己的列表里的位置；读取图片需要的是在数据集里的位置：list[i]，而不是 i。"}, "10-domains#practice"},
		{"in-blocks", lang.Text{
			En: "The batch comes domain by domain. Whoever splits it, over devices or into halves, gets one domain in each part: shuffle it in the end.",
			Zh: "批是按域一块一块排的。谁要把它拆到多个设备上或分成两半，每一部分就只有一个域：最后要打乱。"}, "10-domains#practice"},
		{"order-of-a-map", lang.Text{
			En: "The same rng gives different batches: you range over a map, whose order Go changes from loop to loop. Go through the domains in a fixed order.",
			Zh: "同样的 rng 却得到不同的批：你用 range 遍历了 map，而 Go 每次遍历的次序都不同。要按固定的次序处理各个域。"}, "10-domains#practice"},
		{"small-domain-falls-short", lang.Text{
			En: "A domain smaller than its share gives all it has and leaves places empty. When its list is used up, shuffle it again and go on.",
			Zh: "不够分的域把所有图片都给出后，剩下的位置就空着了。列表用完时，要重新打乱再接着取。"}, "10-domains#derivation"},
	}
}

// balancedWith is BalancedBatch with mistakes in it.
func balancedWith(s slips) BatchDrawer {
	return func(domains []int, size int, rng *rand.Rand) []int {
		switch {
		case s.has(balancedGlobal):
			rng = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
		case s.has(balancedOwnSeed):
			rng = rand.New(rand.NewPCG(1, 2))
		}
		if s.has(balancedProportional) {
			domains = make([]int, len(domains)) // one domain
		}
		var names []int
		lists := map[int][]int{}
		for i, domain := range domains {
			if lists[domain] == nil {
				names = append(names, domain)
			}
			lists[domain] = append(lists[domain], i)
		}
		if s.has(balancedMapOrder) {
			names = slices.Collect(maps.Keys(lists))
		}
		share, extra := size/len(names), make([]int, len(names))
		if left := size % len(names); left > 0 && !s.has(balancedNoExtra) {
			order := rng.Perm(len(names))
			if s.has(balancedFixedExtra) || s.has(balancedNothingRandom) {
				slices.Sort(order)
			}
			for _, at := range order[:left] {
				extra[at] = 1
			}
		}
		var batch []int
		for at, name := range names {
			batch = append(batch, balancedDraw(s, lists[name], share+extra[at], rng)...)
		}
		if !s.has(balancedBlocks) && !s.has(balancedNothingRandom) {
			rng.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
		}
		return batch
	}
}

// balancedDraw draws count pictures of a domain.
func balancedDraw(s slips, list []int, count int, rng *rand.Rand) (drawn []int) {
	if s.has(balancedSmallShrinks) {
		count = min(count, len(list))
	}
	for len(drawn) < count {
		order := rng.Perm(len(list))
		if s.has(balancedFirst) || s.has(balancedNothingRandom) {
			slices.Sort(order)
		}
		if s.has(balancedReplacement) {
			order[0] = rng.IntN(len(list))
			order = order[:1]
		}
		for _, at := range order[:min(len(order), count-len(drawn))] {
			if s.has(balancedListIndex) {
				drawn = append(drawn, at)
			} else {
				drawn = append(drawn, list[at])
			}
		}
	}
	return drawn
}
