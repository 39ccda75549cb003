package hiddenruns

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/lang"
)

// Sixteen bits of each dimension's own range: what is rounded away is a hundred-thousandth of it, however small the range
// and far from 0; a constant dimension stays as it is.
func TestPack(t *testing.T) {
	z := []float32{5, 1e-6, 7, 5.0005, 3e-6, 7, 5.0001, -1e-6, 7}
	packed := Run{Name: lang.Text{En: "a", Zh: "甲"}, Shown: true, Std: 0.5, Rank: 2}
	packed.Pack(z, 3)
	for i, v := range z {
		span := float64(packed.Step[i%3]) * math.MaxUint16
		require.InDelta(t, v, packed.Z[i/3][i%3], max(1e-5*span, 1e-12))
	}
	var file bytes.Buffer
	require.NoError(t, Write(&file, []Run{packed}))
	read, err := Read(bytes.NewReader(file.Bytes()))
	require.NoError(t, err)
	require.Equal(t, []Run{packed}, read)

	_, err = Read(bytes.NewReader(file.Bytes()[:file.Len()/2]))
	require.Error(t, err)
	_, err = Read(bytes.NewReader([]byte("no gzip")))
	require.Error(t, err)
}

func TestRule(t *testing.T) {
	for _, c := range []struct {
		std, rank              float64
		collapsed, dimensional bool
	}{
		{0.02, 20, true, false},
		{0.02, 2, true, false}, // the rank of what is left of a point says nothing
		{0.12, 20, false, false},
		{0.5, 2, false, true},
	} {
		run := Run{Std: c.std, Rank: c.rank, Low: make([]float32, 32)}
		require.Equal(t, c.collapsed, run.Collapsed(), "%+v", c)
		require.Equal(t, c.dimensional, run.Dimensional(), "%+v", c)
	}
}

func TestEmbeddedIsSmall(t *testing.T) {
	require.Less(t, len(embedded), 100<<10)
	require.NotEmpty(t, All())
}
