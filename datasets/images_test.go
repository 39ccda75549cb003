package datasets

import (
	"fmt"
	"image"
	"image/color"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// numbered is n RGB pictures of 2×1 whose first value is their number, in classes 0, 1, 1, 0, 1, 1, ...
func numbered(n int) *Images {
	s := &Images{
		Name: "numbered", Height: 2, Width: 1, Channels: 3,
		Pixels: []uint8{}, Labels: []int32{}, LabelNames: []string{"zero", "rest"},
		Domains: []int32{}, DomainNames: []string{"even", "odd"},
		Items: []int32{}, Captions: map[string][][]string{"en": {}},
	}
	for i := range n {
		s.Pixels = append(s.Pixels, uint8(i), 1, 2, 3, 4, 5)
		s.Labels = append(s.Labels, int32(min(i%3, 1)))
		s.Domains = append(s.Domains, int32(i%2))
		s.Items = append(s.Items, int32(i))
		s.ItemNames = append(s.ItemNames, fmt.Sprint("item ", i))
		s.Captions["en"] = append(s.Captions["en"], []string{fmt.Sprint("number ", i)})
	}
	return s
}

// numbers reads back which pictures a set holds, and checks that the columns came along.
func numbers(t *testing.T, s *Images) []int {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	out := []int{}
	for i := range s.Len() {
		n := int(s.Pixels[i*6])
		out = append(out, n)
		if s.Labels[i] != int32(min(n%3, 1)) || s.Domains[i] != int32(n%2) || s.Items[i] != int32(n) {
			t.Fatalf("picture %d has label %d, domain %d, item %d", n, s.Labels[i], s.Domains[i], s.Items[i])
		}
	}
	return out
}

func wantNumbers(t *testing.T, s *Images, want ...int) {
	t.Helper()
	if got := numbers(t, s); !slices.Equal(got, want) {
		t.Errorf("got pictures %v, want %v", got, want)
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", parts)
		return
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q lacks %q", err, p)
		}
	}
}

func TestTake(t *testing.T) {
	s := numbered(5)
	wantNumbers(t, s.Take(2), 0, 1)
	wantNumbers(t, s.Take(99), 0, 1, 2, 3, 4)
	wantNumbers(t, s.Take(0))
	wantNumbers(t, s.Take(-3))
}

func TestSelectAndWhere(t *testing.T) {
	s := numbered(5)
	got, err := s.Select([]int{4, 0, 4})
	if err != nil {
		t.Fatal(err)
	}
	wantNumbers(t, got, 4, 0, 4)
	for _, bad := range []int{-1, 5} {
		_, err = s.Select([]int{0, bad})
		wantError(t, err, "numbered", fmt.Sprintf("idx[1] is %d", bad), "5 pictures")
	}
	wantNumbers(t, s.Where(func(i int) bool { return i%2 == 1 }), 1, 3)
	wantNumbers(t, s.Where(func(int) bool { return false }))
}

func TestDomain(t *testing.T) {
	s := numbered(5)
	odd, err := s.Domain("odd")
	if err != nil {
		t.Fatal(err)
	}
	wantNumbers(t, odd, 1, 3)
	both, err := s.Domain("odd", "even")
	if err != nil {
		t.Fatal(err)
	}
	wantNumbers(t, both, 0, 1, 2, 3, 4)
	_, err = s.Domain("Evn")
	wantError(t, err, `unknown domain "Evn"`, "known: even, odd", `did you mean "even"?`)
	_, err = s.Domain()
	wantError(t, err, "no domain named", "even, odd")
	s.Domains = nil
	_, err = s.Domain("odd")
	wantError(t, err, "has no domains")
}

func TestShuffle(t *testing.T) {
	s := numbered(12)
	one := numbers(t, s.Shuffle(1))
	if again := numbers(t, s.Shuffle(1)); !slices.Equal(one, again) {
		t.Errorf("seed 1 gave %v, then %v", one, again)
	}
	if two := numbers(t, s.Shuffle(2)); slices.Equal(one, two) {
		t.Errorf("seeds 1 and 2 gave the same order %v", one)
	}
	// Pinned: the order of a seed is part of every result.
	if want := []int{6, 0, 1, 4, 3, 10, 2, 5, 7, 9, 8, 11}; !slices.Equal(one, want) {
		t.Errorf("seed 1 gives %v, want %v", one, want)
	}
	slices.Sort(one)
	if !slices.Equal(one, indices(12)) {
		t.Errorf("shuffled pictures are %v, want each once", one)
	}
	wantNumbers(t, numbered(0).Shuffle(1))
}

