package registry

import (
	"fmt"
	"slices"
	"strings"
)

// Choice holds the names of an enumeration's values 0, 1, 2 …, for its MarshalText and UnmarshalText.
type Choice[T ~int] struct {
	kind  string
	names []string
}

// NewChoice names the values of T in order; kind ("stem") appears in error messages.
func NewChoice[T ~int](kind string, names ...string) Choice[T] { return Choice[T]{kind, names} }

// Name is the name of v, or its number if it has none.
func (c Choice[T]) Name(v T) string {
	if v < 0 || int(v) >= len(c.names) {
		return fmt.Sprintf("%d", int(v))
	}
	return c.names[v]
}

// Check is an error for a value that has no name.
func (c Choice[T]) Check(v T) error {
	if v < 0 || int(v) >= len(c.names) {
		return fmt.Errorf("%s = %d: it must be 0 to %d (%s)", c.kind, int(v), len(c.names)-1, strings.Join(c.names, ", "))
	}
	return nil
}

// Marshal is for MarshalText.
func (c Choice[T]) Marshal(v T) ([]byte, error) { return []byte(c.Name(v)), c.Check(v) }

// Unmarshal is for UnmarshalText.
func (c Choice[T]) Unmarshal(text []byte, v *T) error {
	i := slices.Index(c.names, string(text))
	if i >= 0 {
		*v = T(i)
		return nil
	}
	message := fmt.Sprintf("unknown %s %q; known: %s", c.kind, text, strings.Join(c.names, ", "))
	if near := Nearest(string(text), c.names); near != "" {
		message += fmt.Sprintf(" (did you mean %q?)", near)
	}
	return fmt.Errorf("%s", message)
}
