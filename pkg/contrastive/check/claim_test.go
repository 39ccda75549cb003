package check

import (
	"math"
	"testing"
)

func ExampleClaim() {
	Claim("recall@1", 0.446, 0.40, 1)
	Claim("loss", 5.25, 0, 5)
	// Output:
	// CLAIM recall@1 0.446 in [0.4, 1] ✓
	// CLAIM loss 5.25 in [0, 5] ✗ violated
}

func TestClaim(t *testing.T) {
	for _, c := range []struct {
		value float64
		holds bool
	}{{0, true}, {1, true}, {0.5, true}, {-1e-9, false}, {1.0000001, false}, {math.NaN(), false}, {math.Inf(1), false}} {
		if got := Claim("x", c.value, 0, 1); got != c.holds {
			t.Errorf("%g in [0, 1]: %v", c.value, got)
		}
	}
}

func TestQuick(t *testing.T) {
	t.Setenv(QuickEnv, "")
	if Quick() {
		t.Error("quick without being asked")
	}
	t.Setenv(QuickEnv, "1")
	if !Quick() {
		t.Error("QUICK=1 not seen")
	}
}
