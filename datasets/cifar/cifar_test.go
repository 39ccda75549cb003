package cifar

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// member is a file of an archive that a test writes.
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

// record is a picture as the archives have it: labels, then three planes. Its pixels are those of wantPixels.
func record(number int, labels ...byte) []byte {
	out := append([]byte{}, labels...)
	for c := range Channels {
		for y := range Side {
			for x := range Side {
				out = append(out, pixel(number, y, x, c))
			}
		}
	}
	return out
}

func pixel(number, y, x, c int) uint8 { return uint8(number + 3*y + 5*x + 80*c) }

func wantPixels(number int) []uint8 {
	var out []uint8
	for y := range Side {
		for x := range Side {
			for c := range Channels {
				out = append(out, pixel(number, y, x, c))
			}
		}
	}
	return out
}

// tiny10 is CIFAR-10 with two training files of two pictures and a test file of one.
func tiny10() (Format, []member) {
	f := Format{
		Train: []Batch{{"d/data_batch_1.bin", 2}, {"d/data_batch_2.bin", 2}}, Test: []Batch{{"d/test_batch.bin", 1}},
		Names: "d/batches.meta.txt", Classes: 3,
	}
	return f, []member{ // not in the order of the format, as the official archive
		{"d/data_batch_2.bin", append(record(2, 2), record(3, 0)...)},
		{"d/readme.html", []byte("hello")},
		{"d/data_batch_1.bin", append(record(0, 0), record(1, 1)...)},
		{"d/batches.meta.txt", []byte("airplane\nautomobile\nbird\n\n")},
		{"d/test_batch.bin", record(4, 1)},
	}
}

// tiny100 is CIFAR-100 likewise.
func tiny100() (Format, []member) {
	f := Format{Train: []Batch{{"d/train.bin", 2}}, Test: []Batch{{"d/test.bin", 1}}, Names: "d/fine.txt", Classes: 3, CoarseNames: "d/coarse.txt", Coarse: 2}
	return f, []member{
		{"d/train.bin", append(record(0, 1, 2), record(1, 0, 0)...)},
		{"d/test.bin", record(2, 1, 1)},
		{"d/fine.txt", []byte("apple\nbee\ncloud\n")},
		{"d/coarse.txt", []byte("food\nnature\n")},
	}
}

type got struct{ index, class, coarse int }

func read(t *testing.T, f Format, archive []byte) ([]got, Names, error) {
	var all []got
	names, err := f.Read(bytes.NewReader(archive), func(p Picture) error {
		require.Equal(t, wantPixels(p.Index), p.Pixels)
		all = append(all, got{p.Index, int(p.Class), int(p.Coarse)})
		return nil
	})
	return all, names, err
}

func TestRead(t *testing.T) {
	f, members := tiny10()
	all, names, err := read(t, f, pack(t, members))
	require.NoError(t, err)
	require.Equal(t, []got{{2, 2, -1}, {3, 0, -1}, {0, 0, -1}, {1, 1, -1}, {4, 1, -1}}, all)
	require.Equal(t, Names{Classes: []string{"airplane", "automobile", "bird"}}, names)
	train, test := f.Pictures()
	require.Equal(t, []int{4, 1}, []int{train, test})

	f, members = tiny100()
	all, names, err = read(t, f, pack(t, members))
	require.NoError(t, err)
	require.Equal(t, []got{{0, 2, 1}, {1, 0, 0}, {2, 1, 1}}, all)
	require.Equal(t, Names{Classes: []string{"apple", "bee", "cloud"}, Coarse: []string{"food", "nature"}}, names)
}

func TestFormats(t *testing.T) {
	for _, f := range []Format{CIFAR10(), CIFAR100()} {
		train, test := f.Pictures()
		require.Equal(t, []int{50_000, 10_000}, []int{train, test})
	}
	require.Equal(t, "cifar-10-batches-bin/data_batch_5.bin", CIFAR10().Train[4].Member)
}

// TestDamaged: each way in which an archive can be wrong is an error that names the member.
func TestDamaged(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func([]member) []member
		want  []string
	}{
		{"missing pictures", func(m []member) []member { return m[1:] }, []string{"lacks d/data_batch_2.bin"}},
		{"missing names", func(m []member) []member { m[3].name = "d/other.txt"; return m }, []string{"lacks d/batches.meta.txt"}},
		{"twice", func(m []member) []member { return append(m, m[0]) }, []string{"d/data_batch_2.bin", "twice"}},
		{"truncated member", func(m []member) []member { m[0].content = m[0].content[:6145]; return m }, []string{"d/data_batch_2.bin", "has 6145 bytes, want 6146: 2 pictures of 3073"}},
		{"oversized member", func(m []member) []member { m[4].content = append(m[4].content, 0); return m }, []string{"d/test_batch.bin", "3074 bytes, want 3073"}},
		{"empty member", func(m []member) []member { m[4].content = nil; return m }, []string{"d/test_batch.bin", "has 0 bytes"}},
		{"flipped label", func(m []member) []member { m[0].content[3073] ^= 0x40; return m }, []string{"d/data_batch_2.bin", "picture 1: class 64, want 0 … 2"}},
		{"too few names", func(m []member) []member { m[3].content = []byte("airplane\n"); return m }, []string{"d/batches.meta.txt", "has 1 names, want 3"}},
		{"huge names", func(m []member) []member { m[3].content = make([]byte, 1<<17); return m }, []string{"d/batches.meta.txt", "131072 bytes"}},
		{"path out of the folder", func(m []member) []member { m[1].name = "../../evil"; return m }, []string{`"../../evil"`, "leads out"}},
		{"huge stranger", func(m []member) []member { m[1].content = make([]byte, 2<<20); return m }, []string{"unpacks to more than"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, members := tiny10()
			_, _, err := read(t, f, pack(t, c.spoil(members)))
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
	f, members := tiny100()
	members[0].content[0] = 2
	_, _, err := read(t, f, pack(t, members))
	require.ErrorContains(t, err, "picture 0: superclass 2, want 0 … 1")
}

// TestCutOrFlipped: an archive cut anywhere is an error, and so is one with a flipped bit, at the latest by its checksum.
func TestCutOrFlipped(t *testing.T) {
	f, members := tiny10()
	whole := pack(t, members)
	for n := 0; n < len(whole); n += 1 + n/50 {
		_, err := f.Read(bytes.NewReader(whole[:n]), func(Picture) error { return nil })
		require.Error(t, err, "cut to %d of %d bytes", n, len(whole))
	}
	for i := 10; i < len(whole); i += 1 + i/50 {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x08
		n := 0
		_, err := f.Read(bytes.NewReader(flipped), func(p Picture) error {
			if n++; !bytes.Equal(p.Pixels, wantPixels(p.Index)) {
				n = -1000
			}
			return nil
		})
		if err == nil { // a bit between deflate's last and the checksum has no meaning
			require.Equal(t, 5, n, "byte %d of %d", i, len(whole))
		}
	}
}

func TestStops(t *testing.T) {
	f, members := tiny10()
	stop := errors.New("enough")
	n := 0
	_, err := f.Read(bytes.NewReader(pack(t, members)), func(Picture) error {
		if n++; n == 2 {
			return fmt.Errorf("picture: %w", stop)
		}
		return nil
	})
	require.ErrorIs(t, err, stop)
	require.Equal(t, 2, n)
}
