// Package encoder holds the networks that turn a picture into a feature vector h (the encoder, or
// backbone) and a feature vector into the embedding z that the loss sees (the projection head).
//
// They are graph functions over a [model.Scope]: they create their variables in the scope they are given
// and hold no state of their own, so that one encoder value builds the online encoder, the momentum
// encoder and a freshly initialised baseline. To add one, implement [Encoder] and register it.
package encoder

import (
	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Encoder turns pictures into features.
//
// An implementation is a small struct of exported, JSON-tagged fields whose zero value is usable: the
// fields are its hyperparameters and are saved with a run.
type Encoder interface {
	// Name is the key under which the encoder is registered, e.g. "small_resnet".
	Name() string

	// Features builds the graph x → h. x is [N, H, W, C], normalized; h is [N, D], float32, with D fixed by
	// the encoder's fields. Called again on the same scope it reuses the variables.
	Features(scope *model.Scope, x *graph.Node) *graph.Node
}

// Sized is implemented by encoders that do not take pictures of every size: it lets them say so before anything is
// compiled.
type Sized interface {
	// FitsSide says what is wrong with square pictures of a side, in pixels.
	FitsSide(side int) error
}

// Head maps features to the space in which the loss compares: h [N, D] → z [N, E], not normalized.
type Head interface {
	Name() string
	Project(scope *model.Scope, h *graph.Node) *graph.Node
}

// Encoders and Heads hold what can be named in a run's config.json and on the command line.
var (
	Encoders = registry.New[Encoder]("encoder")
	Heads    = registry.New[Head]("head")
)

func init() {
	Encoders.Register(SmallResNet{})
	Encoders.Register(ResNet18{})
	Encoders.Register(ResNet34{})
	Encoders.Register(ResNet50{})
	Encoders.Register(ViT{})
	Encoders.Register(MLP{})
	Heads.Register(MLPHead{})
	Heads.Register(NoHead{})
}
