package contrastive

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// TextUser is a method that learns from captions, the texts that describe an item. Its Step finds them with
// [Step.Text] and [Step.ShortName] and embeds them with [Step.EmbedTexts].
type TextUser interface {
	Method
	// Texts says in which languages of datasets.Images.Captions the method reads, and with which encoder.
	Texts() (languages []string, text encoder.TextTransformer)
}

// The names below which a language's captions are on the device: tokens [items, captions, L], and how many
// captions each item has [items].
func captionNames(language string) (tokens, counts string) {
	return "captions_" + language, "caption_counts_" + language
}

// checkTexts refuses data without what the method reads.
func (c *Config) checkTexts(images *datasets.Images) error {
	user, ok := c.Method.(TextUser)
	if !ok {
		return nil
	}
	if len(images.Captions) == 0 || images.Items == nil {
		return fmt.Errorf("%s learns from captions, and %s has none; choose a method without text, such as simclr", c.Method.Name(), images.Name)
	}
	languages, _ := user.Texts()
	for _, language := range languages {
		captions, ok := images.Captions[language]
		if !ok {
			return fmt.Errorf("%s reads captions in %q, and %s has them in %s", c.Method.Name(), language, images.Name,
				strings.Join(slices.Sorted(maps.Keys(images.Captions)), ", "))
		}
		for _, item := range images.Items {
			if len(captions[item]) == 0 {
				return fmt.Errorf("%s reads captions in %q, and %q of %s has none", c.Method.Name(), language, images.ItemNames[item], images.Name)
			}
		}
	}
	return nil
}

// uploadTexts puts the captions that the method reads on the device, tokenized.
func (t *trainer) uploadTexts(put func(name string, value *tensors.Tensor) error) error {
	user, ok := t.Config.Method.(TextUser)
	if !ok {
		return nil
	}
	languages, text := user.Texts()
	for _, language := range languages {
		captions := t.images.Captions[language]
		most := 1
		for _, texts := range captions {
			most = max(most, len(texts))
		}
		tokens := make([]int32, len(captions)*most*text.Length)
		counts := make([]int32, len(captions))
		for item, texts := range captions {
			counts[item] = int32(len(texts))
			for i, caption := range texts {
				copy(tokens[(item*most+i)*text.Length:], encoder.Tokenize(caption, text.Length))
			}
		}
		tokensName, countsName := captionNames(language)
		if err := put(tokensName, tensors.FromFlatDataAndDimensions(tokens, len(captions), most, text.Length)); err != nil {
			return err
		}
		if err := put(countsName, tensors.FromFlatDataAndDimensions(counts, len(captions))); err != nil {
			return err
		}
	}
	return nil
}

// Text is a caption of each sample's item in language, drawn at random from its short name and its keywords:
// tokens [B, L], int32. Each call draws anew.
func (s *Step) Text(language string) *Node {
	_, counts := captionNames(language)
	of := ConvertDType(Gather(s.data(counts), ExpandAxes(s.Items, -1)), dtypes.Float32) // [B]
	u := s.root.Store().RandomUniform(s.Graph(), shapes.Make(dtypes.Float32, s.Items.Shape().Dimensions...))
	// Rounding can take u·count up to count itself.
	return s.caption(language, ConvertDType(Min(Floor(Mul(u, of)), AddScalar(of, -1)), dtypes.Int32))
}

// ShortName is the first caption of each sample's item in language, which is its name: tokens [B, L], int32.
func (s *Step) ShortName(language string) *Node { return s.caption(language, ZerosLike(s.Items)) }

// caption is the which-th caption of each sample's item: which [B] → tokens [B, L].
func (s *Step) caption(language string, which *Node) *Node {
	tokens, _ := captionNames(language)
	return Gather(s.data(tokens), Stack([]*Node{s.Items, which}, -1))
}

// data is what the trainer uploaded under name.
func (s *Step) data(name string) *Node {
	v := s.root.Store().GetVariable(dataScope + "/" + name)
	if v == nil {
		panic(fmt.Errorf("method %q asks for %s, which its Texts does not name", s.Config.Method.Name(), name))
	}
	return v.NodeValue(s.Graph())
}

// TextFeatures runs the text encoder: tokens [N, L] → h [N, D].
func (s *Step) TextFeatures(tokens *Node) *Node {
	_, text := s.Config.Method.(TextUser).Texts()
	return text.Features(s.Scope("text/encoder"), tokens)
}

// ProjectText runs a head like Config.Head with weights of its own: h [N, D] → z [N, E].
func (s *Step) ProjectText(h *Node) *Node { return s.Config.Head.Project(s.Scope("text/head"), h) }

