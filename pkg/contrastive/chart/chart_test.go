package chart

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/echarts"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

func near(a color.Color, hex string, tolerance int) bool {
	r, g, b, _ := a.RGBA()
	w := hexColor(hex)
	for _, d := range []int{int(r>>8) - int(w.R), int(g>>8) - int(w.G), int(b>>8) - int(w.B)} {
		if d > tolerance || d < -tolerance {
			return false
		}
	}
	return true
}

// count is how many pixels of a rectangle (in fractions of the picture) have about a color.
func count(img image.Image, x0, y0, x1, y1 float64, hex string) int {
	b, n := img.Bounds(), 0
	for y := int(y0 * float64(b.Dy())); y < int(y1*float64(b.Dy())); y++ {
		for x := int(x0 * float64(b.Dx())); x < int(x1*float64(b.Dx())); x++ {
			if near(img.At(x, y), hex, 24) {
				n++
			}
		}
	}
	return n
}

func picture(t *testing.T, c *Chart) image.Image {
	t.Helper()
	data, err := c.PNG()
	if err != nil {
		t.Fatalf("PNG: %v", err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("PNG does not decode: %v", err)
	}
	return img
}

func TestEveryChart(t *testing.T) {
	network := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9.-]+\.[a-z]{2,}`)
	total := 0
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			if err := s.chart.Err(); err != nil {
				t.Fatal(err)
			}
			option, err := s.chart.Option()
			if s.live != (err == nil) {
				t.Fatalf("Option: %v; has one: %v", err, s.live)
			}
			if s.live {
				var o map[string]any
				if err := json.Unmarshal(option, &o); err != nil {
					t.Fatalf("option is not JSON: %v", err)
				}
				if got := o["title"].(map[string]any)["text"]; got != s.chart.Title {
					t.Errorf("title %q, want %q", got, s.chart.Title)
				}
				if len(o["series"].([]any)) == 0 {
					t.Error("no series")
				}
				if got := o["aria"].(map[string]any)["label"].(map[string]any)["description"]; got != s.chart.Alt {
					t.Errorf("aria description %q, want %q", got, s.chart.Alt)
				}
			}
			if len(s.chart.Alt) < 20 || strings.Contains(s.chart.Alt, "NaN") {
				t.Errorf("alt text %q says too little", s.chart.Alt)
			}
			display, err := s.chart.display()
			if err != nil {
				t.Fatal(err)
			}
			html := display[protocol.MIMETextHTML].(string)
			total += len(html)
			if data, ok := display[protocol.MIMEImagePNG].([]byte); ok {
				total += len(data) * 4 / 3
			}
			img := inline(t, html)
			if got, want := img.Bounds().Size(), image.Pt(scaled(s.chart.Width), scaled(s.chart.Height)); got != want {
				t.Errorf("picture of %v, want %v", got, want)
			}
			if n := count(img, 0, 0, 0.6, 0.12, ink); n < 50 {
				t.Errorf("%d dark pixels where the title is: it is not drawn", n)
			}
			if !near(img.At(1, img.Bounds().Dy()-2), "#FFFFFF", 0) {
				t.Errorf("background is %v, not white", img.At(1, img.Bounds().Dy()-2))
			}
			if found := network.FindString(html); found != "" {
				t.Errorf("HTML names a network address: %s", found)
			}
			if s.live != strings.Contains(html, "contrastlabQueue") {
				t.Errorf("HTML has a script: %v, want %v", !s.live, s.live)
			}
			if plain := display[protocol.MIMETextPlain].(string); !strings.Contains(plain, s.chart.Title) || !strings.Contains(plain, s.chart.Alt) {
				t.Errorf("plain text %q", plain)
			}
		})
	}
	if n := len(samples()); total > n*(60<<10) {
		t.Errorf("%d charts take %d bytes of a notebook, want at most 60 KB each", n, total)
	}
}

// inline is the static picture inside HTML.
func inline(t *testing.T, html string) image.Image {
	t.Helper()
	_, rest, ok := strings.Cut(html, `<img src="data:image/png;base64,`)
	if !ok {
		t.Fatal("HTML has no static picture")
	}
	encoded, _, _ := strings.Cut(rest, `"`)
	img, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
	if err != nil {
		t.Fatalf("the static picture does not decode: %v", err)
	}
	return img
}

