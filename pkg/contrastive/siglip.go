package contrastive

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// SigLIP is "Sigmoid Loss for Language Image Pre-Training" (Zhai et al. 2023, algorithm 1): as [CLIP], but each picture
// and text is judged for itself, belonging together or not, with a learned temperature and bias. Views, heads and
// duplicates are as there.
type SigLIP struct {
	// InverseTemperature is t at the first step; e^(learned) afterwards. Zero means 10.
	InverseTemperature float64 `json:"inverse_temperature" default:"10" help:"t at the first step; it is learned"`
	// Bias is b at the first step, low because nearly all pairs do not belong together. Zero means −10.
	Bias float64 `json:"bias" default:"-10" help:"b at the first step; it is learned"`
	// Language is that of the captions. Zero means "en".
	Language string `json:"language" default:"en" help:"language of the captions, en or zh"`
	// NamesOnly takes each item's short name, never one of its keywords.
	NamesOnly bool `json:"names_only" help:"short names only, no keywords"`
	// KeepDuplicates makes every other text a negative, as the paper does.
	KeepDuplicates bool `json:"keep_duplicates" help:"same item or same words are negatives too"`
	// Text is the text encoder. Zero fields take its defaults.
	Text encoder.TextTransformer `json:"text"`
}

func init() { Methods.Register(SigLIP{}) }

// Name implements [Method].
func (SigLIP) Name() string { return "siglip" }

// Texts implements [TextUser].
func (m SigLIP) Texts() ([]string, encoder.TextTransformer) { return []string{m.Language}, m.Text }

// SharedSpace implements [CrossModal].
func (SigLIP) SharedSpace() {}

// PlanViews implements [ViewPlanner]: one view.
func (SigLIP) PlanViews(c *Config) []View { return []View{{Policy: c.Augment, Size: c.Size}} }

// Validate implements [Validator].
func (m SigLIP) Validate(*Config) error {
	if !(m.InverseTemperature > 0 && m.InverseTemperature <= 1000) || math.IsNaN(m.Bias) || math.IsInf(m.Bias, 0) {
		return fmt.Errorf("inverse_temperature = %g, bias = %g: the first is above 0 and at most 1000, the second finite", m.InverseTemperature, m.Bias)
	}
	return m.Text.Validate()
}

// Step implements [Method].
func (m SigLIP) Step(s *Step) Objective {
	image, text, mask := pictureAndText(s, m.Language, m.NamesOnly, m.KeepDuplicates)
	g, scope := s.Graph(), s.Scope("siglip")
	logT := scope.VariableWithValue("log_t", float32(math.Log(m.InverseTemperature))).NodeValue(g)
	b := scope.VariableWithValue("bias", float32(m.Bias)).NodeValue(g)
	// What tells nothing apart does best to call each of N² pairs right with probability 1/N. The first steps may
	// cost more, until the bias has found that.
	n := float64(image.Shape().Dimensions[0])
	return Objective{Loss: m.judge(image, text, logT, b, mask), Ceiling: math.Log(n) + (n-1)*math.Log(n/(n-1)), A: image, B: text}
}

// judge is [loss.SigLIPLearned] among those in mask [B, B]; nil means everyone.
func (SigLIP) judge(image, text, logT, b, mask *Node) *Node {
	everyone := loss.SigLIPLearned(image, text, logT, b)
	if mask == nil {
		return everyone
	}
	// The pairs out of the mask are all negatives, and a negative costs log(1 + eˣ).
	batch := image.Shape().Dimensions[0]
	logits := Add(Mul(loss.CosineSimilarity(image, text), Exp(logT)), b)
	cost := Add(MaxScalar(logits, 0), Log1p(Exp(Neg(Abs(logits)))))
	extra := ReduceAllSum(Where(mask, ZerosLike(cost), cost))
	return Sub(everyone, DivScalar(extra, float64(batch)))
}
