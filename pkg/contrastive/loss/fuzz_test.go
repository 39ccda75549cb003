package loss_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
)

// The graphs are compiled for this shape only; what is fuzzed are the values, the labels and which of the temperatures is taken.
const fuzzN, fuzzWidth, fuzzK = 4, 3, 2

var fuzzTemperatures = []float64{0.01, 0.1, 1}

// fuzzLoss compares, on values decoded from bytes, every loss whose name starts with one of the prefixes with its oracle, and
// demands finite gradients.
func fuzzLoss(f *testing.F, prefixes ...string) {
	backend := goBackend(f)
	type compiled struct {
		lossCase
		exec *graph.Exec
	}
	chosen := make([][]compiled, len(fuzzTemperatures))
	for i, temperature := range fuzzTemperatures {
		for _, c := range cases(temperature) {
			for _, prefix := range prefixes {
				if strings.HasPrefix(c.name, prefix) {
					chosen[i] = append(chosen[i], compiled{c, graph.MustNewExec(backend, func(p []*graph.Node) []*graph.Node {
						value := c.graph(asNodes(p))
						return append([]*graph.Node{value}, graph.Gradient(value, p[0], p[1], p[2])...)
					})})
				}
			}
		}
	}
	if len(chosen[0]) == 0 {
		f.Fatalf("no loss is called %v", prefixes)
	}
	f.Add([]byte("a first guess at some values, long enough to fill both views and queue"), uint8(0), uint8(0b_00_01_10_00))
	f.Add([]byte{1}, uint8(1), uint8(0))                            // all rows equal
	f.Add([]byte{0}, uint8(2), uint8(0b_11_10_01_00))               // all zero, no positives
	f.Add([]byte{255, 0, 0, 127, 128, 0, 3}, uint8(0), uint8(0xff)) // large beside zero
	f.Fuzz(func(t *testing.T, data []byte, temperature, labels uint8) {
		b := fuzzBatch(data, labels)
		for _, c := range chosen[int(temperature)%len(chosen)] {
			out := c.exec.MustCall(b.args(dtypes.Float64)...)
			want := c.oracle(b)
			if got := float(out[0]); !near(got, want, 1e-8) && !onTheEdge(c.name, b) {
				t.Errorf("%s of %v: graph %g, oracle %g", c.name, b, got, want)
			}
			for i, gradient := range out[1:] {
				for _, row := range matrix(gradient) {
					for _, v := range row {
						if math.IsNaN(v) || math.IsInf(v, 0) {
							t.Errorf("%s of %v: the gradient of input %d holds %g", c.name, b, i, v)
						}
					}
				}
			}
		}
	})
}

// fuzzBatch spends a byte on each coordinate, starting over when they run out, and two bits on each label. Values are eighths, so that zeros, equal
// rows and opposite rows are common.
func fuzzBatch(data []byte, labels uint8) batch {
	at := 0
	matrix := func(n int) [][]float64 {
		x := make([][]float64, n)
		for i := range x {
			for range fuzzWidth {
				v := 0.0
				if len(data) > 0 {
					v = float64(int8(data[at%len(data)])) / 8
				}
				at++
				x[i] = append(x[i], v)
			}
		}
		return x
	}
	b := batch{z1: matrix(fuzzN), z2: matrix(fuzzN), queue: matrix(fuzzK)}
	for i := range fuzzN {
		b.labels = append(b.labels, int(labels>>(2*i))&3)
	}
	return b
}

// onTheEdge says whether the value is not continuous in the input there, so that the last digit decides: a triplet as near as
// another counts in the mean or does not.
func onTheEdge(name string, b batch) bool {
	if !strings.HasPrefix(name, "Triplet") {
		return false
	}
	for _, c := range cases(1) {
		if c.name != name {
			continue
		}
		middle := c.oracle(b)
		for seed := range uint64(20) {
			shaken := randomBatch(seed, fuzzN, fuzzWidth, fuzzK)
			if !near(c.oracle(batch{z1: combine(b.z1, 1, shaken.z1, 1e-12, 0), z2: combine(b.z2, 1, shaken.z2, 1e-12, 0), labels: b.labels}), middle, 1e-9) {
				return true
			}
		}
	}
	return false
}

func FuzzNTXent(f *testing.F)      { fuzzLoss(f, "NTXent") }
func FuzzInfoNCE(f *testing.F)     { fuzzLoss(f, "InfoNCE") }
func FuzzMoCoV3(f *testing.F)      { fuzzLoss(f, "MoCoV3") }
func FuzzDCL(f *testing.F)         { fuzzLoss(f, "DCL") }
func FuzzSupCon(f *testing.F)      { fuzzLoss(f, "SupCon") }
func FuzzCLIP(f *testing.F)        { fuzzLoss(f, "CLIP") }
func FuzzSigLIP(f *testing.F)      { fuzzLoss(f, "SigLIP") }
func FuzzBarlowTwins(f *testing.F) { fuzzLoss(f, "BarlowTwins") }
func FuzzVICReg(f *testing.F)      { fuzzLoss(f, "VICReg") }
func FuzzBYOL(f *testing.F)        { fuzzLoss(f, "BYOL") }
func FuzzSimSiam(f *testing.F)     { fuzzLoss(f, "SimSiam") }
func FuzzDINO(f *testing.F)        { fuzzLoss(f, "DINO") }
func FuzzAlignment(f *testing.F)   { fuzzLoss(f, "Alignment") }
func FuzzUniformity(f *testing.F)  { fuzzLoss(f, "Uniformity") }
func FuzzTriplet(f *testing.F)     { fuzzLoss(f, "Triplet") }
func FuzzPairwise(f *testing.F)    { fuzzLoss(f, "Pairwise") }
func FuzzNCE(f *testing.F)         { fuzzLoss(f, "NCE") }
