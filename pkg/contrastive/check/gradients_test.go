package check

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// The query's gradient as the keys' mean under the softmax, minus the positive: the formulas as the lesson writes them.
func TestInfoNCEGradientsOtherWay(t *testing.T) {
	r := infoNCEGradientsSpec().judge(func(q []float64, keys [][]float64, temperature float64) ([]float64, [][]float64) {
		return oracle.InfoNCEGradQuery(q, keys, temperature), oracle.InfoNCEGradKeys(q, keys, temperature)
	})
	require.True(t, r.Passed(), r)
}

// A keys' gradient that is nil is told from a function of which nothing is written, and named as one of zeros is.
func TestInfoNCEGradientsNilKeys(t *testing.T) {
	r := infoNCEGradientsSpec().judge(func(q []float64, keys [][]float64, temperature float64) ([]float64, [][]float64) {
		return oracle.InfoNCEGradQuery(q, keys, temperature), nil
	})
	require.False(t, r.Passed())
	require.Len(t, r.Mistakes, 1)
	require.Equal(t, "keys-without-gradient", r.Mistakes[0].ID)
}
