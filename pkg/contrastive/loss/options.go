package loss

import "github.com/gomlx/gomlx/support/exceptions"

// Option picks a published dialect of a loss that takes options. Without any, a loss is what its paper defines,
// averaged over the valid anchors.
type Option func(*dialect)

// dialect is a Contrast and the choices that concern its inputs rather than its parts.
type dialect struct {
	Contrast
	firstViewOnly bool
	symmetric     bool
	baseT         float64
}

// newDialect applies options to the paper's definition at the given temperature. views says whether the loss has views to pick
// anchors from, directions whether it has two directions; an option that a loss cannot follow is refused, not ignored.
func newDialect(name string, temperature float64, options []Option, views, directions bool) dialect {
	assertPositive(name, "temperature", temperature)
	d := dialect{Contrast: Contrast{Temperature: temperature, Weight: 1}}
	for _, option := range options {
		option(&d)
	}
	if d.firstViewOnly && !views {
		exceptions.Panicf("%s: FirstViewAnchors does not apply, its anchors are the queries", name)
	}
	if d.symmetric && !directions {
		exceptions.Panicf("%s: Symmetric does not apply, it has one direction or holds both already", name)
	}
	if d.baseT != 0 {
		assertPositive(name, "base temperature", d.baseT)
		d.Weight *= temperature / d.baseT
	}
	return d
}

// With replaces the similarity, cosine by default.
func With(similarity Similarity) Option { return func(d *dialect) { d.Similarity = similarity } }

// Inside puts the sum over the positives inside the logarithm: SupCon's L_in (eq. 3), which solo-learn calls SupCon.
func Inside() Option { return func(d *dialect) { d.Form = LogInside } }

// OverAllAnchors divides by all anchors, with or without positives, as the released SupContrast code does.
func OverAllAnchors() Option { return func(d *dialect) { d.Average = AllAnchors } }

// Summed adds the losses of the anchors instead of averaging them.
func Summed() Option { return func(d *dialect) { d.Average = SumAnchors } }

// BothDirections doubles the mean over the 2N anchors, as the released SimCLR code does by adding the loss of each view's
// anchors.
func BothDirections() Option { return func(d *dialect) { d.Weight *= 2 } }

// BaseTemperature scales the loss by T/base, as the released SupContrast code does (base 0.07).
func BaseTemperature(base float64) Option { return func(d *dialect) { d.baseT = base } }

// FirstViewAnchors lets only rows of view 1 be anchors; every view stays a candidate (SupContrast's mode "one"). Not for
// InfoNCE, where the anchors are the queries.
func FirstViewAnchors() Option { return func(d *dialect) { d.firstViewOnly = true } }

// Symmetric averages both directions, q among k and k among q ([InfoNCE] and [MoCoV3] only).
func Symmetric() Option { return func(d *dialect) { d.symmetric = true } }
