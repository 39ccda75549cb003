package loss_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// evaluate runs all losses in one graph, so that a shape is compiled once.
func evaluate(backend compute.Backend, all []lossCase, args []any) []float64 {
	out := graph.MustExecOnceN(backend, func(p []*graph.Node) []*graph.Node {
		var losses []*graph.Node
		for _, c := range all {
			losses = append(losses, c.graph(asNodes(p)))
		}
		return losses
	}, args...)
	values := make([]float64, len(out))
	for i := range out {
		values[i] = float(out[i])
	}
	return values
}

func TestAgainstOracle(t *testing.T) {
	shapes := []struct {
		n, width, k int
		temperature float64
	}{{2, 3, 1, 0.5}, {7, 5, 3, 0.07}, {16, 8, 32, 0.2}, {9, 33, 4, 1.5}, {12, 16, 5, 0.01}}
	for s, shape := range shapes {
		for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			t.Run(fmt.Sprintf("%dx%d_K%d_T%g_%s", shape.n, shape.width, shape.k, shape.temperature, dtype), func(t *testing.T) {
				b := randomBatch(uint64(s), shape.n, shape.width, shape.k)
				tolerance := 1e-9
				if dtype == dtypes.Float32 {
					tolerance = 1e-6 * max(10, 1/shape.temperature) // a cosine is good to 1e-7, and is divided by T
				}
				all := cases(shape.temperature)
				for i, got := range evaluate(goBackend(t), all, b.args(dtype)) {
					if want := all[i].oracle(b); !near(got, want, tolerance) {
						t.Errorf("%s: graph %.9g, oracle %.9g", all[i].name, got, want)
					}
				}
			})
		}
	}
}

// In bfloat16 the inputs have 8 bits but everything is computed in float32: on inputs rounded the same way the oracle
// gives the same to float32 accuracy, and on the exact ones within what rounding 8 bits can do.
func TestBFloat16(t *testing.T) {
	backend := testbackend.New(t)
	exact := randomBatch(3, 8, 16, 6)
	args := exact.args(dtypes.Float32)
	rounded := exact
	for i, x := range []*[][]float64{&rounded.z1, &rounded.z2, &rounded.queue} {
		narrow := graph.MustExecOnce(backend, func(x *graph.Node) *graph.Node { return graph.ConvertDType(x, dtypes.BFloat16) }, args[i])
		wide := graph.MustExecOnce(backend, func(x *graph.Node) *graph.Node { return graph.ConvertDType(x, dtypes.Float64) }, narrow)
		args[i], *x = narrow, matrix(wide)
	}
	all := cases(0.2)
	for i, got := range evaluate(backend, all, args) {
		tolerance := 1e-5
		switch all[i].name {
		// These cases compute with their bfloat16 inputs before the loss sees them.
		case "SupCon three views", "DINO", "DINO multi-crop":
			tolerance = 0.05
		}
		if want := all[i].oracle(rounded); !near(got, want, tolerance) {
			t.Errorf("%s: graph %.7g, oracle on the rounded input %.7g", all[i].name, got, want)
		}
		if want := all[i].oracle(exact); !near(got, want, 0.1) {
			t.Errorf("%s: graph %.7g, oracle on the exact input %.7g", all[i].name, got, want)
		}
	}
}
