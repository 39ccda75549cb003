package contrastive

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// littleText compiles in a moment.
func littleText() encoder.TextTransformer {
	return encoder.TextTransformer{Width: 16, Layers: 1, Heads: 2, Length: 16}
}

func TestCLIPLearnsNames(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(64)
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.Method = CLIP{NamesOnly: true, Text: littleText()}
	config.BatchSize, config.Steps, config.LogEvery, config.SaveEvery = 32, 150, 10, 75
	config.Optimizer = optim.AdamW{LearningRate: 0.01}
	run, err := Pretrain(backend, pictures, config)
	require.NoError(t, err)
	first, last := run.History[0], run.History[len(run.History)-1]
	t.Logf("loss ÷ ceiling %.3f → %.3f, rank of the caption %.1f → %.1f", first.LossShare, last.LossShare, first.PositiveRank, last.PositiveRank)
	require.Greater(t, first.LossShare, 0.9)
	require.Less(t, last.LossShare, 0.6)

	names, err := run.EmbedNames(pictures, "en")
	require.NoError(t, err)
	require.Equal(t, names.N, len(names.Images.Items))
	found, err := run.FindNames(pictures, "en")
	require.NoError(t, err)
	t.Logf("picture → name, recall@5 %.3f among %d names", found.RecallAt5, found.Names)
	require.Equal(t, []int{64, names.N}, []int{found.Pictures, found.Names})
	require.Greater(t, found.RecallAt5, 3*5/float64(names.N))
	require.Less(t, found.RecallAt1, found.RecallAt5)
	// The same by hand, from what the two embeddings say.
	images, err := run.EmbedHead(pictures)
	require.NoError(t, err)
	byHand, err := eval.Retrieval(backend, images, names, 5)
	require.NoError(t, err)
	require.Equal(t, byHand.At(5), found.RecallAt5)

	opened, err := Open(backend, config.Dir)
	require.NoError(t, err)
	again, err := opened.EmbedNames(pictures, "en")
	require.NoError(t, err)
	require.Equal(t, names.Vectors, again.Vectors)

	early, late := stateAt(t, config.Dir, 75), stateAt(t, config.Dir, 150)
	moved := 0
	for path := range late {
		// Biases and the like are not decayed: they move by gradient alone.
		if strings.HasPrefix(path, "/model/text/encoder") && strings.HasSuffix(path, "biases") {
			require.NotEqual(t, early[path], late[path], path)
			moved++
		}
	}
	require.Equal(t, 5, moved)
	require.NotEqual(t, early["/model/clip/log_scale"], late["/model/clip/log_scale"], "the temperature is learned")
	for path := range late {
		require.False(t, strings.HasPrefix(path, dataScope), "captions are not saved")
	}
}

func TestCLIPScaleStaysBounded(t *testing.T) {
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.Method = CLIP{Temperature: 0.01, KeepDuplicates: true, Text: littleText()}
	config.Steps, config.SaveEvery, config.Keep = 3, 1, 3
	config.Optimizer = optim.SGD{LearningRate: 1e-3}
	_, err := Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	var scales []float64
	for step := 1; step <= 3; step++ {
		scales = append(scales, float64(stateAt(t, config.Dir, step)["/model/clip/log_scale"][0]))
	}
	// A fresh encoder is better off warmer, and at the bound the gradient still says so.
	require.Less(t, scales[2], loss.CLIPMaxLogScale)
	require.Less(t, scales[2], scales[0])
}

func TestSimCSELearnsFromTextAlone(t *testing.T) {
	backend, pictures := testbackend.New(t), someEmoji(400)
	for _, method := range []SimCSE{{}, {Translation: "zh"}} {
		method.Text = littleText()
		config := tiny("")
		config.Method, config.BatchSize, config.Steps, config.LogEvery = method, 32, 60, 5
		config.Optimizer = optim.AdamW{LearningRate: 0.01}
		if method.Translation != "" {
			config.Positives = SameItem // an epoch of items
		}
		run, err := Pretrain(backend, pictures, config)
		require.NoError(t, err)
		first, last := run.History[0], run.History[len(run.History)-1]
		t.Logf("translation %q: loss ÷ ceiling %.3f → %.3f", method.Translation, first.LossShare, last.LossShare)
		require.Less(t, last.LossShare, first.LossShare*0.9)
		for v := range run.Store().Scope(learnScope).IterVariables() {
			require.True(t, strings.HasPrefix(v.Path(), "/model/text/"), v.Path())
		}
		// More than one chunk, each text by itself, nothing random.
		texts := slices.Repeat([]string{"pizza", "红心", ""}, 100)
		e, err := run.EmbedText(texts)
		require.NoError(t, err)
		require.Equal(t, []int{300, 16}, []int{e.N, e.D})
		require.Equal(t, e.Row(0), e.Row(297))
		require.NotEqual(t, e.Row(0), e.Row(1))
	}
}

