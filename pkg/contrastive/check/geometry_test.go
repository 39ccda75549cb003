package check

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// Both numbers can be had from cosines, d² = 2 − 2 cos, and uniformity from ordered pairs with its largest exponent set
// apart; such functions pass too.
func TestGeometryOtherWay(t *testing.T) {
	t.Setenv(ReportEnv, filepath.Join(t.TempDir(), "r"))
	require.True(t, Alignment(func(x, y [][]float64) float64 {
		cosines := 0.0
		for i := range x {
			cosines += oracle.Cosine(x[i], y[i])
		}
		return 2 - 2*cosines/float64(len(x))
	}).Passed())
	require.True(t, Uniformity(func(x [][]float64) float64 {
		var exponents []float64
		for i := range x {
			for j := range x {
				if j != i {
					exponents = append(exponents, 4*oracle.Cosine(x[i], x[j])-4)
				}
			}
		}
		return oracle.LogSumExp(exponents) - math.Log(float64(len(exponents)))
	}).Passed())
}
