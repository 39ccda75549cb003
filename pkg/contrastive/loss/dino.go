package loss

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/support/exceptions"
)

// DINO is the cross-entropy between what the teacher sees in one view and what the student sees in another:
//
//	L = mean over views t ≠ s of 1/N Σᵢ −Σₖ P_t(i)ₖ log P_s(i)ₖ
//	P_t = softmax((teacher − center)/T_t),   P_s = softmax(student/T_s)
//
// teacher [V, N, K] and student [S, N, K] are the heads' outputs, S ≥ V: student view v is the teacher's view v for v < V, and
// the rest are local views, which only the student sees. center is [K]. Scalar. The paper uses T_s = 0.1 and T_t = 0.04, warmed up to 0.07.
// The method stops the teacher's gradient and moves the center with [DINOCenter].
//
// Caron et al. 2021, "Emerging Properties in Self-Supervised Vision Transformers", eq. 1 to 3 and algorithm 1.
func DINO(teacher, student, center *graph.Node, teacherTemperature, studentTemperature float64) *graph.Node {
	assertPositive("DINO", "teacher temperature", teacherTemperature)
	assertPositive("DINO", "student temperature", studentTemperature)
	teacher, student, center = promote(teacher), promote(student), promote(center)
	if teacher.Rank() != 3 || student.Rank() != 3 || center.Rank() != 1 || teacher.DType() != student.DType() {
		exceptions.Panicf("DINO: want teacher [V, N, K], student [S, N, K] of one dtype and center [K]; got %s, %s and %s",
			teacher.Shape(), student.Shape(), center.Shape())
	}
	views, n, width := teacher.Shape().Dimensions[0], teacher.Shape().Dimensions[1], teacher.Shape().Dimensions[2]
	students := student.Shape().Dimensions[0]
	student.AssertDims(students, n, width)
	center.AssertDims(width)
	if students < views || views*students < 2 {
		exceptions.Panicf("DINO: the student must see the teacher's views and at least one other; teacher has %d, student %d", views, students)
	}

	center = graph.Reshape(graph.ConvertDType(center, teacher.DType()), 1, 1, width)        // [1, 1, K]
	p := graph.Softmax(graph.DivScalar(graph.Sub(teacher, center), teacherTemperature), -1) // [V, N, K]
	logQ := graph.LogSoftmax(graph.DivScalar(student, studentTemperature), -1)              // [S, N, K]
	crossEntropy := graph.Neg(graph.EinsumAxes(p, logQ, [][2]int{{1, 1}, {2, 2}}, nil))     // [V, S], summed over N
	others := NotSelf(p.Graph(), views, students)                                           // the student does not learn from the same view
	total := graph.ReduceAllSum(graph.Where(others, crossEntropy, graph.ZerosLike(crossEntropy)))
	return graph.DivScalar(total, float64((views*students-views)*n))
}

// DINOCenter moves the center towards the mean of the teacher's outputs, which keeps one output from winning for every picture:
//
//	c ← m·c + (1 − m)·mean(teacher)
//
// center [K], teacher [..., K], 0 ≤ m < 1 (0.9 in the paper); [K] of the center's dtype. Caron et al. 2021, eq. 4.
func DINOCenter(center, teacher *graph.Node, momentum float64) *graph.Node {
	if !(momentum >= 0 && momentum < 1) {
		exceptions.Panicf("DINOCenter: momentum must be in [0, 1), got %g", momentum)
	}
	width := teacher.Shape().Dim(-1)
	center.AssertDims(width)
	outputs := teacher.Shape().Size() / width
	mean := graph.ReduceMean(graph.Reshape(promote(teacher), outputs, width), 0)
	moved := graph.Add(graph.MulScalar(graph.ConvertDType(center, mean.DType()), momentum), graph.MulScalar(mean, 1-momentum))
	return graph.ConvertDType(moved, center.DType())
}
