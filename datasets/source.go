package datasets

import "slices"

// Source is a data set that has been opened.
type Source struct {
	// Name is what it was opened by; About is one line on what it holds and under which licenses.
	Name, About string

	// HeldOut names the domains whose pictures [Source.Train] leaves out, so that they are never trained on.
	HeldOut []string

	// Skipped are the files of a folder that were left out, each with the reason.
	Skipped []Skipped

	all         *Images // every picture there is; a label of −1 is none
	train, test rows
	labeled     rows // what to compare with or to fit on, where that is not train
	unlabeled   rows
	listed      rows // what All returns; none is everything

	// fresh makes another copy of the pixels of all without reading them, if there is a way. It may fail.
	fresh func() ([]uint8, error)
}

// Skipped is a file that was left out, and why.
type Skipped struct{ Path, Reason string }

// rows are pictures of a source: a run of them or, where list is not nil, just these.
type rows struct {
	from, to int
	list     []int
}

func (r rows) len() int {
	if r.list != nil {
		return len(r.list)
	}
	return r.to - r.from
}

func (r rows) indices() []int {
	if r.list != nil {
		return r.list
	}
	out := indices(r.to - r.from)
	for i := range out {
		out[i] += r.from
	}
	return out
}

// Train returns the pictures to learn from: the training items by the domains that are not held out. Where some
// have no label, Labels is nil.
func (s *Source) Train() *Images { return s.part("train", s.train) }

// Test returns the pictures to measure on: the test items, by all domains, held out or not. A folder may have
// none.
func (s *Source) Test() *Images { return s.part("test", s.test) }

// Labeled returns the pictures whose labels a probe may be fitted to or a nearest neighbor may vote with:
// [Source.Train], except where that has no labels and others have.
func (s *Source) Labeled() *Images {
	if s.labeled.len() > 0 {
		return s.part("labeled", s.labeled)
	}
	return s.Train()
}

// Unlabeled returns the pictures that nobody has labeled and that are in no other part: STL-10 has some.
func (s *Source) Unlabeled() *Images { return s.part("unlabeled", s.unlabeled) }

// All returns every picture in the source's own order, also those in neither part: training items by a domain
// that is held out, which [Source.Unseen] returns alone. What [Source.Unlabeled] returns is not in it, unless
// training is on it.
func (s *Source) All() *Images { return s.part("all", s.everything()) }

func (s *Source) everything() rows {
	if s.listed.len() > 0 {
		return s.listed
	}
	return rows{to: s.all.Len()}
}

// Unseen returns the pictures of [Source.All] in neither [Source.Train] nor [Source.Test]: the training items by
// the domains held out, for a test of the domain alone.
func (s *Source) Unseen() *Images {
	used := make([]bool, s.all.Len())
	for _, part := range []rows{s.train, s.test} {
		for _, i := range part.indices() {
			used[i] = true
		}
	}
	unused := slices.DeleteFunc(s.everything().indices(), func(i int) bool { return used[i] })
	return s.part("unseen", rows{list: append([]int{}, unused...)})
}

// part returns pictures of all: as copies or, where the pixels lie in a file, as a view of it that is as good as a
// copy.
func (s *Source) part(name string, r rows) *Images {
	out := s.view(r)
	if out == nil {
		out = s.all.pick(r.indices())
	}
	out.Name = s.Name + "/" + name
	for _, c := range out.columns() {
		if slices.ContainsFunc(*c.values, func(v int32) bool { return v < 0 }) {
			*c.values = nil
		}
	}
	return out
}

// view is a run of pictures without a copy of their pixels, nil if there is none.
func (s *Source) view(r rows) *Images {
	if s.fresh == nil || r.list != nil {
		return nil
	}
	pixels, err := s.fresh()
	if err != nil {
		return nil // a copy will do
	}
	out := s.all.pick(nil) // the names
	size := s.all.pictureSize()
	out.Pixels = pixels[r.from*size : r.to*size : r.to*size]
	to := out.columns()
	for c, from := range s.all.columns() {
		if *from.values != nil {
			*to[c].values = slices.Clone((*from.values)[r.from:r.to])
		}
	}
	return out
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
