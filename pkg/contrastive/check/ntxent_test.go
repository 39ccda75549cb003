package check

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// NT-Xent as SupCon with a label for each picture, and as half the sum of its two directions.
func TestNTXentOtherWays(t *testing.T) {
	r := ntXentSpec().judge(func(z1, z2 [][]float64, temperature float64) float64 {
		labels := make([]int, 2*len(z1))
		for i := range labels {
			labels[i] = i % len(z1)
		}
		return oracle.SupConOut(slices.Concat(z1, z2), labels, len(labels), temperature)
	})
	require.True(t, r.Passed(), r)

	oneWay := ntXentWith(ntXentFirstOnly)
	r = ntXentSpec().judge(func(z1, z2 [][]float64, temperature float64) float64 {
		return (oneWay(z1, z2, temperature) + oneWay(z2, z1, temperature)) / 2
	})
	require.True(t, r.Passed(), r)
}

// The masks from a label for each row, as the package makes them.
func TestTwoViewMasksOtherWay(t *testing.T) {
	r := twoViewMasksSpec().judge(func(n int) (positive, candidate [][]bool) {
		for i := range 2 * n {
			positive, candidate = append(positive, nil), append(candidate, nil)
			for j := range 2 * n {
				candidate[i] = append(candidate[i], i != j)
				positive[i] = append(positive[i], i%n == j%n && i != j)
			}
		}
		return positive, candidate
	})
	require.True(t, r.Passed(), r)
}
