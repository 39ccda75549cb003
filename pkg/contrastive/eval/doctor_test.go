package eval

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/internal/testbackend"
)

// well is a run that nothing is wrong with: SimCLR on the emoji, 200 steps of 256 pairs, as measured.
func well() Symptoms {
	growth := 1.04
	return Symptoms{
		Setup: Setup{Method: "simclr", TotalSteps: 200, BatchSize: 256, NormRows: 512, Temperature: 0.2, InBatch: true},
		Course: &Course{Steps: 200, FirstLoss: 6.556, Loss: 5.185, Ceiling: math.Log(511), BestLoss: 5.15, WorstLoss: 6.05, WorstStep: 21,
			FirstRank: 101.8, Rank: 41.8, Std: 0.91, Uniformity: -2.79},
		Features: &Space{N: 256, D: 32, Std: 0.6, Uniformity: -1.2, EffectiveRank: 19.6, Directions: 23, Scale: 0.5},
		Head:     &Space{N: 256, D: 128, Std: 0.91, Uniformity: -2.79, EffectiveRank: 47.1, Directions: 43, Scale: 0.5},
		Task:     &Task{Samples: 256, ColorHistogram: 0.05, Pixels: 0.07, Run: 0.14},
		Use:      &Use{Pictures: 256, Features: 0.422, Head: 0.387, Z: -1.5},
		Leak:     &Leak{Test: 1560},
		Growth:   &growth,
	}
}

