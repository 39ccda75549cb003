package datasets

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets/cifar"
	"github.com/contrastlab/contrastlab/datasets/internal/fetch"
	"github.com/contrastlab/contrastlab/datasets/stl"
)

// member is a file of an archive in an official format.
type member struct {
	name    string
	content []byte
}

func zipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func tarGz(t *testing.T, members ...member) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, m := range members {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.content))}))
		_, err := w.Write(m.content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return zipped(t, out.Bytes())
}

// publish makes files the official ones of a data set.
func publish(name string, files ...member) *published {
	p := &published{folder: name, name: name, page: "https://example.org"}
	for _, f := range files {
		md5sum, sha := md5.Sum(f.content), sha256.Sum256(f.content)
		p.files = append(p.files, fetch.File{Name: f.name, URLs: []string{"http://example.org/" + f.name}, Size: int64(len(f.content)),
			MD5: hex.EncodeToString(md5sum[:]), SHA256: hex.EncodeToString(sha[:])})
	}
	return p
}

// place puts files into the data set's folder.
func place(t *testing.T, o Options, name string, files ...member) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(o.Dir, name), 0o755))
	for _, f := range files {
		require.NoError(t, os.WriteFile(filepath.Join(o.Dir, name, f.name), f.content, 0o644))
	}
}

// tinyCIFAR is an archive like CIFAR-100 of three and two pictures; picture i has the value 10·i everywhere.
func tinyCIFAR(t *testing.T) (cifar.Format, member) {
	batch := func(records ...[3]byte) []byte { // superclass, class, value
		var out []byte
		for _, r := range records {
			out = append(append(out, r[0], r[1]), bytes.Repeat([]byte{r[2]}, 3072)...)
		}
		return out
	}
	format := cifar.Format{Train: []cifar.Batch{{Member: "d/train.bin", Pictures: 3}}, Test: []cifar.Batch{{Member: "d/test.bin", Pictures: 2}},
		Names: "d/fine.txt", Classes: 3, CoarseNames: "d/coarse.txt", Coarse: 2}
	return format, member{"tiny.tar.gz", tarGz(t,
		member{"d/train.bin", batch([3]byte{0, 0, 0}, [3]byte{1, 2, 10}, [3]byte{0, 1, 20})},
		member{"d/test.bin", batch([3]byte{1, 2, 30}, [3]byte{0, 0, 40})},
		member{"d/fine.txt", []byte("apple\nbee\ncat\n")}, member{"d/coarse.txt", []byte("food\nanimal\n")})}
}

func firsts(s *Images) (out []int) {
	for i := range s.Len() {
		out = append(out, int(s.Pixels[i*s.pictureSize()]))
	}
	return out
}

