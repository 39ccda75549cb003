package main

import (
	"bytes"
	"image"
	"image/png"

	"golang.org/x/image/webp"
)

// premultiplied is a square picture: side*side*4 bytes, colors already multiplied by alpha.
type premultiplied struct {
	side int
	pix  []byte
}

// decode reads a PNG or WebP file.
func decode(raw []byte) (premultiplied, error) {
	read := png.Decode
	if bytes.HasPrefix(raw, []byte("RIFF")) {
		read = webp.Decode
	}
	img, err := read(bytes.NewReader(raw))
	if err != nil {
		return premultiplied{}, err
	}
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.Set(x, y, img.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return squared(b.Dx(), b.Dy(), out.Pix), nil
}

// squared centers a picture in the square around it. Two emoji of Fluent are 32 × 33; all others are square.
func squared(w, h int, pix []byte) premultiplied {
	if w == h {
		return premultiplied{w, pix}
	}
	side := max(w, h)
	out := premultiplied{side, make([]byte, side*side*4)}
	x0, y0 := (side-w)/2, (side-h)/2
	for y := range h {
		copy(out.pix[((y0+y)*side+x0)*4:], pix[y*w*4:(y+1)*w*4])
	}
	return out
}

// shrink averages over areas to side×side and returns straight alpha. A target pixel covers src/side source
// pixels on each axis, partly at its edges; counting in units of 1/side source pixel makes every weight an
// integer, so the result is exact and the same on every machine. Where alpha is 0 the color is 0 too.
func shrink(src premultiplied, side int) []byte {
	weights := make([][]int, side) // weights[o][i]: how much of source pixel i lies in target pixel o
	for o := range weights {
		weights[o] = make([]int, src.side)
		for i := range src.side {
			lo, hi := max(o*src.side, i*side), min((o+1)*src.side, (i+1)*side)
			weights[o][i] = max(0, hi-lo)
		}
	}
	total := src.side * src.side
	out := make([]byte, side*side*4)
	for oy := range side {
		for ox := range side {
			var sum [4]int
			for y, wy := range weights[oy] {
				if wy == 0 {
					continue
				}
				for x, wx := range weights[ox] {
					if wx == 0 {
						continue
					}
					for c := range 4 {
						sum[c] += wy * wx * int(src.pix[(y*src.side+x)*4+c])
					}
				}
			}
			px := out[(oy*side+ox)*4:]
			px[3] = byte((sum[3] + total/2) / total)
			if px[3] == 0 {
				continue
			}
			for c := range 3 {
				px[c] = byte(min(255, (sum[c]*255+sum[3]/2)/sum[3]))
			}
		}
	}
	return out
}
