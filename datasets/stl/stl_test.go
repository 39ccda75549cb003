package stl

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/stretchr/testify/require"
)

type member struct {
	name    string
	content []byte
}

func pack(t *testing.T, members []member) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for _, m := range members {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.content))}))
		_, err := w.Write(m.content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, zipped.Close())
	return out.Bytes()
}

const side = 4

func pixel(number, y, x, c int) uint8 { return uint8(100*c + 20*number + 4*y + x) }

// record is a picture as the archive has it: three planes, each column by column.
func record(numbers ...int) []byte {
	var out []byte
	for _, number := range numbers {
		for c := range Channels {
			for x := range side {
				for y := range side {
					out = append(out, pixel(number, y, x, c))
				}
			}
		}
	}
	return out
}

func tiny() (Format, []member) {
	return Format{Side: side, Test: 2, Train: 1, Unlabeled: 3, Classes: 3}, []member{
		{"stl10_binary/train_X.bin", record(2)},
		{"stl10_binary/train_y.bin", []byte{3}},
		{"stl10_binary/test_X.bin", record(0, 1)},
		{"stl10_binary/test_y.bin", []byte{1, 2}},
		{"stl10_binary/unlabeled_X.bin", record(3, 4, 5)},
		{"stl10_binary/class_names.txt", []byte("airplane\nbird\ncar\n")},
		{"stl10_binary/fold_indices.txt", []byte("0 1 2\n")},
	}
}

func TestRead(t *testing.T) {
	f, members := tiny()
	var order []int
	labels, err := f.Read(bytes.NewReader(pack(t, members)), func(p Picture) error {
		order = append(order, p.Index)
		require.Len(t, p.Pixels, side*side*Channels)
		for y := range side {
			for x := range side {
				for c := range Channels {
					require.Equal(t, pixel(p.Index, y, x, c), p.Pixels[(y*side+x)*Channels+c])
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, []int{2, 0, 1, 3, 4, 5}, order)
	require.Equal(t, Labels{Test: []int32{0, 1}, Train: []int32{2}, Names: []string{"airplane", "bird", "car"}}, labels)
}

func TestSTL10(t *testing.T) {
	f := STL10()
	require.Equal(t, 113_000, f.Test+f.Train+f.Unlabeled)
	require.Equal(t, 27_648, f.pictureBytes())
}

func TestDamaged(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func([]member) []member
		want  []string
	}{
		{"no unlabeled", func(m []member) []member { return append(m[:4:4], m[5:]...) }, []string{"lacks stl10_binary/unlabeled_X.bin"}},
		{"no names", func(m []member) []member { return m[:5] }, []string{"lacks stl10_binary/class_names.txt"}},
		{"twice", func(m []member) []member { return append(m, m[1]) }, []string{"train_y.bin", "twice"}},
		{"truncated pictures", func(m []member) []member { m[4].content = m[4].content[1:]; return m }, []string{"unlabeled_X.bin", "has 143 bytes, want 144: 3 pictures of 48"}},
		{"oversized pictures", func(m []member) []member { m[2].content = record(0, 1, 2); return m }, []string{"test_X.bin", "has 144 bytes, want 96"}},
		{"empty labels", func(m []member) []member { m[1].content = nil; return m }, []string{"train_y.bin", "has 0 labels, want 1"}},
		{"label 0", func(m []member) []member { m[3].content[1] = 0; return m }, []string{"test_y.bin", "picture 1: label 0, want 1 … 3"}},
		{"label 4", func(m []member) []member { m[3].content[0] = 4; return m }, []string{"test_y.bin", "picture 0: label 4, want 1 … 3"}},
		{"two names", func(m []member) []member { m[5].content = []byte("a b"); return m }, []string{"class_names.txt", "has 2 names, want 3"}},
		{"huge names", func(m []member) []member { m[5].content = make([]byte, 1<<17); return m }, []string{"class_names.txt", "131072 bytes"}},
		{"path out of the folder", func(m []member) []member { m[6].name = "/evil"; return m }, []string{`"/evil"`, "leads out"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, members := tiny()
			_, err := f.Read(bytes.NewReader(pack(t, c.spoil(members))), func(Picture) error { return nil })
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestCutOrFlipped(t *testing.T) {
	f, members := tiny()
	whole := pack(t, members)
	var pixels []uint8
	_, err := f.Read(bytes.NewReader(whole), func(p Picture) error {
		pixels = append(pixels, p.Pixels...)
		return nil
	})
	require.NoError(t, err)
	for n := range whole {
		_, err := f.Read(bytes.NewReader(whole[:n]), func(Picture) error { return nil })
		require.Error(t, err, "cut to %d of %d bytes", n, len(whole))
	}
	for i := 10; i < len(whole); i++ {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x20
		var read []uint8
		_, err := f.Read(bytes.NewReader(flipped), func(p Picture) error {
			read = append(read, p.Pixels...)
			return nil
		})
		if err == nil { // a bit between deflate's last and the checksum has no meaning
			require.Equal(t, pixels, read, "byte %d of %d", i, len(whole))
		}
	}
}
