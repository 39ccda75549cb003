package loss_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss/oracle"
)

// goldenBatch is the input of testdata/loss-values.json, made from the formulas written there.
func goldenBatch() batch {
	b := batch{labels: []int{0, 0, 1, 2}}
	for i := range 4 {
		b.z1, b.z2 = append(b.z1, nil), append(b.z2, nil)
		for j := range 5 {
			x := math.Sin(0.7*float64(i+1)*float64(j+1) + 0.1)
			b.z1[i] = append(b.z1[i], x)
			b.z2[i] = append(b.z2[i], x+0.3*math.Cos(1.3*float64(i+1)-0.5*float64(j+1)))
		}
	}
	for k := range 6 {
		var row []float64
		for j := range 5 {
			row = append(row, math.Cos(0.9*float64(k+1)*float64(j+1)+0.2))
		}
		b.queue = append(b.queue, oracle.Unit(row))
	}
	return b
}

// goldenNames maps the file's names to ours.
var goldenNames = map[string]string{
	"NT-Xent, mean over the 2N anchors":                                                                  "NTXent",
	"NT-Xent as google-research/simclr adds it (loss_a + loss_b)":                                        "NTXent both directions",
	"SupCon L_out, both views as anchors":                                                                "SupCon out",
	"SupCon L_out, anchors of view 1 only":                                                               "SupCon first view",
	"SupCon L_in (Khosla et al. eq. 3)":                                                                  "SupCon in",
	"SupCon L_out, view 1 only, two anchors without a positive: averaged over the anchors that have one": "SupCon rows",
	"InfoNCE with a queue of K=6, positive at column 0":                                                  "InfoNCEQueue",
	"MoCo v3, one direction (cross-entropy times 2T)":                                                    "MoCoV3",
	"CLIP symmetric cross-entropy":                                                                       "CLIP",
	"SigLIP":                                                                                             "SigLIP",
	"Decoupled contrastive learning (DCL)":                                                               "DCL",
	"Barlow Twins":                                                                                       "BarlowTwins",
	"VICReg":                                                                                             "VICReg",
	"BYOL, one direction, 2-2cos":                                                                        "BYOL",
	"SimSiam, one direction, -cos":                                                                       "SimSiam",
	"Alignment, alpha=2":                                                                                 "Alignment",
	"Uniformity, t=2":                                                                                    "Uniformity",
	"DINO, 2x2 views":                                                                                    "DINO",
	"Triplet, all triplets, margin 0.2, mean over the non-zero ones":                                     "Triplet",
}

func TestPublishedValues(t *testing.T) {
	content, err := os.ReadFile("testdata/loss-values.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			Loss  string
			Value float64
		}
	}
	if err := json.Unmarshal(content, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) != len(goldenNames) {
		t.Fatalf("the file has %d cases, the test knows %d", len(golden.Cases), len(goldenNames))
	}
	b := goldenBatch()
	computed := map[string][3]float64{} // graph in float32 and float64, oracle
	all := cases(0.5)
	backends := []compute.Backend{testbackend.New(t), goBackend(t)}
	for d, dtype := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
		for i, out := range evaluate(backends[d], all, b.args(dtype)) {
			values := computed[all[i].name]
			values[d], values[2] = out, all[i].oracle(b)
			computed[all[i].name] = values
		}
	}
	for _, c := range golden.Cases {
		values, ok := computed[goldenNames[c.Loss]]
		if !ok {
			t.Errorf("no case for %q", c.Loss)
			continue
		}
		for i, what := range []string{"graph in float32 on XLA", "graph in float64", "oracle"} {
			if tolerance := []float64{1e-5, 1e-9, 1e-9}[i]; !near(values[i], c.Value, tolerance) {
				t.Errorf("%s: %s gives %.10g, published implementations %.10g", c.Loss, what, values[i], c.Value)
			}
		}
	}
}

// The released SupContrast code divides by all anchors; its value is in a remark of the file.
func TestSupConOverAllAnchors(t *testing.T) {
	b := goldenBatch()
	got := graph.MustExecOnce(goBackend(t), func(z, labels *graph.Node) *graph.Node {
		return loss.SupCon(z, labels, 0.5, loss.OverAllAnchors(), loss.BaseTemperature(0.5))
	}, b.z1, []int32{0, 0, 1, 2})
	if !near(float(got), 0.635279047, 1e-8) {
		t.Errorf("got %g, SupContrast gives 0.635279047", float(got))
	}
}
