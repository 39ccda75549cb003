package raster

import (
	"image/color"
	"math"
	"strings"
	"testing"
)

// svgOf renders an SVG of 100 × 100 on white.
func svgOf(t *testing.T, body string) *Canvas {
	t.Helper()
	c := NewCanvas(100, 100, color.White)
	if err := c.DrawSVG(`<svg xmlns="http://www.w3.org/2000/svg">`+body+`</svg>`, 1); err != nil {
		t.Fatal(err)
	}
	return c
}

// area is the covered area in pixels of black shapes, antialiasing included.
func area(c *Canvas) float64 {
	sum := 0.0
	for _, p := range c.Image.Pix {
		sum += 255 - float64(p)
	}
	return sum / 255 / 3 // alpha stays 255
}

func TestAreas(t *testing.T) {
	for name, tc := range map[string]struct {
		body string
		want float64
	}{
		"rect":             {`<rect x="10" y="10" width="30" height="20"/>`, 600},
		"path":             {`<path d="M10 10L40 10L40 30L10 30Z"/>`, 600},
		"relative path":    {`<path d="M10 10l30 0l0 20h-30z"/>`, 600},
		"implicit lines":   {`<path d="M10,10 40,10 40,30 10,30Z"/>`, 600},
		"negative packed":  {`<path d="M40 30L10-0L10 30Z"/>`, 450},
		"circle":           {`<circle cx="50" cy="50" r="20"/>`, math.Pi * 400},
		"ellipse":          {`<ellipse cx="50" cy="50" rx="30" ry="10"/>`, math.Pi * 300},
		"arcs":             {`<path d="M70 50A20 20 0 1 1 70 49.9A20 20 0 0 1 70 50"/>`, math.Pi * 400},
		"half arc":         {`<path d="M30 50A20 20 0 0 1 70 50Z"/>`, math.Pi * 200},
		"scaled unit arc":  {`<path transform="matrix(20,0,0,20,50,50)" d="M1 0A1 1 0 1 1 1 -0.1A1 1 0 0 1 1 0"/>`, math.Pi * 400},
		"cubic":            {`<path d="M10 10C10 50 50 50 50 10Z"/>`, 960},
		"polygon":          {`<polygon points="10 10 30 10 30 30 10 30" transform="translate(5 5)"/>`, 400},
		"stroke":           {`<path d="M10 50L90 50" fill="none" stroke="#000" stroke-width="4"/>`, 320},
		"stroke with turn": {`<path d="M10 10L60 10L60 60" fill="none" stroke="#000" stroke-width="4"/>`, 396 + math.Pi},
		"dashes":           {`<path d="M0 50L100 50" fill="none" stroke="#000" stroke-width="2" stroke-dasharray="6,4"/>`, 120},
		"clip":             {`<defs><clipPath id="c"><path d="M0 0l20 0l0 100l-20 0Z"/></clipPath></defs><g clip-path="url(#c)"><rect width="100" height="10"/></g>`, 200},
		"opacity":          {`<rect width="20" height="10" fill="#000" fill-opacity="0.5"/>`, 100},
		"none":             {`<rect width="20" height="10" fill="none"/><rect width="5" height="5" fill="transparent"/>`, 0},
		"unknown":          {`<foreignObject width="10" height="10"/><path d="M0 0 ? 5"/>`, 0},
		"far away":         {`<path d="M-1000000 40L1000000 40L1000000 50L-1000000 50Z"/>`, 1000},
	} {
		if got := area(svgOf(t, tc.body)); math.Abs(got-tc.want) > 0.02*tc.want+1 {
			t.Errorf("%s covers %.1f pixels, want %.1f", name, got, tc.want)
		}
	}
}

func TestGradient(t *testing.T) {
	c := svgOf(t, `<defs><linearGradient id="g" gradientUnits="objectBoundingBox" x1="0" y1="0" x2="0" y2="1">
		<stop offset="0%" stop-color="#ff0000"/><stop offset="100%" stop-color="rgb(0,0,255)"/></linearGradient></defs>
		<rect x="10" y="10" width="20" height="80" fill="url(#g)"/>`)
	top, middle, bottom := c.Image.RGBAAt(20, 11), c.Image.RGBAAt(20, 50), c.Image.RGBAAt(20, 88)
	if top.R < 245 || bottom.B < 245 || middle.R < 110 || middle.R > 145 {
		t.Errorf("gradient is %v, %v, %v from top to bottom", top, middle, bottom)
	}
}

func TestText(t *testing.T) {
	text := func(anchor, rest string) *Canvas {
		return svgOf(t, `<text dominant-baseline="central" text-anchor="`+anchor+`" style="font-size:20px;font-weight:bold" transform="translate(50 50)"`+rest+`>HHH</text>`)
	}
	side := func(c *Canvas) (left, right float64) {
		for i := 0; i < len(c.Image.Pix); i += 4 {
			v := float64(255-c.Image.Pix[i]) / 255
			if i/4%100 < 50 {
				left += v
			} else {
				right += v
			}
		}
		return left, right
	}
	if l, r := side(text("start", "")); l > 0 || r < 100 {
		t.Errorf("start: %.0f left, %.0f right", l, r)
	}
	if l, r := side(text("end", "")); r > 0 || l < 100 {
		t.Errorf("end: %.0f left, %.0f right", l, r)
	}
	if l, r := side(text("middle", "")); math.Abs(l-r) > 0.1*(l+r) {
		t.Errorf("middle: %.0f left, %.0f right", l, r)
	}
	w := MeasureText("HHH", 20, true)
	if w < 30 || w > 60 || MeasureText("HHH", 40, true) < 1.9*w {
		t.Errorf("HHH at 20 px is %.1f wide", w)
	}
	if a, b := area(text("middle", "")), area(svgOf(t, `<text text-anchor="middle" style="font-size:20px;font-weight:bold" transform="matrix(0,-1,1,0,50,50)">HHH</text>`)); math.Abs(a-b) > 0.05*a {
		t.Errorf("turned by 90° the text covers %.0f instead of %.0f", b, a)
	}
}

func TestMissingFile(t *testing.T) {
	c := NewCanvas(10, 10, color.White)
	if err := c.DrawSVG("<svg><g></svg>", 1); err == nil || !strings.Contains(err.Error(), "SVG") {
		t.Errorf("broken SVG: %v", err)
	}
}

func TestUnknownCharacterIsABox(t *testing.T) {
	// A private-use character that no font has.
	c := svgOf(t, "<text style=\"font-size:40px\" x=\"20\" y=\"70\">\U000F1234</text>")
	if a := area(c); a < 80 || a > 500 {
		t.Errorf("an unknown character covers %.0f pixels, want a frame", a)
	}
	if a := area(svgOf(t, "<text style=\"font-size:40px\" x=\"20\" y=\"70\">\u200d\ufe0f</text>")); a != 0 {
		t.Errorf("invisible characters cover %.0f pixels", a)
	}
}
