package targz

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// pack makes an archive of the entries.
func pack(t *testing.T, entries ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for _, e := range entries {
		e.Mode = 0o644
		require.NoError(t, w.WriteHeader(&e))
		_, err := w.Write(bytes.Repeat([]byte{'x'}, int(e.Size)))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, zipped.Close())
	return out.Bytes()
}

func names(archive []byte, limit int64) ([]string, error) {
	var seen []string
	err := Walk(bytes.NewReader(archive), limit, func(name string, size int64, body io.Reader) error {
		seen = append(seen, name)
		_, err := io.CopyN(io.Discard, body, min(size, 10)) // not all of it
		return err
	})
	return seen, err
}

func TestWalk(t *testing.T) {
	seen, err := names(pack(t, tar.Header{Name: "a/", Typeflag: tar.TypeDir}, tar.Header{Name: "./a/b", Size: 100}, tar.Header{Name: "a/c", Size: 3}), 1<<20)
	require.NoError(t, err)
	require.Equal(t, []string{"a/b", "a/c"}, seen)
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		entry tar.Header
		want  string
	}{
		{tar.Header{Name: "../evil", Size: 1}, `"../evil", which leads out`},
		{tar.Header{Name: "a/../../evil", Size: 1}, "leads out"},
		{tar.Header{Name: "/etc/evil", Size: 1}, "leads out"},
		{tar.Header{Name: "a/link", Typeflag: tar.TypeSymlink, Linkname: "/etc"}, `"a/link", which is a link`},
		{tar.Header{Name: "a/link", Typeflag: tar.TypeLink, Linkname: "b"}, "is a link"},
		{tar.Header{Name: "a/null", Typeflag: tar.TypeChar}, "a device"},
		{tar.Header{Name: "a/pipe", Typeflag: tar.TypeFifo}, "a device"},
		{tar.Header{Name: "a/bomb", Size: 1 << 20}, "unpacks to more than 65536 bytes"},
	} {
		seen, err := names(pack(t, tar.Header{Name: "a/fine", Size: 1}, c.entry, tar.Header{Name: "a/last", Size: 1}), 1<<16)
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, seen, "a/last")
	}
}

func TestDamaged(t *testing.T) {
	whole := pack(t, tar.Header{Name: "a", Size: 5000}, tar.Header{Name: "b", Size: 10})
	for n := range len(whole) {
		_, err := names(whole[:n], 1<<20)
		require.Error(t, err, "%d of %d bytes", n, len(whole))
	}
	for i := 10; i < len(whole); i++ { // the gzip head may say what it likes
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1
		_, err := names(flipped, 1<<20)
		require.Error(t, err, "byte %d", i)
	}
	_, err := names([]byte("<html>not found</html>"), 1<<20)
	require.ErrorContains(t, err, "is no gzip file")
	_, err = names(nil, 1<<20)
	require.ErrorContains(t, err, "cut off")
}