// EmbedTexts runs text encoder and head over the given texts [B, L] in one batch and returns z [B, E] of each.
func (s *Step) EmbedTexts(texts ...*Node) []*Node {
	return split(s.ProjectText(s.TextFeatures(Concatenate(texts, 0))), len(texts))
}

// competitors says which samples' texts may serve as negatives: all but those of the same item, such as another
// artist's drawing of it, and those with the same words in any of the given texts [B, L]. [B, B] Bool; the
// diagonal, the positives, is true. With duplicates it is everyone, and the result is nil.
func (s *Step) competitors(duplicates bool, texts ...*Node) *Node {
	if duplicates {
		return nil
	}
	alike := loss.SameLabel(s.Items, s.Items)
	for _, text := range texts {
		differs := NotEqual(ExpandAxes(text, 1), ExpandAxes(text, 0)) // [B, B, L]
		alike = LogicalOr(alike, Equal(ReduceMax(ConvertDType(differs, dtypes.Int32), -1), ScalarZero(text.Graph(), dtypes.Int32)))
	}
	batch := s.Items.Shape().Dimensions[0]
	return LogicalOr(LogicalNot(alike), loss.PairMask(s.Graph(), batch, batch))
}

// EmbedText computes the text encoder's features h of each text, without dropout. The method must be a [TextUser].
func (r *Run) EmbedText(texts []string) (*eval.Embeddings, error) { return r.embedText(texts, false) }

// EmbedTextHead computes the output z of the text side's head: for CLIP and SigLIP the space that they share with
// the pictures' [Run.EmbedHead].
func (r *Run) EmbedTextHead(texts []string) (*eval.Embeddings, error) {
	return r.embedText(texts, true)
}

// EmbedNames is [Run.EmbedTextHead] of the short name, in language, of each item that images show. The rows carry
// the items, so that eval.Retrieval finds names for pictures and pictures for names.
func (r *Run) EmbedNames(images *datasets.Images, language string) (*eval.Embeddings, error) {
	items := slices.Compact(slices.Sorted(slices.Values(images.Items)))
	names := make([]string, len(items))
	for i, item := range items {
		if int(item) >= len(images.Captions[language]) || len(images.Captions[language][item]) == 0 {
			return nil, fmt.Errorf("%s has no caption in %q for its item %d", images.Name, language, item)
		}
		names[i] = images.Captions[language][item][0]
	}
	e, err := r.EmbedTextHead(names)
	if err != nil {
		return nil, err
	}
	e.Images = &datasets.Images{Name: fmt.Sprintf("%s names (%s)", images.Name, language), Items: items, ItemNames: images.ItemNames}
	return e, nil
}

func (r *Run) embedText(texts []string, head bool) (*eval.Embeddings, error) {
	user, ok := r.Config.Method.(TextUser)
	if !ok {
		return nil, fmt.Errorf("%s has no text encoder; train one with a method that reads captions, such as clip", r.Config.Method.Name())
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("there are no texts to embed")
	}
	_, text := user.Texts()
	exec, err := r.textEmbedder(head)
	if err != nil {
		return nil, err
	}
	e := &eval.Embeddings{N: len(texts)}
	for chunk := range slices.Chunk(texts, embedChunk) {
		tokens := make([]int32, 0, embedChunk*text.Length)
		for _, line := range chunk {
			tokens = append(tokens, encoder.Tokenize(line, text.Length)...)
		}
		tokens = tokens[:embedChunk*text.Length] // the last chunk is filled with empty texts
		out, err := exec.Call(tensors.FromFlatDataAndDimensions(tokens, embedChunk, text.Length))
		if err != nil {
			return nil, err
		}
		e.D = out[0].Shape().Dimensions[1]
		rows, err := tensors.CopyFlatData[float32](out[0])
		if err != nil {
			return nil, err
		}
		e.Vectors = append(e.Vectors, rows[:len(chunk)*e.D]...)
	}
	return e, nil
}

// textEmbedder compiles the way from tokens to features, once per run and kind.
func (r *Run) textEmbedder(head bool) (*model.Exec, error) {
	if exec := r.textEmbedders[head]; exec != nil {
		return exec, nil
	}
	exec, err := model.NewExec(r.backend, r.store, func(scope *model.Scope, tokens *Node) *Node {
		scope.Store().SetTraining(tokens.Graph(), false)
		s := &Step{Config: &r.Config, root: scope}
		out := s.TextFeatures(tokens)
		if head {
			out = s.ProjectText(out)
		}
		return out
	})
	if err != nil {
		return nil, err
	}
	if r.textEmbedders == nil {
		r.textEmbedders = map[bool]*model.Exec{}
	}
	r.textEmbedders[head] = exec
	return exec, nil
}
