package check

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/contrastlab/contrastlab/internal/lang"
)

// BatchDrawer draws a batch: positions in the data set, whose picture i is of domain domains[i].
type BatchDrawer func(domains []int, size int, rng *rand.Rand) []int

// BalancedBatch checks a function that draws a batch with as many pictures of each of the D domains, however many the data
// set has of each:
//
//   - a domain fills size/D places; of the size mod D that are left, domains drawn anew for each batch get one each;
//   - within a domain every picture is as likely, and none comes twice before all of it have come;
//   - the batch is not sorted by domain, and all that is random comes from rng.
//
// That is how DomainBed (Gulrajani and Lopez-Paz, 2021) fills its batches. It recognizes batches in proportion to the data
// set or in blocks, the first pictures of each domain, drawing with replacement, a generator that is ignored or not the only
// one, places left over that are lost or always go to the same domains, positions in a domain's list, and a small domain
// that leaves places empty.
func BalancedBatch(f func(domains []int, size int, rng *rand.Rand) []int) Report {
	return balancedSpec().judge(f).publish()
}

const (
	balancedProportional slips = 1 << iota
	balancedFirst
	balancedReplacement
	balancedGlobal
	balancedOwnSeed
	balancedNothingRandom
	balancedFixedExtra
	balancedNoExtra
	balancedListIndex
	balancedBlocks
	balancedMapOrder
	balancedSmallShrinks
)

func balancedSpec() spec[BatchDrawer] {
	s := spec[BatchDrawer]{
		name:      "BalancedBatch",
		exercise:  "10-balanced",
		with:      balancedWith,
		unwritten: func([]int, int, *rand.Rand) []int { return nil },
		rows:      balancedRows(),
		slips:     balancedSlips(),
	}
	// What a function draws is its own affair; it is known by the properties that it has.
	s.answers = func(f BatchDrawer) []float64 {
		a := make([]float64, len(s.rows))
		for i, row := range s.rows {
			if _, holds := row.try(f); holds {
				a[i] = 1
			}
		}
		return a
	}
	return s
}

// artists are the domains of 48 pictures, 24 of domain 2, 16 of domain 9 and 8 of domain 4, mixed.
func artists() []int {
	domains := make([]int, 48)
	for i := range domains {
		domains[i] = []int{2, 9, 2, 4, 2, 9}[i%6]
	}
	return domains
}

func balancedRows() []row[BatchDrawer] {
	return []row[BatchDrawer]{
		{lang.Text{En: "12 places, three domains: 4 of each", Zh: "12 个位置、三个域：每个域 4 张"}, func(f BatchDrawer) (string, bool) {
			return everyBatch(f, 12, 50, func(counts []int) bool { return slices.Equal(counts, []int{4, 4, 4}) })
		}},
		{lang.Text{En: "11 places: 3 or 4 of each", Zh: "11 个位置：每个域 3 或 4 张"}, func(f BatchDrawer) (string, bool) {
			return everyBatch(f, 11, 50, func(counts []int) bool {
				return counts[0]+counts[1]+counts[2] == 11 && slices.Min(counts) == 3 && slices.Max(counts) == 4
			})
		}},
		{lang.Text{En: "2 places: of two domains", Zh: "2 个位置：来自两个域"}, func(f BatchDrawer) (string, bool) {
			return everyBatch(f, 2, 50, func(counts []int) bool { return counts[0]+counts[1]+counts[2] == 2 && slices.Max(counts) == 1 })
		}},
		{lang.Text{En: "who gets the place that is left is drawn anew", Zh: "多出来的位置给谁，每次重新抽"}, drawsAnew},
		{lang.Text{En: "no picture twice while its domain lasts", Zh: "域里的图片没用完之前不重复"}, func(f BatchDrawer) (string, bool) {
			rng := random(2)
			for range 50 {
				batch := f(artists(), 24, rng)
				times := counted(batch)
				for _, i := range batch {
					if times[i] > 1 {
						return lang.Text{En: "picture %d comes %d times in a batch of 24", Zh: "图片 %d 在 24 张的批里出现了 %d 次"}.Sprintf(i, times[i]), false
					}
				}
				if len(batch) == 0 {
					return lang.Text{En: "the batch is empty", Zh: "批是空的"}.String(), false
				}
			}
			return "", true
		}},
		{lang.Text{En: "a domain of 8 fills 20 places: each picture 2 or 3 times", Zh: "8 张图片的域要填 20 个位置：每张 2 或 3 次"}, func(f BatchDrawer) (string, bool) {
			rng := random(3)
			for range 20 {
				times := counted(f(artists(), 60, rng))
				for i, domain := range artists() {
					if domain == 4 && times[i] != 2 && times[i] != 3 {
						return lang.Text{En: "picture %d comes %d times", Zh: "图片 %d 出现了 %d 次"}.Sprintf(i, times[i]), false
					}
				}
			}
			return "", true
		}},
		{lang.Text{En: "every picture gets its turn", Zh: "每张图片都轮得到"}, everyPicture},
		{lang.Text{En: "not domain by domain", Zh: "不按域排列"}, func(f BatchDrawer) (string, bool) {
			rng, domains, blocks := random(5), artists(), 0
			for range 20 {
				changes := 0
				batch := f(domains, 12, rng)
				for at := 1; at < len(batch); at++ {
					if domainOf(domains, batch[at]) != domainOf(domains, batch[at-1]) {
						changes++
					}
				}
				if changes < 3 {
					blocks++
				}
			}
			return lang.Text{En: "%d of 20 batches in blocks", Zh: "20 批中有 %d 批按域成块"}.Sprintf(blocks), blocks < 10
		}},
		{lang.Text{En: "the same generator: the same batch", Zh: "生成器状态相同：批也相同"}, func(f BatchDrawer) (string, bool) {
			for seed := range uint64(20) {
				if detail, ok := sameRows(f(artists(), 11, random(seed)), f(artists(), 11, random(seed))); !ok {
					return detail, false
				}
			}
			return "", true
		}},
		{lang.Text{En: "rng is used: it goes on, and so do the batches", Zh: "用到了 rng：它在前进，批也在变"}, func(f BatchDrawer) (string, bool) {
			rng := random(6)
			first := f(artists(), 12, rng)
			if rng.Uint64() == random(6).Uint64() {
				return lang.Text{En: "rng stands where it stood", Zh: "rng 停在原处"}.String(), false
			}
			second := f(artists(), 12, rng)
			return lang.Text{En: "%v, then %v", Zh: "先 %v，后 %v"}.Sprintf(first, second), !slices.Equal(first, second)
		}},
		{lang.Text{En: "one domain, no places", Zh: "只有一个域；没有位置"}, func(f BatchDrawer) (string, bool) {
			whole, none := f([]int{5, 5, 5, 5}, 4, random(7)), f([]int{5, 6}, 0, random(8))
			sorted := slices.Clone(whole)
			slices.Sort(sorted)
			return fmt.Sprintf("%v, %v", whole, none), slices.Equal(sorted, []int{0, 1, 2, 3}) && len(none) == 0
		}},
		{lang.Text{En: "its inputs stay as they are", Zh: "不改动输入"}, func(f BatchDrawer) (string, bool) {
			domains := artists()
			f(domains, 12, random(9))
			if detail, ok := sameRows(artists(), domains); !ok {
				return detail, false
			}
			return "", true
		}},
	}
}

