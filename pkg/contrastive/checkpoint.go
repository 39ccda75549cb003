package contrastive

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
)

// checkpoints are the saved states of a run, a folder each: GoMLX's two files and a manifest with their
// sizes and checksums. A folder is written under another name and renamed when complete, so that a kill or
// a full disk at any moment leaves the earlier ones whole.
type checkpoints struct {
	dir     string
	keep    int
	handler *checkpoint.Handler
}

const (
	partialName  = ".partial"
	stepPrefix   = "step-"
	manifestName = "manifest.json"
)

type manifest struct {
	Step  int                     `json:"step"`
	Files map[string]manifestFile `json:"files"`
}

type manifestFile struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// steps lists the steps of the complete checkpoints in dir, ascending.
func checkpointSteps(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var steps []int
	for _, entry := range entries {
		if number, ok := strings.CutPrefix(entry.Name(), stepPrefix); ok && entry.IsDir() {
			if step, err := strconv.Atoi(number); err == nil {
				steps = append(steps, step)
			}
		}
	}
	slices.Sort(steps)
	return steps, nil
}

func stepName(step int) string { return fmt.Sprintf("%s%08d", stepPrefix, step) }

// save writes the state of the store after step.
func (c *checkpoints) save(store *model.Store, step int) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("saving a checkpoint in %s: %w (free some space or choose another folder, then run the same command to go on from the last complete checkpoint)", c.dir, err)
		}
	}()
	partial := filepath.Join(c.dir, partialName)
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	if err := os.MkdirAll(partial, 0o755); err != nil {
		return err
	}
	if c.handler == nil {
		var notSaved []*model.Variable
		for v := range store.Scope(dataScope).IterVariables() {
			notSaved = append(notSaved, v)
		}
		c.handler, err = checkpoint.Build(store).Dir(partial).ExcludeVars(notSaved...).ExcludeAllParams().
			WithCompression(checkpoint.BinUncompressed).Keep(-1).Done()
		if err != nil {
			return err
		}
	}
	if err := c.handler.Save(); err != nil {
		return err
	}
	if err := writeManifest(partial, step, stateBytes(store)); err != nil {
		return err
	}
	final := filepath.Join(c.dir, stepName(step))
	if err := os.RemoveAll(final); err != nil {
		return err
	}
	if err := os.Rename(partial, final); err != nil {
		return err
	}
	return c.dropOld()
}

func (c *checkpoints) dropOld() error {
	steps, err := checkpointSteps(c.dir)
	if err != nil {
		return err
	}
	for len(steps) > c.keep {
		if err := os.RemoveAll(filepath.Join(c.dir, stepName(steps[0]))); err != nil {
			return err
		}
		steps = steps[1:]
	}
	return nil
}

// stateBytes is how many bytes a checkpoint of the store holds.
func stateBytes(store *model.Store) int64 {
	var total int64
	for v := range store.IterVariables() {
		if !strings.HasPrefix(v.Scope(), dataScope) {
			total += v.Shape().ByteSize()
		}
	}
	return total
}

// writeManifest records what dir holds and makes sure that it has reached the disk, and that the weights
// are all there: GoMLX 0.28.2 loses the error of a failed write and leaves the variable out.
func writeManifest(dir string, step int, weights int64) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	m := manifest{Step: step, Files: map[string]manifestFile{}}
	var written int64
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if m.Files[entry.Name()], err = describeFile(path); err != nil {
			return err
		}
		if !strings.HasSuffix(path, checkpoint.JsonNameSuffix) {
			written += m.Files[entry.Name()].Bytes
		}
	}
	if written < weights {
		return fmt.Errorf("only %d of %d bytes of weights could be written; is the disk full?", written, weights)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeFileAtomically(filepath.Join(dir, manifestName), append(text, '\n'))
}

// describeFile is a file's length and checksum; it also flushes the file to the disk.
func describeFile(path string) (manifestFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return manifestFile{}, err
	}
	defer file.Close()
	if err := file.Sync(); err != nil {
		return manifestFile{}, err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	return manifestFile{Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}

// verify says what is wrong with a checkpoint's folder, if anything.
func verifyCheckpoint(dir string) error {
	path := filepath.Join(dir, manifestName)
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("checkpoint without its manifest: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil || len(m.Files) == 0 {
		return fmt.Errorf("%s is damaged", path)
	}
	for name, want := range m.Files {
		if filepath.Base(name) != name {
			return fmt.Errorf("%s names %q, which is not a file of its folder", path, name)
		}
		got, err := describeFile(filepath.Join(dir, name))
		switch {
		case err != nil:
			return err
		case got.Bytes != want.Bytes:
			return fmt.Errorf("%s has %d bytes, not the %d that were saved", filepath.Join(dir, name), got.Bytes, want.Bytes)
		case got.SHA256 != want.SHA256:
			return fmt.Errorf("%s has changed since it was saved (sha256 %.12s…, not %.12s…)", filepath.Join(dir, name), got.SHA256, want.SHA256)
		}
	}
	return nil
}

// loadCheckpoint loads the newest whole checkpoint of dir into store and returns its step, -1 if there is
// none. Damaged ones are passed over and reported; if all are damaged that is an error.
func loadCheckpoint(store *model.Store, dir string) (step int, damaged []error, err error) {
	steps, err := checkpointSteps(dir)
	if err != nil {
		return -1, nil, err
	}
	for _, step := range slices.Backward(steps) {
		folder := filepath.Join(dir, stepName(step))
		if err := verifyCheckpoint(folder); err != nil {
			damaged = append(damaged, err)
			continue
		}
		_, err := checkpoint.Load(store).Dir(folder).Immediate().Done()
		return step, damaged, err
	}
	if len(damaged) > 0 {
		return -1, damaged, fmt.Errorf("no checkpoint in %s is whole (%w); delete the folder %s to train from the start", dir, errors.Join(damaged...), filepath.Dir(dir))
	}
	return -1, nil, nil
}

// writeFileAtomically replaces path by data, or leaves it as it was.
func writeFileAtomically(path string, data []byte) error {
	temporary := path + ".tmp"
	file, err := os.Create(temporary)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = joinClose(err, file); err != nil {
		os.Remove(temporary)
		return err
	}
	return os.Rename(temporary, path)
}

// joinClose closes file and returns err, or else what closing said.
func joinClose(err error, file io.Closer) error {
	if closing := file.Close(); err == nil {
		return closing
	}
	return err
}
