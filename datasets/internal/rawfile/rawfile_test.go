package rawfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sample writes five pictures of 2×3×1 in two parts, in mixed order.
func sample(t *testing.T) (path string, pixels []uint8) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "deep", "sample.pictures")
	w, err := Create(path, 6)
	require.NoError(t, err)
	defer w.Abort()
	pixels = make([]uint8, 5*6)
	for i := range pixels {
		pixels[i] = uint8(7 * i)
	}
	for _, i := range []int{3, 0, 4, 1, 2} {
		require.NoError(t, w.Put(i, pixels[6*i:6*i+6], int32(i%2), NoLabel))
	}
	w.SetLabel(4, NoLabel)
	require.NoFileExists(t, path, "nothing is there before it is whole")
	require.NoError(t, w.Commit(Meta{
		Origin: "here", Height: 2, Width: 3, Channels: 1, Parts: map[string][2]int{"train": {0, 4}, "test": {4, 5}},
		LabelNames: []string{"even", "odd"}, Skipped: []Skipped{{"a.jpg", "is empty"}},
	}))
	return path, pixels
}

func TestRoundTrip(t *testing.T) {
	path, pixels := sample(t)
	f, err := Open(path, "here")
	require.NoError(t, err)
	require.NoError(t, f.Verify())
	require.Equal(t, []int32{0, 1, 0, 1, NoLabel}, f.Labels)
	require.Equal(t, []int32{NoLabel, NoLabel, NoLabel, NoLabel, NoLabel}, f.Fine)
	require.Equal(t, 5, f.Count)
	require.Equal(t, [2]int{4, 5}, f.Parts["test"])
	require.Equal(t, []string{"even", "odd"}, f.LabelNames)
	require.Equal(t, []Skipped{{"a.jpg", "is empty"}}, f.Skipped)

	one, err := f.Map()
	require.NoError(t, err)
	require.Equal(t, pixels, one[:30])
	two, err := f.Map()
	require.NoError(t, err)
	one[5] = 99
	require.Equal(t, pixels, two[:30], "mappings are private")
	require.NoError(t, f.Verify(), "the file stays as it is")

	require.NoError(t, os.Remove(path))
	three, err := f.Map()
	require.NoError(t, err, "an open file outlives its name")
	require.Equal(t, pixels, three[:30])
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Empty(t, left, "no temporary file stays")
}

func TestEmpty(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty")
	w, err := Create(path, 6)
	require.NoError(t, err)
	require.NoError(t, w.Commit(Meta{Height: 2, Width: 3, Channels: 1}))
	f, err := Open(path, "")
	require.NoError(t, err)
	pixels, err := f.Map()
	require.NoError(t, err)
	require.Empty(t, pixels)
}

func TestIncomplete(t *testing.T) {
	path := filepath.Join(t.TempDir(), "incomplete")
	w, err := Create(path, 2)
	require.NoError(t, err)
	require.NoError(t, w.Put(2, []uint8{1, 2}, 0, NoLabel))
	require.ErrorContains(t, w.Put(2, []uint8{1, 2}, 0, NoLabel), "picture 2 is there twice")
	require.ErrorContains(t, w.Put(1, []uint8{1, 2, 3}, 0, NoLabel), "has 3 values, want 2")
	require.ErrorContains(t, w.Commit(Meta{Height: 2, Width: 1, Channels: 1}), "2 of 3 pictures are missing")
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestStale(t *testing.T) {
	path, _ := sample(t)
	_, err := Open(path, "elsewhere")
	require.ErrorIs(t, err, ErrStale)
	require.ErrorContains(t, err, path)
	_, err = Open(path+"x", "here")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestDamage: every byte that is flipped, and every length it is cut to, is noticed, by opening or by Verify.
func TestDamage(t *testing.T) {
	path, pixels := sample(t)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	broken := filepath.Join(t.TempDir(), "broken")
	opens := func(content []byte) error {
		require.NoError(t, os.WriteFile(broken, content, 0o644))
		f, err := Open(broken, "here")
		if err != nil {
			require.ErrorContains(t, err, broken)
			return err
		}
		return f.Verify()
	}
	require.NoError(t, opens(whole))
	for i := range whole {
		if i >= headSize && i < pixelOffset {
			continue // what lies between has no meaning
		}
		flipped := append([]byte{}, whole...)
		flipped[i] ^= 0x10
		err := opens(flipped)
		require.Error(t, err, "byte %d", i)
		if i >= pixelOffset && i < pixelOffset+len(pixels) {
			require.ErrorContains(t, err, "the sum of its pixels is wrong")
		}
	}
	for n := 0; n < len(whole); n += 13 {
		require.Error(t, opens(whole[:n]), "%d bytes", n)
	}
	require.Error(t, opens(append(append([]byte{}, whole...), 0)))
	require.ErrorIs(t, opens(append([]byte("clabpic0"), whole[8:]...)), ErrStale)
}

// TestAbandoned: what was left unfinished long ago goes, what may still be written stays.
func TestAbandoned(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{".x-old": 30 * time.Hour, ".x-new": time.Hour, ".y-old": 30 * time.Hour} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, nil, 0o644))
		require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-age)))
	}
	w, err := Create(filepath.Join(dir, "x"), 1)
	require.NoError(t, err)
	w.Abort()
	require.NoFileExists(t, filepath.Join(dir, ".x-old"))
	require.FileExists(t, filepath.Join(dir, ".x-new"))
	require.FileExists(t, filepath.Join(dir, ".y-old"))
}

func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err := Create(filepath.Join(file, "x"), 1)
	require.Error(t, err)
}
