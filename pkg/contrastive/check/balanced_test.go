package check

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Dealing the pictures out, one domain after the other in an order drawn anew, is as good a way.
func TestBalancedBatchDealt(t *testing.T) {
	report := balancedSpec().judge(func(domains []int, size int, rng *rand.Rand) []int {
		names := slices.Clone(domains)
		slices.Sort(names)
		names = slices.Compact(names)
		rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		lists := make([][]int, len(names))
		for i, domain := range domains {
			at := slices.Index(names, domain)
			lists[at] = append(lists[at], i)
		}
		var batch []int
		for k := range size {
			list, turn := lists[k%len(names)], k/len(names)
			if turn%len(list) == 0 {
				rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			}
			batch = append(batch, list[turn%len(list)])
		}
		return batch
	})
	require.True(t, report.Passed(), report.String())
}

// Two mistakes that often come together: the places left over go to the domains that a map yields first.
func TestBalancedBatchTwoMistakes(t *testing.T) {
	report := balancedSpec().judge(balancedWith(balancedFixedExtra | balancedMapOrder))
	require.False(t, report.Passed())
	var found []string
	for _, m := range report.Mistakes {
		found = append(found, m.ID)
	}
	require.Equal(t, []string{"left-over-to-the-first", "order-of-a-map"}, found, report.String())
}
