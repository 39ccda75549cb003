package contrastive

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/contrastlab/contrastlab/internal/testbackend"
	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
)

// TestDINOTeacherAndCenter checks on the variables of successive checkpoints that the teacher, its prototypes
// included, moves by the rising momentum alone, so that no gradient reached it, and that the center moves.
func TestDINOTeacherAndCenter(t *testing.T) {
	const m, steps = 0.9, 4
	config := tiny(filepath.Join(t.TempDir(), "run"))
	config.Method = DINO{Prototypes: 32, LocalViews: 2, Momentum: m}
	config.Steps, config.SaveEvery, config.LogEvery, config.Keep = steps, 1, 1, steps
	run, err := Pretrain(testbackend.New(t), someEmoji(64), config)
	require.NoError(t, err)
	require.InDelta(t, 1, run.History[0].LossShare, 0.5)

	states := make([]map[string][]float32, steps+1)
	for step := 1; step <= steps; step++ {
		states[step] = stateAt(t, config.Dir, step)
	}
	followed := 0
	for path := range states[1] {
		last := path[strings.LastIndex(path, "/")+1:]
		if !strings.HasPrefix(path, momentumScope) || last == "mean" || last == "variance" || last == "avg_weight" {
			continue
		}
		followed++
		online := strings.Replace(path, momentumScope, learnScope, 1)
		for step := 2; step <= steps; step++ {
			stays := 1 - (1-m)*(math.Cos(math.Pi*float64(step-1)/steps)+1)/2
			for i, got := range states[step][path] {
				want := stays*float64(states[step-1][path][i]) + (1-stays)*float64(states[step-1][online][i])
				require.InDelta(t, want, float64(got), 1e-6*(1+math.Abs(want)), "%s after step %d", path, step)
			}
		}
	}
	require.Greater(t, followed, 6)
	require.Contains(t, states[1], "/momentum/prototypes/directions")
	require.NotEqual(t, states[1]["/model/prototypes/directions"], states[2]["/model/prototypes/directions"], "the student's prototypes learn")
	for path := range states[steps] {
		require.False(t, strings.HasPrefix(path, "/optim"+momentumScope), "the optimizer keeps state for %s", path)
	}
	for step := 1; step <= steps; step++ {
		center := states[step]["/memory/dino/center"]
		require.Len(t, center, 32)
		require.NotEqual(t, states[step-1]["/memory/dino/center"], center)
		for _, c := range center { // a mean of cosines, weighed with 1 − 0.9^step
			require.LessOrEqual(t, math.Abs(float64(c)), 1-math.Pow(0.9, float64(step))+1e-6)
		}
	}
}

func TestDINOViews(t *testing.T) {
	config, err := Config{Method: DINO{}, Augment: augment.Emoji()}.WithDefaults()
	require.NoError(t, err)
	plan := config.planViews(someEmoji(2))
	require.Len(t, plan, 6)
	for i, view := range plan {
		require.NoError(t, view.Policy.Validate())
		if i < 2 {
			require.Equal(t, View{augment.Emoji(), 32}, view)
			continue
		}
		require.Equal(t, 16, view.Size)
		require.Equal(t, "emoji-local", view.Policy.Name)
		require.Len(t, view.Policy.Transforms, len(augment.Emoji().Transforms))
		require.Equal(t, augment.RandomResizedCrop{Scale: [2]float64{0.2, 0.6}, Ratio: [2]float64{3. / 4, 4. / 3}}, view.Policy.Transforms[1])
	}
	require.Equal(t, augment.Emoji(), config.Augment, "the run's policy stays as it is")

	none := withCrop(augment.None(), "-local", [2]float64{0.1, 0.2})
	require.NoError(t, none.Validate())
	require.Len(t, none.Transforms, 1)
	require.Len(t, DINO{LocalViews: -1}.PlanViews(&config), 2)
}

func TestDINOAndTripletRefuse(t *testing.T) {
	pictures := someEmoji(64)
	unlabeled := *pictures
	unlabeled.Labels, unlabeled.LabelNames = nil, nil
	unlabeled.Items, unlabeled.ItemNames, unlabeled.ItemGlyphs, unlabeled.Captions = nil, nil, nil, nil
	for _, c := range []struct {
		method Method
		want   string
	}{
		{DINO{LocalScaleMin: 0.7}, "local_scale_min = 0.7, local_scale_max = 0.6"},
		{DINO{LocalSize: 4}, "local_size = 4"},
		{DINO{Prototypes: 1}, "prototypes = 1"},
		{DINO{TeacherTemperature: -1}, "temperature = -1"},
		{DINO{CenterMomentum: 1}, "center_momentum = 1"},
		{DINO{TeacherWarmUp: 2}, "teacher_warm_up = 2"},
		{Triplet{}, "triplet learns from labels"},
		{Triplet{ByItem: true}, "triplet learns from which pictures show the same item"},
	} {
		config := tiny("")
		config.Method = c.method
		requireRefusal(t, &unlabeled, config, c.want)
	}
	for want, change := range map[string]func(*Config){
		"margin = -1":               func(c *Config) { c.Method = Triplet{Margin: -1} },
		"lower batch_size to 512":   func(c *Config) { c.BatchSize = 600 },
		"views = 1: two are needed": func(c *Config) { c.Views = 1 },
	} {
		config := tiny("")
		config.Method = Triplet{}
		change(&config)
		requireRefusal(t, someEmoji(1000), config, want)
	}
}