// TestCaptionsOnDevice: a drawn caption is one of the item's own, all of them are drawn, and the first is its name.
func TestCaptionsOnDevice(t *testing.T) {
	pictures := someEmoji(20)
	config, err := Config{Method: SimCSE{Translation: "zh"}}.WithDefaults()
	require.NoError(t, err)
	store := model.NewStore()
	require.NoError(t, store.SetRNGStateFromSeed(1))
	text := &trainer{Run: &Run{Config: config, store: store}, images: pictures}
	require.NoError(t, text.uploadTexts(func(name string, value *tensors.Tensor) error {
		_, err := store.Scope(dataScope).CreateVariable(name, value)
		return err
	}))
	exec, err := model.NewExec(testbackend.New(t), store, func(scope *model.Scope, items *Node) []*Node {
		s := &Step{Config: &config, Items: items, Views: []*Node{items}, root: scope}
		return []*Node{s.Text("en"), s.ShortName("zh"), s.competitors(false, s.ShortName("zh"))}
	})
	require.NoError(t, err)
	own := func(language string, item int32) []string {
		var all []string
		for _, caption := range pictures.Captions[language][item] {
			all = append(all, fmt.Sprint(encoder.Tokenize(caption, 32)))
		}
		return all
	}
	drawn := map[string]bool{}
	for range 100 {
		out, err := exec.Call(tensors.FromValue(pictures.Items))
		require.NoError(t, err)
		english, chinese, others := out[0].Value().([][]int32), out[1].Value().([][]int32), out[2].Value().([][]bool)
		for i, item := range pictures.Items {
			require.Contains(t, own("en", item), fmt.Sprint(english[i]))
			require.Equal(t, own("zh", item)[0], fmt.Sprint(chinese[i]))
			drawn[fmt.Sprint(item, english[i])] = true
			for j, other := range pictures.Items {
				require.Equal(t, i == j || item != other && own("zh", item)[0] != own("zh", other)[0], others[i][j])
			}
		}
	}
	want := map[string]bool{}
	for _, item := range pictures.Items {
		for _, caption := range own("en", item) {
			want[fmt.Sprint(item, " ", caption)] = true
		}
	}
	require.InDelta(t, len(want), len(drawn), 3, "with 100 draws of at most 17 captions hardly one is missed")
}

// TestDuplicatesAreNoNegatives compares the masked losses with plain loops, and with the package's where nothing is masked.
func TestDuplicatesAreNoNegatives(t *testing.T) {
	image := [][]float64{{1, 0, 0.2}, {0.3, 1, 0}, {-0.5, 0.2, 1}}
	text := [][]float64{{0.9, 0.1, 0}, {0.2, -0.7, 0.4}, {0, 0.3, 0.8}}
	mask := [][]bool{{true, false, true}, {false, true, true}, {true, true, true}}
	const logScale, bias = 1.5, -2.0
	out, err := CallOnceN(testbackend.New(t), func(image, text, mask *Node) []*Node {
		scale, b := Scalar(image.Graph(), dtypes.Float64, logScale), Scalar(image.Graph(), dtypes.Float64, bias)
		everyone := OnesLike(mask)
		return []*Node{
			CLIP{}.contrast(image, text, scale, mask), CLIP{}.contrast(image, text, scale, everyone), loss.CLIPLearned(image, text, scale),
			SigLIP{}.judge(image, text, scale, b, mask), SigLIP{}.judge(image, text, scale, b, everyone), loss.SigLIPLearned(image, text, scale, b),
		}
	}, image, text, mask)
	require.NoError(t, err)
	got := make([]float64, len(out))
	for i := range out {
		got[i] = out[i].Value().(float64)
	}
	require.InDelta(t, got[2], got[1], 1e-12)
	require.InDelta(t, got[5], got[4], 1e-12)

	cosine := func(a, b []float64) float64 {
		ab, aa, bb := 0.0, 0.0, 0.0
		for i := range a {
			ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
		}
		return ab / math.Sqrt(aa*bb)
	}
	clip, siglip := 0.0, 0.0
	for i := range image {
		rows, columns := 0.0, 0.0
		own := math.Exp(logScale) * cosine(image[i], text[i])
		for j := range image {
			if !mask[i][j] {
				continue
			}
			rows += math.Exp(math.Exp(logScale) * cosine(image[i], text[j]))
			columns += math.Exp(math.Exp(logScale) * cosine(image[j], text[i]))
			logit := math.Exp(logScale)*cosine(image[i], text[j]) + bias
			if i == j {
				logit = -logit
			}
			siglip += math.Log1p(math.Exp(logit)) / 3
		}
		clip += (math.Log(rows) - own + math.Log(columns) - own) / 6
	}
	require.InDelta(t, clip, got[0], 1e-12)
	require.InDelta(t, siglip, got[3], 1e-12)
	require.NotEqual(t, got[0], got[2])
}

