package folder

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// plain is a picture of one color.
func plain(w, h int, c color.Color) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.Set(x, y, c)
		}
	}
	return out
}

var (
	red   = color.NRGBA{200, 0, 0, 255}
	green = color.NRGBA{0, 200, 0, 255}
	blue  = color.NRGBA{0, 0, 200, 255}
)

func pngOf(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, picture))
	return out.Bytes()
}

func jpegOf(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, jpeg.Encode(&out, picture, &jpeg.Options{Quality: 100}))
	return out.Bytes()
}

// tree writes files, by path, into a new folder.
func tree(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, content, 0o644))
	}
	return dir
}

// readAll lists and reads a folder; pictures are copies.
func readAll(t testing.TB, dir string, side int) ([]Picture, Result, *Listing) {
	t.Helper()
	found, err := List(dir)
	require.NoError(t, err)
	var all []Picture
	result, err := found.Read(context.Background(), side, func(p Picture) error {
		p.Pixels = slices.Clone(p.Pixels)
		all = append(all, p)
		return nil
	}, nil)
	require.NoError(t, err)
	return all, result, found
}

func paths(entries []Entry) (out []string) {
	for _, e := range entries {
		out = append(out, e.Path)
	}
	return out
}

func TestLayouts(t *testing.T) {
	p := pngOf(t, plain(2, 2, red))
	for _, c := range []struct {
		name        string
		files       []string
		train, test []string
		classes     []string
	}{
		{"classes", []string{"cat/1.png", "cat/deep/2.PNG", "bee/3.jpeg"}, []string{"bee/3.jpeg", "cat/1.png", "cat/deep/2.PNG"}, nil, []string{"bee", "cat"}},
		{"no classes", []string{"b.png", "a.webp", "notes.txt", ".hidden.png", "__MACOSX/x.png", ".git/y.png"}, []string{"a.webp", "b.png"}, nil, nil},
		{"parts", []string{"train/cat/1.png", "test/cat/2.png", "test/dog/3.png", "README.png"}, []string{"train/cat/1.png"}, []string{"test/cat/2.png", "test/dog/3.png"}, []string{"cat", "dog"}},
		{"val", []string{"Train/cat/1.png", "val/cat/2.png"}, []string{"Train/cat/1.png"}, []string{"val/cat/2.png"}, []string{"cat"}},
		{"parts without classes", []string{"train/1.png", "test/2.png"}, []string{"train/1.png"}, []string{"test/2.png"}, nil},
		{"test without labels beside val", []string{"train/cat/1.png", "test/images/2.png", "val/cat/3.png"}, []string{"train/cat/1.png"}, []string{"val/cat/3.png"}, []string{"cat"}},
		{"a class called test", []string{"test/1.png", "rest/2.png"}, []string{"rest/2.png", "test/1.png"}, nil, []string{"rest", "test"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string][]byte{}
			for _, name := range c.files {
				files[name] = p
			}
			_, result, found := readAll(t, tree(t, files), 2)
			require.Equal(t, c.train, paths(found.Train))
			require.Equal(t, c.test, paths(found.Test))
			require.Equal(t, c.classes, found.Classes)
			require.Equal(t, len(c.train), result.Train)
			require.Equal(t, len(c.test), result.Test)
			for _, e := range slices.Concat(found.Train, found.Test) {
				if c.classes == nil {
					require.EqualValues(t, -1, e.Class)
				} else {
					require.Contains(t, e.Path, c.classes[e.Class]+"/")
				}
			}
		})
	}
}

func TestTinyImageNet(t *testing.T) {
	p := pngOf(t, plain(2, 2, red))
	_, _, found := readAll(t, tree(t, map[string][]byte{
		"train/n01/images/n01_0.JPEG": p, "train/n02/images/n02_0.JPEG": p, "train/n01/n01_boxes.txt": nil,
		"val/images/val_0.JPEG": p, "val/images/val_1.JPEG": p,
		"val/val_annotations.txt": []byte("val_0.JPEG\tn02\t0\t32\t44\t62\nval_1.JPEG\tn01\t1\t2\t3\t4\n"),
		"test/images/test_0.JPEG": p, "words.txt": nil,
	}), 2)
	require.Equal(t, []string{"n01", "n02"}, found.Classes)
	require.Equal(t, []string{"val/images/val_0.JPEG", "val/images/val_1.JPEG"}, paths(found.Test))
	require.Equal(t, []int32{1, 0}, []int32{found.Test[0].Class, found.Test[1].Class})
}

