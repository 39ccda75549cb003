package contrastive

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model/initializer"

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
	// thousand steps suits ImageNet's half a million. Zero itself is written [Zero].
	Momentum float64 `json:"momentum" default:"0.99"`
	// QueueLength is K, a multiple of the batch. Zero means 4096.
	QueueLength int `json:"queue_length" default:"4096"`
	// Splits computes batch-norm over this many parts of the batch. On one device the paper's shuffling of
	// batches between GPUs does nothing by itself; what hides the batch's statistics from a query and its key
	// is that they are normalized with different neighbors. Zero means 1, no split.
	Splits int `json:"splits" default:"1"`
}

func init() { Methods.Register(MoCo{}) }

// Name implements [Method].
func (MoCo) Name() string { return "moco" }

// Validate implements [Validator].
func (m MoCo) Validate(c *Config) error {
	switch {
	case m.QueueLength < 1 || m.QueueLength%c.BatchSize != 0:
		return fmt.Errorf("queue_length = %d is not a multiple of batch_size = %d; try %d", m.QueueLength, c.BatchSize,
			max(1, m.QueueLength/c.BatchSize)*c.BatchSize)
	case m.Splits < 1 || c.BatchSize%m.Splits != 0 || c.BatchSize/m.Splits < 2:
		return fmt.Errorf("splits = %d does not cut batch_size = %d into equal parts of at least 2", m.Splits, c.BatchSize)
	}
	return firstError(checkTemperature(m.Temperature), checkMomentum(m.Momentum), c.atLeastTwoViews())
}

// Step implements [Method].
func (m MoCo) Step(s *Step) Objective {
	g := s.Graph()
	var queries, keys []*Node
	for _, part := range split(s.Views[0], m.Splits) {
		queries = append(queries, s.Embed(part)...)
	}
	s.Follow(Scalar(g, dtypes.Float32, m.Momentum))
	for _, part := range split(s.Views[1], m.Splits) {
		keys = append(keys, s.EmbedByMomentum(part)...)
	}
	q, k := Concatenate(queries, 0), loss.Normalize(Concatenate(keys, 0)) // [B, E]
	batch, dim := q.Shape().Dimensions[0], q.Shape().Dimensions[1]

	queueVar := s.Memory("moco").WithInitializer(initializer.Zero).VariableWithShape("queue", shapes.Make(dtypes.Float32, m.QueueLength, dim)).SetTrainable(false)
	queue := queueVar.NodeValue(g)
	columns := batch + m.QueueLength
	column := Iota(g, shapes.Make(dtypes.Int32, batch, columns), 1)
	filled := ConvertDType(MinScalar(MulScalar(s.Done, float64(batch)), float64(m.QueueLength)), dtypes.Int32)
	positives := loss.PairMask(g, batch, columns)
	queued := And(GreaterOrEqual(column, Const(g, int32(batch))), LessThan(column, AddScalar(filled, float64(batch))))
	contrast := loss.Contrast{Temperature: m.Temperature}.Loss(q, Concatenate([]*Node{k, queue}, 0), positives, Or(positives, queued))

	// The newest keys take the place of the oldest, after this step's loss has seen the queue without them.
	batches := m.QueueLength / batch
	slot := MulScalar(Mod(ConvertDType(s.Done, dtypes.Int32), Const(g, int32(batches))), float64(batch))
	queueVar.SetNodeValue(DynamicUpdateSlice(queue, k, []*Node{slot, Const(g, int32(0))}))
	return Objective{Loss: contrast, Ceiling: loss.InfoNCEQueueCeiling(m.QueueLength), A: q, B: k}
}