// TestCIFARChain is the life of a data set: not there, put by hand, decoded, kept, damaged, made again.
func TestCIFARChain(t *testing.T) {
	format, archive := tinyCIFAR(t)
	p := publish("tiny", archive)
	o := Options{Dir: t.TempDir()}
	open := func() (*Source, error) {
		return cifarSource(context.Background(), o, "tiny", "a test", p, format)
	}
	_, err := open()
	require.ErrorIs(t, err, errNotDownloaded)
	for _, want := range []string{"lab data get tiny", filepath.Join(o.Dir, "tiny"), "tiny.tar.gz", p.files[0].MD5, "example.org"} {
		require.ErrorContains(t, err, want)
	}

	archivePath, kept := filepath.Join(o.Dir, "tiny", "tiny.tar.gz"), filepath.Join(o.Dir, "tiny", "tiny.pictures")
	flipped := bytes.Clone(archive.content)
	flipped[4] ^= 1 // the time in gzip's head: nothing but the digest can tell
	for _, c := range []struct {
		content []byte
		want    string
	}{{archive.content[:100], "has 100 bytes, want"}, {flipped, "sha256"}, {make([]byte, len(archive.content)), "no gzip"}} {
		place(t, o, "tiny", member{"tiny.tar.gz", c.content})
		_, err = open()
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, archivePath)
		require.ErrorContains(t, err, "delete it and run `lab data get tiny`")
		left, err := os.ReadDir(filepath.Join(o.Dir, "tiny"))
		require.NoError(t, err)
		require.Len(t, left, 1, "nothing is kept of a wrong file")
	}

	place(t, o, "tiny", archive)
	s, err := open()
	require.NoError(t, err)
	train, test := s.Train(), s.Test()
	train = train.Take(train.Len()) // its own memory even when a test writes into the file
	require.Equal(t, []int{0, 10, 20}, firsts(train))
	require.Equal(t, []int{30, 40}, firsts(test))
	require.Equal(t, []int{0, 10, 20, 30, 40}, firsts(s.All()))
	require.Zero(t, s.Unseen().Len())
	require.Zero(t, s.Unlabeled().Len())
	require.Equal(t, []int32{0, 1, 0}, train.Labels)
	require.Equal(t, []int32{2, 0}, test.FineLabels)
	require.Equal(t, []string{"food", "animal"}, test.LabelNames)
	require.Equal(t, []string{"apple", "bee", "cat"}, test.FineNames)
	require.Equal(t, "tiny/test", test.Name)
	require.NoError(t, train.Validate())

	require.NoError(t, os.Remove(archivePath))
	s, err = open()
	require.NoError(t, err, "what is kept needs no archive")
	requireSame(t, train, s.Train())
	requireSame(t, train, s.Labeled())

	content, err := os.ReadFile(kept)
	require.NoError(t, err)
	content[5000] ^= 1 // in a pixel
	require.NoError(t, os.WriteFile(kept, content, 0o644))
	_, err = open()
	require.NoError(t, err, "pixels are checked when asked for")
	o.Verify = true
	_, err = open()
	require.ErrorContains(t, err, kept+" is damaged: the sum of its pixels is wrong, and it cannot be made again")
	require.ErrorContains(t, err, "lab data get tiny")
	place(t, o, "tiny", archive)
	s, err = open()
	require.NoError(t, err, "made again")
	requireSame(t, train, s.Train())
	require.NoError(t, os.WriteFile(kept, []byte("not a file of pictures, whatever it is"), 0o644))
	s, err = open()
	require.NoError(t, err, "made again")
	requireSame(t, train, s.Train())
}

// requireSame compares without printing all pixels.
func requireSame(t *testing.T, want, got *Images) {
	t.Helper()
	require.True(t, bytes.Equal(want.Pixels, got.Pixels), "other pixels")
	require.Equal(t, want.Labels, got.Labels)
	require.Equal(t, want.FineLabels, got.FineLabels)
	require.Equal(t, want.LabelNames, got.LabelNames)
}

// TestViewsShareNothing: parts of a file have their own memory, whatever is done to one of them.
func TestViewsShareNothing(t *testing.T) {
	format, archive := tinyCIFAR(t)
	o := Options{Dir: t.TempDir()}
	place(t, o, "tiny", archive)
	s, err := cifarSource(context.Background(), o, "tiny", "", publish("tiny", archive), format)
	require.NoError(t, err)
	for _, part := range []func() *Images{s.Train, s.Test, s.All} {
		one := part()
		want := slices.Clone(one.Pixels)
		one.Pixels[0], one.Labels[0], one.LabelNames[0] = 99, 1-one.Labels[0], "x"
		one.Pixels = append(one.Pixels, 1, 2, 3)
		two := part()
		require.True(t, bytes.Equal(want, two.Pixels))
		require.Equal(t, "food", two.LabelNames[0])
		require.NotEqual(t, one.Labels, two.Labels)
	}
}

