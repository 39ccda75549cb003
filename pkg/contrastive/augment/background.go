package augment

import . "github.com/gomlx/gomlx/core/graph"

// RandomBackground lays pictures with alpha over a color that each picture draws for itself, uniform in
// RGB, with probability P, and over white otherwise. Pixels with alpha 1 do not change, nor do pictures
// without alpha. It tells an encoder that the ground says nothing about the figure.
type RandomBackground struct {
	P float64
}

func (RandomBackground) name() string { return "RandomBackground" }
func (RandomBackground) phase() phase { return background }

// Validate implements Transform.
func (t RandomBackground) Validate() error { return checkP(t.name(), t.P) }

func (t RandomBackground) apply(v *view) {
	on := v.chance(t.P)
	fill := v.uniforms(3, 0, 1) // [N, 3]
	v.fill = Where(on, fill, OnesLike(fill))
}
