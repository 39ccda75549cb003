package check

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// A standard deviation may be divided by n − 1 and have a little added: such a function passes, and its mistakes are
// recognized like those of any other.
func TestStandardizeOtherWays(t *testing.T) {
	s := standardizeSpec()
	report := s.judge(standardizeWith(0, 1))
	require.True(t, report.Passed(), report.String())

	report = s.judge(func(train, test [][]float64) (a, b [][]float64) {
		a, b = clone(train), clone(test)
		for j := range train[0] {
			mean, deviation := moments(columnOf(train, j))
			for _, z := range [][][]float64{a, b} {
				for i := range z {
					z[i][j] = (z[i][j] - mean) / math.Sqrt(deviation*deviation+1e-5)
				}
			}
		}
		return a, b
	})
	require.True(t, report.Passed(), report.String())

	for i, one := range s.slips {
		report := s.judge(standardizeWith(1<<i, 1))
		require.Len(t, report.Mistakes, 1, report.String())
		require.Equal(t, one.id, report.Mistakes[0].ID)
	}
}

// A step may write over the weights that it was given, and compute the gradient before it moves anything.
func TestProbeStepInPlace(t *testing.T) {
	report := probeStepSpec().judge(func(w [][]float64, b []float64, features [][]float64, labels []int, rate float64) ([][]float64, []float64) {
		gradients := make([][]float64, len(features))
		for i, x := range features {
			gradients[i] = oracle.Softmax(probeLogits(w, b, x))
			gradients[i][labels[i]]--
		}
		for k := range b {
			for i, x := range features {
				by := rate / float64(len(features)) * gradients[i][k]
				for j := range x {
					w[j][k] -= by * x[j]
				}
				b[k] -= by
			}
		}
		return w, b
	})
	require.True(t, report.Passed(), report.String())
}
