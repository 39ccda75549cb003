package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
)

// followed is the configuration of a recipe without any flag.
func followed(t *testing.T, name string) (choice, contrastive.Config) {
	t.Helper()
	c := defaultChoice
	require.NoError(t, c.follow(name, nil))
	config, err := c.config()
	require.NoError(t, err, name)
	return c, config
}

// TestRecipes makes the configuration of every recipe, and of every part that a recipe has settings for.
func TestRecipes(t *testing.T) {
	for _, name := range recipeNames() {
		r := recipes[name]
		require.NotEmpty(t, r.about, name)
		require.NotEmpty(t, r.source, "%s: where is it from?", name)
		require.Contains(t, datasets.Names(), r.choice.data, name)
		_, config := followed(t, name)
		require.NoError(t, config.Augment.Validate(), name)
		require.NoError(t, config.Optimizer.Validate(), name)
		for _, part := range []any{config.Method, config.Encoder, config.Head} {
			if v, ok := part.(contrastive.Validator); ok {
				require.NoError(t, v.Validate(&config), name)
			}
			if v, ok := part.(interface{ Validate() error }); ok {
				require.NoError(t, v.Validate(), name)
			}
		}
		for _, s := range r.sections {
			if s.part == "" {
				continue
			}
			kind, of, _ := strings.Cut(s.part, " ")
			c := defaultChoice
			require.NoError(t, c.follow(name, nil))
			*c.field(kind) = of
			_, err := c.config()
			require.NoError(t, err, "%s: [%s] %s", name, s.part, s.settings)
		}
	}
}

// TestEmojiRecipes: training on emoji starts from the recipe emoji, which the others of emoji name; each of
// them can be trained on the real pictures.
func TestEmojiRecipes(t *testing.T) {
	images := datasets.MustOpen("emoji").Train().Take(1200)
	for name, method := range map[string]contrastive.Method{
		"emoji":        contrastive.SimCLR{Temperature: 0.2},
		"emoji-simclr": contrastive.SimCLR{Temperature: 0.2},
		"emoji-supcon": contrastive.SupCon{Temperature: 0.1, ByItem: true},
		"emoji-moco":   contrastive.MoCo{Temperature: 0.2, Momentum: 0.99, QueueLength: 1024, Splits: 1},
	} {
		c, config := followed(t, name)
		require.Equal(t, method, config.Method, name)
		require.Equal(t, encoder.SmallResNet{Width: 16, Grid: 2}, config.Encoder, name)
		views := "emoji"
		if name == "emoji-supcon" {
			views = "emoji-mild"
		}
		require.Equal(t, views, config.Augment.Name, name)
		c.recipe = ""
		implicit, err := c.config()
		require.NoError(t, err)
		require.Equal(t, config, implicit, "%s: with the flags of a recipe, and without it", name)
		_, err = config.For(images)
		require.NoError(t, err, name)
	}
	c := defaultChoice
	c.method = "simsiam"
	config, err := c.config()
	require.NoError(t, err)
	require.True(t, config.Head.(encoder.MLPHead).NormalizeOutput, "a setting of another part than its section's")
}

// TestRecipesAreAsPublished compares what training would do with the numbers of the sources.
func TestRecipesAreAsPublished(t *testing.T) {
	for name, want := range map[string]struct {
		method        contrastive.Method
		encoder       encoder.Encoder
		head          encoder.MLPHead
		batch, epochs int
		rate          float64 // at this batch
		warmUp        float64
		settings      []string
	}{
		"moco-cifar10": {
			contrastive.MoCo{Temperature: 0.1, Momentum: 0.99, QueueLength: 4096, Splits: 8}, encoder.ResNet18{Stem: encoder.CIFARStem},
			encoder.MLPHead{Hidden: 256, Layers: 1, Dim: 128}, 512, 200, 0.06, 0, []string{"sgd_momentum=0.9", "weight_decay=0.0005", "nesterov=false", "decay_all=true"}},
		"moco-cifar10-symmetric": {
			contrastive.MoCo{Temperature: 0.1, Momentum: 0.99, QueueLength: 4096, Splits: 8, Symmetric: true}, encoder.ResNet18{Stem: encoder.CIFARStem},
			encoder.MLPHead{Hidden: 256, Layers: 1, Dim: 128}, 512, 200, 0.06, 0, []string{"sgd_momentum=0.9", "weight_decay=0.0005", "nesterov=false", "decay_all=true"}},
		"simclr-cifar10": {
			contrastive.SimCLR{Temperature: 0.5}, encoder.ResNet18{Stem: encoder.CIFARStem},
			encoder.MLPHead{Hidden: 512, Layers: 2, Dim: 128, NormalizeOutput: true}, 512, 200, 0.24, 0, []string{"sgd_momentum=0.9", "weight_decay=0.0005", "decay_all=true"}},
		"supcon-cifar10": {
			contrastive.SupCon{Temperature: 0.1}, encoder.ResNet50{Stem: encoder.CIFARStem},
			encoder.MLPHead{Hidden: 2048, Layers: 2, Dim: 128}, 1024, 1000, 0.5 * 0.1 / 0.07, 0.01, []string{"sgd_momentum=0.9", "weight_decay=0.00007", "decay_all=true"}},
		"simclr-stl10": {
			contrastive.SimCLR{Temperature: 0.5}, encoder.ResNet18{},
			encoder.MLPHead{Hidden: 512, Layers: 2, Dim: 64}, 256, 100, 3e-4, 0, []string{"size=224", "weight_decay=0", "beta2=0.999"}},
	} {
		_, config := followed(t, name)
		require.Equal(t, want.method, config.Method, name)
		require.Equal(t, want.encoder, config.Encoder, name)
		require.Equal(t, want.head, config.Head, name)
		require.Equal(t, want.batch, config.BatchSize, name)
		require.Equal(t, want.epochs, config.Epochs, name)
		require.Zero(t, config.Steps, name)
		rate, schedule := config.Optimizer.Rate(config.BatchSize)
		require.InEpsilon(t, want.rate, rate, 1e-4, name)
		require.Equal(t, want.warmUp, schedule.WarmUp, name)
		require.False(t, schedule.Constant, name)
		for _, setting := range want.settings {
			same := config
			require.NoError(t, same.Set(setting), "%s: %s", name, setting)
			require.Equal(t, config, same, "%s: %s", name, setting)
		}
	}
}

