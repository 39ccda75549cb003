package contrastive

import (
	"math"
	"path"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// The scopes of a store: what learns, what follows it by momentum, and what a method remembers.
const (
	learnScope    = "/model"
	momentumScope = "/momentum"
	memoryScope   = "/memory"
	dataScope     = "/data"
)

// Step is what a method sees of one training step while its graph is built.
type Step struct {
	Config *Config

	// Views holds V views of the batch, each [B, size, size, channels], normalized.
	Views []*Node

	// Labels and Items are [B] int32, nil where the data has none.
	Labels, Items *Node

	// Done counts the finished steps, a float32 scalar; Total is how many there will be.
	Done  *Node
	Total int

	root *model.Scope
}

// Scope is where a method keeps learned variables of its own, such as a predictor or a temperature.
func (s *Step) Scope(name string) *model.Scope {
	return s.root.Store().Scope(path.Join(learnScope, name))
}

// Memory is where a method keeps what it remembers from step to step without learning it by gradient,
// such as a queue: variables in it are saved with checkpoints and never touched by the optimizer.
func (s *Step) Memory(name string) *model.Scope {
	return s.root.Store().Scope(path.Join(memoryScope, name))
}

// Graph is the graph being built.
func (s *Step) Graph() *Graph { return s.Views[0].Graph() }

// Features runs the encoder: x [N, H, W, C] → h [N, D].
func (s *Step) Features(x *Node) *Node { return s.Config.Encoder.Features(s.Scope("encoder"), x) }

// Project runs the projection head: h [N, D] → z [N, E].
func (s *Step) Project(h *Node) *Node { return s.Config.Head.Project(s.Scope("head"), h) }

// Embed runs encoder and head over the given views (all of one size) in one batch, so that batch
// statistics are those of all views together, and returns z [B, E] of each.
func (s *Step) Embed(views ...*Node) []*Node {
	return split(s.Project(s.Features(Concatenate(views, 0))), len(views))
}

// Follow moves the momentum encoder and head one step after the learning ones, θₖ ← m θₖ + (1 − m) θ (He et
// al. 2020, eq. 2); at the first step they become copies. Call it once, after [Step.Embed] has made the
// parameters and before [Step.EmbedByMomentum] uses them.
func (s *Step) Follow(m *Node) {
	s.follow(m, "encoder")
	s.follow(m, "head")
}

// EmbedByMomentum is [Step.Embed] through the momentum encoder and head. No gradient reaches them: neither
// through the result, nor by the optimizer, to which they are not trainable. Only parameters follow; in
// training, batch-norm uses the statistics of the momentum encoder's own batch.
func (s *Step) EmbedByMomentum(views ...*Node) []*Node {
	store := s.root.Store()
	h := s.Config.Encoder.Features(store.Scope(momentumScope+"/encoder"), Concatenate(views, 0))
	z := s.Config.Head.Project(store.Scope(momentumScope+"/head"), h)
	for v := range store.Scope(momentumScope).IterVariables() {
		v.SetTrainable(false)
	}
	return split(StopGradient(z), len(views))
}

// risingMomentum goes from m at the first step to 1 at the last along half a cosine (Grill et al. 2020, sec.
// 3.3): 1 − (1 − m)(cos(π t/T) + 1)/2.
func (s *Step) risingMomentum(m float64) *Node {
	through := DivScalar(s.Done, float64(s.Total))
	return OneMinus(MulScalar(OnePlus(Cos(MulScalar(through, math.Pi))), (1-m)/2))
}

// follow moves the momentum copy of everything learned below name.
func (s *Step) follow(m *Node, name string) {
	g, store := s.Graph(), s.root.Store()
	first := Equal(s.Done, ScalarZero(g, s.Done.DType()))
	for v := range s.Scope(name).IterVariables() {
		if !v.Trainable || !v.InUseByGraph(g) {
			continue
		}
		mirror := momentumScope + strings.TrimPrefix(v.Scope(), learnScope)
		key := store.Scope(mirror).WithInitializer(initializer.Zero).VariableWithShape(v.Name(), v.Shape()).SetTrainable(false)
		online := StopGradient(v.NodeValue(g))
		followed := Add(Mul(m, key.NodeValue(g)), Mul(OneMinus(m), online))
		key.SetNodeValue(Where(first, online, followed))
	}
}

// split cuts x [parts·B, …] into its parts.
func split(x *Node, parts int) []*Node {
	rows := x.Shape().Dimensions[0] / parts
	pieces := make([]*Node, parts)
	for i := range pieces {
		pieces[i] = Slice(x, AxisRange(i*rows, (i+1)*rows))
	}
	return pieces
}
