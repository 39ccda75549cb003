package contrastive

import (
	"fmt"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// CrossModal is a [TextUser] whose pictures and texts meet in one space, that of [Run.EmbedHead] and [Run.EmbedNames], as
// [CLIP]'s and [SigLIP]'s do: one can be looked for with the other.
type CrossModal interface {
	TextUser
	// SharedSpace does nothing; a method has it if the above holds.
	SharedSpace()
}

// NameScores tells how well pictures find the names of what they show. Chance is k/Names for recall@k.
type NameScores struct {
	Language  string  `json:"language"`
	Pictures  int     `json:"pictures"` // that looked for their names
	Names     int     `json:"names"`    // among which they looked, one an item
	RecallAt1 float64 `json:"recall_at_1"`
	RecallAt5 float64 `json:"recall_at_5"`
}

// FindNames ranks, for each picture, the short names of all items in images by cosine similarity in the shared space;
// recall@k is the share of pictures whose own item is among the first k. On items that were held out of training this is the
// zero-shot retrieval of Radford et al. 2021 (sec. 3.1.2), and what has to be beaten is chance and [Untrained].
//
// Errors: a method that is not [CrossModal], images without items or without captions in language.
func (r *Run) FindNames(images *datasets.Images, language string) (*NameScores, error) {
	if _, ok := r.Config.Method.(CrossModal); !ok {
		return nil, fmt.Errorf("%s puts pictures and texts into no common space; train with a method that does, such as clip", r.Config.Method.Name())
	}
	if images.Items == nil || images.Captions == nil {
		return nil, fmt.Errorf("%s has no names of what its pictures show", images.Name)
	}
	names, err := r.EmbedNames(images, language)
	if err != nil {
		return nil, err
	}
	pictures, err := r.EmbedHead(images)
	if err != nil {
		return nil, err
	}
	found, err := eval.Retrieval(r.backend, pictures, names, 1, min(5, names.N))
	if err != nil {
		return nil, err
	}
	return &NameScores{Language: language, Pictures: found.Counted, Names: names.N, RecallAt1: found.Recall[0], RecallAt5: found.Recall[1]}, nil
}