func TestBalanced(t *testing.T) {
	s := numbered(9) // 3 of class 0, 6 of class 1
	b, err := s.Balanced(3, 7)
	if err != nil {
		t.Fatal(err)
	}
	got := numbers(t, b)
	perClass := [2]int{}
	for _, l := range b.Labels {
		perClass[l]++
	}
	slices.Sort(got)
	if perClass != [2]int{3, 3} || len(slices.Compact(got)) != 6 {
		t.Errorf("pictures %v, per class %v, want 3 different ones of each", got, perClass)
	}
	again, err := s.Balanced(3, 7)
	if err != nil || !slices.Equal(b.Pixels, again.Pixels) {
		t.Errorf("the same seed gave another subset (%v)", err)
	}
	_, err = s.Balanced(4, 7)
	wantError(t, err, `class "zero" has 3 pictures, want 4`)
	_, err = s.Balanced(0, 7)
	wantError(t, err, "want at least 1")
	onlyOne, err := s.Where(func(i int) bool { return s.Labels[i] == 1 }).Balanced(2, 7)
	if err != nil || onlyOne.Len() != 2 {
		t.Errorf("a class that does not occur must not count: %v", err)
	}
	s.Labels = nil
	_, err = s.Balanced(1, 7)
	wantError(t, err, "no labels")
}

// Changing a result must not change what it came from.
func TestResultsShareNothing(t *testing.T) {
	for name, derive := range map[string]func(*Images) (*Images, error){
		"Take":    func(s *Images) (*Images, error) { return s.Take(4), nil },
		"Shuffle": func(s *Images) (*Images, error) { return s.Shuffle(1), nil },
		"Concat":  func(s *Images) (*Images, error) { return s.Concat() },
		"Select":  func(s *Images) (*Images, error) { return s.Select([]int{0, 1, 2, 3}) },
	} {
		s := numbered(4)
		out, err := derive(s)
		if err != nil {
			t.Fatal(err)
		}
		out.Pixels[0], out.Labels[0], out.Domains[0], out.Items[0] = 99, 99, 99, 99
		out.LabelNames[0], out.DomainNames[0], out.ItemNames[0], out.Captions["en"][0][0] = "x", "x", "x", "x"
		out.Captions["zh"] = nil
		if !reflect.DeepEqual(s, numbered(4)) {
			t.Errorf("%s: changing the result changed its source", name)
		}
	}
}