func TestStrays(t *testing.T) {
	p := pngOf(t, plain(2, 2, red))
	_, result, found := readAll(t, tree(t, map[string][]byte{"cat/1.png": p, "cat/2.png": p, "stray.png": p}), 2)
	require.Equal(t, 2, result.Train)
	require.Equal(t, []Skipped{{"stray.png", "lies beside the class folders"}}, found.Skipped)
	_, err := List(tree(t, map[string][]byte{"cat/1.png": p, "a.png": p, "b.png": p}))
	require.ErrorContains(t, err, "has 2 pictures directly and 1 in folders")
}

func TestNoFolder(t *testing.T) {
	dir := tree(t, map[string][]byte{"file": nil, "empty/notes.txt": nil, "bad/x.jpg": []byte("no")})
	for name, want := range map[string]string{"none": "there is no folder", "file": "is a file", "empty": "holds no pictures"} {
		_, err := List(filepath.Join(dir, name))
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, filepath.Join(dir, name))
	}
	found, err := List(filepath.Join(dir, "bad"))
	require.NoError(t, err)
	_, err = found.Read(context.Background(), 4, nil, nil)
	require.ErrorContains(t, err, "none of the 1 training files is a picture (1 left out, such as x.jpg: is neither JPEG")
	_, err = found.Read(context.Background(), 0, nil, nil)
	require.ErrorContains(t, err, "a side of 0")
}

// webpRed is a lossless WebP of 1×1, (255, 0, 0).
const webpRed = "UklGRhwAAABXRUJQVlA4TA8AAAAvAAAAAAcQ/Y/+ByKi/wEA"

// TestFormats: the same color in every format, and names that say another format than the file has.
func TestFormats(t *testing.T) {
	var animated bytes.Buffer
	one, two := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{red, blue}), image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{blue, red})
	require.NoError(t, gif.EncodeAll(&animated, &gif.GIF{Image: []*image.Paletted{one, two}, Delay: []int{1, 1}}))
	webpFile, err := base64.StdEncoding.DecodeString(webpRed)
	require.NoError(t, err)
	gray, deep := image.NewGray(image.Rect(0, 0, 4, 4)), image.NewNRGBA64(image.Rect(0, 0, 4, 4))
	for i := range gray.Pix {
		gray.Pix[i] = 77
	}
	for i := range deep.Pix {
		deep.Pix[i] = 0xff
	}
	for _, c := range []struct {
		name    string
		content []byte
		want    [3]uint8
		within  int
	}{
		{"a.jpg", jpegOf(t, plain(16, 16, red)), [3]uint8{200, 0, 0}, 3},
		{"a.png", pngOf(t, plain(4, 4, red)), [3]uint8{200, 0, 0}, 0},
		{"a.gif", animated.Bytes(), [3]uint8{200, 0, 0}, 0},
		{"a.webp", webpFile, [3]uint8{255, 0, 0}, 0},
		{"really-png.jpg", pngOf(t, plain(4, 4, blue)), [3]uint8{0, 0, 200}, 0},
		{"gray.png", pngOf(t, gray), [3]uint8{77, 77, 77}, 0},
		{"gray.jpg", jpegOf(t, gray), [3]uint8{77, 77, 77}, 1},
		{"deep.png", pngOf(t, deep), [3]uint8{255, 255, 255}, 0},
		{"clear.png", pngOf(t, plain(4, 4, color.NRGBA{9, 9, 9, 0})), [3]uint8{255, 255, 255}, 0},
		{"half.png", pngOf(t, plain(8, 8, color.NRGBA{0, 0, 0, 128})), [3]uint8{127, 127, 127}, 1},
	} {
		for _, side := range []int{4, 3} { // as it is and scaled
			all, _, _ := readAll(t, tree(t, map[string][]byte{c.name: c.content}), side)
			require.Len(t, all[0].Pixels, side*side*3)
			for i, v := range all[0].Pixels {
				require.InDelta(t, c.want[i%3], v, float64(c.within)+0.5, "%s at %d", c.name, i)
			}
		}
	}
}