func TestEachDiseaseByItsNumbers(t *testing.T) {
	require.Empty(t, Diagnose(well()))
	require.Empty(t, Diagnose(Symptoms{}), "nothing measured, nothing found")
	for name, c := range map[string]struct {
		change   func(*Symptoms)
		want     []Disease
		evidence string
	}{
		"collapse":        {func(s *Symptoms) { s.Course.Std, s.Course.Uniformity, s.Course.Rank = 0.03, -0.004, 120 }, []Disease{Collapse}, "0.030"},
		"size, not angle": {func(s *Symptoms) { s.Setup.Unnormalized, s.Head.Scale = true, 0.05 }, []Disease{Collapse}, "0.05"},
		"few directions":  {func(s *Symptoms) { s.Head.EffectiveRank, s.Head.Directions = 9, 2 }, []Disease{DimensionalCollapse}, "2 of them"},
		"low rank":        {func(s *Symptoms) { s.Head.EffectiveRank, s.Head.Directions = 5, 3 }, []Disease{DimensionalCollapse}, "5.0 of 128"},
		"few classes": {func(s *Symptoms) {
			s.Head.EffectiveRank, s.Head.Directions, s.Setup.UsesLabels, s.Setup.Classes = 5, 4, true, 9
		}, nil, ""},
		"ceiling":            {func(s *Symptoms) { s.Course.Loss, s.Course.BestLoss, s.Course.Rank = 6.2, 6.19, 101 }, []Disease{NothingLearned}, "99 % of its ceiling 6.236 = ln 511"},
		"hot, but it learns": {func(s *Symptoms) { s.Course.Loss, s.Course.BestLoss = 6.2, 6.19 }, nil, ""},
		"no ceiling":         {func(s *Symptoms) { s.Course.Ceiling, s.Course.Rank = 0, 99 }, []Disease{NothingLearned}, "place 99.0 of 256"},
		"sides are one":      {func(s *Symptoms) { s.Course.Ceiling, s.Course.FirstRank, s.Course.Rank = 0, 1, 1 }, nil, ""},
		"classifier": {func(s *Symptoms) {
			s.Course.FirstRank, s.Course.Rank, s.Course.Loss, s.Course.BestLoss = 1, 1, 6.2, 6.2
		}, []Disease{NothingLearned}, "ln 511"},
		"cold": {func(s *Symptoms) { s.Setup.Temperature, s.Course.FirstLoss = 0.01, 47.65 }, []Disease{TemperatureTooLow}, "7.6 times its ceiling 6.236 = ln 511"},
		"cold, with a queue": {func(s *Symptoms) {
			s.Setup.Temperature, s.Course.FirstLoss, s.Course.Std, s.Course.Uniformity = 0.02, 0, 0.2, -0.1
		}, []Disease{TemperatureTooLow}, "uniformity -0.10"},
		"0.05 as in SimCSE": {func(s *Symptoms) { s.Setup.Temperature, s.Course.FirstLoss = 0.05, 9.5 }, nil, ""},
		"weights":           {func(s *Symptoms) { *s.Growth = 26 }, []Disease{LearningRateTooHigh}, "26 times"},
		"above the ceiling": {func(s *Symptoms) { s.Course.WorstLoss, s.Course.WorstStep = 30, 90 }, []Disease{LearningRateTooHigh}, "step 90"},
		"thrown off":        {func(s *Symptoms) { s.Course.Loss = 6.1 }, []Disease{LearningRateTooHigh}, "down to 5.15"},
		"filling":           {func(s *Symptoms) { s.Setup.QueueLength, s.Setup.QueueKeys, s.Setup.TotalSteps = 65536, 256, 3900 }, []Disease{QueueFilling}, "51200 of 65536"},
		"never full":        {func(s *Symptoms) { s.Setup.QueueLength, s.Setup.QueueKeys = 65536, 256 }, []Disease{QueueFilling}, "step 256 of 200"},
		"full":              {func(s *Symptoms) { s.Setup.QueueLength, s.Setup.QueueKeys = 4096, 256 }, nil, ""},
		"color":             {func(s *Symptoms) { s.Task.ColorHistogram = 0.68 }, []Disease{Shortcut}, "68 %"},
		"pixels":            {func(s *Symptoms) { s.Task.Pixels = 1 }, []Disease{Shortcut}, "100 %"},
		"items as pairs":    {func(s *Symptoms) { s.Setup.PairsByItem = true }, []Disease{LabelLeak}, "same_item"},
		"labels, openly":    {func(s *Symptoms) { s.Setup.UsesLabels, s.Setup.PairsByItem = true, true }, nil, ""},
		"test pictures":     {func(s *Symptoms) { s.Leak.Pictures, s.Leak.Items, s.Leak.Example = 3, 1, "pizza" }, []Disease{TestLeak}, `"pizza"`},
		"eight":             {func(s *Symptoms) { s.Setup.BatchSize = 8 }, []Disease{BatchTooSmall}, "ln 8 = 2.08"},
		"split to four":     {func(s *Symptoms) { s.Setup.NormRows = 4 }, []Disease{BatchTooSmall}, "4 pictures"},
		"no head":           {func(s *Symptoms) { s.Setup.NoHead = true }, []Disease{NoProjectionHead}, "19.6"},
		"head dropped":      {func(s *Symptoms) { s.Use.Head, s.Use.Z = 0.55, 4.2 }, []Disease{HeadDropped}, "0.550 by z"},
	} {
		t.Run(name, func(t *testing.T) {
			s := well()
			c.change(&s)
			var got []Disease
			for _, f := range Diagnose(s) {
				got = append(got, f.ID)
				require.NotEmpty(t, f.Title)
				require.NotEmpty(t, f.Remedy)
				require.Contains(t, f.Evidence, c.evidence)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestWorstFirstAndConsequencesUntold(t *testing.T) {
	s := well()
	s.Setup.BatchSize, s.Course.Std, s.Course.Loss, s.Course.BestLoss, s.Course.Rank = 8, 0.01, 6.236, 6.236, 128
	found := Diagnose(s)
	require.Equal(t, []Severity{Broken, Warning}, []Severity{found[0].Severity, found[1].Severity})
	require.Equal(t, []Disease{Collapse, BatchTooSmall}, []Disease{found[0].ID, found[1].ID}, "that nothing is learned follows from the collapse")
	text, err := json.Marshal(found)
	require.NoError(t, err)
	require.Contains(t, string(text), `"severity":"broken"`)
	var again []Finding
	require.NoError(t, json.Unmarshal(text, &again))
	require.Equal(t, found, again)
	require.ErrorContains(t, json.Unmarshal([]byte(`[{"severity":"dire"}]`), &again), `"dire"`)
}

func TestMeasureSpace(t *testing.T) {
	// Three directions of variance 4, 4 and 1 out of five dimensions, whose mean is not 0.
	e := &Embeddings{N: 6, D: 5, Vectors: make([]float32, 30)}
	for i := range 6 {
		e.Row(i)[4] = 7
		e.Row(i)[i/2] = float32([]float64{2, 2, 1}[i/2] * math.Sqrt(3) * float64(1-2*(i%2)))
	}
	s, err := MeasureSpace(e)
	require.NoError(t, err)
	require.Equal(t, 3, s.Directions)
	p := []float64{0.4, 0.4, 0.2}
	entropy := 0.0
	for _, v := range p {
		entropy -= v * math.Log(v)
	}
	require.InDelta(t, math.Exp(entropy), s.EffectiveRank, 1e-5)
	require.InDelta(t, 1, s.Scale, 1e-6, "(2 + 2 + 1 + 0 + 0)/5")
	for i := range e.Vectors {
		e.Vectors[i] = 1
	}
	s, err = MeasureSpace(e)
	require.NoError(t, err)
	require.Equal(t, Space{N: 6, D: 5}, *s, "a point")
}

// TestColors: a picture is half black, half of one color; the others differ in the color, or in where it is.
func TestColors(t *testing.T) {
	images := &datasets.Images{Height: 2, Width: 2, Channels: 3, Items: []int32{0, 1, 2}, Pixels: []uint8{
		0, 0, 0, 0, 0, 0, 255, 0, 0, 255, 0, 0,
		255, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 255, 0,
	}}
	cos := func(e *Embeddings, i, j int) float64 {
		unit := e.normalized()
		sum := 0.0
		for k := range e.D {
			sum += unit[i*e.D+k] * unit[j*e.D+k]
		}
		return sum
	}
	histograms := ColorHistograms(images)
	require.InDelta(t, 1, cos(histograms, 0, 1), 1e-6, "places do not count")
	require.InDelta(t, 0.5+math.Sqrt(0.5*0.25), cos(histograms, 0, 2), 1e-6, "Σ √(p q)")
	means := MeanColors(images)
	require.Equal(t, 6, means.D)
	require.InDelta(t, 1, cos(means, 0, 1), 1e-6)
	require.InDelta(t, (2*math.Cos(math.Pi/8)+1)/3, cos(means, 0, 2), 1e-6)

	gray := &datasets.Images{Height: 1, Width: 2, Channels: 1, Pixels: []uint8{0, 255, 128, 128}}
	require.InDelta(t, 0, cos(ColorHistograms(gray), 0, 1), 1e-6)
	require.InDelta(t, math.Cos(math.Pi/2*(128./255-0.5)), cos(MeanColors(gray), 0, 1), 1e-6)
	clear := &datasets.Images{Height: 1, Width: 1, Channels: 4, Pixels: []uint8{9, 9, 9, 0, 255, 255, 255, 255}}
	require.InDelta(t, 1, cos(ColorHistograms(clear), 0, 1), 1e-6, "transparent is white")
}

// TestMcNemar: four pictures of two classes whose nearest neighbor is of their class by h and of the other by z.
func TestMcNemar(t *testing.T) {
	known := &datasets.Images{Labels: []int32{0, 0, 1, 1}, LabelNames: []string{"a", "b"}}
	h := &Embeddings{N: 4, D: 2, Images: known, Vectors: []float32{1, 0, 1, 0.01, 0, 1, 0.01, 1}}
	z := &Embeddings{N: 4, D: 2, Images: known, Vectors: []float32{1, 0, 0, 1, 1, 0.01, 0.01, 1}}
	u, err := MeasureUse(testbackend.New(t), h, z, 1)
	require.NoError(t, err)
	require.Equal(t, Use{Pictures: 4, Features: 1, Head: 0, Z: -2}, *u, "(0 − 4)/√4")
	back, err := MeasureUse(testbackend.New(t), z, h, 1)
	require.NoError(t, err)
	require.Equal(t, 2.0, back.Z)
}
