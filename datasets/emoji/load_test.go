package emoji

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func mustLoad(tb testing.TB) *Data {
	tb.Helper()
	d, err := Load()
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestLoadEmbedded(t *testing.T) {
	d := mustLoad(t)
	artists := Artists()
	if len(d.Items) != 1558 || len(d.Groups) != 8 || len(d.Subgroups) != 94 {
		t.Fatalf("%d items, %d groups, %d subgroups, want 1558, 8, 94", len(d.Items), len(d.Groups), len(d.Subgroups))
	}
	if want := 1558 * len(artists) * Side * Side * Channels; len(d.Pixels) != want {
		t.Fatalf("%d pixel values, want %d", len(d.Pixels), want)
	}
	codes, names := map[string]bool{}, map[string]bool{}
	for _, it := range d.Items {
		codes[it.Code], names[it.EN[0]] = true, true
	}
	if len(codes) != 1558 || len(names) != 1558 {
		t.Errorf("%d different codes and %d English names, want 1558 of each", len(codes), len(names))
	}
	at := slices.IndexFunc(d.Items, func(it Item) bool { return it.Code == "1F355" })
	pizza := d.Items[at]
	if pizza.Glyph() != "🍕" || pizza.EN[0] != "pizza" || pizza.ZH[0] != "披萨" || d.Groups[pizza.Group] != "Food & Drink" {
		t.Errorf("1F355 is %+v in group %q", pizza, d.Groups[pizza.Group])
	}
	if !slices.ContainsFunc(artists, func(a Artist) bool { return a.Name == HeldOut }) {
		t.Errorf("the artist held out, %q, is not among %v", HeldOut, artists)
	}
}

// Every picture must show something, on a transparent ground, with color 0 where nothing is seen.
func TestPicturesAreWhole(t *testing.T) {
	d := mustLoad(t)
	artists := Artists()
	for p := range len(d.Pixels) / pictureBytes {
		px := d.Pixels[p*pictureBytes : (p+1)*pictureBytes]
		visible, through := 0, 0
		for i := 0; i < len(px); i += Channels {
			if px[i+3] > 127 {
				visible++
			}
			if px[i+3] < 255 { // Twemoji's buttons fill the square but for their rounded corners
				through++
			}
			if px[i+3] == 0 && (px[i] != 0 || px[i+1] != 0 || px[i+2] != 0) {
				t.Fatalf("picture %d has color under alpha 0", p)
			}
		}
		// The least ink is OpenMoji's pause button: two strokes. Fluent's flat face in clouds fills the square.
		cloud := d.Items[p/len(artists)].EN[0] == "face in clouds" && artists[p%len(artists)].Name == "Fluent flat"
		if visible < 15 || through < 4 && !cloud {
			t.Errorf("%s by %s: %d visible and %d transparent pixels of 1024",
				d.Items[p/len(artists)].EN[0], artists[p%len(artists)].Name, visible, through)
		}
	}
}

// The five pictures of an emoji must be alike more often than those of different emoji, or the sheets do not
// line up: a shift by one item would bring the share below chance. Raw pixels are enough to see it.
func TestSheetsLineUp(t *testing.T) {
	d := mustLoad(t)
	artists := len(Artists())
	picture := func(item, artist int) []uint8 {
		at := (item*artists + artist) * pictureBytes
		return d.Pixels[at : at+pictureBytes]
	}
	distance := func(a, b []uint8) (sum int) {
		for i := range a {
			diff := int(a[i]) - int(b[i])
			sum += diff * diff
		}
		return sum
	}
	for other, atLeast := range map[int]float64{0: 0.6, 1: 0.6, 3: 0.9, 4: 0.5} { // chance: 1/3
		hits, n := 0, 0
		for item := 50; item < len(d.Items)-50; item += 15 {
			own := distance(picture(item, 2), picture(item, other))
			n++
			if own < distance(picture(item, 2), picture(item+1, other)) && own < distance(picture(item, 2), picture(item-1, other)) {
				hits++
			}
		}
		if share := float64(hits) / float64(n); share < atLeast {
			t.Errorf("Fluent 3D and artist %d: own picture nearer than both neighbors for %.2f of the emoji, want %.2f", other, share, atLeast)
		}
	}
}

func embeddedCopy(t *testing.T) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for name := range pinned {
		raw, err := fs.ReadFile(embedded, name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = &fstest.MapFile{Data: bytes.Clone(raw)}
	}
	return out
}

func TestCorruptFiles(t *testing.T) {
	for name := range pinned {
		for _, c := range []struct {
			what, want string
			spoil      func(fstest.MapFS)
		}{
			{"missing", "is missing", func(f fstest.MapFS) { delete(f, name) }},
			{"empty", "has 0 bytes, want", func(f fstest.MapFS) { f[name].Data = nil }},
			{"truncated", "bytes, want", func(f fstest.MapFS) { f[name].Data = f[name].Data[:len(f[name].Data)/2] }},
			{"one bit flipped", "sha256 is", func(f fstest.MapFS) { f[name].Data[len(f[name].Data)/2] ^= 1 }},
			{"wrong magic", "sha256 is", func(f fstest.MapFS) { copy(f[name].Data, "GIF89a") }},
		} {
			f := embeddedCopy(t)
			c.spoil(f)
			_, err := LoadFS(f)
			if err == nil {
				t.Errorf("%s %s: no error", name, c.what)
				continue
			}
			for _, part := range []string{name, c.want, "git checkout"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%s %s: %q lacks %q", name, c.what, err, part)
				}
			}
		}
	}
	if _, err := LoadFS(embeddedCopy(t)); err != nil {
		t.Errorf("an unharmed copy: %v", err)
	}
}