// TestCropAndScale: the central square is what is kept, and scaling down averages.
func TestCropAndScale(t *testing.T) {
	wide := image.NewNRGBA(image.Rect(0, 0, 12, 4)) // red, green, blue squares of 4×4
	for y := range 4 {
		for x := range 12 {
			wide.Set(x, y, []color.Color{red, green, blue}[x/4])
		}
	}
	tall := image.NewNRGBA(image.Rect(0, 0, 4, 12))
	for y := range 12 {
		for x := range 4 {
			tall.Set(x, y, []color.Color{red, green, blue}[y/4])
		}
	}
	stripes := image.NewNRGBA(image.Rect(0, 0, 64, 64)) // one pixel wide: nearest neighbor would give black or white
	for y := range 64 {
		for x := range 64 {
			stripes.Set(x, y, color.Gray{uint8(255 * (x % 2))})
		}
	}
	for _, side := range []int{4, 2, 8} {
		all, _, _ := readAll(t, tree(t, map[string][]byte{"1.png": pngOf(t, wide), "2.png": pngOf(t, tall)}), side)
		for _, p := range all {
			require.Equal(t, bytes.Repeat([]byte{0, 200, 0}, side*side), p.Pixels, "side %d", side)
		}
	}
	all, _, _ := readAll(t, tree(t, map[string][]byte{"s.png": pngOf(t, stripes)}), 4)
	for _, v := range all[0].Pixels {
		require.InDelta(t, 127.5, v, 4)
	}
}

// withOrientation puts EXIF data that say how to turn into a JPEG.
func withOrientation(file []byte, turn int, order binary.AppendByteOrder) []byte {
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	tiff = append(tiff, make([]byte, 12)...) // another tag first
	for _, v := range []uint16{0x0112, 3} {
		tiff = order.AppendUint16(tiff, v)
	}
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, uint16(turn))
	tiff = order.AppendUint16(tiff, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, file[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(segment)+2))
	return append(append(out, segment...), file[2:]...)
}

// TestOrientation: a picture whose upper left is red and upper right green, stored in the eight ways of EXIF, is
// always seen that way.
func TestOrientation(t *testing.T) {
	const n = 16
	colors := [2][2]color.Color{{red, green}, {blue, color.White}} // [y][x] of the quarters
	// How each stored corner is seen: for turn k, the stored pixel (row 0, column 0) is at that corner, and the
	// stored row 0 runs along that side, as in the table of EXIF 2.3.
	seen := map[int]func(row, column int) (x, y int){
		1: func(r, c int) (int, int) { return c, r },
		2: func(r, c int) (int, int) { return n - 1 - c, r },
		3: func(r, c int) (int, int) { return n - 1 - c, n - 1 - r },
		4: func(r, c int) (int, int) { return c, n - 1 - r },
		5: func(r, c int) (int, int) { return r, c },                 // row 0 left, column 0 top
		6: func(r, c int) (int, int) { return n - 1 - r, c },         // row 0 right, column 0 top
		7: func(r, c int) (int, int) { return n - 1 - r, n - 1 - c }, // row 0 right, column 0 bottom
		8: func(r, c int) (int, int) { return r, n - 1 - c },         // row 0 left, column 0 bottom
	}
	for turn, see := range seen {
		stored := image.NewNRGBA(image.Rect(0, 0, n, n))
		for r := range n {
			for c := range n {
				x, y := see(r, c)
				stored.Set(c, r, colors[y/(n/2)][x/(n/2)])
			}
		}
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			file := withOrientation(jpegOf(t, stored), turn, order)
			require.Equal(t, turn, orientation(file))
			all, _, _ := readAll(t, tree(t, map[string][]byte{"1.jpg": file}), n)
			for y := range 2 {
				for x := range 2 {
					at := ((y*n/2+n/4)*n + x*n/2 + n/4) * 3
					r, g, b, _ := colors[y][x].RGBA()
					want := []uint32{r >> 8, g >> 8, b >> 8}
					for c := range 3 {
						require.InDelta(t, want[c], all[0].Pixels[at+c], 12, "turn %d at %d,%d", turn, x, y)
					}
				}
			}
		}
	}
}

func FuzzOrientation(f *testing.F) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, plain(2, 2, red), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add(withOrientation(file.Bytes(), 6, binary.LittleEndian))
	f.Add(withOrientation(file.Bytes(), 8, binary.BigEndian)[:40])
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if turn := orientation(file); turn < 1 || turn > 8 {
			t.Errorf("orientation %d", turn)
		}
	})
}

// claims is a PNG that says it is w×h and holds nothing.
func claims(t *testing.T, w, h uint32) []byte {
	file := pngOf(t, plain(1, 1, red))
	binary.BigEndian.PutUint32(file[16:], w)
	binary.BigEndian.PutUint32(file[20:], h)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}

