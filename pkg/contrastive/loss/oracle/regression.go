package oracle

import "math"

// BYOL is the mean of 2 − 2 cos.
func BYOL(prediction, target [][]float64) float64 {
	total := 0.0
	for i := range prediction {
		total += 2 - 2*Cosine(prediction[i], target[i])
	}
	return total / float64(len(prediction))
}

// SimSiam is the mean of −cos.
func SimSiam(prediction, target [][]float64) float64 {
	total := 0.0
	for i := range prediction {
		total -= Cosine(prediction[i], target[i])
	}
	return total / float64(len(prediction))
}

// DINO is the mean cross-entropy between teacher view t and student view s, t ≠ s. teacher is [view][sample][output], and so is student.
func DINO(teacher, student [][][]float64, center []float64, teacherTemperature, studentTemperature float64) float64 {
	var losses []float64
	for t := range teacher {
		for s := range student {
			if s == t {
				continue
			}
			for i := range teacher[t] {
				width := len(center)
				targets, logits := make([]float64, width), make([]float64, width)
				for k := range width {
					targets[k] = (teacher[t][i][k] - center[k]) / teacherTemperature
					logits[k] = student[s][i][k] / studentTemperature
				}
				p, logSum := Softmax(targets), LogSumExp(logits)
				loss := 0.0
				for k := range width {
					loss -= p[k] * (logits[k] - logSum)
				}
				losses = append(losses, loss)
			}
		}
	}
	return Mean(losses)
}

// DINOCenter is m·c + (1 − m)·mean of the teacher's outputs over views and samples.
func DINOCenter(center []float64, teacher [][][]float64, momentum float64) []float64 {
	moved := make([]float64, len(center))
	for k := range center {
		var outputs []float64
		for t := range teacher {
			outputs = append(outputs, column(teacher[t], k)...)
		}
		moved[k] = momentum*center[k] + (1-momentum)*Mean(outputs)
	}
	return moved
}

// Alignment is the mean of ‖x̂ − ŷ‖^α.
func Alignment(x, y [][]float64, alpha float64) float64 {
	total := 0.0
	for i := range x {
		total += math.Pow(SquaredDistance(Unit(x[i]), Unit(y[i])), alpha/2)
	}
	return total / float64(len(x))
}

// Uniformity is the logarithm of the mean over pairs of exp(−t ‖x̂ᵢ − x̂ⱼ‖²).
func Uniformity(x [][]float64, t float64) float64 {
	sum, pairs := 0.0, 0.0
	for i := range x {
		for j := range i {
			sum += math.Exp(-t * SquaredDistance(Unit(x[i]), Unit(x[j])))
			pairs++
		}
	}
	return math.Log(sum / pairs)
}
