package echarts

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"
)

func TestLibraryIsWhatTheReadmeSays(t *testing.T) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	source, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(source)
	if got := hex.EncodeToString(sum[:]); got != "b66b25aeb4df84e33199dc21694014d336d222cbd9deb0e5a7c14bd6aa0d0fd0" {
		t.Errorf("sha256 of echarts.min.js is %s", got)
	}
	if !bytes.Contains(source, []byte(`"`+Version+`"`)) {
		t.Errorf("the library does not say it is %s", Version)
	}
}

func TestSVG(t *testing.T) {
	chart := map[string]any{"width": 300, "height": 200, "option": map[string]any{
		"xAxis": map[string]any{"type": "value"}, "yAxis": map[string]any{"type": "value"},
		"series": []any{map[string]any{"type": "line", "data": [][]float64{{0, 1}, {1, 2}}}}}}
	for range 2 { // the engine is used again
		svg, err := SVG(chart, 300, 200)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(svg, "<svg") || !strings.Contains(svg, "<text") {
			t.Errorf("not a chart: %.80s", svg)
		}
	}
	if _, err := SVG(func() {}, 1, 1); err == nil {
		t.Error("a function is not JSON")
	}
	if _, err := SVG(map[string]any{"option": map[string]any{"series": []any{map[string]any{"type": "line", "coordinateSystem": "nowhere"}}}}, 10, 10); err == nil {
		t.Error("an impossible option makes no error")
	}
	if _, err := SVG(chart, 300, 200); err != nil {
		t.Errorf("after an error the engine is unusable: %v", err)
	}
}