// TestDamaged: every file that is no whole picture is skipped with a reason, and the others are read.
func TestDamaged(t *testing.T) {
	good := pngOf(t, plain(8, 8, red))
	photo := jpegOf(t, plain(32, 32, green))
	flipped := bytes.Clone(good)
	flipped[len(flipped)-20] ^= 1
	webpBomb := []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\xff\xff\xff\x0f\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	hiddenBomb := slices.Concat([]byte("RIFF\x2c\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x03\x00\x00"), webpBomb[12:])
	dir := tree(t, map[string][]byte{
		"a/good.png": good, "b/good.jpg": photo,
		"a/empty.png": nil, "a/text.jpg": []byte("<html>not found</html>"), "a/cut.jpg": photo[:len(photo)/2], "a/cut.png": good[:40],
		"a/flipped.png": flipped, "a/head.gif": []byte("GIF89a"), "a/bomb.png": claims(t, 50_000, 50_000), "a/bomb.webp": webpBomb,
		"a/hidden-bomb.webp": hiddenBomb, "a/riff.webp": []byte("RIFF\x04\x00\x00\x00WAVE"),
	})
	all, result, _ := readAll(t, dir, 8)
	require.Len(t, all, 2)
	require.Equal(t, []int32{0, 1}, []int32{all[0].Class, all[1].Class})
	require.Equal(t, []int{0, 1}, []int{all[0].Index, all[1].Index})
	reasons := map[string]string{}
	for _, left := range result.Skipped {
		reasons[left.Path] = left.Reason
	}
	require.Len(t, reasons, 10)
	for name, want := range map[string]string{
		"a/empty.png": "is empty", "a/text.jpg": "is neither JPEG, PNG, WebP nor GIF", "a/cut.jpg": "unexpected EOF", "a/cut.png": "unexpected EOF",
		"a/flipped.png": "png", "a/head.gif": "EOF", "a/bomb.png": "claims to be 50000×50000, more than 64 million pixels",
		"a/bomb.webp": "claims to be 16384×16384", "a/hidden-bomb.webp": "claims to be 16384×16384", "a/riff.webp": "webp",
	} {
		require.Contains(t, reasons[name], want, name)
	}
}

// TestOrder: the order does not depend on which file is decoded first, over more than one chunk.
func TestOrder(t *testing.T) {
	files := map[string][]byte{}
	const n = readChunk + 40
	for i := range n {
		name := string([]byte{'a' + byte(i/26/26), 'a' + byte(i/26%26), 'a' + byte(i%26)})
		files["train/"+name+".png"] = pngOf(t, plain(1, 1, color.NRGBA{uint8(i), uint8(i >> 8), 7, 255}))
	}
	files["test/x.png"] = pngOf(t, plain(1, 1, blue))
	all, result, found := readAll(t, tree(t, files), 1)
	require.Equal(t, Result{Train: n, Test: 1}, result)
	for i, p := range all[:n] {
		require.Equal(t, i, p.Index)
		require.Equal(t, []uint8{uint8(i), uint8(i >> 8), 7}, p.Pixels)
	}
	require.Equal(t, []uint8{0, 0, 200}, all[n].Pixels)

	last := 0
	_, err := found.Read(context.Background(), 1, func(Picture) error { return nil }, func(done, total int) {
		require.Greater(t, done, last)
		require.Equal(t, n+1, total)
		last = done
	})
	require.NoError(t, err)
	require.Equal(t, n+1, last)

	ctx, cancel := context.WithCancel(context.Background())
	_, err = found.Read(ctx, 1, func(Picture) error { cancel(); return nil }, nil)
	require.ErrorIs(t, err, context.Canceled)
	full := errors.New("disk full")
	_, err = found.Read(context.Background(), 1, func(Picture) error { return full }, nil)
	require.ErrorIs(t, err, full)
}

func TestSideAndFingerprint(t *testing.T) {
	dir := tree(t, map[string][]byte{"a/1.png": pngOf(t, plain(40, 30, red)), "a/2.png": pngOf(t, plain(200, 300, red)), "a/3.png": []byte("no")})
	found, err := List(dir)
	require.NoError(t, err)
	require.Equal(t, 30, found.Side())
	before := found.Fingerprint()
	again, err := List(dir)
	require.NoError(t, err)
	require.Equal(t, before, again.Fingerprint())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a", "3.png"), []byte("changed"), 0o644))
	changed, err := List(dir)
	require.NoError(t, err)
	require.NotEqual(t, before, changed.Fingerprint())
	require.NoError(t, os.Remove(filepath.Join(dir, "a", "1.png")))
	large, err := List(dir)
	require.NoError(t, err)
	require.Equal(t, 96, large.Side())
}