func TestMarksAreDrawn(t *testing.T) {
	ramp := Series{Name: "a", Y: []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}
	img := picture(t, Lines("t", "x", "y", ramp))
	low, high := count(img, 0.1, 0.6, 0.4, 0.85, okabeIto[0]), count(img, 0.1, 0.13, 0.4, 0.4, okabeIto[0])
	if low < 100 || high > 0 {
		t.Errorf("a rising line: %d blue pixels lower left, %d upper left", low, high)
	}
	img = picture(t, Bars("t", "m", []string{"g"}, []BarSeries{{Name: "pixels", Values: []float64{0.2}, Baseline: true}, {Name: "ours", Values: []float64{0.8}}}))
	gray, blue := count(img, 0.1, 0.3, 1, 0.9, grays[0]), count(img, 0.1, 0.3, 1, 0.9, okabeIto[0])
	if ratio := float64(blue) / float64(gray); ratio < 3.4 || ratio > 4.6 {
		t.Errorf("bars of 0.8 and 0.2 cover %d and %d pixels, ratio %.2f", blue, gray, ratio)
	}
	img = picture(t, SimilarityMatrix("t", [][]float32{{1, -1}, {-1, 1}}, nil))
	warm, cold := count(img, 0, 0, 1, 1, diverging[6]), count(img, 0, 0, 1, 1, diverging[0])
	if quarter := scaled(matrixSide) * scaled(matrixSide) / 2; warm < quarter*9/10 || cold < quarter*9/10 || warm > quarter*11/10 {
		t.Errorf("%d warm and %d cold pixels, want some %d each", warm, cold, quarter)
	}
	img = picture(t, Histogram([]float32{0.9, 0.92}, []float32{-0.9, -0.92}))
	if left, right := count(img, 0.1, 0.3, 0.3, 0.85, okabeIto[1]), count(img, 0.7, 0.3, 0.99, 0.85, okabeIto[0]); left < 50 || right < 50 {
		t.Errorf("histogram draws %d pixels of negatives on the left and %d of positives on the right", left, right)
	}
	pics := tiles(3, 1)
	img = picture(t, Neighbors(pics[:1], [][]image.Image{pics[1:]}, [][]bool{{true, false}}))
	if hit, miss := count(img, 0, 0, 1, 1, okabeIto[0]), count(img, 0, 0, 1, 1, okabeIto[1]); hit < 200 || miss < 200 {
		t.Errorf("hit and miss are marked with %d and %d pixels", hit, miss)
	}
}

