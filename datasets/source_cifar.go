package datasets

import (
	"context"
	"io"

	"github.com/contrastlab/contrastlab/datasets/cifar"
	"github.com/contrastlab/contrastlab/datasets/internal/fetch"
	"github.com/contrastlab/contrastlab/datasets/internal/rawfile"
)

// The authors publish the md5; sizes and sha256 are those that TensorFlow Datasets compares.
var (
	cifar10Files = published{
		folder: "cifar10", name: "cifar10", page: "https://www.cs.toronto.edu/~kriz/cifar.html",
		files: []fetch.File{{
			Name: "cifar-10-binary.tar.gz", URLs: []string{"https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"},
			Size: 170_052_171, MD5: "c32a1d4ab5d03f1284b67883e8d87530",
			SHA256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
		}},
	}
	cifar100Files = published{
		folder: "cifar100", name: "cifar100", page: "https://www.cs.toronto.edu/~kriz/cifar.html",
		files: []fetch.File{{
			Name: "cifar-100-binary.tar.gz", URLs: []string{"https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"},
			Size: 168_513_733, MD5: "03b5dce01913d631647c71ecec9e9cb8",
			SHA256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
		}},
	}
)

func openCIFAR10(ctx context.Context, o Options) (*Source, error) {
	return cifarSource(ctx, o, "cifar10", "CIFAR-10: 60,000 photographs of 10 kinds of things, 32×32 RGB; no license is stated: for research, cite Krizhevsky 2009",
		&cifar10Files, cifar.CIFAR10())
}

// openCIFAR100 has the 100 classes, by which results are reported, as labels.
func openCIFAR100(ctx context.Context, o Options) (*Source, error) {
	s, err := cifarSource(ctx, o, "cifar100", "CIFAR-100: 60,000 photographs of 100 kinds of things, 32×32 RGB; no license is stated: for research, cite Krizhevsky 2009",
		&cifar100Files, cifar.CIFAR100())
	if err == nil {
		byClass(s)
	}
	return s, err
}

// byClass makes the fine labels the labels.
func byClass(s *Source) {
	s.all.Labels, s.all.LabelNames = s.all.FineLabels, s.all.FineNames
	s.all.FineLabels, s.all.FineNames = nil, nil
}

// openCIFAR100Coarse has the 20 superclasses as labels and the 100 classes as fine labels.
func openCIFAR100Coarse(ctx context.Context, o Options) (*Source, error) {
	return cifarSource(ctx, o, "cifar100-coarse", "CIFAR-100 by its 20 superclasses, the 100 classes as fine labels, 32×32 RGB; no license is stated: for research, cite Krizhevsky 2009",
		&cifar100Files, cifar.CIFAR100())
}

func cifarSource(ctx context.Context, o Options, name, about string, p *published, format cifar.Format) (*Source, error) {
	k, err := p.keptIn(o, cifar.Side, cifar.Channels)
	if err != nil {
		return nil, err
	}
	file, err := k.open(ctx, o, func(ctx context.Context, w *rawfile.Writer) (rawfile.Meta, error) {
		train, test := format.Pictures()
		var names cifar.Names
		err := p.open(o, func(_ int, r io.Reader) (err error) {
			names, err = format.Read(r, func(picture cifar.Picture) error {
				label, fine := picture.Class, int32(-1)
				if picture.Coarse >= 0 {
					label, fine = picture.Coarse, picture.Class
				}
				if err := o.decoded(ctx, name, picture.Index, train+test); err != nil {
					return err
				}
				return w.Put(picture.Index, picture.Pixels, label, fine)
			})
			return err
		})
		meta := rawfile.Meta{Parts: map[string][2]int{"train": {0, train}, "test": {train, train + test}}, LabelNames: names.Classes}
		if names.Coarse != nil {
			meta.LabelNames, meta.FineNames = names.Coarse, names.Classes
		}
		return meta, err
	})
	if err != nil {
		return nil, err
	}
	s, err := sourceOf(name, about, file)
	if err == nil {
		err = o.fits(s)
	}
	return s, err
}

// decoded tells how far decoding has come, and whether to stop.
func (o Options) decoded(ctx context.Context, name string, done, total int) error {
	const every = 500
	if done%every != 0 {
		return nil
	}
	o.progress("decoding "+name, int64(done), int64(total), false)
	return ctx.Err()
}
