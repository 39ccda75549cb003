package datasets

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
)

// Take returns the first n pictures, all of them when there are fewer; none for n ≤ 0.
func (s *Images) Take(n int) *Images {
	return s.pick(indices(max(0, min(n, s.Len()))))
}

// Select returns the pictures at idx in that order; an index may come more than once. An index outside
// 0 … Len()-1 is an error.
func (s *Images) Select(idx []int) (*Images, error) {
	n := s.Len()
	for k, i := range idx {
		if i < 0 || i >= n {
			return nil, fmt.Errorf("datasets: %s: idx[%d] is %d, but there are %d pictures: want 0 … %d", s.title(), k, i, n, n-1)
		}
	}
	return s.pick(idx), nil
}

// Where returns the pictures whose index keep accepts, in their order.
func (s *Images) Where(keep func(i int) bool) *Images {
	var idx []int
	for i := range s.Len() {
		if keep(i) {
			idx = append(idx, i)
		}
	}
	return s.pick(idx)
}

// Domain returns the pictures of the domains named, e.g. those of one artist. A name that is not among
// DomainNames, no name at all, or a set without domains, is an error.
func (s *Images) Domain(names ...string) (*Images, error) {
	if s.Domains == nil {
		return nil, fmt.Errorf("datasets: %s has no domains", s.title())
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("datasets: %s: no domain named; known: %s", s.title(), strings.Join(s.DomainNames, ", "))
	}
	var want []int32
	for _, name := range names {
		d := slices.Index(s.DomainNames, name)
		if d < 0 {
			return nil, fmt.Errorf("datasets: %s: unknown domain %q; known: %s%s", s.title(), name,
				strings.Join(s.DomainNames, ", "), didYouMean(name, s.DomainNames))
		}
		want = append(want, int32(d))
	}
	return s.Where(func(i int) bool { return slices.Contains(want, s.Domains[i]) }), nil
}

// Shuffle returns the pictures in a random order that the seed decides: the same seed and length give the
// same order on every machine.
func (s *Images) Shuffle(seed uint64) *Images {
	return s.pick(permutation(s.Len(), seed))
}

// Balanced returns perClass pictures of every class that occurs, drawn by the seed and in random order. A
// class with fewer is an error, and so are a set without labels and perClass < 1.
func (s *Images) Balanced(perClass int, seed uint64) (*Images, error) {
	if s.Labels == nil {
		return nil, fmt.Errorf("datasets: %s has no labels to balance by", s.title())
	}
	if perClass < 1 {
		return nil, fmt.Errorf("datasets: %s: %d pictures per class, want at least 1", s.title(), perClass)
	}
	byClass := make([][]int, len(s.LabelNames))
	order := permutation(s.Len(), seed)
	var idx []int
	for _, i := range order {
		if c := s.Labels[i]; len(byClass[c]) < perClass {
			byClass[c] = append(byClass[c], i)
			idx = append(idx, i)
		}
	}
	for c, members := range byClass {
		if 0 < len(members) && len(members) < perClass {
			return nil, fmt.Errorf("datasets: %s: class %q has %d pictures, want %d: ask for fewer per class, or drop the class with Where",
				s.title(), s.LabelNames[c], len(members), perClass)
		}
	}
	return s.pick(idx), nil
}

// permutation is a random order of 0 … n-1 (Fisher-Yates). It uses only the generator's raw output, which Go
// promises to keep, and not rand.Perm, which Go may change. The bias of multiply-and-shift is below n/2⁶⁴.
func permutation(n int, seed uint64) []int {
	source := rand.NewPCG(seed, 0x9e3779b97f4a7c15)
	order := indices(n)
	for i := n - 1; i > 0; i-- {
		j, _ := bits.Mul64(source.Uint64(), uint64(i+1))
		order[i], order[j] = order[j], order[i]
	}
	return order
}
