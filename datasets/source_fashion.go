package datasets

import (
	"context"
	"io"

	"github.com/contrastlab/contrastlab/datasets/fashion"
	"github.com/contrastlab/contrastlab/datasets/internal/fetch"
	"github.com/contrastlab/contrastlab/datasets/internal/rawfile"
)

// The authors publish the md5; sizes and sha256 are those that TensorFlow Datasets compares.
var fashionFiles = published{
	folder: "fashion-mnist", name: "fashion-mnist", page: "https://github.com/zalandoresearch/fashion-mnist",
	files: []fetch.File{
		fashionFile("train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
		fashionFile("train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
		fashionFile("t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
		fashionFile("t10k-labels-idx1-ubyte.gz", 5_148, "bb300cfdad3c16e7a12a480ee83cd310", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
	},
}

func fashionFile(name string, size int64, md5, sha256 string) fetch.File {
	return fetch.File{Name: name, Size: size, MD5: md5, SHA256: sha256, URLs: []string{
		"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/" + name,
		"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/" + name,
	}}
}

func openFashionMNIST(ctx context.Context, o Options) (*Source, error) {
	return fashionSource(ctx, o, &fashionFiles, fashion.Side, fashion.Train, fashion.Test)
}

func fashionSource(ctx context.Context, o Options, p *published, side, train, test int) (*Source, error) {
	const name = "fashion-mnist"
	k, err := p.keptIn(o, side, 1)
	if err != nil {
		return nil, err
	}
	names := fashion.Names()
	file, err := k.open(ctx, o, func(ctx context.Context, w *rawfile.Writer) (rawfile.Meta, error) {
		first, count := []int{0, 0, train, train}, []int{train, train, test, test}
		err := p.open(o, func(i int, r io.Reader) error {
			if i%2 == 0 {
				return fashion.Pictures(r, count[i], side, func(at int, pixels []uint8) error {
					if err := o.decoded(ctx, name, first[i]+at, train+test); err != nil {
						return err
					}
					return w.Put(first[i]+at, pixels, -1, -1)
				})
			}
			labels, err := fashion.Labels(r, count[i], len(names))
			for at, label := range labels {
				w.SetLabel(first[i]+at, label)
			}
			return err
		})
		return rawfile.Meta{Parts: map[string][2]int{"train": {0, train}, "test": {train, train + test}}, LabelNames: names}, err
	})
	if err != nil {
		return nil, err
	}
	s, err := sourceOf(name, "Fashion-MNIST: 70,000 pictures of 10 kinds of clothes, 28×28 gray; MIT license, cite Xiao, Rasul, Vollgraf 2017", file)
	if err == nil {
		err = o.fits(s)
	}
	return s, err
}
