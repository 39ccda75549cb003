package check

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/lang"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// The same three functions as others would write them: a step towards the query, a queue that moves up one by one in the
// memory that it has, and the softmax's shares minus one for the positive.
func TestMoCoOtherWay(t *testing.T) {
	t.Setenv(ReportEnv, filepath.Join(t.TempDir(), "r"))
	require.True(t, EMA(func(key, query []float64, momentum float64) {
		for i, q := range query {
			key[i] += (1 - momentum) * (q - key[i])
		}
	}).Passed())
	require.True(t, Enqueue(func(queue, keys [][]float64, capacity int) [][]float64 {
		for _, key := range keys {
			if len(queue) == capacity {
				copy(queue, queue[1:])
				queue = queue[:capacity-1]
			}
			queue = append(queue, append([]float64{}, key...))
		}
		return queue
	}).Passed())
	require.True(t, MoCoGradients(func(q, k, queue [][]float64, temperature float64) (dq, dk [][]float64) {
		for i := range q {
			candidates := append([][]float64{k[i]}, queue...)
			weights, largest, sum := make([]float64, len(candidates)), math.Inf(-1), 0.0
			for j, c := range candidates {
				largest = max(largest, oracle.Dot(q[i], c))
				weights[j] = oracle.Dot(q[i], c)
			}
			for j, w := range weights {
				weights[j] = math.Exp((w - largest) / temperature)
				sum += weights[j]
			}
			row := make([]float64, len(q[i]))
			for j, c := range candidates {
				share := weights[j] / sum
				if j == 0 {
					share--
				}
				for d := range row {
					row[d] += share * c[d] / temperature / float64(len(q))
				}
			}
			dq, dk = append(dq, row), append(dk, make([]float64, len(row)))
		}
		return dq, dk
	}).Passed())
}

// Who writes to a slice of their own is told so: for the check it is as if nothing were written.
func TestEMAUnseen(t *testing.T) {
	t.Setenv(lang.Env, "en")
	r := emaSpec().judge(func(key, query []float64, momentum float64) {
		moved := make([]float64, len(key))
		for i := range key {
			moved[i] = momentum*key[i] + (1-momentum)*query[i]
		}
		key = moved
		_ = key
	})
	require.False(t, r.Passed())
	require.Len(t, r.Mistakes, 1)
	require.Equal(t, Unwritten, r.Mistakes[0].ID)
	require.Contains(t, r.Mistakes[0].Text, "changes your copy of the slice")
}
