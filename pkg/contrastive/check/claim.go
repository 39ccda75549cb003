package check

import (
	"fmt"
	"os"
)

// QuickEnv is the environment variable that, when not empty, asks a notebook for its quick mode: fewer steps, smaller
// data, the same path through the code. The notebook tests of `make test` set it.
const QuickEnv = "QUICK"

// Quick says whether the notebook runs in quick mode, in which a claim about a long training needs a wider band.
func Quick() bool { return os.Getenv(QuickEnv) != "" }

// Claim states that a measured value lies in [lo, hi], bounds included, and prints the outcome:
//
//	CLAIM recall@1 0.446 in [0.4, 1] ✓
//	CLAIM recall@1 0.312 in [0.4, 1] ✗ violated
//
// It returns whether the claim holds; NaN violates every claim. The id is one word, unique in its notebook, by which
// a report names the claim. A learner sees the outcome; the notebook tests read these lines and fail on a violated
// one, and on a notebook that claims nothing.
func Claim(id string, value, lo, hi float64) bool {
	holds := lo <= value && value <= hi
	mark := "✓"
	if !holds {
		mark = "✗ violated"
	}
	fmt.Printf("CLAIM %s %.6g in [%.6g, %.6g] %s\n", id, value, lo, hi, mark)
	return holds
}
