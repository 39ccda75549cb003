package check

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// Lengths bounded from below, as PyTorch's cosine_similarity has them, and no rows for no rows are right as well.
func TestCosineMatrixOtherWay(t *testing.T) {
	const least = 1e-8
	r := cosineMatrixSpec().judge(func(a, b [][]float64) (c [][]float64) {
		for i := range a {
			c = append(c, nil)
			for j := range b {
				lengths := oracle.Distance(a[i], make([]float64, len(a[i]))) * oracle.Distance(b[j], make([]float64, len(b[j])))
				c[i] = append(c[i], oracle.Dot(a[i], b[j])/max(lengths, least))
			}
		}
		return c
	})
	require.True(t, r.Passed(), r)
}
