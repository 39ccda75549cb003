package datasets

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/contrastlab/contrastlab/datasets/folder"
	"github.com/contrastlab/contrastlab/datasets/internal/rawfile"
)

// openFolder opens a folder of pictures. Its name is its absolute path, so that a run finds it again.
func openFolder(ctx context.Context, path string, o Options) (*Source, error) {
	if path == "" {
		return nil, fmt.Errorf("%q names no folder: write %sPATH", FolderPrefix, FolderPrefix)
	}
	if o.Side < 0 {
		return nil, fmt.Errorf("a side of %d pixels: at least 1 is needed, or 0 for the pictures' own", o.Side)
	}
	found, err := folder.List(path)
	if err != nil {
		return nil, err
	}
	side := o.Side
	if side == 0 {
		side = found.Side()
	}
	dir, err := o.folder("folder")
	if err != nil {
		return nil, err
	}
	place := sha256.Sum256([]byte(found.Root))
	k := kept{
		path:   filepath.Join(dir, fmt.Sprintf("%s-%x-%d.pictures", filepath.Base(found.Root), place[:4], side)),
		origin: fmt.Sprintf("reading 1 of %s: %s", found.Root, found.Fingerprint()),
		height: side, width: side, channels: folder.Channels,
	}
	file, err := k.open(ctx, o, func(ctx context.Context, w *rawfile.Writer) (rawfile.Meta, error) {
		result, err := found.Read(ctx, side, func(p folder.Picture) error {
			return w.Put(p.Index, p.Pixels, p.Class, -1)
		}, func(done, total int) { o.progress("decoding "+found.Root, int64(done), int64(total), false) })
		meta := rawfile.Meta{
			Parts:      map[string][2]int{"train": {0, result.Train}, "test": {result.Train, result.Train + result.Test}},
			LabelNames: found.Classes,
		}
		for _, left := range result.Skipped {
			meta.Skipped = append(meta.Skipped, rawfile.Skipped(left))
		}
		return meta, err
	})
	if err != nil {
		return nil, err
	}
	about := fmt.Sprintf("a folder of %d pictures, cropped and scaled to %d×%d RGB; its license is yours to know", file.Count, side, side)
	s, err := sourceOf(FolderPrefix+found.Root, about, file)
	if err != nil {
		return nil, err
	}
	// Only now, as what is kept serves strict openings and others.
	if o.Strict && len(s.Skipped) > 0 {
		return nil, s.refusal(found.Root)
	}
	return s, nil
}

// refusal is the error of skipped files where none may be.
func (s *Source) refusal(root string) error {
	errs := []error{fmt.Errorf("%d files in %s are no pictures; mend or remove them, or open the folder without being strict, which skips them", len(s.Skipped), root)}
	for i, left := range s.Skipped {
		if i == 5 {
			errs = append(errs, fmt.Errorf("and %d more", len(s.Skipped)-i))
			break
		}
		errs = append(errs, fmt.Errorf("%s: %s", left.Path, left.Reason))
	}
	return errors.Join(errs...)
}
