package contrastive

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// CLIP is "Learning Transferable Visual Models From Natural Language Supervision" (Radford et al. 2021, fig. 3): one view
// of each picture and one caption of it, pulled together against the other captions and pictures of the batch, at a
// learned temperature.
//
// Config.Head maps each side into the joint space, with weights of its own for each; the paper's is linear,
// encoder.MLPHead{Layers: 1}. Config.Views is not used. Afterwards [Run.EmbedHead] and [Run.EmbedNames] are comparable, and
// [Run.FindNames] compares them.
//
// A text of another picture is no negative when both show one item (two artists' pizzas) or when the words are the
// same (the keyword "food"): it would be pushed away from what it describes. With Config.Positives = SameItem no item
// occurs twice in a batch to begin with.
type CLIP struct {
	// Temperature is T at the first step; the learned 1/T stays at most 100 (sec. 2.5). Zero means 0.07.
	Temperature float64 `json:"temperature" default:"0.07" help:"T at the first step; it is learned"`
	// Language is that of the captions. Zero means "en".
	Language string `json:"language" default:"en" help:"language of the captions, en or zh"`
	// NamesOnly takes each item's short name, never one of its keywords.
	NamesOnly bool `json:"names_only" help:"short names only, no keywords"`
	// KeepDuplicates makes every other text a negative, as the paper does, in whose data duplicates are rare.
	KeepDuplicates bool `json:"keep_duplicates" help:"same item or same words are negatives too"`
	// Text is the text encoder. Zero fields take its defaults.
	Text encoder.TextTransformer `json:"text"`
}

func init() { Methods.Register(CLIP{}) }

// Name implements [Method].
func (CLIP) Name() string { return "clip" }

// Texts implements [TextUser].
func (m CLIP) Texts() ([]string, encoder.TextTransformer) { return []string{m.Language}, m.Text }

// SharedSpace implements [CrossModal].
func (CLIP) SharedSpace() {}

// PlanViews implements [ViewPlanner]: one view.
func (CLIP) PlanViews(c *Config) []View { return []View{{Policy: c.Augment, Size: c.Size}} }

// Validate implements [Validator].
func (m CLIP) Validate(*Config) error {
	if m.Temperature < 0.01 {
		return fmt.Errorf("temperature = %g: it starts at 0.01 or above, since 1/T is kept at most 100", m.Temperature)
	}
	return firstError(checkTemperature(m.Temperature), m.Text.Validate())
}

// Step implements [Method].
func (m CLIP) Step(s *Step) Objective {
	image, text, mask := pictureAndText(s, m.Language, m.NamesOnly, m.KeepDuplicates)
	scaleVar := s.Scope("clip").VariableWithValue("log_scale", float32(math.Log(1/m.Temperature)))
	// Bounded before its use, the variable itself: the optimizer goes on from here, and its gradient does not vanish.
	scaleVar.SetNodeValue(MinScalar(scaleVar.NodeValue(s.Graph()), loss.CLIPMaxLogScale))
	return Objective{
		Loss:    m.contrast(image, text, scaleVar.NodeValue(s.Graph()), mask),
		Ceiling: loss.InfoNCECeiling(image.Shape().Dimensions[0]),
		A:       image, B: text,
	}
}

// contrast is [loss.CLIPLearned] among those in mask [B, B]; nil means everyone.
func (CLIP) contrast(image, text, logScale, mask *Node) *Node {
	if mask == nil {
		return loss.CLIPLearned(image, text, logScale)
	}
	batch := image.Shape().Dimensions[0]
	logits := Mul(loss.CosineSimilarity(image, text), Exp(logScale))
	positives := loss.PairMask(image.Graph(), batch, batch)
	toText := loss.Contrast{}.Reduce(logits, positives, mask)
	toImage := loss.Contrast{}.Reduce(Transpose(logits, 0, 1), positives, mask) // the mask is symmetric
	return MulScalar(Add(toText, toImage), 0.5)
}

// pictureAndText embeds the first view and a caption of each sample, [B, E] both, and says who competes.
func pictureAndText(s *Step, language string, namesOnly, duplicates bool) (image, text, mask *Node) {
	caption := s.ShortName
	if !namesOnly {
		caption = s.Text
	}
	tokens := caption(language)
	return s.Embed(s.Views[0])[0], s.EmbedTexts(tokens)[0], s.competitors(duplicates, tokens)
}