func TestNothingToDraw(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	one := tiles(1, 1)
	for name, c := range map[string]*Chart{
		"no history":      Loss(nil, 6),
		"loss all NaN":    Loss([]Point{{0, map[string]float64{"loss": nan}}}, 6),
		"no series":       Lines("t", "x", "y"),
		"x and y":         Lines("t", "x", "y", Series{X: []float64{1}, Y: []float64{1, 2}}),
		"all Inf":         Lines("t", "x", "y", Series{Y: []float64{inf, nan}}),
		"nil embeddings":  Similarity(nil),
		"no embeddings":   Similarity(&eval.Embeddings{}),
		"short vectors":   Similarity(&eval.Embeddings{N: 2, D: 2, Vectors: []float32{1, 2}}),
		"zero vectors":    Similarity(&eval.Embeddings{N: 2, D: 2, Vectors: make([]float32, 4)}),
		"no rows":         SimilarityMatrix("t", nil, nil),
		"ragged":          SimilarityMatrix("t", [][]float32{{1, 2}, {1}}, nil),
		"labels":          SimilarityMatrix("t", [][]float32{{1}}, []string{"a", "b"}),
		"no pairs":        Histogram(nil, nil),
		"pairs all NaN":   Histogram([]float32{float32(nan)}, []float32{float32(inf)}),
		"no groups":       Bars("t", "m", nil, []BarSeries{{}}),
		"values":          Bars("t", "m", []string{"a", "b"}, []BarSeries{{Values: []float64{1}}}),
		"errors":          Bars("t", "m", []string{"a"}, []BarSeries{{Values: []float64{1}, Errors: []float64{1, 2}}}),
		"values all NaN":  Bars("t", "m", []string{"a"}, []BarSeries{{Values: []float64{nan}}}),
		"no pictures":     Views(nil, nil, nil),
		"views":           Views(one, nil, nil),
		"names":           Views(one, [][]image.Image{one}, []string{"a", "b"}),
		"nil picture":     Views(one, [][]image.Image{{nil}}, nil),
		"no columns":      PictureTable([][]image.Image{one}, nil, nil),
		"short row":       PictureTable([][]image.Image{one}, []string{"a", "b"}, nil),
		"hits":            Neighbors(one, [][]image.Image{one}, [][]bool{{true, true}}),
		"no curves":       LabelEfficiency(),
		"no labels":       LabelEfficiency(EfficiencySeries{Points: []eval.EfficiencyPoint{{PerClass: 0, Mean: 0.5}}}),
		"curve all NaN":   LabelEfficiency(EfficiencySeries{Points: []eval.EfficiencyPoint{{PerClass: 1, Mean: nan}}}),
		"no spectrum":     Spectrum(SpectrumSeries{Name: "a"}),
		"spectrum NaN":    Spectrum(SpectrumSeries{Values: []float64{1, nan}}),
		"ascending":       Spectrum(SpectrumSeries{Values: []float64{1, 2}}),
		"all zero":        Spectrum(SpectrumSeries{Values: make([]float64, 4)}),
		"band":            Lines("t", "x", "y", Series{Y: []float64{1, 2}, Low: []float64{1}, High: []float64{2}}),
		"no encoder":      AlignmentUniformity(),
		"plane NaN":       AlignmentUniformity(PlanePoint{Alignment: nan, Uniformity: -1}),
		"no classes":      Confusion(nil, nil),
		"too many":        Confusion(make([][]int, MaxClasses+1), make([]string, MaxClasses+1)),
		"class names":     Confusion([][]int{{1}}, nil),
		"ragged counts":   Confusion([][]int{{1, 2}, {1}}, []string{"a", "b"}),
		"negative count":  Confusion([][]int{{-1}}, []string{"a"}),
		"no counts":       Confusion([][]int{{0, 0}, {0, 0}}, []string{"a", "b"}),
		"no transfer":     Transfer(nil, nil, "m"),
		"transfer rows":   Transfer(&eval.TransferResult{Train: []string{"a"}, Test: []string{"a"}}, nil, "m"),
		"transfer values": Transfer(&eval.TransferResult{Train: []string{"a"}, Test: []string{"a"}}, [][]eval.Spread{{}}, "m"),
		"transfer NaN":    Transfer(&eval.TransferResult{Train: []string{"a"}, Test: []string{"a"}}, [][]eval.Spread{{{Mean: nan}}}, "m"),
		"scatter lengths": Scatter("t", "x", "y", []float32{1}, nil, nil, nil),
		"scatter NaN":     Scatter("t", "x", "y", []float32{float32(nan)}, []float32{1}, nil, nil),
	} {
		if c.Err() == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if text := c.Err().Error(); !strings.HasPrefix(text, "chart: ") {
			t.Errorf("%s: error %q does not name its package", name, text)
		}
		if n := count(picture(t, c), 0.05, 0.3, 0.95, 0.9, faint); n < 50 {
			t.Errorf("%s: the empty frame does not say why (%d pixels)", name, n)
		}
		if html, err := c.HTML(); err != nil || strings.Contains(html, "<script") {
			t.Errorf("%s: HTML of nothing: %v, script: %v", name, err, strings.Contains(html, "<script"))
		}
	}
}

