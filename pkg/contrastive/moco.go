package contrastive

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// MoCo is "Momentum Contrast for Unsupervised Visual Representation Learning" (He et al. 2020, algorithm 1),
// v1 and, with an MLP head and other views, v2 (Chen et al. 2020b). A query comes from one view by the
// encoder, its key from the other view by the momentum encoder; the negatives are the keys of the last K/B
// batches, kept in a queue on the device. No gradient reaches a key.
//
// The queue is empty at the first step and filled with real keys, B a step: until it is full a query has
// fewer negatives, and the loss rises with their number. [loss.InfoNCEQueueCeiling] is the ceiling of a full one.
type MoCo struct {
	// Temperature is T. Zero means 0.2 (v2; v1 has 0.07).
	Temperature float64 `json:"temperature" default:"0.2"`
	// Momentum is m, the share of the momentum encoder that stays at each step. Zero means 0.99: runs of a few
	// hundred or thousand steps on small data do better with it than with the paper's 0.999, whose memory of a
	// thousand steps suits ImageNet's million. Zero itself is written [Zero].
	Momentum float64 `json:"momentum" default:"0.99"`
	// RisingMomentum lets m rise to 1 along half a cosine, as MoCo v3 and BYOL do. The paper's m stays.
	RisingMomentum bool `json:"rising_momentum" help:"m rises to 1 along half a cosine instead of staying"`
	// QueueLength is K, a multiple of the batch. Zero means 4096.
	QueueLength int `json:"queue_length" default:"4096"`
	// Splits computes batch-norm over this many parts of the batch, as the paper's GPUs do, and shuffles keys between
	// the parts (sec. 3.3): a query and its key are normalized with different neighbors, so that the batch's statistics
	// do not give away which key belongs to a query. On one device shuffling alone would do nothing. Zero means 1, no split.
	Splits int `json:"splits" default:"1"`
	// Symmetric lets each view be query and key: the loss is the sum of both directions, and both views' keys enter the
	// queue, 2B a step. It stands for about twice the epochs (the authors' CIFAR-10 demo). The paper's is asymmetric.
	Symmetric bool `json:"symmetric" help:"both views are queries and keys, the losses added; 2B keys a step"`
}

func init() { Methods.Register(MoCo{}) }

// Name implements [Method].
func (MoCo) Name() string { return "moco" }

// keysPerStep is how many keys a step adds to the queue.
func (m MoCo) keysPerStep(batch int) int {
	if m.Symmetric {
		return 2 * batch
	}
	return batch
}

// Validate implements [Validator].
func (m MoCo) Validate(c *Config) error {
	keys := m.keysPerStep(c.BatchSize)
	switch {
	case m.QueueLength < 1 || m.QueueLength%keys != 0:
		what := fmt.Sprintf("batch_size = %d", c.BatchSize)
		if m.Symmetric {
			what = "twice " + what
		}
		return fmt.Errorf("queue_length = %d is not a multiple of %s; try %d", m.QueueLength, what, max(1, m.QueueLength/keys)*keys)
	case m.Splits < 1 || c.BatchSize%m.Splits != 0 || c.BatchSize/m.Splits < 2:
		return fmt.Errorf("splits = %d does not cut batch_size = %d into equal parts of at least 2", m.Splits, c.BatchSize)
	}
	return firstError(checkTemperature(m.Temperature), checkMomentum(m.Momentum), c.atLeastTwoViews())
}

// Step implements [Method].
func (m MoCo) Step(s *Step) Objective {
	g := s.Graph()
	directions := [][2]int{{0, 1}} // which view asks, which answers
	if m.Symmetric {
		directions = append(directions, [2]int{1, 0})
	}
	var q, k []*Node // of each direction, [B, E]
	encoder.NormalizeInParts(s.root.Store(), g, m.Splits)
	for _, views := range directions {
		q = append(q, s.Embed(s.Views[views[0]])...)
	}
	momentum := Scalar(g, dtypes.Float32, m.Momentum)
	if m.RisingMomentum {
		momentum = s.risingMomentum(m.Momentum)
	}
	s.Follow(momentum) // before the keys are made
	for _, views := range directions {
		// The batch is in random order, so one fixed shuffle is as good as another.
		keys := s.EmbedByMomentum(interleave(s.Views[views[1]], m.Splits))[0]
		k = append(k, loss.Normalize(interleave(keys, s.Config.BatchSize/m.Splits)))
	}
	encoder.NormalizeInParts(s.root.Store(), g, 1)

	batch, added := s.Config.BatchSize, m.keysPerStep(s.Config.BatchSize)
	queueVar := s.Memory("moco").WithInitializer(initializer.Zero).VariableWithShape("queue", shapes.Make(dtypes.Float32, m.QueueLength, k[0].Shape().Dimensions[1])).SetTrainable(false)
	queue := queueVar.NodeValue(g)
	columns := batch + m.QueueLength
	column := Iota(g, shapes.Make(dtypes.Int32, batch, columns), 1)
	filled := ConvertDType(MinScalar(MulScalar(s.Done, float64(added)), float64(m.QueueLength)), dtypes.Int32)
	positives := loss.PairMask(g, batch, columns)
	queued := And(GreaterOrEqual(column, Const(g, int32(batch))), LessThan(column, AddScalar(filled, float64(batch))))
	total := ScalarZero(g, dtypes.Float32)
	for i := range directions {
		total = Add(total, loss.Contrast{Temperature: m.Temperature}.Loss(q[i], Concatenate([]*Node{k[i], queue}, 0), positives, Or(positives, queued)))
	}

	// The newest keys take the place of the oldest, after this step's loss has seen the queue without them.
	slot := MulScalar(Mod(ConvertDType(s.Done, dtypes.Int32), Const(g, int32(m.QueueLength/added))), float64(added))
	queueVar.SetNodeValue(DynamicUpdateSlice(queue, Concatenate(k, 0), []*Node{slot, Const(g, int32(0))}))
	return Objective{Loss: total, Ceiling: float64(len(directions)) * loss.InfoNCEQueueCeiling(m.QueueLength), A: q[0], B: k[0]}
}

// interleave deals the rows of x [N, …] to that many hands in turn and puts the hands behind each other: each of the
// first parts of N/hands rows has rows from all over x. Dealing to N/hands hands undoes it.
func interleave(x *Node, hands int) *Node {
	if hands == 1 || hands == x.Shape().Dimensions[0] {
		return x
	}
	d := x.Shape().Dimensions
	dealt := Reshape(x, append([]int{d[0] / hands, hands}, d[1:]...)...)
	return Reshape(Transpose(dealt, 0, 1), d...)
}
