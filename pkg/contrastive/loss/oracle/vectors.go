package oracle

import "math"

// Dot is the inner product a·b.
func Dot(a, b []float64) float64 {
	sum := 0.0
	for j := range a {
		sum += a[j] * b[j]
	}
	return sum
}

// Cosine is a·b / (‖a‖ ‖b‖), and 0 if either is zero.
func Cosine(a, b []float64) float64 { return Dot(Unit(a), Unit(b)) }

// Unit is a/‖a‖, and zero if a is zero.
func Unit(a []float64) []float64 {
	length := math.Sqrt(Dot(a, a))
	unit := make([]float64, len(a))
	for j := range a {
		if length > 0 {
			unit[j] = a[j] / length
		}
	}
	return unit
}

// Units are the rows of z, each of length 1.
func Units(z [][]float64) [][]float64 {
	units := make([][]float64, len(z))
	for i := range z {
		units[i] = Unit(z[i])
	}
	return units
}

// SquaredDistance is ‖a − b‖².
func SquaredDistance(a, b []float64) float64 {
	sum := 0.0
	for j := range a {
		sum += (a[j] - b[j]) * (a[j] - b[j])
	}
	return sum
}

// NegativeSquaredDistance is −‖a − b‖².
func NegativeSquaredDistance(a, b []float64) float64 { return -SquaredDistance(a, b) }

// LogSumExp is log Σ eˣ, relative to the largest so that nothing overflows.
func LogSumExp(x []float64) float64 {
	largest := math.Inf(-1)
	for _, v := range x {
		largest = math.Max(largest, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - largest)
	}
	return largest + math.Log(sum)
}

// Softmax is eˣ / Σ eˣ.
func Softmax(x []float64) []float64 {
	p := make([]float64, len(x))
	logSum := LogSumExp(x)
	for j, v := range x {
		p[j] = math.Exp(v - logSum)
	}
	return p
}

// Softplus is log(1 + eˣ).
func Softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// Mean is the mean of x, and 0 of nothing.
func Mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / math.Max(float64(len(x)), 1)
}

// stack puts the rows of b under those of a.
func stack(a, b [][]float64) [][]float64 { return append(append([][]float64{}, a...), b...) }