func TestCIFAR100AsPublished(t *testing.T) {
	format, archive := tinyCIFAR(t)
	o := Options{Dir: t.TempDir()}
	place(t, o, "tiny", archive)
	s, err := cifarSource(context.Background(), o, "cifar100", "", publish("tiny", archive), format)
	require.NoError(t, err)
	byClass(s)
	train := s.Train()
	require.Equal(t, []int32{0, 2, 1}, train.Labels)
	require.Equal(t, []string{"apple", "bee", "cat"}, train.LabelNames)
	require.Nil(t, train.FineLabels)
	require.NoError(t, train.Validate())
}

func TestSTLParts(t *testing.T) {
	picture := func(values ...byte) (out []byte) {
		for _, v := range values {
			out = append(out, bytes.Repeat([]byte{v}, 2*2*3)...)
		}
		return out
	}
	archive := member{"stl.tar.gz", tarGz(t,
		member{"stl10_binary/test_X.bin", picture(0, 1)}, member{"stl10_binary/test_y.bin", []byte{2, 1}},
		member{"stl10_binary/train_X.bin", picture(2, 3, 4)}, member{"stl10_binary/train_y.bin", []byte{1, 2, 2}},
		member{"stl10_binary/unlabeled_X.bin", picture(5, 6, 7, 8)}, member{"stl10_binary/class_names.txt", []byte("bird\ncat\n")})}
	o := Options{Dir: t.TempDir()}
	place(t, o, "stl", archive)
	open := func() *Source {
		s, err := stlSource(context.Background(), o, "stl", "", publish("stl", archive), stl.Format{Side: 2, Test: 2, Train: 3, Unlabeled: 4, Classes: 2})
		require.NoError(t, err)
		return s
	}
	s := open()
	require.Equal(t, []int{2, 3, 4}, firsts(s.Train()))
	require.Equal(t, []int32{0, 1, 1}, s.Train().Labels)
	require.Equal(t, []int{0, 1}, firsts(s.Test()))
	require.Equal(t, []int32{1, 0}, s.Test().Labels)
	require.Equal(t, []int{5, 6, 7, 8}, firsts(s.Unlabeled()))
	require.Nil(t, s.Unlabeled().Labels)
	require.Equal(t, []int{0, 1, 2, 3, 4}, firsts(s.All()))
	require.Equal(t, []int32{1, 0, 0, 1, 1}, s.All().Labels)
	require.Zero(t, s.Unseen().Len())

	s = withoutLabels(open())
	require.Equal(t, []int{2, 3, 4, 5, 6, 7, 8}, firsts(s.Train()))
	require.Nil(t, s.Train().Labels)
	require.Equal(t, []int{2, 3, 4}, firsts(s.Labeled()))
	require.Equal(t, []int32{0, 1, 1}, s.Labeled().Labels)
	require.Equal(t, []int32{1, 0}, s.Test().Labels)
	require.Equal(t, 9, s.All().Len())
	require.Zero(t, s.Unseen().Len())
	for _, part := range []*Images{s.Train(), s.Test(), s.Labeled(), s.All()} {
		require.NoError(t, part.Validate())
	}
}

