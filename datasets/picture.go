package datasets

import (
	"image"
	"image/color"
	"image/draw"
	"math"
)

// At returns a copy of picture i: *image.Gray for one channel, *image.NRGBA for three and four. It panics
// when i is not in 0 … Len()-1, as indexing a slice does.
func (s *Images) At(i int) image.Image {
	size := s.pictureSize()
	px := s.Pixels[i*size : (i+1)*size]
	box := image.Rect(0, 0, s.Width, s.Height)
	switch s.Channels {
	case 1:
		out := image.NewGray(box)
		copy(out.Pix, px)
		return out
	case 3:
		out := image.NewNRGBA(box)
		for p := range s.Height * s.Width {
			copy(out.Pix[4*p:], px[3*p:3*p+3])
			out.Pix[4*p+3] = 255
		}
		return out
	}
	out := image.NewNRGBA(box)
	copy(out.Pix, px)
	return out
}

// sheetBackground is what transparent pictures lie on in a contact sheet.
var sheetBackground = color.NRGBA{R: 250, G: 250, B: 250, A: 255}

// sheetGap is the space around every picture of a contact sheet, in pixels of the pictures.
const sheetGap = 1

// ContactSheet draws all pictures in rows of columns on a light background, each pixel as a square of scale
// pixels. It is columns·(Width+1)+1 times scale wide and rows·(Height+1)+1 times scale high, with
// rows = ⌈Len()/columns⌉. columns ≤ 0 chooses about as many rows as columns; scale ≤ 0 is 1.
func (s *Images) ContactSheet(columns, scale int) image.Image {
	n := s.Len()
	if columns <= 0 {
		columns = max(1, int(math.Ceil(math.Sqrt(float64(n)))))
	}
	scale = max(scale, 1)
	rows := (n + columns - 1) / columns
	dx, dy := s.Width+sheetGap, s.Height+sheetGap
	small := image.NewRGBA(image.Rect(0, 0, columns*dx+sheetGap, rows*dy+sheetGap))
	draw.Draw(small, small.Bounds(), image.NewUniform(sheetBackground), image.Point{}, draw.Src)
	for i := range n {
		corner := image.Pt(sheetGap+i%columns*dx, sheetGap+i/columns*dy)
		draw.Draw(small, image.Rectangle{Min: corner, Max: corner.Add(image.Pt(s.Width, s.Height))}, s.At(i), image.Point{}, draw.Over)
	}
	if scale == 1 {
		return small
	}
	b := small.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx()*scale, b.Dy()*scale))
	for y := range b.Dy() * scale {
		for x := range b.Dx() * scale {
			copy(out.Pix[out.PixOffset(x, y):], small.Pix[small.PixOffset(x/scale, y/scale):][:4])
		}
	}
	return out
}