func TestConcat(t *testing.T) {
	s := numbered(3)
	same, err := s.Concat(s, s.Take(1))
	if err != nil {
		t.Fatal(err)
	}
	wantNumbers(t, same, 0, 1, 2, 0, 1, 2, 0)

	other := numbered(2)
	other.Name, other.LabelNames = "other", []string{"new", "zero"}
	other.ItemNames = []string{"item 1", "item 77"}
	other.Captions["zh"] = [][]string{{"一"}, {"七十七"}}
	got, err := s.Concat(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Validate(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"zero", "rest", "new"}; !slices.Equal(got.LabelNames, want) || !slices.Equal(got.Labels, []int32{0, 1, 1, 2, 0}) {
		t.Errorf("labels %v of %v, want 0 1 1 2 0 of %v", got.Labels, got.LabelNames, want)
	}
	if !slices.Equal(got.Items, []int32{0, 1, 2, 1, 3}) || got.ItemNames[3] != "item 77" {
		t.Errorf("items %v of %v", got.Items, got.ItemNames)
	}
	if len(got.Captions) != 1 || got.Captions["en"][1][0] != "number 1" || got.Captions["en"][3][0] != "number 1" {
		t.Errorf("captions %v", got.Captions)
	}
	if got.Name != "numbered+other" {
		t.Errorf("name %q", got.Name)
	}

	other.Width, other.Height = 2, 1
	_, err = s.Concat(other)
	wantError(t, err, "2×1×3", "1×2×3", "other")
	bare := numbered(1)
	bare.Domains = nil
	_, err = s.Concat(bare)
	wantError(t, err, "only one of", "Domains")
	twice := numbered(2)
	twice.ItemNames = []string{"same", "same"}
	_, err = s.Concat(twice)
	wantError(t, err, "Items", `"same" stands for two things`)
}

func TestValidate(t *testing.T) {
	if err := (&Images{Height: 1, Width: 1, Channels: 1}).Validate(); err != nil {
		t.Errorf("an empty set without labels: %v", err)
	}
	for _, c := range []struct {
		want  string
		spoil func(*Images)
	}{
		{"0×1", func(s *Images) { s.Height = 0 }},
		{"2 channels", func(s *Images) { s.Channels = 2 }},
		{"not a multiple of 2×1×3: 1 too many", func(s *Images) { s.Pixels = append(s.Pixels, 0) }},
		{"Labels has 2 entries for 3 pictures", func(s *Images) { s.Labels = s.Labels[:2] }},
		{"Labels[1] is 2, but there are 2 names", func(s *Images) { s.Labels[1] = 2 }},
		{"Domains[0] is -1", func(s *Images) { s.Domains[0] = -1 }},
		{"Items[2] is 3", func(s *Images) { s.Items[2] = 3 }},
		{"FineLabels[0] is 0, but there are 0 names", func(s *Images) { s.FineLabels = make([]int32, 3) }},
		{"ItemGlyphs has 1 entries for 3 items", func(s *Images) { s.ItemGlyphs = []string{"a"} }},
		{`Captions["en"] has 2 entries for 3 items`, func(s *Images) { s.Captions["en"] = s.Captions["en"][:2] }},
	} {
		s := numbered(3)
		c.spoil(s)
		wantError(t, s.Validate(), c.want, "numbered")
	}
}

func TestAt(t *testing.T) {
	rgb := numbered(3).At(2)
	if got, want := rgb.At(0, 0), (color.NRGBA{2, 1, 2, 255}); got != want || rgb.Bounds() != image.Rect(0, 0, 1, 2) {
		t.Errorf("RGB: %v in %v, want %v", got, rgb.Bounds(), want)
	}
	gray := (&Images{Height: 1, Width: 2, Channels: 1, Pixels: []uint8{1, 2, 3, 4}}).At(1)
	if got := gray.At(1, 0); got != (color.Gray{4}) {
		t.Errorf("gray: %v, want 4", got)
	}
	s := &Images{Height: 1, Width: 1, Channels: 4, Pixels: []uint8{10, 20, 30, 128}}
	rgba := s.At(0).(*image.NRGBA)
	if got, want := rgba.At(0, 0), (color.NRGBA{10, 20, 30, 128}); got != want {
		t.Errorf("RGBA: %v, want %v", got, want)
	}
	rgba.Pix[0] = 99
	if s.Pixels[0] != 10 {
		t.Error("At shares memory with the set")
	}
}

func TestContactSheet(t *testing.T) {
	s := &Images{Height: 2, Width: 3, Channels: 4, Pixels: make([]uint8, 5*24)}
	for i := 24; i < 48; i += 4 { // picture 1: half transparent black; the others are clear
		s.Pixels[i+3] = 128
	}
	for _, c := range []struct{ columns, scale, width, height int }{
		{2, 1, 2*4 + 1, 3*3 + 1},
		{2, 3, 3 * (2*4 + 1), 3 * (3*3 + 1)},
		{9, 1, 9*4 + 1, 3 + 1},
		{0, 0, 3*4 + 1, 2*3 + 1}, // ⌈√5⌉ = 3 columns, scale 1
	} {
		if got, want := s.ContactSheet(c.columns, c.scale).Bounds(), image.Rect(0, 0, c.width, c.height); got != want {
			t.Errorf("ContactSheet(%d, %d) is %v, want %v", c.columns, c.scale, got, want)
		}
	}
	sheet := s.ContactSheet(2, 2)
	if r, _, _, a := sheet.At(2, 2).RGBA(); r>>8 != 250 || a>>8 != 255 {
		t.Errorf("behind a clear picture: %d, alpha %d, want 250 and opaque", r>>8, a>>8)
	}
	// Picture 1 starts at column 1+3+1 = 5, times 2. Half black on 250 is 124 or 125.
	for _, p := range []image.Point{{10, 2}, {15, 5}} {
		if r, _, _, a := sheet.At(p.X, p.Y).RGBA(); r>>8 < 124 || r>>8 > 125 || a>>8 != 255 {
			t.Errorf("half black on the ground at %v: %d, alpha %d, want 124 or 125 and opaque", p, r>>8, a>>8)
		}
	}
	if b := s.Take(0).ContactSheet(2, 1).Bounds(); b.Dy() != 1 {
		t.Errorf("a sheet of no pictures is %v", b)
	}
}
