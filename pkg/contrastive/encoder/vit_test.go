package encoder

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// TestViTAgainstLoops: equations 1–4 of the paper in float64 loops, with every variable at random values, biases and norms too.
func TestViTAgainstLoops(t *testing.T) {
	for _, e := range []ViT{
		{Patch: 2, Width: 8, Depth: 2, Heads: 2},
		{Patch: 2, Width: 8, Depth: 1, Heads: 4, Pooling: MeanToken, Positions: SineCosine},
	} {
		const n, height, width, channels = 2, 4, 6, 3
		store := model.NewStore()
		require.NoError(t, store.SetRNGStateFromSeed(1))
		exec := model.MustNewExec(testbackend.New(t), store, func(scope *model.Scope, x *Node) *Node { return e.Features(scope, x) })
		p := testPicture(n, height, width, channels)
		x := make([]float32, len(p.values))
		for i, v := range p.values {
			x[i] = float32(v)
		}
		exec.MustCall(tensors.FromFlatDataAndDimensions(x, n, height, width, channels)) // makes the variables
		rng := rand.New(rand.NewPCG(3, 4))
		values := map[string][]float64{}
		for v := range store.IterVariables() {
			if !v.Trainable {
				continue
			}
			flat := make([]float32, v.Shape().Size())
			for i := range flat {
				flat[i] = float32(rng.NormFloat64() / 2)
				values[v.Path()] = append(values[v.Path()], float64(flat[i]))
			}
			require.NoError(t, v.SetValue(tensors.FromFlatDataAndDimensions(flat, v.Shape().Dimensions...)))
		}
		h := tensors.MustCopyFlatData[float32](exec.MustCall(tensors.FromFlatDataAndDimensions(x, n, height, width, channels))[0])
		for i := range n {
			for j, want := range plainViT(e, p, i, values) {
				require.InDelta(t, want, float64(h[i*e.Width+j]), 1e-4, "picture %d, feature %d of %+v", i, j, e)
			}
		}
	}
}

// plainViT is h of picture i.
func plainViT(e ViT, p picture, i int, values map[string][]float64) []float64 {
	linear := func(path string, x []float64) []float64 {
		y := append([]float64(nil), values[path+"/dense/biases"]...)
		for j := range y {
			for k := range x {
				y[j] += x[k] * values[path+"/dense/weights"][k*len(y)+j]
			}
		}
		return y
	}
	norm := func(path string, x []float64) []float64 {
		mean, variance := 0.0, 0.0
		for _, v := range x {
			mean += v / float64(len(x))
		}
		for _, v := range x {
			variance += (v - mean) * (v - mean) / float64(len(x))
		}
		y := make([]float64, len(x))
		for j, v := range x {
			y[j] = (v-mean)/math.Sqrt(variance+1e-5)*values[path+"/layer_normalization/gain"][j] + values[path+"/layer_normalization/offset"][j]
		}
		return y
	}
	add := func(x, y []float64) []float64 {
		z := append([]float64(nil), x...)
		for j := range z {
			z[j] += y[j]
		}
		return z
	}

	var tokens [][]float64
	if e.Pooling == ClassToken {
		tokens = append(tokens, add(values["/token_class"], values["/position_class"]))
	}
	for row := range p.h / e.Patch {
		for column := range p.w / e.Patch {
			var pixels []float64
			for y := range e.Patch {
				for x := range e.Patch {
					for c := range p.c {
						pixels = append(pixels, p.at(i, row*e.Patch+y, column*e.Patch+x, c))
					}
				}
			}
			position := values["/position_patches"]
			if e.Positions == SineCosine {
				for _, v := range sineCosine(p.h/e.Patch, p.w/e.Patch, e.Width) {
					position = append(position, float64(v))
				}
			}
			at := (row*(p.w/e.Patch) + column) * e.Width
			tokens = append(tokens, add(linear("/patches", pixels), position[at:at+e.Width]))
		}
	}
	for layer := range e.Depth {
		path := "/layer_" + string(rune('0'+layer))
		var qkv [][]float64
		for _, token := range tokens {
			qkv = append(qkv, linear(path+"/attention/qkv", norm(path+"/attention", token)))
		}
		d := e.Width / e.Heads
		for q, token := range tokens {
			seen := make([]float64, e.Width)
			for head := range e.Heads {
				scores, total := make([]float64, len(tokens)), 0.0
				for k := range tokens {
					for j := head * d; j < (head+1)*d; j++ {
						scores[k] += qkv[q][j] * qkv[k][e.Width+j] / math.Sqrt(float64(d))
					}
					scores[k] = math.Exp(scores[k])
					total += scores[k]
				}
				for k := range tokens {
					for j := head * d; j < (head+1)*d; j++ {
						seen[j] += scores[k] / total * qkv[k][2*e.Width+j]
					}
				}
			}
			tokens[q] = add(token, linear(path+"/attention/out", seen))
		}
		for q, token := range tokens {
			hidden := linear(path+"/mlp_0", norm(path+"/mlp_0", token))
			for j, v := range hidden {
				hidden[j] = v * (1 + math.Erf(v/math.Sqrt2)) / 2
			}
			tokens[q] = add(token, linear(path+"/mlp_1", hidden))
		}
	}
	if e.Pooling == ClassToken {
		return norm("/last", tokens[0])
	}
	h := make([]float64, e.Width)
	for _, token := range tokens {
		for j, v := range norm("/last", token) {
			h[j] += v / float64(len(tokens))
		}
	}
	return h
}

