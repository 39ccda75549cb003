// Package balanced solves exercise 10.
package balanced

import "math/rand/v2"

// BalancedBatch draws positions of a batch with equally many pictures of each domain; places that are left over go to
// domains drawn anew.
func BalancedBatch(domains []int, size int, rng *rand.Rand) []int {
	// A list for each domain, in the order in which domains first occur: ranging over the map itself would give another
	// order each time, and with it another batch from the same rng.
	at := map[int]int{}
	var lists [][]int
	for i, domain := range domains {
		if _, known := at[domain]; !known {
			at[domain] = len(lists)
			lists = append(lists, nil)
		}
		lists[at[domain]] = append(lists[at[domain]], i)
	}

	counts := make([]int, len(lists))
	for place, d := range rng.Perm(len(lists)) {
		counts[d] = size / len(lists)
		if place < size%len(lists) {
			counts[d]++
		}
	}

	batch := make([]int, 0, size)
	for d, list := range lists {
		for k := range counts[d] {
			if k%len(list) == 0 { // at the start, and when all of the domain has come
				rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			}
			batch = append(batch, list[k%len(list)])
		}
	}
	rng.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	return batch
}
