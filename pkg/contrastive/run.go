package contrastive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/gofrs/flock"
	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive/eval"
)

// Run is a trained (or half-trained) encoder with all that made it. On disk it is a folder:
//
//	config.json          the Config and what it was trained on
//	history.jsonl        one Record a line
//	checkpoints/step-N/  weights, optimizer, random state; the last Config.Keep of them
//
// The command lab eval adds eval.json, which nothing here reads.
type Run struct {
	Config  Config
	Data    Data
	History []Record
	// Step counts the finished training steps.
	Step int
	// Warnings tells what was wrong with the folder but could be helped, such as a damaged checkpoint passed over.
	Warnings []string

	backend     compute.Backend
	store       *model.Store
	checkpoints checkpoints
	embedders   map[bool]*model.Exec
	// textEmbedders are those of texts.
	textEmbedders map[bool]*model.Exec
}

// Data names what a run was trained on.
type Data struct {
	Name     string `json:"name"`
	Pictures int    `json:"pictures"`
	Height   int    `json:"height"`
	Width    int    `json:"width"`
	Channels int    `json:"channels"`
	SHA256   string `json:"sha256"` // of pixels, labels, items and captions
}

// savedConfig is config.json.
type savedConfig struct {
	Data   Data   `json:"data"`
	Config Config `json:"config"`
}

// Untrained is the run that config describes, before its first step: the baseline that shows what the
// architecture knows by itself. Nothing is saved.
func Untrained(backend compute.Backend, images *datasets.Images, config Config) (*Run, error) {
	config.Dir = ""
	config, err := config.For(images)
	if err != nil {
		return nil, err
	}
	return newRun(backend, images, config)
}

// Open opens the run in dir at its newest whole checkpoint.
func Open(backend compute.Backend, dir string) (*Run, error) {
	saved, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	saved.Config.Dir = dir
	run := &Run{Config: saved.Config, Data: saved.Data, backend: backend, store: model.NewStore()}
	if err := run.load(); err != nil {
		return nil, err
	}
	if run.Step == 0 {
		return nil, fmt.Errorf("%s has no checkpoint yet; training it writes the first after %d steps", dir, run.Config.SaveEvery)
	}
	return run, nil
}

// ErrAnotherRun is in what [Pretrain] returns where its folder holds a run of another configuration, or on other data.
var ErrAnotherRun = errors.New("a run with another configuration")

// newRun starts the run of config, or takes it up where config.Dir has it.
func newRun(backend compute.Backend, images *datasets.Images, config Config) (*Run, error) {
	run := &Run{Config: config, Data: describe(images), backend: backend, store: model.NewStore()}
	if config.Dir == "" {
		return run, run.store.SetRNGStateFromSeed(config.Seed)
	}
	saved, err := readConfig(config.Dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := run.create(); err != nil {
			return nil, err
		}
		return run, run.store.SetRNGStateFromSeed(config.Seed)
	case err != nil:
		return nil, err
	}
	if differences := differences(saved, savedConfig{run.Data, config}); len(differences) > 0 {
		return nil, fmt.Errorf("%s holds %w: %s. Choose another folder, delete this one, or repeat its configuration to go on",
			config.Dir, ErrAnotherRun, strings.Join(differences, "; "))
	}
	if err := run.load(); err != nil || run.Step > 0 {
		return run, err
	}
	// Only now: loading does not replace a random state that the store already has.
	return run, run.store.SetRNGStateFromSeed(config.Seed)
}

func (r *Run) create() error {
	if err := os.MkdirAll(filepath.Join(r.Config.Dir, "checkpoints"), 0o755); err != nil {
		return fmt.Errorf("the run's folder cannot be made: %w", err)
	}
	text, err := json.MarshalIndent(savedConfig{r.Data, r.Config}, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFileAtomically(filepath.Join(r.Config.Dir, "config.json"), append(text, '\n')); err != nil {
		return fmt.Errorf("the run's folder cannot be written: %w", err)
	}
	r.checkpoints = checkpoints{dir: filepath.Join(r.Config.Dir, "checkpoints"), keep: r.Config.Keep}
	return nil
}

// load reads the newest whole checkpoint and the history up to it.
func (r *Run) load() error {
	r.checkpoints = checkpoints{dir: filepath.Join(r.Config.Dir, "checkpoints"), keep: r.Config.Keep}
	step, damaged, err := loadCheckpoint(r.store, r.checkpoints.dir)
	if err != nil {
		return err
	}
	for _, problem := range damaged {
		r.Warnings = append(r.Warnings, fmt.Sprintf("passed over a damaged checkpoint: %v", problem))
	}
	r.Step = max(0, step)
	if r.History, err = readHistory(r.historyPath(), r.Step); err != nil {
		return err
	}
	return nil
}

func (r *Run) historyPath() string { return filepath.Join(r.Config.Dir, "history.jsonl") }

// lock keeps a second process from training in the same folder, and cuts the history back to the checkpoint
// that training goes on from.
func (r *Run) lock() (unlock func(), err error) {
	if r.Config.Dir == "" {
		return func() {}, nil
	}
	lock := flock.New(filepath.Join(r.Config.Dir, "run.lock"))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("the run's folder cannot be locked: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("another process is training in %s; wait for it or choose another folder", r.Config.Dir)
	}
	if err := writeHistory(r.historyPath(), r.History); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return func() { _ = lock.Unlock() }, nil
}

func readConfig(dir string) (savedConfig, error) {
	var saved savedConfig
	path := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return saved, fmt.Errorf("%s is not the folder of a run: %w", dir, err)
	}
	if err != nil {
		return saved, err
	}
	if err := json.Unmarshal(text, &saved); err != nil {
		return saved, fmt.Errorf("%s is damaged: %w", path, err)
	}
	return saved, nil
}