// TestFashionGet downloads four files from a server, the second one damaged at first.
func TestFashionGet(t *testing.T) {
	idx := func(magic uint32, shape []uint32, values ...byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, magic)
		for _, n := range shape {
			out = binary.BigEndian.AppendUint32(out, n)
		}
		return zipped(t, append(out, values...))
	}
	files := []member{
		{"train-images.gz", idx(0x803, []uint32{2, 2, 2}, 1, 1, 1, 1, 2, 2, 2, 2)}, {"train-labels.gz", idx(0x801, []uint32{2}, 9, 0)},
		{"test-images.gz", idx(0x803, []uint32{1, 2, 2}, 3, 3, 3, 3)}, {"test-labels.gz", idx(0x801, []uint32{1}, 5)},
	}
	damaged := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, f := range files {
			if r.URL.Path == "/"+f.name {
				content := bytes.Clone(f.content)
				if damaged && f.name == "train-labels.gz" {
					content[len(content)-1] ^= 1
				}
				_, _ = w.Write(content)
				return
			}
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	p := publish("tiny-fashion", files...)
	for i := range p.files {
		p.files[i].URLs = []string{server.URL + "/" + p.files[i].Name}
	}
	sources["tiny-fashion"] = opener{published: p, open: func(ctx context.Context, o Options) (*Source, error) {
		return fashionSource(ctx, o, p, 2, 2, 1)
	}}
	defer delete(sources, "tiny-fashion")

	var told []string
	o := Options{Dir: t.TempDir(), Progress: func(p Progress) {
		require.LessOrEqual(t, p.Done, p.Total)
		told = append(told, p.Doing)
	}}
	_, err := Get(t.Context(), "tiny-fashion", o)
	for _, want := range []string{"train-labels.gz", "sha256", "By hand: put " + server.URL, filepath.Join(o.Dir, "tiny-fashion")} {
		require.ErrorContains(t, err, want)
	}
	damaged = false
	s, err := Get(t.Context(), "tiny-fashion", o)
	require.NoError(t, err)
	require.Contains(t, told, "downloading test-labels.gz")
	require.Contains(t, told, "decoding fashion-mnist")
	require.Equal(t, []int{1, 2}, firsts(s.Train()))
	require.Equal(t, []int32{9, 0}, s.Train().Labels)
	require.Equal(t, []int{3}, firsts(s.Test()))
	require.Equal(t, []int32{5}, s.Test().Labels)
	require.Equal(t, 1, s.Test().Channels)
	require.Equal(t, "Sandal", s.Test().LabelNames[5])

	server.Close()
	s, err = Get(t.Context(), "tiny-fashion", o)
	require.NoError(t, err, "nothing is missing, so no network is needed")
	require.Equal(t, 2, s.Train().Len())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.Dir = t.TempDir()
	_, err = Get(ctx, "tiny-fashion", o)
	require.ErrorContains(t, err, "the same command goes on from there")
}

func TestGetNames(t *testing.T) {
	_, err := Get(t.Context(), "cifar1", Options{})
	wantError(t, err, `unknown data set "cifar1"`, "did you mean")
	_, err = Get(t.Context(), "folder:/x", Options{})
	wantError(t, err, "folder:/x is a folder of yours")
	s, err := Get(t.Context(), "emoji", Options{})
	require.NoError(t, err, "embedded")
	require.Equal(t, "emoji", s.Name)
	_, err = OpenWith(t.Context(), "emoji", Options{Side: 64})
	wantError(t, err, "emoji has pictures of 32×32, not 64")
}

func writePicture(t *testing.T, path string, side int, c color.Color) {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		picture.Set(i%side, i/side, c)
	}
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, picture))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, out.Bytes(), 0o644))
}