// TestSineCosine: by the formula at single places, and the product of two positions depends on their distance alone.
func TestSineCosine(t *testing.T) {
	const rows, columns, width = 5, 7, 16
	table := sineCosine(rows, columns, width)
	require.Len(t, table, rows*columns*width)
	at := func(y, x int) []float32 { return table[(y*columns+x)*width:][:width] }
	require.InDeltaSlice(t, []float32{0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1}, at(0, 0), 0)
	for i, omega := range []float64{1, 0.1, 0.01, 0.001} { // 10000^(−i/4)
		require.InDelta(t, math.Sin(3*omega), at(2, 3)[i], 1e-6)
		require.InDelta(t, math.Cos(3*omega), at(2, 3)[4+i], 1e-6)
		require.InDelta(t, math.Sin(2*omega), at(2, 3)[8+i], 1e-6)
		require.InDelta(t, math.Cos(2*omega), at(2, 3)[12+i], 1e-6)
	}
	dot := func(a, b []float32) (sum float64) {
		for i := range a {
			sum += float64(a[i]) * float64(b[i])
		}
		return sum
	}
	require.InDelta(t, dot(at(0, 0), at(1, 2)), dot(at(3, 4), at(4, 6)), 1e-5)
	require.InDelta(t, width/2, dot(at(4, 6), at(4, 6)), 1e-5)
}

func TestBilinear(t *testing.T) {
	apply := func(x []float32, to int) []float32 {
		y := make([]float32, to)
		for i, w := range bilinear(to, len(x)) {
			y[i/len(x)] += w * x[i%len(x)]
		}
		return y
	}
	ramp := []float32{0, 1, 2, 3}
	require.Equal(t, ramp, apply(ramp, 4))
	require.Equal(t, []float32{0.5, 2.5}, apply(ramp, 2))
	require.Equal(t, []float32{0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3}, apply(ramp, 8))
	require.Equal(t, []float32{7, 7, 7}, apply([]float32{7}, 3))
	require.Equal(t, []float32{1.5}, apply(ramp, 1))
}

// TestLearnedPositionsAtAnotherSize: the table is the first size's and is interpolated for others, as DINO's local views
// need it; no other variable depends on the size.
func TestLearnedPositionsAtAnotherSize(t *testing.T) {
	e := ViT{Patch: 4, Width: 8, Depth: 1, Heads: 2}
	store := model.NewStore()
	g := NewGraph(testbackend.New(t), "sizes")
	defer g.Finalize()
	picture := func(name string, h, w int) *Node { return Parameter(g, name, shapes.Make(dtypes.Float32, 2, h, w, 3)) }
	e.Features(store.Scope("/encoder"), picture("first", 16, 16))
	before := learnedIn(store)
	require.Equal(t, []int{4, 4, 8}, store.GetVariable("/encoder/position_patches").Shape().Dimensions)
	require.Equal(t, []int{2, 8}, e.Features(store.Scope("/encoder"), picture("small", 8, 8)).Shape().Dimensions)
	require.Equal(t, []int{2, 8}, e.Features(store.Scope("/encoder"), picture("wide", 16, 24)).Shape().Dimensions)
	require.Equal(t, before, learnedIn(store))
}

func TestViTRefuses(t *testing.T) {
	good := ViT{Patch: 4, Width: 8, Depth: 1, Heads: 2}
	require.NoError(t, good.Validate())
	for want, change := range map[string]func(*ViT){
		"patch = 0":            func(e *ViT) { e.Patch = 0 },
		"depth = -1":           func(e *ViT) { e.Depth = -1 },
		"heads must divide":    func(e *ViT) { e.Heads = 3 },
		"a multiple of 4":      func(e *ViT) { e.Width, e.Positions = 6, SineCosine },
		"pooling = 2":          func(e *ViT) { e.Pooling = 2 },
		"positions = -1: it m": func(e *ViT) { e.Positions = -1 },
	} {
		bad := good
		change(&bad)
		require.ErrorContains(t, bad.Validate(), want)
	}
	require.PanicsWithError(t, "encoder: pictures of 16×18 cannot be cut into patches of 4×4; choose another size or patch", func() { build(t, good, 1, 16, 18, 3) })
	for name, back := range map[string]interface{ UnmarshalText([]byte) error }{"mean": new(Pooling), "sine_cosine": new(Positions)} {
		require.NoError(t, back.UnmarshalText([]byte(name)))
		require.ErrorContains(t, back.UnmarshalText([]byte("none")), `"none"; known: `)
	}
}

func TestMLP(t *testing.T) {
	store, h := build(t, MLP{Width: 10, Depth: 3}, 2, 4, 5, 2)
	require.Equal(t, []int{2, 10}, h.Dimensions)
	require.Equal(t, 40*10+10+2*(10*10+10), learnedIn(store))
	g := NewGraph(testbackend.New(t), "another size")
	defer g.Finalize()
	require.PanicsWithError(t, "encoder: this MLP has weights for 40 numbers a picture, but pictures of 8×5 with 2 channels have 80; give it one size",
		func() {
			MLP{Width: 10, Depth: 3}.Features(store.Scope("/encoder"), Parameter(g, "x", shapes.Make(dtypes.Float32, 2, 8, 5, 2)))
		})
	require.ErrorContains(t, MLP{Width: 1}.Validate(), "depth = 0")
}
