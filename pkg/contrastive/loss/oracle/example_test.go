package oracle_test

import (
	"fmt"
	"math"

	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

func ExampleNTXent() {
	z1 := [][]float64{{1, 0}, {0, 1}}
	z2 := [][]float64{{0.8, 0.6}, {0, 2}}
	collapsed := [][]float64{{1, 1}, {1, 1}}
	fmt.Printf("%.4f; collapsed %.4f = ln 3\n", oracle.NTXent(z1, z2, 0.5), oracle.NTXent(collapsed, collapsed, 0.5))
	// Output: 0.5276; collapsed 1.0986 = ln 3
}

// The logarithm of the mean probability is at least the mean of the logarithms, so L_in ≤ L_out.
func ExampleSupConIn() {
	z := [][]float64{{1, 0}, {0.8, 0.6}, {0, 1}, {-1, 0}}
	labels := []int{0, 0, 0, 1}
	fmt.Printf("L_in %.4f, L_out %.4f\n", oracle.SupConIn(z, labels, 4, 0.5), oracle.SupConOut(z, labels, 4, 0.5))
	// Output: L_in 0.7781, L_out 0.9383
}

// In a circle of n evenly spaced points everybody has the same neighbors.
func ExampleUniformity() {
	var circle [][]float64
	for i := range 4 {
		angle := 2 * math.Pi * float64(i) / 4
		circle = append(circle, []float64{math.Cos(angle), math.Sin(angle)})
	}
	fmt.Printf("%.4f\n", oracle.Uniformity(circle, 2))
	// Output: -4.3963
}
