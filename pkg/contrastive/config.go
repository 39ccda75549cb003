package contrastive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/registry"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/encoder"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
	"github.com/contrastlab/contrastlab/pkg/contrastive/optim"
)

// Pairing says which pictures are views of the same thing.
type Pairing int

const (
	// SameImage: all views of a sample are random views of one picture. No labels are used.
	SameImage Pairing = iota
	// SameItem: each view comes from another picture of one item, as the same emoji by two artists.
	SameItem
)

var pairingNames = map[Pairing]string{SameImage: "same_image", SameItem: "same_item"}

// MarshalText implements [encoding.TextMarshaler].
func (p Pairing) MarshalText() ([]byte, error) {
	if name, ok := pairingNames[p]; ok {
		return []byte(name), nil
	}
	return nil, fmt.Errorf("unknown pairing %d", int(p))
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Pairing) UnmarshalText(text []byte) error {
	for pairing, name := range pairingNames {
		if name == string(text) {
			*p = pairing
			return nil
		}
	}
	return fmt.Errorf("unknown pairing %q; known: same_image, same_item", text)
}

// Config is everything that decides what [Pretrain] computes. Its zero fields take the defaults named
// below; with Dir it is saved as config.json, and the same Config gives the same weights on one machine.
type Config struct {
	// Method is the objective. It has no default.
	Method Method `json:"method"`
	// Encoder is the network that is kept. Nil means encoder.SmallResNet{}.
	Encoder encoder.Encoder `json:"encoder"`
	// Head sits between the encoder and the loss and is dropped afterwards. Nil means encoder.MLPHead{}.
	Head encoder.Head `json:"head"`
	// Augment makes the views. The zero value means augment.SimCLR().
	Augment augment.Policy `json:"augment"`
	// Optimizer updates the weights. Nil means optim.AdamW{}.
	Optimizer optim.Optimizer `json:"optimizer"`

	// Positives says which pictures are views of the same thing. Zero means SameImage.
	Positives Pairing `json:"positives"`
	// Views is V, the views of each sample in a batch. Zero means 2.
	Views int `json:"views" default:"2"`
	// Size is the side of a view in pixels. Zero means the height of the pictures.
	Size int `json:"size"`
	// BatchSize is B, samples a step; the encoder sees V·B views. Zero means 256.
	BatchSize int `json:"batch_size" default:"256"`
	// Epochs is how often each sample is seen. Zero means 30.
	Epochs int `json:"epochs" default:"30"`
	// Steps, when not zero, is the number of training steps, whatever Epochs says.
	Steps int `json:"steps"`
	// ClipNorm bounds the norm of the whole gradient. Zero means no bound.
	ClipNorm float64 `json:"clip_norm"`
	// Seed decides the initial weights, the order of the batches and every random view.
	Seed int64 `json:"seed"`
	// LogEvery is the distance in steps of two records of the history. Zero means 10.
	LogEvery int `json:"log_every" default:"10"`
	// SaveEvery is the distance in steps of two checkpoints. Zero means 100. The last step is always saved.
	SaveEvery int `json:"save_every" default:"100"`
	// Keep is how many checkpoints stay. Zero means 2.
	Keep int `json:"keep" default:"2"`

	// Dir is the folder of the run. Empty keeps everything in memory: nothing is saved or resumed.
	Dir string `json:"-"`
	// ResidentMiB is how many MiB of pixels may stay on the device for the whole training; of a larger set a step's
	// pictures are sent while the step before runs. Zero means 2048; a negative number always sends. The result is
	// the same, bit for bit, and so is a run that goes on in the other way.
	ResidentMiB int `json:"-"`
	// MaxTime, if not zero, is how long a call of [Pretrain] may train: it ends with the first step that ends so long
	// after the call or later, saves the run and returns it without an error, its Step below [Config.TotalSteps]. The
	// same call goes on from there; each makes at least one step.
	MaxTime time.Duration `json:"-"`
	// Quiet prints no progress.
	Quiet bool `json:"-"`
	// OnRecord, if set, is called with each record as it is added to the history.
	OnRecord func(Record) `json:"-"`
	// OnFinding, if set, is called once for each thing that the history shows to be wrong during training.
	OnFinding func(eval.Finding) `json:"-"`
	// OnPace, if set, is called once, when some steps after the compilation say how long the others will take; not in a
	// training that is over before.
	OnPace func(Pace) `json:"-"`

	// complete says that zero fields are meant: the defaults have been filled in before.
	complete bool
}

// classCounter is a method that needs to know how many classes the data has.
type classCounter interface{ forClasses(n int) Method }

