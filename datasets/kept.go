package datasets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/contrastlab/contrastlab/datasets/internal/rawfile"
)

// kept is a file of decoded pictures in the cache folder.
type kept struct {
	path   string // of the file
	origin string // what it is made from: a change makes it out of date

	height, width, channels int
}

// decode makes the pictures of a data set: it puts each of them and says what they are.
type decode func(ctx context.Context, w *rawfile.Writer) (rawfile.Meta, error)

// open opens the file, and first makes it where it is missing, damaged or out of date.
func (k kept) open(ctx context.Context, o Options, decode decode) (*rawfile.File, error) {
	file, err := rawfile.Open(k.path, k.origin)
	if err == nil && o.Verify {
		err = file.Verify()
	}
	if err == nil {
		return file, nil
	}
	broken := err
	if err := k.make(ctx, decode); err != nil {
		if errors.Is(err, errNotDownloaded) && !errors.Is(broken, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w, and it cannot be made again: %w", broken, err)
		}
		return nil, err
	}
	return rawfile.Open(k.path, k.origin)
}

func (k kept) make(ctx context.Context, decode decode) error {
	w, err := rawfile.Create(k.path, k.height*k.width*k.channels)
	if err != nil {
		return fmt.Errorf("%s, where decoded pictures are kept, cannot be written: %w; choose another folder with %s or Options.Dir",
			filepath.Dir(k.path), err, DirEnv)
	}
	defer w.Abort()
	meta, err := decode(ctx, w)
	if err != nil {
		return err
	}
	meta.Origin, meta.Height, meta.Width, meta.Channels = k.origin, k.height, k.width, k.channels
	if err := w.Commit(meta); err != nil {
		return fmt.Errorf("%s cannot be written: %w", k.path, err)
	}
	return nil
}

// sourceOf is a source whose pictures lie in the file: its parts "train" and "test".
func sourceOf(name, about string, file *rawfile.File) (*Source, error) {
	pixels, err := file.Map()
	if err != nil {
		return nil, err
	}
	all := &Images{
		Name: name + "/all", Pixels: pixels, Height: file.Height, Width: file.Width, Channels: file.Channels,
		LabelNames: file.LabelNames, FineNames: file.FineNames,
	}
	if hasLabels(file.Labels) {
		all.Labels = file.Labels
	}
	if hasLabels(file.Fine) {
		all.FineLabels = file.Fine
	}
	if err := checkColumns(all); err != nil {
		return nil, err
	}
	s := &Source{Name: name, About: about, all: all, train: runOf(file, "train"), test: runOf(file, "test"), fresh: file.Map}
	for _, left := range file.Skipped {
		s.Skipped = append(s.Skipped, Skipped(left))
	}
	return s, nil
}

func hasLabels(values []int32) bool {
	return slices.ContainsFunc(values, func(v int32) bool { return v >= 0 })
}

// checkColumns is [Images.Validate], but a label of −1 is none.
func checkColumns(all *Images) error {
	some := *all
	for _, c := range some.columns() {
		if *c.values != nil {
			*c.values = slices.Clone(*c.values)
			for i := range *c.values {
				(*c.values)[i] = max((*c.values)[i], 0)
			}
		}
	}
	return some.Validate()
}

func runOf(file *rawfile.File, part string) rows {
	run := file.Parts[part]
	return rows{from: run[0], to: run[1]}
}
