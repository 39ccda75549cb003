package augment

import (
	"image"
	"reflect"
	"testing"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
)

func TestPreview(t *testing.T) {
	backend := testbackend.New(t)
	pictures := datasets.MustOpen("emoji").Train().Take(3)
	preview := func(p Policy, seed int64) [][]image.Image {
		t.Helper()
		views, err := p.Preview(backend, pictures, 2, 0, seed)
		if err != nil {
			t.Fatal(err)
		}
		if len(views) != 3 || len(views[0]) != 2 || views[0][0].Bounds() != image.Rect(0, 0, 32, 32) {
			t.Fatalf("got %d pictures with %d views of %v", len(views), len(views[0]), views[0][0].Bounds())
		}
		return views
	}
	one := preview(Emoji(), 1)
	if !reflect.DeepEqual(one, preview(Emoji(), 1)) {
		t.Error("the same seed gave other views")
	}
	if reflect.DeepEqual(one, preview(Emoji(), 2)) {
		t.Error("another seed gave the same views")
	}
	if reflect.DeepEqual(one[0][0], one[0][1]) {
		t.Error("both views of a picture are the same")
	}
	// Without transforms a view is the picture on white.
	plain := preview(None(), 1)[1][0].(*image.NRGBA)
	for i := range 32 * 32 {
		a := int(pictures.Pixels[(1*32*32+i)*4+3])
		for c := range 3 {
			want := (int(pictures.Pixels[(1*32*32+i)*4+c])*a + 255*(255-a) + 127) / 255
			if got := int(plain.Pix[4*i+c]); got < want-1 || got > want+1 {
				t.Fatalf("pixel %d channel %d: %d, want %d", i, c, got, want)
			}
		}
	}
	if _, err := Emoji().Preview(backend, pictures, 0, 0, 1); err == nil {
		t.Error("zero views: no error")
	}
}