// Files whose sums are right but whose content is not what the loader expects.
func TestWrongFormat(t *testing.T) {
	var wide, gray bytes.Buffer
	if err := png.Encode(&wide, image.NewNRGBA(image.Rect(0, 0, 64, 32))); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&gray, image.NewGray(image.Rect(0, 0, 32, 32))); err != nil {
		t.Fatal(err)
	}
	one := `{"groups":["g"],"subgroups":["s"],"items":[%s]}`
	good := `{"code":"1F355","group":0,"subgroup":0,"en":["pizza"],"zh":["披萨"]}`
	for _, c := range []struct{ file, content, want string }{
		{"data/items.json", "not JSON", "is not the JSON expected"},
		{"data/items.json", fmt.Sprintf(one, ""), "lists no emoji"},
		{"data/items.json", fmt.Sprintf(one, strings.Replace(good, "1F355", "pizza", 1)), `code "pizza"`},
		{"data/items.json", fmt.Sprintf(one, strings.Replace(good, `"group":0`, `"group":1`, 1)), "out of range"},
		{"data/items.json", fmt.Sprintf(one, strings.Replace(good, `"zh":["披萨"]`, `"zh":[]`, 1)), "no Chinese name"},
		{"data/noto.png", "GIF89a", "is not a whole PNG"},
		{"data/noto.png", wide.String()[:wide.Len()-20], "is not a whole PNG"},
		{"data/noto.png", wide.String(), "64×32"},
		{"data/noto.png", gray.String(), "Gray"},
	} {
		files := fstest.MapFS{"data/items.json": {Data: fmt.Appendf(nil, one, good)}}
		square := new(bytes.Buffer)
		if err := png.Encode(square, halfClear()); err != nil {
			t.Fatal(err)
		}
		for _, a := range Artists() {
			files[a.file] = &fstest.MapFile{Data: square.Bytes()}
		}
		if _, err := load(files, sumsOf(files)); err != nil {
			t.Fatalf("the files before spoiling: %v", err)
		}
		files[c.file] = &fstest.MapFile{Data: []byte(c.content)}
		_, err := load(files, sumsOf(files))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.file) {
			t.Errorf("%s %.40q: error %v, want one with %q", c.file, c.content, err, c.want)
		}
	}
}

func halfClear() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, Side, Side))
	for i := 3; i < len(img.Pix)/2; i += 4 {
		img.Pix[i] = 200
	}
	return img
}

func sumsOf(files fstest.MapFS) map[string]sum {
	out := map[string]sum{}
	for name, f := range files {
		out[name] = sum{len(f.Data), fmt.Sprintf("%x", sha256.Sum256(f.Data))}
	}
	return out
}

// The split is part of every published number: this sum may only change together with splitSalt.
func TestSplitIsPinned(t *testing.T) {
	d := mustLoad(t)
	train, test := Split(d.Items)
	if len(train) != 1246 || len(test) != 312 {
		t.Fatalf("split %d/%d, want 1246/312", len(train), len(test))
	}
	var codes [2][]string
	for _, i := range train {
		codes[0] = append(codes[0], d.Items[i].Code)
	}
	for _, i := range test {
		codes[1] = append(codes[1], d.Items[i].Code)
	}
	raw, err := json.Marshal(codes)
	if err != nil {
		t.Fatal(err)
	}
	const want = "56afbb4ab5f74d5b0bceed07395adf36a0b7045e87cd694b4b04fb27c244e8a0"
	if got := fmt.Sprintf("%x", sha256.Sum256(raw)); got != want {
		t.Errorf("sha256 of the split is %s, want %s", got, want)
	}

	both := slices.Concat(train, test)
	slices.Sort(both)
	for i, v := range both {
		if i != v {
			t.Fatalf("train and test together are not every emoji once: %d at %d", v, i)
		}
	}
	total, tested := make([]int, len(d.Groups)), make([]int, len(d.Groups))
	for _, it := range d.Items {
		total[it.Group]++
	}
	for _, i := range test {
		tested[d.Items[i].Group]++
	}
	for g, n := range total {
		if low := n / 5; tested[g] < low || tested[g] > low+1 {
			t.Errorf("group %s: %d of %d for testing, want a fifth", d.Groups[g], tested[g], n)
		}
	}
}

// An emoji's side depends on its code and group only, not on where it stands in the list.
func TestSplitIgnoresOrder(t *testing.T) {
	d := mustLoad(t)
	reversed := slices.Clone(d.Items)
	slices.Reverse(reversed)
	_, test := Split(d.Items)
	_, back := Split(reversed)
	for k := range test {
		if d.Items[test[k]].Code != reversed[back[k]].Code {
			t.Fatalf("entry %d differs: %s and %s", k, d.Items[test[k]].Code, reversed[back[k]].Code)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
