package contrastive

import (
	"context"
	"fmt"
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// FineTuning is how [Run.FineTune] trains. Its zero value is usable.
type FineTuning struct {
	// Optimizer updates the classifier and, more slowly, the encoder. Nil means optim.AdamW{LearningRate: 2e-3}.
	Optimizer optim.Optimizer `json:"optimizer"`
	// EncoderRate is the encoder's learning rate over the classifier's. Zero means 0.1, or 1 from scratch.
	EncoderRate float64 `json:"encoder_rate"`
	// Augment makes the one view of each picture. The zero value means the policy of the run.
	Augment augment.Policy `json:"augment"`
	// Epochs is how often each picture is seen. Zero means 20.
	Epochs int `json:"epochs" default:"20"`
	// BatchSize is the pictures a step, at most all there are. Zero means 128.
	BatchSize int `json:"batch_size" default:"128"`
	// Seed decides the classifier's first weights, the order of the batches and the views; from scratch, the encoder too.
	Seed int64 `json:"seed"`
	// FromScratch starts from random weights instead of the run's: what labels alone give in the same time.
	FromScratch bool `json:"from_scratch"`
}

// FineTuned is what came of [Run.FineTune].
type FineTuned struct {
	// Accuracy on test after the last epoch, and on train without random views.
	Accuracy      float64 `json:"accuracy"`
	TrainAccuracy float64 `json:"train_accuracy"`

	// Predictions has a label per test picture.
	Predictions []int32 `json:"-"`

	Classes     int  `json:"classes"`
	Pictures    int  `json:"pictures"` // of train
	Steps       int  `json:"steps"`
	FromScratch bool `json:"from_scratch"`

	// EncoderHash is that of the run, which is the same before and after; TunedHash that of the copy.
	EncoderHash string `json:"encoder_hash"`
	TunedHash   string `json:"tuned_hash"`

	// Tuned is the copy that was trained, in memory only.
	Tuned *Run `json:"-"`
}

// FineTune trains a copy of the run's encoder, with a linear classifier on its features h, on labeled pictures, by the
// cross-entropy of [Supervised], and measures it on test as it is after the last epoch: no epoch is chosen by test. The run itself
// stays as it is, which is checked by its [Run.EncoderHash]. The protocol is that of Chen et al. 2020 (SimCLR), appendix
// B.5, with a lower learning rate for the encoder.
//
// Errors: pictures without labels or of another size than the run's; fewer than two classes or pictures; impossible settings; a
// [*DivergedError].
func (r *Run) FineTune(train, test *datasets.Images, how FineTuning) (*FineTuned, error) {
	return r.FineTuneContext(context.Background(), train, test, how)
}

// FineTuneContext is [Run.FineTune] that stops with [ErrInterrupted] when ctx is done.
func (r *Run) FineTuneContext(ctx context.Context, train, test *datasets.Images, how FineTuning) (*FineTuned, error) {
	for _, images := range []*datasets.Images{train, test} {
		if err := r.checkSize(images); err != nil {
			return nil, err
		}
		if images.Labels == nil {
			return nil, fmt.Errorf("fine-tuning: %s has no labels", images.Name)
		}
	}
	config, how, err := r.fineTuning(train, how)
	if err != nil {
		return nil, err
	}
	var tuned *FineTuned
	hash, err := r.Frozen(func() error {
		run, err := newRun(r.backend, train, config)
		if err != nil {
			return err
		}
		if !how.FromScratch {
			if err := run.copyEncoder(r); err != nil {
				return err
			}
		}
		t := &trainer{ctx: ctx, Run: run, images: train, total: config.TotalSteps(train), factor: func(v *model.Variable) float64 {
			if strings.HasPrefix(v.Path(), learnScope+"/encoder/") {
				return how.EncoderRate
			}
			return 1
		}}
		if err := t.train(); err != nil {
			return err
		}
		tuned = &FineTuned{Classes: config.Method.(Supervised).Classes, Pictures: train.Len(), Steps: run.Step, FromScratch: how.FromScratch, Tuned: run}
		if _, tuned.TrainAccuracy, err = run.classify(train); err != nil {
			return err
		}
		if tuned.Predictions, tuned.Accuracy, err = run.classify(test); err != nil {
			return err
		}
		tuned.TunedHash, err = run.EncoderHash()
		return err
	})
	if err != nil {
		return nil, err
	}
	tuned.EncoderHash = hash
	return tuned, nil
}

// fineTuning is the configuration of the copy.
func (r *Run) fineTuning(train *datasets.Images, how FineTuning) (Config, FineTuning, error) {
	config := r.Config
	how, err := registry.WithDefaults(how)
	if err != nil {
		return config, how, err
	}
	if how.Optimizer == nil {
		how.Optimizer = optim.AdamW{LearningRate: 2e-3}
	}
	if how.Optimizer, err = registry.WithDefaults(how.Optimizer); err != nil {
		return config, how, err
	}
	if how.EncoderRate == 0 {
		how.EncoderRate = 0.1
		if how.FromScratch {
			how.EncoderRate = 1
		}
	}
	if !(how.EncoderRate > 0) || math.IsInf(how.EncoderRate, 0) {
		return config, how, fmt.Errorf("fine-tuning: encoder_rate = %g: it must be above 0", how.EncoderRate)
	}
	if how.Augment.Name != "" || len(how.Augment.Transforms) > 0 {
		config.Augment = how.Augment
	}
	config.Method, config.Optimizer = Supervised{}, how.Optimizer
	config.Positives, config.Views = SameImage, 1
	config.Epochs, config.Steps, config.BatchSize = how.Epochs, 0, min(how.BatchSize, train.Len())
	config.Seed, config.Dir, config.Quiet, config.OnRecord, config.MaxTime = how.Seed, "", true, nil, 0
	if config, err = config.completeFor(train); err != nil {
		return config, how, err
	}
	if err := config.validate(train); err != nil {
		return config, how, fmt.Errorf("fine-tuning: %w", err)
	}
	return config, how, nil
}

// copyEncoder gives r the weights of another run's encoder.
func (r *Run) copyEncoder(from *Run) error {
	for _, v := range from.encoderVariables() {
		value, err := v.Value()
		if err == nil {
			value, err = value.LocalClone()
		}
		if err != nil {
			return fmt.Errorf("copying %s: %w", v.Path(), err)
		}
		scope, name := model.SplitPath(v.Path())
		own, err := r.store.Scope(scope).CreateVariable(name, value)
		if err != nil {
			return err
		}
		own.SetTrainable(v.Trainable)
	}
	return nil
}

// classify is the label with the largest logit for each picture, and the share that is right.
func (r *Run) classify(images *datasets.Images) ([]int32, float64, error) {
	h, err := r.Embed(images)
	if err != nil {
		return nil, 0, err
	}
	return r.classifyFeatures(h)
}

func (r *Run) classifyFeatures(h *eval.Embeddings) ([]int32, float64, error) {
	classes := r.Config.Method.(Supervised).Classes
	exec, err := model.NewExec(r.backend, r.store, func(scope *model.Scope, h *Node) *Node {
		logits := layers.Dense(scope.Store().Scope(learnScope+"/classifier"), h, true, classes) // [N, classes]
		return ArgMax(logits, -1)
	})
	if err != nil {
		return nil, 0, err
	}
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(h.Vectors, h.N, h.D))
	if err != nil {
		return nil, 0, err
	}
	predictions, err := tensors.CopyFlatData[int32](out[0])
	if err != nil {
		return nil, 0, err
	}
	right := 0
	for i, p := range predictions {
		if p == h.Images.Labels[i] {
			right++
		}
	}
	return predictions, float64(right) / float64(h.N), nil
}
