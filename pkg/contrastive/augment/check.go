package augment

import (
	"fmt"
	"math"
)

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// checkP says whether p is a probability.
func checkP(transform string, p float64) error {
	if !(p >= 0 && p <= 1) {
		return fmt.Errorf("%s: P is %g, want a probability 0 … 1", transform, p)
	}
	return nil
}

// checkRange says whether r is a range [low, high] inside lowest … highest, exclusive of lowest.
func checkRange(transform, field string, r [2]float64, lowest, highest float64) error {
	if !(r[0] <= r[1]) {
		return fmt.Errorf("%s: %s is %g … %g, want the smaller value first", transform, field, r[0], r[1])
	}
	if !(r[0] > lowest && r[1] <= highest) || math.IsInf(r[1], 0) {
		return fmt.Errorf("%s: %s is %g … %g, want values above %g and at most %g", transform, field, r[0], r[1], lowest, highest)
	}
	return nil
}