func TestNotFinite(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]*Chart{
		"lines":     Lines("t", "x", "y", Series{Name: "s", Y: []float64{1, nan, 3, inf, 5}}),
		"loss":      Loss([]Point{{0, map[string]float64{"loss": 6}}, {1, map[string]float64{"loss": nan}}}, 6),
		"matrix":    SimilarityMatrix("t", [][]float32{{1, float32(nan)}, {float32(inf), 1}}, nil),
		"histogram": Histogram([]float32{float32(nan), 1}, []float32{0}),
		"bars":      Bars("t", "m", []string{"a", "b"}, []BarSeries{{Values: []float64{nan, 1}, Errors: []float64{1, inf}}}),
		"scatter":   Scatter("t", "x", "y", []float32{float32(nan), 1}, []float32{1, 2}, nil, nil),
		"band":      Lines("t", "x", "y", Series{Y: []float64{1, 2, 3}, Low: []float64{0, nan, 2}, High: []float64{2, inf, 4}}),
		"curve":     LabelEfficiency(EfficiencySeries{Points: []eval.EfficiencyPoint{{PerClass: 1, Mean: nan}, {PerClass: 5, Mean: 0.5, Std: nan}}}),
		"one point": LabelEfficiency(EfficiencySeries{Points: []eval.EfficiencyPoint{{PerClass: 3, Mean: 0.5, Std: 0.1}}}),
		"spectrum":  Spectrum(SpectrumSeries{Values: []float64{1e300, 1e-300, 0}}),
		"plane":     AlignmentUniformity(PlanePoint{Alignment: 1, Uniformity: -1, Before: [][2]float64{{nan, 0}, {2, -2}}}, PlanePoint{Alignment: inf}),
		"confusion": Confusion([][]int{{0, 0}, {1, 2}}, []string{"none", "some"}),
		"transfer":  Transfer(&eval.TransferResult{Train: []string{"a"}, Test: []string{"a", "b"}}, [][]eval.Spread{{{Mean: 0.5}, {Mean: nan}}}, "m"),
		"constant":  Lines("t", "x", "y", Series{Y: []float64{2, 2, 2}}),
		"huge":      Lines("t", "x", "y", Series{Y: []float64{1e300, -1e300, 1e-300}}),
	} {
		if c.Err() != nil {
			t.Errorf("%s: %v", name, c.Err())
			continue
		}
		if _, err := c.Option(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		picture(t, c)
	}
	c := Lines("t", "x", "y", Series{Y: []float64{1, nan, 3}})
	if !strings.Contains(c.Note, "1 point that is NaN or Inf is left out") {
		t.Errorf("the note does not name the gap: %q", c.Note)
	}
}

func TestPageIsSelfContained(t *testing.T) {
	var charts []*Chart
	for _, s := range samples() {
		if s.name == "matrix" || s.name == "bars" || s.name == "views" {
			charts = append(charts, s.chart)
		}
	}
	var b bytes.Buffer
	table := &Table{Header: []string{"<method>"}, Rows: [][]string{{"a & b"}, {"0.31"}}}
	if err := Page(&b, "A <title>", Section{Title: "x", Text: "one\n\ntwo", Table: table, Charts: charts}, Section{Charts: charts[:1]}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"<title>A &lt;title&gt;</title>", "&lt;method&gt;", "a &amp; b", "<p>one</p>", `<td class="number">0.31</td>`} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if n := strings.Count(page, "DecompressionStream"); n < 1 || strings.Count(page, "contrastlabLoading=true") != 1 {
		t.Errorf("ECharts is in the page %d times, want once", strings.Count(page, "contrastlabLoading=true"))
	}
	if regexp.MustCompile(`(?i)(src|href)\s*=\s*"?(https?:)?//`).MatchString(page) || regexp.MustCompile(`(?i)\b(fetch|import)\s*\(|@import|url\(\s*["']?http`).MatchString(page) {
		t.Error("page fetches something")
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %s twice", m[1])
		}
		ids[m[1]] = true
	}
	if len(ids) != len(charts)+1 {
		t.Errorf("%d ids for %d charts", len(ids), len(charts)+1)
	}
	if err := Page(&b, "t", Section{Charts: []*Chart{nil}}); err == nil {
		t.Error("a nil chart makes no error")
	}
}

