package emoji

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"
)

// splitSalt names the split; another one would give another split.
const splitSalt = "contrastlab/emoji/split/1:"

// Split divides the emoji into 80 % for training and 20 % for testing: indices into items, 1,246 and 312 for
// the embedded data. An emoji is on one side with all its artists' pictures.
//
// Within each group the emoji are ranked by sha256(salt + code) and the first fifth is for testing, rounded so
// that the whole is a fifth of all (largest remainder). Both lists are in the order of that hash, so that any
// first part of them is a mix of all groups, and no random generator is involved that could change.
func Split(items []Item) (train, test []int) {
	keys := make([]string, len(items))
	order := make([]int, len(items))
	size := map[int]int{} // emoji per group
	for i, it := range items {
		h := sha256.Sum256([]byte(splitSalt + it.Code))
		keys[i], order[i] = string(h[:]), i
		size[it.Group]++
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })

	const parts = 5 // one in five is for testing
	quota := map[int]int{}
	groups := make([]int, 0, len(size))
	open := (len(items) + parts/2) / parts
	for g, n := range size {
		quota[g] = n / parts
		open -= quota[g]
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b int) int {
		return cmp.Or(cmp.Compare(size[b]%parts, size[a]%parts), cmp.Compare(a, b))
	})
	for _, g := range groups[:max(0, min(open, len(groups)))] {
		quota[g]++
	}
	for _, i := range order {
		if g := items[i].Group; quota[g] > 0 {
			quota[g]--
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	return train, test
}
