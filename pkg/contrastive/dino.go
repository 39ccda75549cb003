package contrastive

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"github.com/contrastlab/contrastlab/pkg/contrastive/augment"
	"github.com/contrastlab/contrastlab/pkg/contrastive/loss"
)

// DINO is "Emerging Properties in Self-Supervised Vision Transformers" (Caron et al. 2021, algorithm 1): the student
// sees two global and some smaller local views of each picture, the teacher, a momentum encoder, the global ones,
// and the student learns to sort every view into K prototypes as the teacher sorted the other views. Centering and a
// low temperature on the teacher's side keep it from collapsing.
//
// The prototypes are the paper's last layer (appendix C): linear, without bias, on the head's output scaled to
// length 1, each prototype of length 1 too. So what the temperatures divide are cosines, within −1 … 1.
//
// Global views are made by Config.Augment at Config.Size, local ones by the same policy with another range of crops
// and at LocalSize; the encoder must take pictures of both sizes. Config.Views is not used.
type DINO struct {
	// LocalViews is how many local views each picture has. Zero means 4 (the paper's best has 8); a negative number means none.
	LocalViews int `json:"local_views" default:"4" help:"local views of each picture; negative for none"`
	// LocalSize is their side in pixels. Zero means half of a global view's, as 96 and 224 in the paper.
	LocalSize int `json:"local_size" help:"side of a local view in pixels; 0 is half of a global one"`
	// LocalScaleMin and LocalScaleMax bound a local crop's share of the picture's area. Zero means 0.2 and 0.6; the
	// paper's 0.05 … 0.4 is for photographs and leaves of a drawing too little to know it by.
	LocalScaleMin float64 `json:"local_scale_min" default:"0.2" help:"smallest share of the picture in a local view"`
	LocalScaleMax float64 `json:"local_scale_max" default:"0.6" help:"largest share of the picture in a local view"`
	// Prototypes is K. Zero means 1024; the paper has 65,536 for ImageNet.
	Prototypes int `json:"prototypes" default:"1024" help:"K, what views are sorted into"`
	// StudentTemperature is T_s. Zero means 0.1.
	StudentTemperature float64 `json:"student_temperature" default:"0.1" help:"T_s, by which the student's cosines are divided"`
	// TeacherTemperature is T_t at the first step, from where it rises along a line to TeacherTemperatureEnd during the first
	// TeacherWarmUp of all steps. Zero means 0.04, 0.07 and 0.3 (30 of the paper's 100 epochs).
	TeacherTemperature    float64 `json:"teacher_temperature" default:"0.04" help:"T_t at the first step; lower than the student's"`
	TeacherTemperatureEnd float64 `json:"teacher_temperature_end" default:"0.07" help:"T_t after the warm-up"`
	TeacherWarmUp         float64 `json:"teacher_warm_up" default:"0.3" help:"share of the steps in which T_t rises"`
	// Momentum is the teacher's at the first step; it rises to 1 along half a cosine. Zero means 0.99; the paper has
	// 0.996 for much longer runs.
	Momentum float64 `json:"momentum" default:"0.99"`
	// CenterMomentum is the share of the center that stays at each step (eq. 4). Zero means 0.9.
	CenterMomentum float64 `json:"center_momentum" default:"0.9" help:"share of the center that stays at each step"`
}

func init() { Methods.Register(DINO{}) }

// Name implements [Method].
func (DINO) Name() string { return "dino" }

// Validate implements [Validator].
func (m DINO) Validate(*Config) error {
	switch {
	case !(0 < m.LocalScaleMin && m.LocalScaleMin <= m.LocalScaleMax && m.LocalScaleMax <= 1):
		return fmt.Errorf("local_scale_min = %g, local_scale_max = %g: they must rise within 0 … 1", m.LocalScaleMin, m.LocalScaleMax)
	case m.LocalSize != 0 && m.LocalSize < 8:
		return fmt.Errorf("local_size = %d: views need at least 8 pixels a side", m.LocalSize)
	case m.Prototypes < 2:
		return fmt.Errorf("prototypes = %d: at least 2 are needed to sort into", m.Prototypes)
	case !(m.CenterMomentum >= 0 && m.CenterMomentum < 1):
		return fmt.Errorf("center_momentum = %g: it must be at least 0 and less than 1", m.CenterMomentum)
	case !(m.TeacherWarmUp >= 0 && m.TeacherWarmUp <= 1):
		return fmt.Errorf("teacher_warm_up = %g: it is a share of the steps, 0 … 1", m.TeacherWarmUp)
	}
	return firstError(checkTemperature(m.StudentTemperature), checkTemperature(m.TeacherTemperature), checkTemperature(m.TeacherTemperatureEnd),
		checkMomentum(m.Momentum))
}