func TestTextsRefuse(t *testing.T) {
	pictures := someEmoji(64)
	silent := *pictures
	silent.Captions = nil
	gap := *pictures
	gap.Captions = map[string][][]string{"en": slices.Clone(pictures.Captions["en"])}
	gap.Captions["en"][gap.Items[5]] = nil
	for _, c := range []struct {
		images *datasets.Images
		method Method
		want   string
	}{
		{&silent, CLIP{}, "clip learns from captions, and emoji/train has none"},
		{pictures, SigLIP{Language: "fr"}, `siglip reads captions in "fr", and emoji/train has them in en, zh`},
		{&gap, SimCSE{}, fmt.Sprintf("%q of emoji/train has none", gap.ItemNames[gap.Items[5]])},
		{&gap, SimCSE{Translation: "zh"}, `simcse reads captions in`},
		{pictures, CLIP{Temperature: 0.001}, "temperature = 0.001"},
		{pictures, CLIP{Text: encoder.TextTransformer{Heads: 3}}, "heads = 3"},
		{pictures, SigLIP{InverseTemperature: -1}, "inverse_temperature = -1"},
		{pictures, SimCSE{Text: encoder.TextTransformer{Dropout: Zero}}, "without dropout the two sides of a pair are equal"},
		{pictures, SimCSE{Translation: "en"}, `translation = "en" is the language itself`},
	} {
		config := tiny("")
		config.Method = c.method
		requireRefusal(t, c.images, config, c.want)
	}

	run, err := Untrained(testbackend.New(t), pictures, tiny(""))
	require.NoError(t, err)
	_, err = run.EmbedText([]string{"pizza"})
	require.ErrorContains(t, err, "simclr has no text encoder")
	_, err = run.FindNames(pictures, "en")
	require.ErrorContains(t, err, "simclr puts pictures and texts into no common space")
	config := tiny("")
	config.Method = CLIP{Text: littleText()}
	run, err = Untrained(testbackend.New(t), pictures, config)
	require.NoError(t, err)
	_, err = run.EmbedTextHead(nil)
	require.ErrorContains(t, err, "no texts")
	_, err = run.FindNames(&silent, "en")
	require.ErrorContains(t, err, "no names of what its pictures show")
	_, err = run.EmbedNames(pictures, "fr")
	require.ErrorContains(t, err, `no caption in "fr"`)
	names, err := run.EmbedNames(pictures, "zh") // the untrained baseline
	require.NoError(t, err)
	require.Equal(t, 8, names.D)
}

func TestSettingsReachTheTextEncoder(t *testing.T) {
	config, err := Config{Method: CLIP{}}.WithDefaults()
	require.NoError(t, err)
	require.NoError(t, config.Set("text.width=32;method/text.dropout=0.2;temperature=0.1;language=zh;encoder/width=8"))
	clip := config.Method.(CLIP)
	want := encoder.TextTransformer{Width: 32, Layers: 2, Heads: 4, Length: 32, Reach: 2, Dropout: 0.2}
	require.Equal(t, CLIP{Temperature: 0.1, Language: "zh", Text: want}, clip)
	settings, err := config.Settings()
	require.NoError(t, err)
	require.Contains(t, settings, Setting{Name: "text.width", Part: "method", Value: "32"})
	require.ErrorContains(t, config.Set("text.widht=32"), `did you mean "text.width"?`)
}
