package datasets

import (
	"fmt"
	"slices"
	"testing"
)

func openEmojiForTest(t *testing.T) *Source {
	t.Helper()
	s, err := Open("emoji")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOpenUnknown(t *testing.T) {
	_, err := Open("emojis")
	wantError(t, err, `unknown data set "emojis"`, "known: cifar10, cifar100", "folder:PATH", `did you mean "emoji"?`)
	_, err = Open("imagenet")
	wantError(t, err, `unknown data set "imagenet"; known: cifar10`)
	if !slices.Contains(Names(), "emoji") {
		t.Errorf("Names() is %v", Names())
	}
	defer func() {
		if recover() == nil {
			t.Error("MustOpen did not panic")
		}
	}()
	MustOpen("emojis")
}

func TestEmojiParts(t *testing.T) {
	s := openEmojiForTest(t)
	train, test, unseen, all := s.Train(), s.Test(), s.Unseen(), s.All()
	for _, c := range []struct {
		images *Images
		name   string
		n      int
	}{{train, "emoji/train", 1246 * 4}, {test, "emoji/test", 312 * 5}, {unseen, "emoji/unseen", 1246}, {all, "emoji/all", 1558 * 5}} {
		if c.images.Len() != c.n || c.images.Name != c.name {
			t.Errorf("%s has %d pictures, want %s with %d", c.images.Name, c.images.Len(), c.name, c.n)
		}
		if err := c.images.Validate(); err != nil {
			t.Error(err)
		}
		if len(c.images.LabelNames) != 8 || len(c.images.FineNames) != 94 || len(c.images.ItemNames) != 1558 || len(c.images.Captions) != 2 {
			t.Errorf("%s: %d labels, %d fine labels, %d items, %d languages", c.name,
				len(c.images.LabelNames), len(c.images.FineNames), len(c.images.ItemNames), len(c.images.Captions))
		}
	}
	if !slices.Equal(s.HeldOut, []string{"OpenMoji"}) {
		t.Errorf("held out: %v", s.HeldOut)
	}
	openmoji := int32(slices.Index(all.DomainNames, "OpenMoji"))
	if slices.Contains(train.Domains, openmoji) {
		t.Error("the training part has pictures of the artist held out")
	}
	if i := slices.IndexFunc(unseen.Domains, func(d int32) bool { return d != openmoji }); i >= 0 {
		t.Errorf("picture %d of the unseen part is by %s", i, all.DomainNames[unseen.Domains[i]])
	}
	inTest := map[int32]int{}
	for _, it := range test.Items {
		inTest[it]++
	}
	for it, n := range inTest {
		if n != 5 {
			t.Errorf("test emoji %s has %d pictures, want 5", all.ItemNames[it], n)
		}
	}
	for _, part := range []*Images{train, unseen} {
		for _, it := range part.Items {
			if inTest[it] != 0 {
				t.Fatalf("%s is in %s and in the test part", all.ItemNames[it], part.Name)
			}
		}
	}
}

// The first pictures must be of several groups, or a look at Take(64) would show faces only.
func TestEmojiTakeIsMixed(t *testing.T) {
	few := openEmojiForTest(t).Test().Take(64)
	groups := slices.Clone(few.Labels)
	slices.Sort(groups)
	if n := len(slices.Compact(groups)); n < 5 {
		t.Errorf("64 test pictures cover %d of 8 groups, want at least 5", n)
	}
}

// Parts are copies: changing one must not reach the source.
func TestPartsShareNothing(t *testing.T) {
	s := openEmojiForTest(t)
	for _, part := range []func() *Images{s.Train, s.Test, s.Unseen, s.All} {
		one := part()
		old := one.Pixels[2000]
		one.Pixels[2000]++
		one.ItemNames[0], one.Captions["en"][0][0] = "x", "x"
		if two := part(); two.Pixels[2000] != old || two.ItemNames[0] == "x" || two.Captions["en"][0][0] == "x" {
			t.Errorf("%s: a change reached the source", one.Name)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"cifar", `; did you mean "cifar10"?`}, {"EMOJI", `; did you mean "emoji"?`}, {"emjoi", `; did you mean "emoji"?`}, {"mnist", ""},
	} {
		if got := didYouMean(c.name, []string{"cifar10", "emoji"}); got != c.want {
			t.Errorf("didYouMean(%q) is %q, want %q", c.name, got, c.want)
		}
	}
}

func ExampleOpen() {
	emoji, err := Open("emoji")
	if err != nil {
		fmt.Println(err)
		return
	}
	train, test := emoji.Train(), emoji.Test()
	fmt.Println(train.Len(), "pictures to learn from,", test.Len(), "to measure on")
	fmt.Println(train.Height, train.Width, train.Channels, train.LabelNames[3], test.DomainNames)
	// Output:
	// 4984 pictures to learn from, 1560 to measure on
	// 32 32 4 Food & Drink [Noto Twemoji Fluent 3D Fluent flat OpenMoji]
}

func ExampleImages_Take() {
	few := MustOpen("emoji").All().Take(6)
	for i := range few.Len() {
		item := few.Items[i]
		fmt.Println(few.ItemGlyphs[item], few.ItemNames[item], few.Captions["zh"][item][0], "by", few.DomainNames[few.Domains[i]])
	}
	// Output:
	// 😀 grinning face 嘿嘿 by Noto
	// 😀 grinning face 嘿嘿 by Twemoji
	// 😀 grinning face 嘿嘿 by Fluent 3D
	// 😀 grinning face 嘿嘿 by Fluent flat
	// 😀 grinning face 嘿嘿 by OpenMoji
	// 😃 grinning face with big eyes 哈哈 by Noto
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		if _, err := Open("emoji"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTrain(b *testing.B) {
	s := MustOpen("emoji")
	for b.Loop() {
		s.Train()
	}
}

// The emoji are decoded once, but nobody sees what another changes.
func TestOpenedTwiceSharesNothing(t *testing.T) {
	a, b := openEmojiForTest(t), openEmojiForTest(t)
	pixel, held := b.All().Pixels[5], b.HeldOut[0]
	all, train := a.All(), a.Train()
	all.Pixels[5]++
	train.Pixels[5]++
	all.ItemNames[0], all.Captions["en"][0][0], a.HeldOut[0] = "x", "x", "x"
	for _, s := range []*Source{b, openEmojiForTest(t)} {
		if got := s.All(); got.Pixels[5] != pixel || got.ItemNames[0] == "x" || got.Captions["en"][0][0] == "x" || s.HeldOut[0] != held {
			t.Error("a change shows in another opening")
		}
	}
}