// TestRecipeAndFlags: a flag changes the part that it names and takes no setting of the old part along.
func TestRecipeAndFlags(t *testing.T) {
	c := defaultChoice
	c.method, c.head = "dcl", "none"
	require.NoError(t, c.follow("moco-cifar10", map[string]bool{"method": true, "head": true, "dir": true}))
	require.Equal(t, choice{data: "cifar10", method: "dcl", encoder: "resnet18", head: "none", optimizer: "sgd",
		augment: "moco-cifar", positives: "same_image", recipe: "moco-cifar10"}, c)
	config, err := c.config()
	require.NoError(t, err)
	method, err := contrastive.Methods.New("dcl")
	require.NoError(t, err)
	require.Equal(t, method, config.Method, "its own temperature")
	require.Equal(t, 512, config.BatchSize)
	require.NoError(t, config.Set("batch_size=128"))
	require.Equal(t, 128, config.BatchSize)
}

func TestRecipeMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"data = a\n\nmethod":                 `recipe mine, line 3: "method": write name = value`,
		"data =":                             "write name = value",
		"[simclr]":                           "write [method NAME]",
		"[method simclr":                     "write [method NAME]",
		"[run all]":                          "write [method NAME]",
		"from = other":                       "from = other: it stands first and names another recipe",
		"from = mine":                        "names another recipe",
		"data = a\nfrom = good":              "line 2: from = good: it stands first",
		"[method a]\nt = 1\n[head b]\nlayer": "line 4",
	} {
		_, err := parseRecipe("mine", map[string]string{"mine": text, "good": "data = a"})
		require.ErrorContains(t, err, want, text)
	}
	r, err := parseRecipe("mine", map[string]string{"mine": "# Mine.\n# By me,\n# at home.\n\nfrom = good\n[method simclr]\nt = 2", "good": "data = a\n[method simclr]\nt = 1"})
	require.NoError(t, err)
	require.Equal(t, "Mine.", r.about)
	require.Equal(t, "By me, at home.", r.source)
	require.Equal(t, "method/t=1;method/t=2", r.settings(choice{method: "simclr"}), "the later one counts")
	require.Empty(t, r.settings(choice{method: "moco"}))
}

// TestOutlook: after the first steps it is told how long the rest takes, and what that means for a published number.
func TestOutlook(t *testing.T) {
	var published []string
	for _, name := range recipeNames() {
		if recipes[name].published() {
			published = append(published, name)
			if recipes[name].from == nil {
				require.Contains(t, recipes[name].measured, "Measured here, which is not the published result")
			}
			require.Regexp(t, `\d\d\.\d .*after [\d,]+ epochs|\d\d\.\d .*of 200 epochs`, recipes[name].about, "the number, and what it takes")
		}
	}
	require.Equal(t, []string{"moco-cifar10", "moco-cifar10-symmetric", "simclr-cifar10", "simclr-stl10", "supcon-cifar10"}, published)
	slow := contrastive.Pace{PerStep: 45 * time.Second, Steps: 19_399}
	moco := recipes["moco-cifar10"]
	require.Equal(t, "45 s a step, about 10 days to go; the published number of moco-cifar10 is that of the whole training, which wants a GPU",
		(&training{data: "cifar10", recipe: moco}).outlook(slow))
	require.Equal(t, "0.3 s a step, about 97 min to go; the published number of moco-cifar10 is that of the whole training",
		(&training{data: "cifar10", recipe: moco}).outlook(contrastive.Pace{PerStep: 300 * time.Millisecond, Steps: 19_399}))
	require.Contains(t, (&training{data: "folder:mine", recipe: moco}).outlook(slow), "is for cifar10, not for these pictures")
	for _, none := range []*recipe{nil, recipes["emoji-moco"]} {
		require.Equal(t, "45 s a step, about 10 days to go", (&training{data: "emoji", recipe: none}).outlook(slow))
	}
}