// everyBatch draws batches and asks of each whether the numbers of pictures of domains 2, 4 and 9 are right.
func everyBatch(f BatchDrawer, size, batches int, right func(counts []int) bool) (string, bool) {
	rng, domains := random(1), artists()
	for range batches {
		batch, counts := f(domains, size, rng), make([]int, 3)
		for _, i := range batch {
			switch domainOf(domains, i) {
			case 2:
				counts[0]++
			case 4:
				counts[1]++
			case 9:
				counts[2]++
			default:
				return lang.Text{En: "there is no picture %d", Zh: "没有图片 %d"}.Sprintf(i), false
			}
		}
		if !right(counts) {
			return lang.Text{En: "%d, %d and %d of domains 2, 4 and 9", Zh: "域 2、4、9 各有 %d、%d、%d 张"}.Sprintf(counts[0], counts[1], counts[2]), false
		}
	}
	return lang.Text{En: "%d batches", Zh: "%d 批"}.Sprintf(batches), true
}

// drawsAnew lets ten places be filled: 3, 3 and 4.
func drawsAnew(f BatchDrawer) (string, bool) {
	rng, domains, most := random(4), artists(), map[int]int{}
	for range 300 {
		counts := map[int]int{}
		for _, i := range f(domains, 10, rng) {
			counts[domainOf(domains, i)]++
		}
		for domain, n := range counts {
			if n == 4 {
				most[domain]++
			}
		}
	}
	fair := true
	for _, domain := range []int{2, 4, 9} {
		fair = fair && most[domain] > 55 && most[domain] < 145 // 100 are to be expected, with a standard deviation of 8
	}
	return lang.Text{En: "in 300 batches of 10, domains 2, 4 and 9 had 4 pictures %d, %d and %d times", Zh: "300 批、每批 10 张，域 2、4、9 有 4 张的次数是 %d、%d、%d"}.
		Sprintf(most[2], most[4], most[9]), fair
}

// everyPicture counts how often each comes.
func everyPicture(f BatchDrawer) (string, bool) {
	rng, times := random(10), map[int]int{}
	const batches = 400
	for range batches {
		for i, n := range counted(f(artists(), 12, rng)) {
			times[i] += n
		}
	}
	size := map[int]float64{2: 24, 4: 8, 9: 16}
	for i, domain := range artists() {
		want := batches * 4 / size[domain]
		if got := float64(times[i]); got < 0.4*want || got > 1.7*want {
			return lang.Text{En: "picture %d: about %.0f times in %d batches were to be expected, got %.0f", Zh: "图片 %d：%[3]d 批中应出现约 %.0[2]f 次，实际 %.0[4]f 次"}.
				Sprintf(i, want, batches, got), false
		}
	}
	return lang.Text{En: "%d batches", Zh: "%d 批"}.Sprintf(batches), true
}

// counted says how often each picture is in a batch.
func counted(batch []int) map[int]int {
	times := map[int]int{}
	for _, i := range batch {
		times[i]++
	}
	return times
}

// domainOf is the domain of a picture, and −1 if there is no such picture.
func domainOf(domains []int, i int) int {
	if i < 0 || i >= len(domains) {
		return -1
	}
	return domains[i]
}
