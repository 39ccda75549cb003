package datasets

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// opener is a line of the table of sources.
type opener struct {
	open func(context.Context, Options) (*Source, error)

	// published are the files that [Get] downloads; nil for what is embedded.
	published *published
}

// sources is where a new source is named. Nothing is read before it is opened.
var sources = map[string]opener{
	"emoji":           {open: embedded(openEmoji)},
	"cifar10":         {open: openCIFAR10, published: &cifar10Files},
	"cifar100":        {open: openCIFAR100, published: &cifar100Files},
	"cifar100-coarse": {open: openCIFAR100Coarse, published: &cifar100Files},
	"fashion-mnist":   {open: openFashionMNIST, published: &fashionFiles},
	"stl10":           {open: openSTL10, published: &stlFiles},
	"stl10-unlabeled": {open: openSTL10Unlabeled, published: &stlFiles},
}

// FolderPrefix before a path makes the name of a folder of pictures: "folder:photos".
const FolderPrefix = "folder:"

// embedded is a source that needs no options. It is decoded once in a process: what a Source gives away are copies.
func embedded(open func() (*Source, error)) func(context.Context, Options) (*Source, error) {
	once := sync.OnceValues(open)
	return func(_ context.Context, o Options) (*Source, error) {
		s, err := once()
		if err == nil {
			err = o.fits(s)
		}
		if err != nil {
			return nil, err
		}
		own := *s
		own.HeldOut = slices.Clone(s.HeldOut)
		return &own, nil
	}
}

// fits refuses a Side that the pictures do not have.
func (o Options) fits(s *Source) error {
	if o.Side != 0 && (o.Side != s.all.Height || o.Side != s.all.Width) {
		return fmt.Errorf("%s has pictures of %d×%d, not %d; only a folder's are scaled when it is opened, others by the views",
			s.Name, s.all.Height, s.all.Width, o.Side)
	}
	return nil
}

// Names lists the sources that [Open] knows beside folders, sorted.
func Names() []string { return slices.Sorted(maps.Keys(sources)) }

// Open opens a source by its name: one of [Names], or "folder:PATH" for any folder of pictures. Errors: an
// unknown name; a data set that was not downloaded, which says what to do; a file that is not what it must be.
func Open(name string) (*Source, error) {
	return OpenWith(context.Background(), name, Options{})
}

// OpenWith is [Open] with options. The first opening of a downloaded data set or a folder decodes it, which
// takes some time, and keeps the pixels in the cache folder; later ones map that file into memory.
func OpenWith(ctx context.Context, name string, o Options) (*Source, error) {
	s, err := openNamed(ctx, name, o)
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	return s, nil
}

func openNamed(ctx context.Context, name string, o Options) (*Source, error) {
	if path, ok := strings.CutPrefix(name, FolderPrefix); ok {
		return openFolder(ctx, path, o)
	}
	entry, err := lookUp(name)
	if err != nil {
		return nil, err
	}
	return entry.open(ctx, o)
}

func lookUp(name string) (opener, error) {
	entry, ok := sources[name]
	if !ok {
		known := Names()
		return entry, fmt.Errorf("unknown data set %q; known: %s, %sPATH%s", name, strings.Join(known, ", "), FolderPrefix, didYouMean(name, known))
	}
	return entry, nil
}

// MustOpen is [Open] for notebooks: it panics with the error.
func MustOpen(name string) *Source {
	s, err := Open(name)
	if err != nil {
		panic(err)
	}
	return s
}

// didYouMean is "; did you mean …?" when one of the known names is close to what was asked for, else "".
func didYouMean(name string, known []string) string {
	best, bestDistance := "", 3 // more than two typing errors is another name
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance counts the insertions, deletions and replacements that make b of a (Levenshtein).
func editDistance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	row := indices(len(rb) + 1)
	for i, x := range ra {
		corner := row[0]
		row[0] = i + 1
		for j, y := range rb {
			cost := corner
			if x != y {
				cost = 1 + min(corner, row[j], row[j+1])
			}
			corner, row[j+1] = row[j+1], cost
		}
	}
	return row[len(rb)]
}
