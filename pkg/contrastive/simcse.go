package contrastive

import (
	"fmt"

	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// SimCSE is "SimCSE: Simple Contrastive Learning of Sentence Embeddings" (Gao, Yao and Chen 2021, eq. 1 and 4): InfoNCE
// among texts. The two sides of a pair are one caption seen twice, each time through other dropout; or, with
// Translation, an item's short names in two languages, as its supervised form pairs sentences that mean the same.
//
// It learns from captions alone. The pictures only say which captions there are: the encoder of pictures gets no
// gradient, and [Run.Embed] is that of a network that was not trained; use [Run.EmbedText]. Config.Head is the text's head.
// Config.Positives = SameItem makes an epoch one of items; otherwise it is one of pictures, and duplicates are as in [CLIP].
type SimCSE struct {
	// Temperature is T. Zero means 0.05.
	Temperature float64 `json:"temperature" default:"0.05"`
	// Language is that of the captions. Zero means "en".
	Language string `json:"language" default:"en" help:"language of the captions, en or zh"`
	// Translation is the language of the other side, such as "zh". Empty means the same caption, by dropout.
	Translation string `json:"translation" help:"language of each pair's other side; empty pairs by dropout"`
	// KeepDuplicates makes every other text a negative, even one with the same words.
	KeepDuplicates bool `json:"keep_duplicates" help:"same item or same words are negatives too"`
	// Text is the text encoder. Zero fields take its defaults.
	Text encoder.TextTransformer `json:"text"`
}

func init() { Methods.Register(SimCSE{}) }

// Name implements [Method].
func (SimCSE) Name() string { return "simcse" }

// Texts implements [TextUser].
func (m SimCSE) Texts() ([]string, encoder.TextTransformer) {
	if m.Translation == "" {
		return []string{m.Language}, m.Text
	}
	return []string{m.Language, m.Translation}, m.Text
}

// PlanViews implements [ViewPlanner]: a step needs one, and as nothing is computed from it, XLA leaves it out.
func (SimCSE) PlanViews(c *Config) []View { return []View{{Policy: augment.None(), Size: c.Size}} }

// Validate implements [Validator].
func (m SimCSE) Validate(*Config) error {
	switch {
	case m.Translation == "" && m.Text.Dropout < 1e-6:
		return fmt.Errorf("text dropout = %g: without dropout the two sides of a pair are equal; raise it, or set translation", m.Text.Dropout)
	case m.Translation == m.Language:
		return fmt.Errorf("translation = %q is the language itself; leave it empty to pair by dropout", m.Translation)
	}
	return firstError(checkTemperature(m.Temperature), m.Text.Validate())
}

// Step implements [Method].
func (m SimCSE) Step(s *Step) Objective {
	a := s.Text(m.Language)
	b := a
	if m.Translation != "" {
		a, b = s.ShortName(m.Language), s.ShortName(m.Translation)
	}
	z := s.EmbedTexts(a, b)
	batch := z[0].Shape().Dimensions[0]
	pairs := loss.PairMask(s.Graph(), batch, batch)
	return Objective{
		Loss:    loss.Contrast{Temperature: m.Temperature}.Loss(z[0], z[1], pairs, s.competitors(m.KeepDuplicates, a, b)),
		Ceiling: loss.InfoNCECeiling(batch),
		A:       z[0], B: z[1],
	}
}
