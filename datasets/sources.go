package datasets

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Source is a data set that has been opened and is ready in memory.
type Source struct {
	// Name is what it was opened by; About is one line on what it holds and under which licenses.
	Name, About string

	// HeldOut names the domains whose pictures [Source.Train] leaves out, so that they are never trained on.
	HeldOut []string

	all         *Images
	train, test []int // pictures of all
}

// Train returns the pictures to learn from: the training items by the domains that are not held out.
func (s *Source) Train() *Images { return s.part("train", s.train) }

// Test returns the pictures to measure on: the test items, by all domains, held out or not.
func (s *Source) Test() *Images { return s.part("test", s.test) }

// All returns every picture in the source's own order, also those in neither part: training items by a domain
// that is held out. [Source.Unseen] returns just these.
func (s *Source) All() *Images {
	out := s.all.pick(indices(s.all.Len()))
	out.Name = s.Name + "/all"
	return out
}

// Unseen returns the pictures in neither [Source.Train] nor [Source.Test]: the training items by the domains
// held out, for a test of the domain alone.
func (s *Source) Unseen() *Images {
	used := make([]bool, s.all.Len())
	for _, i := range s.train {
		used[i] = true
	}
	for _, i := range s.test {
		used[i] = true
	}
	return s.part("unseen", slices.DeleteFunc(indices(s.all.Len()), func(i int) bool { return used[i] }))
}

func (s *Source) part(name string, idx []int) *Images {
	out := s.all.pick(idx)
	out.Name = s.Name + "/" + name
	return out
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// sources is where a new source is named. Nothing is read before it is opened.
var sources = map[string]func() (*Source, error){
	"emoji": openEmoji,
}

// Names lists the sources that [Open] knows, sorted.
func Names() []string { return slices.Sorted(maps.Keys(sources)) }

// Open reads a source by its name, one of [Names]. Errors: an unknown name; a file that is missing or not
// what it must be.
func Open(name string) (*Source, error) {
	open, ok := sources[name]
	if !ok {
		known := Names()
		return nil, fmt.Errorf("datasets: unknown data set %q; known: %s%s", name, strings.Join(known, ", "), didYouMean(name, known))
	}
	s, err := open()
	if err != nil {
		return nil, fmt.Errorf("datasets: %w", err)
	}
	return s, nil
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
