// Package augment turns pictures into random views on the device, inside the compiled training step: per
// picture, per view, from a seed.
//
// What may be touched here: the transforms (one file per family), the policies with their papers' numbers
// (recipes.go), how a policy is saved (json.go) and run (policy.go). Nothing here has weights or gradients.
//
// A [Policy] is a value: a list of transforms and a normalization. [Policy.Apply] builds the graph that
// makes one view of each picture; call it once per view and chain the random state:
//
//	rng, a := policy.Apply(rng, pixels, 32) // pixels uint8 [N, H, W, C], a float32 [N, 32, 32, 3]
//	rng, b := policy.Apply(rng, pixels, 32) // other random numbers, another view
//
// A policy runs in three phases, and [Policy.Validate] rejects a list that is out of order. Geometry
// (crop, flip, rotation) works on all channels with the color multiplied by alpha, so that the color of
// invisible pixels never bleeds in. Then pictures with alpha are laid over a background: white, or what
// [RandomBackground] draws. Color (jitter, grayscale, blur, solarize) works on what is then visible,
// in the range 0 … 1. The last step is the normalization (x − mean) / std, if the policy has one.
//
// Everything is float32 and of static shape. The same random state gives the same views on the same
// backend; two backends may draw different numbers from one seed.
package augment