func TestTextIsEscaped(t *testing.T) {
	evil := `"><script>alert(1)</script>&'`
	c := Lines(evil, evil, evil, Series{Name: evil, Y: []float64{1, 2}})
	html, err := c.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(html, "<script>alert") || strings.Count(html, "</script>") != 1 {
		t.Error("a title gets out of its place in the HTML")
	}
	if !strings.Contains(html, "alt=\"&#34;&gt;&lt;script&gt;") {
		t.Error("alt text is missing or not escaped")
	}
}

func TestSimilaritySortsAndThins(t *testing.T) {
	c := Similarity(clusters(700, 8, 1))
	if c.spec.Matrix.Rows != MaxRows || !strings.Contains(c.Note, "160 of 700") {
		t.Errorf("%d rows, note %q", c.spec.Matrix.Rows, c.Note)
	}
	if len(c.spec.Bands) != 8 || c.spec.Bands[0] != "Smileys & Emotion" {
		t.Errorf("bands %q", c.spec.Bands)
	}
	if !c.spec.Matrix.Symmetric {
		t.Error("cosine similarities are symmetric")
	}
	if v := c.values(3, 3); math.Abs(v-1) > 1e-6 {
		t.Errorf("similarity of a picture with itself is %v", v)
	}
	if c = SimilarityMatrix("t", [][]float32{{1, 7}, {0, 1}}, nil); c.spec.Matrix.Symmetric || c.spec.Matrix.Max < 7 || c.spec.Matrix.Min != -c.spec.Matrix.Max {
		t.Errorf("matrix %+v", c.spec.Matrix)
	}
}

func TestUnknownCharacters(t *testing.T) {
	t.Setenv("CONTRASTLAB_FONT", filepath.Join(t.TempDir(), "none.ttf"))
	img := picture(t, Lines("相似度 🍕 ñ Ω", "步", "损失", Series{Name: "训练", Y: []float64{1, 2}}))
	if n := count(img, 0, 0, 0.4, 0.12, ink); n < 50 {
		t.Errorf("a Chinese title draws %d pixels", n)
	}
}

func TestShowOutsideNotebook(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a b", "charts")
	t.Setenv(FolderEnv, folder)
	if err := Show(Lines("t", "x", "y", Series{Y: []float64{1, 2}}), "A loss / of mine"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(folder, "a-loss-of-mine.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("<h1>A loss / of mine</h1>")) {
		t.Error("the title given to Show is not the page's")
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv(FolderEnv, blocked)
	if err := Show(Lines("t", "x", "y", Series{Y: []float64{1}})); err == nil || !strings.Contains(err.Error(), FolderEnv) {
		t.Errorf("an unwritable folder: %v", err)
	}
	if err := Show(nil); err == nil {
		t.Error("a nil chart makes no error")
	}
	Setup() // does nothing here, and does not fail
}

func TestScriptCannotEndEarly(t *testing.T) {
	if s := echarts.Script(); strings.Contains(strings.ToLower(s), "</script") || strings.Contains(s, "<!--") {
		t.Error("the library's script holds something that ends a script element")
	}
}