// differences lists where two configurations differ, by the names of their JSON fields.
func differences(old, new savedConfig) []string {
	flatten := func(c savedConfig) map[string]any {
		text, _ := json.Marshal(c)
		var tree map[string]any
		_ = json.Unmarshal(text, &tree)
		return tree
	}
	var found []string
	var compare func(path string, a, b any)
	compare = func(path string, a, b any) {
		treeA, okA := a.(map[string]any)
		treeB, okB := b.(map[string]any)
		if !okA || !okB {
			if !reflect.DeepEqual(a, b) {
				found = append(found, fmt.Sprintf("%s was %v, now %v", strings.TrimPrefix(path, "."), brief(a), brief(b)))
			}
			return
		}
		for key := range treeA {
			compare(path+"."+key, treeA[key], treeB[key])
		}
		for key := range treeB {
			if _, both := treeA[key]; !both {
				compare(path+"."+key, nil, treeB[key])
			}
		}
	}
	compare("", flatten(old), flatten(new))
	slices.Sort(found)
	return found
}

func brief(v any) string {
	text, _ := json.Marshal(v)
	if len(text) > 60 {
		return string(text[:57]) + "..."
	}
	return string(text)
}

func describe(images *datasets.Images) Data {
	sum := sha256.New()
	sum.Write(images.Pixels)
	for _, column := range [][]int32{images.Labels, images.Items} {
		_ = binary.Write(sum, binary.LittleEndian, column)
	}
	if images.Captions != nil {
		_ = json.NewEncoder(sum).Encode(images.Captions) // maps are written in the order of their keys
	}
	return Data{Name: images.Name, Pictures: images.Len(), Height: images.Height, Width: images.Width, Channels: images.Channels,
		SHA256: hex.EncodeToString(sum.Sum(nil))}
}

// embedChunk is how many pictures pass the encoder at once: one compiled graph, bounded memory.
const embedChunk = 256

// Embed computes the encoder's features h of each picture, without random views. It is what downstream
// tasks use.
func (r *Run) Embed(images *datasets.Images) (*eval.Embeddings, error) { return r.embed(images, false) }

// EmbedHead computes the projection head's output z, which the loss sees and downstream tasks do not.
func (r *Run) EmbedHead(images *datasets.Images) (*eval.Embeddings, error) {
	return r.embed(images, true)
}

// MustEmbed is [Run.Embed] for notebooks: it panics on an error.
func (r *Run) MustEmbed(images *datasets.Images) *eval.Embeddings {
	e, err := r.Embed(images)
	if err != nil {
		panic(err)
	}
	return e
}

func (r *Run) embed(images *datasets.Images, head bool) (*eval.Embeddings, error) {
	if err := r.checkSize(images); err != nil {
		return nil, err
	}
	exec, err := r.embedder(head)
	if err != nil {
		return nil, err
	}
	e := &eval.Embeddings{N: images.Len(), Images: images}
	picture := images.Height * images.Width * images.Channels
	for start := 0; start < e.N; start += embedChunk {
		end := min(start+embedChunk, e.N)
		chunk := make([]uint8, embedChunk*picture) // the last chunk is padded with black
		copy(chunk, images.Pixels[start*picture:end*picture])
		out, err := exec.Call(tensors.FromFlatDataAndDimensions(chunk, embedChunk, images.Height, images.Width, images.Channels))
		if err != nil {
			return nil, err
		}
		e.D = out[0].Shape().Dimensions[1]
		rows, err := tensors.CopyFlatData[float32](out[0])
		if err != nil {
			return nil, err
		}
		e.Vectors = append(e.Vectors, rows[:(end-start)*e.D]...)
	}
	return e, nil
}

// checkSize says what keeps pictures from passing the encoder.
func (r *Run) checkSize(images *datasets.Images) error {
	if err := images.Validate(); err != nil {
		return err
	}
	if images.Len() == 0 {
		return fmt.Errorf("%s holds no pictures to embed", images.Name)
	}
	if images.Channels != r.Data.Channels || images.Height != r.Data.Height || images.Width != r.Data.Width {
		return fmt.Errorf("%s is %d×%d with %d channels, but the encoder was trained on %d×%d with %d", images.Name,
			images.Height, images.Width, images.Channels, r.Data.Height, r.Data.Width, r.Data.Channels)
	}
	return nil
}

// embedder compiles the way from pixels to features, once per run and kind.
func (r *Run) embedder(head bool) (*model.Exec, error) {
	if exec := r.embedders[head]; exec != nil {
		return exec, nil
	}
	exec, err := model.NewExec(r.backend, r.store, func(scope *model.Scope, pixels *Node) *Node {
		scope.Store().SetTraining(pixels.Graph(), false)
		size := r.Config.Size
		if size == 0 {
			size = r.Data.Height
		}
		x := r.Config.Augment.Plain(pixels, size)
		out := r.Config.Encoder.Features(scope.Store().Scope(learnScope+"/encoder"), x)
		if head {
			out = r.Config.Head.Project(scope.Store().Scope(learnScope+"/head"), out)
		}
		return out
	})
	if err != nil {
		return nil, err
	}
	if r.embedders == nil {
		r.embedders = map[bool]*model.Exec{}
	}
	r.embedders[head] = exec
	return exec, nil
}

// Store gives access to the run's variables: the encoder's under /model/encoder, the head's under
// /model/head.
func (r *Run) Store() *model.Store { return r.store }

// Parameters counts the learned numbers of the encoder.
func (r *Run) Parameters() int {
	count := 0
	for v := range r.store.Scope(learnScope + "/encoder").IterVariables() {
		if v.Trainable {
			count += v.Shape().Size()
		}
	}
	return count
}