// TestFolder: a folder is read once, and again when it changes.
func TestFolder(t *testing.T) {
	dir, cache := t.TempDir(), filepath.Join(t.TempDir(), "cache")
	t.Setenv(DirEnv, cache)
	writePicture(t, filepath.Join(dir, "train", "cat", "1.png"), 20, color.Gray{10})
	writePicture(t, filepath.Join(dir, "train", "bee", "2.png"), 20, color.Gray{20})
	writePicture(t, filepath.Join(dir, "test", "cat", "3.png"), 20, color.Gray{30})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "train", "bee", "bad.jpg"), []byte("no"), 0o644))
	kept := func() []os.DirEntry {
		files, err := os.ReadDir(filepath.Join(cache, "folder"))
		require.NoError(t, err)
		return files
	}

	t.Chdir(filepath.Dir(dir))
	s, err := Open("folder:" + filepath.Base(dir))
	require.NoError(t, err)
	require.Equal(t, "folder:"+dir, s.Name)
	train, test := s.Train(), s.Test()
	require.Equal(t, "folder:"+dir+"/train", train.Name)
	require.Equal(t, []int{20, 10}, firsts(train))
	require.Equal(t, []int32{0, 1}, train.Labels)
	require.Equal(t, []string{"bee", "cat"}, test.LabelNames)
	require.Equal(t, []int32{1}, test.Labels)
	require.Equal(t, []int{20, 20, 3}, []int{train.Height, train.Width, train.Channels})
	require.Len(t, s.Skipped, 1)
	require.Equal(t, "train/bee/bad.jpg", s.Skipped[0].Path)
	require.Len(t, kept(), 1)

	decoded := false
	again, err := OpenWith(t.Context(), "folder:"+dir, Options{Progress: func(Progress) { decoded = true }})
	require.NoError(t, err)
	require.False(t, decoded, "kept")
	requireSame(t, train, again.Train())
	require.Equal(t, s.Skipped, again.Skipped)
	_, err = OpenWith(t.Context(), "folder:"+dir, Options{Strict: true})
	wantError(t, err, "1 files in "+dir, "train/bee/bad.jpg: is neither JPEG")

	require.NoError(t, os.Remove(filepath.Join(dir, "train", "bee", "bad.jpg")))
	writePicture(t, filepath.Join(dir, "train", "ant", "4.png"), 30, color.Gray{40})
	s, err = OpenWith(t.Context(), "folder:"+dir, Options{Strict: true, Progress: func(Progress) { decoded = true }})
	require.NoError(t, err)
	require.True(t, decoded, "the folder has changed")
	require.Equal(t, []int{40, 20, 10}, firsts(s.Train()))
	require.Len(t, kept(), 1, "instead of the old one")

	s, err = OpenWith(t.Context(), "folder:"+dir, Options{Side: 8})
	require.NoError(t, err)
	require.Equal(t, 8, s.Train().Height)
	require.Len(t, kept(), 2)
}

func TestFolderErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	writePicture(t, filepath.Join(dir, "a", "1.png"), 4, color.White)
	for _, c := range []struct {
		name string
		o    Options
		want []string
	}{
		{"folder:", Options{}, []string{"names no folder", "folder:PATH"}},
		{"folder:" + dir + "/none", Options{}, []string{"there is no folder " + dir + "/none"}},
		{"folder:" + file, Options{}, []string{file, "is a file"}},
		{"folder:" + dir, Options{Side: -1, Dir: dir}, []string{"a side of -1"}},
		{"folder:" + dir, Options{Dir: file}, []string{file, "cannot be written", DirEnv}},
	} {
		_, err := OpenWith(t.Context(), c.name, c.o)
		wantError(t, err, c.want...)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := OpenWith(ctx, "folder:"+dir, Options{Dir: t.TempDir()})
	require.ErrorIs(t, err, context.Canceled)
}

func TestUnlabeledFolder(t *testing.T) {
	dir := t.TempDir()
	writePicture(t, filepath.Join(dir, "1.png"), 4, color.Black)
	s, err := OpenWith(t.Context(), "folder:"+dir, Options{Dir: t.TempDir()})
	require.NoError(t, err)
	require.Equal(t, 1, s.Train().Len())
	require.Nil(t, s.Train().Labels)
	require.Nil(t, s.Labeled().Labels)
	require.Zero(t, s.Test().Len())
	require.Equal(t, 4, s.Test().Height)
	require.NoError(t, s.Test().Validate())
}

func TestDefaultDir(t *testing.T) {
	t.Setenv(DirEnv, "/data")
	dir, err := DefaultDir()
	require.NoError(t, err)
	require.Equal(t, "/data", dir)
	t.Setenv(DirEnv, "")
	t.Setenv("XDG_CACHE_HOME", "/cache")
	t.Setenv("HOME", "/home/me")
	dir, err = DefaultDir()
	require.NoError(t, err)
	require.Equal(t, "contrastlab", filepath.Base(dir))
}
