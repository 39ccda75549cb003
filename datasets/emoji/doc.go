// Package emoji reads the embedded emoji pictures: 1,558 emoji, each drawn by five artists, 32 × 32 RGBA, with
// group, subgroup, English and Chinese names. Most callers want datasets.Open("emoji"), which wraps it.
//
// What you may touch here: nothing in data/ or sums.go by hand; build/ makes both. Changing [Split] makes every
// earlier result incomparable. Sources and licenses are in README.md.
//
// # Files
//
// data/items.json holds the groups, the subgroups and one entry per emoji in CLDR order. Each data/<artist>.png
// is an RGBA PNG, 32 pixels wide and 32·1558 tall: the emoji below each other in that order, with straight
// alpha and color 0 where alpha is 0.
package emoji
