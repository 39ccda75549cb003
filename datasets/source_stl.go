package datasets

import (
	"context"
	"io"

	"github.com/contrastlab/contrastlab/datasets/internal/fetch"
	"github.com/contrastlab/contrastlab/datasets/internal/rawfile"
	"github.com/contrastlab/contrastlab/datasets/stl"
)

// The md5 is the one that torchvision compares; size and sha256 are those of TensorFlow Datasets.
var stlFiles = published{
	folder: "stl10", name: "stl10", page: "https://cs.stanford.edu/~acoates/stl10/",
	files: []fetch.File{{
		Name: "stl10_binary.tar.gz", URLs: []string{"http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz"},
		Size: 2_640_397_119, MD5: "91f7769df0f17e558f3565bffb0c7dfb",
		SHA256: "f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866",
	}},
}

const stlLicense = "96×96 RGB; pictures from ImageNet, no license is stated: for research, cite Coates, Ng, Lee 2011"

// openSTL10 trains on the 5,000 labeled pictures.
func openSTL10(ctx context.Context, o Options) (*Source, error) {
	return stlSource(ctx, o, "stl10", "STL-10: 13,000 photographs of 10 kinds of things and 100,000 without labels beside them, "+stlLicense, &stlFiles, stl.STL10())
}

// openSTL10Unlabeled trains on the 100,000 pictures without labels and, without their labels, the 5,000 with; it
// is what the field pretrains on.
func openSTL10Unlabeled(ctx context.Context, o Options) (*Source, error) {
	s, err := stlSource(ctx, o, "stl10-unlabeled", "STL-10's 100,000 photographs without labels and its 5,000 training pictures, to learn from without labels, "+stlLicense, &stlFiles, stl.STL10())
	if err != nil {
		return nil, err
	}
	return withoutLabels(s), nil
}

// withoutLabels trains on the training part and on what has no labels, which follows it.
func withoutLabels(s *Source) *Source {
	s.labeled, s.train.to = s.train, s.unlabeled.to
	s.unlabeled, s.listed = rows{}, rows{}
	return s
}

func stlSource(ctx context.Context, o Options, name, about string, p *published, format stl.Format) (*Source, error) {
	k, err := p.keptIn(o, format.Side, stl.Channels)
	if err != nil {
		return nil, err
	}
	// The test pictures come first, so that what has labels is one run, and what may be learned from is one.
	labeled, all := format.Test+format.Train, format.Test+format.Train+format.Unlabeled
	file, err := k.open(ctx, o, func(ctx context.Context, w *rawfile.Writer) (rawfile.Meta, error) {
		var labels stl.Labels
		err := p.open(o, func(_ int, r io.Reader) (err error) {
			done := 0
			labels, err = format.Read(r, func(picture stl.Picture) error {
				if err := o.decoded(ctx, name, done, all); err != nil {
					return err
				}
				done++
				return w.Put(picture.Index, picture.Pixels, -1, -1)
			})
			return err
		})
		if err != nil {
			return rawfile.Meta{}, err
		}
		for i, label := range append(labels.Test, labels.Train...) {
			w.SetLabel(i, label)
		}
		return rawfile.Meta{
			Parts:      map[string][2]int{"test": {0, format.Test}, "train": {format.Test, labeled}, "unlabeled": {labeled, all}},
			LabelNames: labels.Names,
		}, nil
	})
	if err != nil {
		return nil, err
	}
	s, err := sourceOf(name, about, file)
	if err != nil {
		return nil, err
	}
	s.unlabeled, s.listed = runOf(file, "unlabeled"), rows{to: labeled}
	return s, o.fits(s)
}