// For is c completed for training on images, as [Pretrain] does it: [Config.WithDefaults] and what only the data can
// tell. The error says what makes the training impossible. It needs no backend and reads no pixels.
func (c Config) For(images *datasets.Images) (Config, error) {
	c, err := c.completeFor(images)
	if err != nil {
		return c, err
	}
	return c, c.validate(images)
}

// completeFor is WithDefaults, with what only the data can tell.
func (c Config) completeFor(images *datasets.Images) (Config, error) {
	c, err := c.WithDefaults()
	if counter, ok := c.Method.(classCounter); err == nil && ok {
		c.Method = counter.forClasses(len(images.LabelNames))
	}
	return c, err
}

// WithDefaults is c with every zero field at its documented default. In what it returns a zero is a zero:
// completed once, a Config is not completed again.
func (c Config) WithDefaults() (Config, error) {
	if c.complete {
		return c, nil
	}
	if c.Method == nil {
		return c, fmt.Errorf("config: no method; choose one, such as contrastive.SimCLR{}")
	}
	if c.Encoder == nil {
		c.Encoder = encoder.SmallResNet{}
	}
	if c.Head == nil {
		c.Head = encoder.MLPHead{}
	}
	if c.Optimizer == nil {
		c.Optimizer = optim.AdamW{}
	}
	if c.Augment.Name == "" && len(c.Augment.Transforms) == 0 {
		c.Augment = augment.SimCLR()
	}
	var err error
	fill := func(problem error) {
		if err == nil {
			err = problem
		}
	}
	var problem error
	c.Method, problem = registry.WithDefaults(c.Method)
	fill(problem)
	c.Encoder, problem = registry.WithDefaults(c.Encoder)
	fill(problem)
	c.Head, problem = registry.WithDefaults(c.Head)
	fill(problem)
	c.Optimizer, problem = registry.WithDefaults(c.Optimizer)
	fill(problem)
	c, problem = registry.WithDefaults(c)
	fill(problem)
	c.complete = err == nil
	return c, err
}

// validate says, in one line, what cannot be trained, before anything is compiled. c has its defaults.
func (c *Config) validate(images *datasets.Images) error {
	if err := images.Validate(); err != nil {
		return err
	}
	if err := c.checkLabels(images.Labels != nil, images.Items != nil, images.Name); err != nil {
		return err
	}
	if err := c.checkTexts(images); err != nil {
		return err
	}
	samples := c.Samples(images)
	views := len(c.planViews(images))
	switch {
	case c.Views < 1:
		return fmt.Errorf("views = %d: at least 1 is needed, 2 for methods that compare views", c.Views)
	case c.Positives == SameItem && images.Items == nil:
		return fmt.Errorf("positives = same_item: %s does not say which pictures show the same item", images.Name)
	case samples == 0:
		return fmt.Errorf("%s holds no pictures that can be trained on with positives = %s", images.Name, pairingNames[c.Positives])
	case c.BatchSize < 2:
		return fmt.Errorf("batch_size = %d: at least 2 are needed, since others in the batch are what a sample is compared with", c.BatchSize)
	case c.BatchSize > samples:
		return fmt.Errorf("batch_size = %d, but %s has only %d samples; lower batch_size", c.BatchSize, images.Name, samples)
	case c.Epochs < 0 || c.Steps < 0:
		return fmt.Errorf("epochs = %d, steps = %d: neither can be negative", c.Epochs, c.Steps)
	case c.TotalSteps(images) < 1:
		return fmt.Errorf("epochs = %d and steps = %d leave nothing to train", c.Epochs, c.Steps)
	case c.Size < 0 || (c.Size > 0 && c.Size < 8):
		return fmt.Errorf("size = %d: views need at least 8 pixels a side", c.Size)
	case c.LogEvery < 1 || c.SaveEvery < 1 || c.Keep < 1:
		return fmt.Errorf("log_every = %d, save_every = %d, keep = %d: each must be at least 1", c.LogEvery, c.SaveEvery, c.Keep)
	case c.MaxTime < 0:
		return fmt.Errorf("max time %s: it cannot be negative; 0 is no limit", c.MaxTime)
	case !(c.ClipNorm >= 0) || math.IsInf(c.ClipNorm, 0):
		return fmt.Errorf("clip_norm = %g: it must not be negative", c.ClipNorm)
	case views < 1:
		return fmt.Errorf("method %q plans no views", c.Method.Name())
	}
	if err := firstError(c.Augment.Validate(), c.Augment.Fits(images.Channels)); err != nil {
		return err
	}
	if err := c.Optimizer.Validate(); err != nil {
		return fmt.Errorf("optimizer %q: %w", c.Optimizer.Name(), err)
	}
	for _, part := range []any{c.Method, c.Encoder, c.Head} {
		if v, ok := part.(Validator); ok {
			if err := v.Validate(c); err != nil {
				return fmt.Errorf("%s: %w", part.(registry.Named).Name(), err)
			}
		}
		if v, ok := part.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				return fmt.Errorf("%s: %w", part.(registry.Named).Name(), err)
			}
		}
	}
	return c.checkSides(images)
}

