package check

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

func TestEigenvalues(t *testing.T) {
	require.InDeltaSlice(t, []float64{3, 1}, Eigenvalues([][]float64{{2, 1}, {1, 2}}), 1e-12)
	require.InDeltaSlice(t, []float64{7, 0, -2}, Eigenvalues([][]float64{{-2, 0, 0}, {0, 7, 0}, {0, 0, 0}}), 0)

	// Rows along known axes: vvᵀ summed with weights has those weights as eigenvalues, whatever the axes are.
	rng := random(63)
	var axes [][]float64
	for len(axes) < 8 {
		v := rows(rng, 1, 8)[0]
		for range 2 {
			for _, axis := range axes {
				along := oracle.Dot(v, axis)
				for d := range v {
					v[d] -= along * axis[d]
				}
			}
		}
		axes = append(axes, oracle.Unit(v))
	}
	want := []float64{1e6, 50, 3, 3, 1, 1e-3, 0, 0}
	a := make([][]float64, 8)
	for i := range a {
		a[i] = make([]float64, 8)
		for j := range a[i] {
			for k, weight := range want {
				a[i][j] += weight * axes[k][i] * axes[k][j]
			}
		}
	}
	before := clone(a)
	require.InDeltaSlice(t, want, Eigenvalues(a), 1e-8)
	require.Equal(t, before, a)
	require.Empty(t, Eigenvalues(nil))
}

// Measures and thresholds are the learner's own. These are others than the check's: what unit rows lack in the length of
// their mean, or uniformity, for the spread; the participation ratio, or how many directions hold 95 % of the variance, for
// the rank; on rows normalized or as they are; and thresholds on both sides of the check's.
func TestDiagnoseOtherWays(t *testing.T) {
	t.Setenv(ReportEnv, filepath.Join(t.TempDir(), "r"))
	covariance := func(z [][]float64) [][]float64 {
		c := make([][]float64, len(z[0]))
		for a := range c {
			c[a] = make([]float64, len(c))
			for b := range c {
				meanA, meanB, meanAB := 0.0, 0.0, 0.0
				for i := range z {
					meanA += z[i][a] / float64(len(z))
					meanB += z[i][b] / float64(len(z))
				}
				for i := range z {
					meanAB += (z[i][a] - meanA) * (z[i][b] - meanB)
				}
				c[a][b] = meanAB / float64(len(z)-1)
			}
		}
		return c
	}
	spreads := map[string]func(z [][]float64) bool{
		"length of the mean": func(z [][]float64) bool {
			trace := 0.0
			for d, row := range covariance(oracle.Units(z)) {
				trace += row[d]
			}
			return trace < 0.02
		},
		"uniformity": func(z [][]float64) bool { return oracle.Uniformity(z, 2) > -0.05 },
	}
	ranks := map[string]func(eigenvalues []float64) bool{
		"effective rank, 5 of 32": func(e []float64) bool {
			p, sum, entropy := make([]float64, len(e)), 0.0, 0.0
			for i, v := range e {
				p[i] = math.Sqrt(max(0, v))
				sum += p[i]
			}
			for _, v := range p {
				if v > 0 {
					entropy -= v / sum * math.Log(v/sum)
				}
			}
			return math.Exp(entropy) < 5
		},
		"participation ratio": func(e []float64) bool {
			sum, squares := 0.0, 0.0
			for _, v := range e {
				sum, squares = sum+v, squares+v*v
			}
			return sum*sum/squares < 2.5
		},
		"directions of 95 %": func(e []float64) bool {
			sum, held := 0.0, 0.0
			for _, v := range e {
				sum += v
			}
			for i, v := range e {
				if held += v; held > 0.95*sum {
					return i+1 <= 3
				}
			}
			return true
		},
	}
	for spread, isPoint := range spreads {
		for rank, isFlat := range ranks {
			for _, normalized := range []bool{true, false} {
				r := Diagnose(func(z [][]float64) Verdict {
					if isPoint(z) {
						return Collapsed
					}
					if normalized {
						z = oracle.Units(z)
					}
					if isFlat(Eigenvalues(covariance(z))) {
						return Dimensional
					}
					return Healthy
				})
				require.True(t, r.Passed(), "%s, %s, normalized %v\n%s", spread, rank, normalized, r)
			}
		}
	}
}

// The texts of the exercise show the example runs as they are.
func TestExampleRunsInReadme(t *testing.T) {
	for language, name := range map[string]string{"en": "README.md", "zh": "README.zh-CN.md"} {
		t.Setenv(lang.Env, language)
		readme, err := os.ReadFile(filepath.Join("../../../exercises/06-collapse", name))
		require.NoError(t, err)
		for _, r := range ExampleRuns() {
			line := fmt.Sprintf("| %s | %v | %.3f | %.1f |", r.Name, r.Verdict, r.Std, r.EffectiveRank)
			require.Contains(t, string(readme), line)
		}
	}
}