// PlanViews implements [ViewPlanner]: two global views, then the local ones.
func (m DINO) PlanViews(c *Config) []View {
	size := m.LocalSize
	if size == 0 {
		size = max(8, c.Size/2)
	}
	global := View{Policy: c.Augment, Size: c.Size}
	local := View{Policy: withCrop(c.Augment, "-local", [2]float64{m.LocalScaleMin, m.LocalScaleMax}), Size: size}
	return append([]View{global, global}, slices.Repeat([]View{local}, max(0, m.LocalViews))...)
}

// withCrop is policy with its random crops within scale; a policy without any gets one.
func withCrop(policy augment.Policy, suffix string, scale [2]float64) augment.Policy {
	policy.Name += suffix
	policy.Transforms = slices.Clone(policy.Transforms)
	cropped := false
	for i, transform := range policy.Transforms {
		if crop, ok := transform.(augment.RandomResizedCrop); ok {
			crop.Scale, cropped = scale, true
			policy.Transforms[i] = crop
		}
	}
	if !cropped {
		crop := augment.RandomResizedCrop{Scale: scale, Ratio: [2]float64{3. / 4, 4. / 3}}
		policy.Transforms = slices.Insert(policy.Transforms, 0, augment.Transform(crop))
	}
	return policy
}

// Step implements [Method].
func (m DINO) Step(s *Step) Objective {
	g := s.Graph()
	z := s.Embed(s.Views[:2]...)
	students := slices.Clone(z)
	if locals := s.Views[2:]; len(locals) > 0 {
		students = append(students, s.Embed(locals...)...)
	}
	student := m.sort(s.Scope("prototypes"), students)

	momentum := s.risingMomentum(m.Momentum)
	s.Follow(momentum)
	s.follow(momentum, "prototypes")
	teachers := s.EmbedByMomentum(s.Views[:2]...)
	teacher := StopGradient(m.sort(s.root.Store().Scope(momentumScope+"/prototypes"), teachers))

	centerVar := s.Memory("dino").WithInitializer(initializer.Zero).VariableWithShape("center", shapes.Make(dtypes.Float32, m.Prototypes)).SetTrainable(false)
	center := centerVar.NodeValue(g)
	centerVar.SetNodeValue(loss.DINOCenter(center, teacher, m.CenterMomentum))

	// The temperature of this step, as a factor on what the first step's divides.
	through := MinScalar(DivScalar(s.Done, math.Max(1, m.TeacherWarmUp*float64(s.Total))), 1)
	sharper := Inverse(OnePlus(MulScalar(through, m.TeacherTemperatureEnd/m.TeacherTemperature-1)))
	return Objective{
		Loss:    loss.DINO(Mul(teacher, sharper), student, Mul(center, sharper), m.TeacherTemperature, m.StudentTemperature),
		Ceiling: math.Log(float64(m.Prototypes)),
		A:       z[0], B: z[1],
	}
}

// sort is the cosine of each embedding of V views with each prototype: V times [B, E] → [V, B, K].
func (m DINO) sort(scope *model.Scope, z []*Node) *Node {
	rows, dim := z[0].Shape().Dimensions[0], z[0].Shape().Dimensions[1]
	prototypes := scope.VariableWithShape("directions", shapes.Make(dtypes.Float32, m.Prototypes, dim)).NodeValue(z[0].Graph())
	return Reshape(loss.CosineSimilarity(Concatenate(z, 0), prototypes), len(z), rows, m.Prototypes)
}
