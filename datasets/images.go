package datasets

import (
	"fmt"
	"slices"
)

// Images is a set of pictures of one size on the host, with what is known of each of them. The optional
// slices are nil when the source has no such notion; otherwise they have one entry per picture.
//
// Every method that makes a smaller or another set returns a new one with its own memory: changing it changes
// nothing else. The parts of a [Source] whose pictures lie in a file are copy-on-write views of it, so that they
// need no memory until they are read and can be larger than there is; methods such as Select copy. Names keep their indices in a subset, so items and labels of two parts of one source compare.
type Images struct {
	// Name says where the pictures come from and which part they are, e.g. "emoji/train".
	Name string

	// Pixels holds all pictures, row-major [N, Height, Width, Channels], 0 … 255. With four channels the
	// fourth is straight (not premultiplied) alpha.
	Pixels                  []uint8
	Height, Width, Channels int

	// Labels is the class of each picture, an index into LabelNames.
	Labels     []int32
	LabelNames []string

	// FineLabels is a finer class of each picture, an index into FineNames: the emoji's subgroup, say.
	FineLabels []int32
	FineNames  []string

	// Domains says who drew a picture or where it was taken, an index into DomainNames.
	Domains     []int32
	DomainNames []string

	// Items says which thing a picture shows, an index into ItemNames: two pictures of one item are the
	// same emoji drawn by two artists.
	Items     []int32
	ItemNames []string

	// ItemGlyphs is each item as text where there is such a thing ("🍕"), one entry per item name.
	ItemGlyphs []string

	// Captions holds, per language ("en", "zh"), the texts that describe each item: Captions["en"][item]
	// is the item's short name first, then its keywords.
	Captions map[string][][]string
}

// Len is the number of pictures.
func (s *Images) Len() int {
	size := s.pictureSize()
	if size == 0 {
		return 0
	}
	return len(s.Pixels) / size
}

// pictureSize is the number of values of one picture.
func (s *Images) pictureSize() int { return s.Height * s.Width * s.Channels }

// column is one of the optional per-picture slices with its names.
type column struct {
	what   string // of Images: the field
	values *[]int32
	names  *[]string
}

func (s *Images) columns() []column {
	return []column{
		{"Labels", &s.Labels, &s.LabelNames},
		{"FineLabels", &s.FineLabels, &s.FineNames},
		{"Domains", &s.Domains, &s.DomainNames},
		{"Items", &s.Items, &s.ItemNames},
	}
}

// Validate checks that the parts fit together: positive size, whole pictures, one entry per picture in each
// optional slice, every index within its names, one caption list per item. The error names the field.
func (s *Images) Validate() error {
	if s.Height <= 0 || s.Width <= 0 {
		return fmt.Errorf("datasets: %s: pictures are %d×%d, want at least 1×1", s.title(), s.Height, s.Width)
	}
	if s.Channels != 1 && s.Channels != 3 && s.Channels != 4 {
		return fmt.Errorf("datasets: %s: %d channels, want 1 (gray), 3 (RGB) or 4 (RGBA)", s.title(), s.Channels)
	}
	if rest := len(s.Pixels) % s.pictureSize(); rest != 0 {
		return fmt.Errorf("datasets: %s: Pixels has %d values, not a multiple of %d×%d×%d: %d too many",
			s.title(), len(s.Pixels), s.Height, s.Width, s.Channels, rest)
	}
	n := s.Len()
	for _, c := range s.columns() {
		if *c.values == nil {
			continue
		}
		if len(*c.values) != n {
			return fmt.Errorf("datasets: %s: %s has %d entries for %d pictures", s.title(), c.what, len(*c.values), n)
		}
		for i, v := range *c.values {
			if v < 0 || int(v) >= len(*c.names) {
				return fmt.Errorf("datasets: %s: %s[%d] is %d, but there are %d names", s.title(), c.what, i, v, len(*c.names))
			}
		}
	}
	if s.ItemGlyphs != nil && len(s.ItemGlyphs) != len(s.ItemNames) {
		return fmt.Errorf("datasets: %s: ItemGlyphs has %d entries for %d items", s.title(), len(s.ItemGlyphs), len(s.ItemNames))
	}
	for lang, texts := range s.Captions {
		if len(texts) != len(s.ItemNames) {
			return fmt.Errorf("datasets: %s: Captions[%q] has %d entries for %d items", s.title(), lang, len(texts), len(s.ItemNames))
		}
	}
	return nil
}

// title is the name for messages.
func (s *Images) title() string {
	if s.Name == "" {
		return "unnamed images"
	}
	return s.Name
}

// pick copies the pictures at idx, which must be in range, and all names.
func (s *Images) pick(idx []int) *Images {
	out := &Images{Name: s.Name, Height: s.Height, Width: s.Width, Channels: s.Channels}
	size := s.pictureSize()
	out.Pixels = make([]uint8, 0, len(idx)*size)
	for _, i := range idx {
		out.Pixels = append(out.Pixels, s.Pixels[i*size:(i+1)*size]...)
	}
	to := out.columns()
	for c, from := range s.columns() {
		*to[c].names = slices.Clone(*from.names)
		if *from.values == nil {
			continue
		}
		values := make([]int32, len(idx))
		for k, i := range idx {
			values[k] = (*from.values)[i]
		}
		*to[c].values = values
	}
	out.ItemGlyphs = slices.Clone(s.ItemGlyphs)
	out.Captions = cloneCaptions(s.Captions)
	return out
}

func cloneCaptions(captions map[string][][]string) map[string][][]string {
	if captions == nil {
		return nil
	}
	out := make(map[string][][]string, len(captions))
	for lang, texts := range captions {
		out[lang] = make([][]string, len(texts))
		for i, t := range texts {
			out[lang][i] = slices.Clone(t)
		}
	}
	return out
}
