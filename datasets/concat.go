package datasets

import (
	"fmt"
	"slices"
)

// Concat returns the pictures of s followed by those of the others. Names are united: a class, domain or item
// with the same name is the same, whatever its index was, and those new to s are added at the end. Pictures of
// another size, and an optional slice that only one of two sets has, are errors. Of the captions, the
// languages that all sets have stay; for an item in several sets, the first one's.
//
// Sets in which one name stands for several items cannot be united, unless their item names are the same list.
func (s *Images) Concat(others ...*Images) (*Images, error) {
	out := s.pick(nil)
	out.appendColumns(s, nil)
	for _, o := range others {
		if o.Height != s.Height || o.Width != s.Width || o.Channels != s.Channels {
			return nil, fmt.Errorf("datasets: %s has pictures of %d×%d×%d, %s of %d×%d×%d: make them one size first",
				s.title(), s.Height, s.Width, s.Channels, o.title(), o.Height, o.Width, o.Channels)
		}
		to := out.columns()
		maps := make([][]int32, len(to))
		for c, from := range o.columns() {
			if (*from.values == nil) != (*to[c].values == nil) {
				return nil, fmt.Errorf("datasets: only one of %s and %s has %s: set it on both or on neither", s.title(), o.title(), from.what)
			}
			var err error
			if maps[c], err = unite(to[c].names, *from.names); err != nil {
				return nil, fmt.Errorf("datasets: %s and %s: %s: %w", s.title(), o.title(), from.what, err)
			}
		}
		out.appendColumns(o, maps)
		out.uniteTexts(o, maps[len(maps)-1])
		if o.Name != s.Name {
			out.Name += "+" + o.Name
		}
	}
	return out, nil
}

// appendColumns adds the pictures of o and their entries, renumbered by maps where given.
func (s *Images) appendColumns(o *Images, maps [][]int32) {
	s.Pixels = append(s.Pixels, o.Pixels...)
	to := s.columns()
	for c, from := range o.columns() {
		for _, v := range *from.values {
			if maps != nil {
				v = maps[c][v]
			}
			*to[c].values = append(*to[c].values, v)
		}
	}
}

// uniteTexts adds glyphs and captions of o's items; items[i] is the new index of o's item i.
func (s *Images) uniteTexts(o *Images, items []int32) {
	known := 0 // items before o came
	if s.ItemGlyphs != nil && o.ItemGlyphs != nil {
		known = len(s.ItemGlyphs)
		s.ItemGlyphs = slices.Grow(s.ItemGlyphs, len(s.ItemNames)-known)[:len(s.ItemNames)]
		for i, to := range items {
			if int(to) >= known {
				s.ItemGlyphs[to] = o.ItemGlyphs[i]
			}
		}
	} else {
		s.ItemGlyphs = nil
	}
	for lang, texts := range s.Captions {
		theirs, ok := o.Captions[lang]
		if !ok {
			delete(s.Captions, lang)
			continue
		}
		known = len(texts)
		texts = slices.Grow(texts, len(s.ItemNames)-known)[:len(s.ItemNames)]
		for i, to := range items {
			if int(to) >= known {
				texts[to] = slices.Clone(theirs[i])
			}
		}
		s.Captions[lang] = texts
	}
}

// unite appends to names those of more that it lacks and returns, for each of more, its index in names.
func unite(names *[]string, more []string) ([]int32, error) {
	out := make([]int32, len(more))
	if slices.Equal(*names, more) {
		for i := range out {
			out[i] = int32(i)
		}
		return out, nil
	}
	at := make(map[string]int32, len(*names)+len(more))
	for i, name := range *names {
		if _, twice := at[name]; twice {
			return nil, fmt.Errorf("the name %q stands for two things, so names cannot be united", name)
		}
		at[name] = int32(i)
	}
	seen := make(map[string]bool, len(more))
	for i, name := range more {
		if seen[name] {
			return nil, fmt.Errorf("the name %q stands for two things, so names cannot be united", name)
		}
		seen[name] = true
		if _, ok := at[name]; !ok {
			at[name] = int32(len(*names))
			*names = append(*names, name)
		}
		out[i] = at[name]
	}
	return out, nil
}
