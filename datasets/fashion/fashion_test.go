package fashion

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// idx is a gzipped IDX file.
func idx(t *testing.T, magic uint32, shape []uint32, values []byte) []byte {
	t.Helper()
	content := binary.BigEndian.AppendUint32(nil, magic)
	for _, n := range shape {
		content = binary.BigEndian.AppendUint32(content, n)
	}
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	_, err := zipped.Write(append(content, values...))
	require.NoError(t, err)
	require.NoError(t, zipped.Close())
	return out.Bytes()
}

var values = []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11} // three pictures of 2×2

func pictures(file []byte) ([]byte, error) {
	var all []byte
	err := Pictures(bytes.NewReader(file), 3, 2, func(i int, pixels []uint8) error {
		all = append(all, pixels...)
		return nil
	})
	return all, err
}

func TestRead(t *testing.T) {
	all, err := pictures(idx(t, 0x803, []uint32{3, 2, 2}, values))
	require.NoError(t, err)
	require.Equal(t, values, all)
	labels, err := Labels(bytes.NewReader(idx(t, 0x801, []uint32{3}, []byte{9, 0, 4})), 3, 10)
	require.NoError(t, err)
	require.Equal(t, []int32{9, 0, 4}, labels)
	require.Len(t, Names(), 10)
}

func TestDamaged(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "cut off"},
		{"no gzip", []byte("plain text, not zipped"), "is no gzip file"},
		{"no head", idx(t, 0x803, nil, nil), "has no IDX head"},
		{"labels for pictures", idx(t, 0x801, []uint32{3}, make([]byte, 20)), "begins with 0x00000801, want 0x00000803"},
		{"floats", idx(t, 0xd03, []uint32{3, 2, 2}, values), "begins with 0x00000d03"},
		{"too few", idx(t, 0x803, []uint32{2, 2, 2}, values[:8]), "dimension 0 of 2, want 3"},
		{"wide", idx(t, 0x803, []uint32{3, 2, 3}, values), "dimension 2 of 3, want 2"},
		{"claims to be huge", idx(t, 0x803, []uint32{1 << 31, 2, 2}, values), "dimension 0 of 2147483648"},
		{"short", idx(t, 0x803, []uint32{3, 2, 2}, values[:11]), "entry 2 of 3"},
		{"long", idx(t, 0x803, []uint32{3, 2, 2}, append(values[:12:12], 1)), "longer than its 3 entries"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := pictures(c.file)
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := Labels(bytes.NewReader(idx(t, 0x801, []uint32{3}, []byte{1, 10, 2})), 3, 10)
	require.ErrorContains(t, err, "label 1 is 10, want 0 … 9")
}

func TestCutOrFlipped(t *testing.T) {
	whole := idx(t, 0x803, []uint32{3, 2, 2}, values)
	for n := range whole {
		_, err := pictures(whole[:n])
		require.Error(t, err, "cut to %d of %d bytes", n, len(whole))
	}
	for i := 10; i < len(whole); i++ {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x20
		if all, err := pictures(flipped); err == nil { // a bit between deflate's last and the checksum has no meaning
			require.Equal(t, values, all, "byte %d of %d", i, len(whole))
		}
	}
}
