package chart

import (
	"image/color"
	"math"
	"strconv"
)

// Okabe and Ito's colors ("Color Universal Design", 2008), those with contrast on white first.
var okabeIto = []string{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#B8A800"}

// grays color baselines, so that what is being measured stands out.
var grays = []string{"#8C8C8C", "#BDBDBD", "#666666", "#D9D9D9"}

// symbols are ECharts' marks; categories differ in color and in shape.
var symbols = []string{"circle", "triangle", "rect", "diamond", "pin", "roundRect"}

// diverging is the color scale of similarities, evenly spaced from the least to the greatest, white in the middle.
var diverging = []string{"#084A82", "#0072B2", "#7FB5DA", "#FFFFFF", "#F4B183", "#D55E00", "#8A3B00"}

// sequential is the color scale of shares, evenly spaced from 0 to 1.
var sequential = []string{"#FFFFFF", "#CFE3F1", "#7FB5DA", "#0072B2", "#084A82"}

const (
	ink     = "#222222"
	faint   = "#5A5A5A"
	gridInk = "#E3E6EA"
	family  = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
)

func hexColor(s string) color.NRGBA {
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		panic("chart: not a color: " + s) // the constants above are the only callers
	}
	return color.NRGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}
}

// colorAt is the color of t in [0, 1] on a scale.
func colorAt(scale []string, t float64) color.NRGBA {
	t = math.Min(math.Max(t, 0), 1) * float64(len(scale)-1)
	i := min(int(t), len(scale)-2)
	a, b, f := hexColor(scale[i]), hexColor(scale[i+1]), t-float64(i)
	mix := func(p, q uint8) uint8 { return uint8(math.Round(float64(p) + (float64(q)-float64(p))*f)) }
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}