// checkSides asks the encoder whether it takes views of the planned sizes.
func (c *Config) checkSides(images *datasets.Images) error {
	sized, ok := c.Encoder.(encoder.Sized)
	if !ok {
		return nil
	}
	for _, v := range c.planViews(images) {
		if err := sized.FitsSide(v.Size); err != nil {
			return fmt.Errorf("%s: %w", c.Encoder.Name(), err)
		}
	}
	return nil
}

// checkTemperature is the check of every method with a temperature.
func checkTemperature(t float64) error {
	if !(t > 0) || math.IsInf(t, 0) {
		return fmt.Errorf("temperature = %g: it must be above 0 (0.05 to 1 are usual)", t)
	}
	return nil
}

// checkMomentum is the check of every method with a momentum encoder.
func checkMomentum(m float64) error {
	if !(m >= 0 && m <= 1) {
		return fmt.Errorf("momentum = %g: it must be between 0 (a copy) and 1 (never moves)", m)
	}
	return nil
}

// checkWidth is the check of every method with a predictor.
func checkWidth(width int) error {
	if width < 1 {
		return fmt.Errorf("predictor_hidden = %d: it must be at least 1", width)
	}
	return nil
}

// firstError is the first that is not nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// atLeastTwoViews is the check of every method that compares views.
func (c *Config) atLeastTwoViews() error {
	if c.Views < 2 {
		return fmt.Errorf("views = %d: two are needed to have something to compare", c.Views)
	}
	return nil
}

func (c *Config) size(images *datasets.Images) int {
	if c.Size > 0 {
		return c.Size
	}
	return images.Height
}

func (c *Config) planViews(images *datasets.Images) []View {
	if planner, ok := c.Method.(ViewPlanner); ok {
		planned := *c
		planned.Size = c.size(images)
		return planner.PlanViews(&planned)
	}
	plan := make([]View, c.Views)
	for i := range plan {
		plan[i] = View{Policy: c.Augment, Size: c.size(images)}
	}
	return plan
}

// Samples is how many samples an epoch sees once: pictures, or items that have at least two pictures.
func (c Config) Samples(images *datasets.Images) int {
	if c.Positives == SameImage {
		return images.Len()
	}
	return len(samplesOf(images, c.Positives))
}

// TotalSteps is how many steps training on images takes. c needs its defaults.
func (c Config) TotalSteps(images *datasets.Images) int {
	if c.Steps > 0 {
		return c.Steps
	}
	return c.Epochs * c.stepsPerEpoch(images)
}

// stepsPerEpoch is how many full batches the samples of images fill.
func (c *Config) stepsPerEpoch(images *datasets.Images) int { return c.Samples(images) / c.BatchSize }

// plainConfig has Config's fields without its methods, so that JSON treats them one by one.
type plainConfig Config

// taggedConfig is Config as JSON: its four interfaces as objects with a name.
type taggedConfig struct {
	Method    json.RawMessage `json:"method"`
	Encoder   json.RawMessage `json:"encoder"`
	Head      json.RawMessage `json:"head"`
	Optimizer json.RawMessage `json:"optimizer"`
	*plainConfig
}

// MarshalJSON implements [json.Marshaler].
func (c Config) MarshalJSON() ([]byte, error) {
	tagged := taggedConfig{plainConfig: (*plainConfig)(&c)}
	var err error
	if tagged.Method, err = Methods.Marshal(c.Method); err != nil {
		return nil, err
	}
	if tagged.Encoder, err = encoder.Encoders.Marshal(c.Encoder); err != nil {
		return nil, err
	}
	if tagged.Head, err = encoder.Heads.Marshal(c.Head); err != nil {
		return nil, err
	}
	if tagged.Optimizer, err = optim.Optimizers.Marshal(c.Optimizer); err != nil {
		return nil, err
	}
	return json.Marshal(tagged)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Config) UnmarshalJSON(data []byte) error {
	tagged := taggedConfig{plainConfig: (*plainConfig)(c)}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&tagged); err != nil {
		return err
	}
	var err error
	if c.Method, err = Methods.Unmarshal(tagged.Method); err != nil {
		return err
	}
	if c.Encoder, err = encoder.Encoders.Unmarshal(tagged.Encoder); err != nil {
		return err
	}
	if c.Head, err = encoder.Heads.Unmarshal(tagged.Head); err != nil {
		return err
	}
	c.Optimizer, err = optim.Optimizers.Unmarshal(tagged.Optimizer)
	c.complete = true
	return err
}
