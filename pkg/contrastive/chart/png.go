package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
)

// encodePNG writes a picture as a PNG with a palette, halving the number of colors (256 down to 32) while the file is
// over limit bytes.
func encodePNG(img image.Image, limit int) ([]byte, error) {
	var data []byte
	for colors := 256; colors >= 32; colors /= 2 {
		var b bytes.Buffer
		enc := png.Encoder{CompressionLevel: png.BestCompression}
		if err := enc.Encode(&b, quantize(img, colors)); err != nil {
			return nil, fmt.Errorf("chart: PNG: %w", err)
		}
		data = b.Bytes()
		if len(data) <= limit {
			break
		}
	}
	return data, nil
}

// bin gathers the pixels whose colors agree in their upper five bits.
type bin struct {
	key     uint16
	n       int
	r, g, b int // sums over the pixels
}

func (b bin) mean(channel int) int {
	return [3]int{b.r, b.g, b.b}[channel] / b.n
}

// quantize maps a picture, over white, to at most n colors: exactly if it has no more, by median cut otherwise.
func quantize(img image.Image, n int) *image.Paletted {
	bounds := img.Bounds()
	w, h := bounds.Dx(), bounds.Dy()
	pixels := make([]color.RGBA, w*h)
	exact := map[color.RGBA]uint8{}
	for y := range h {
		for x := range w {
			r, g, b, a := img.At(bounds.Min.X+x, bounds.Min.Y+y).RGBA()
			white := 0xffff - a
			p := color.RGBA{uint8((r + white) >> 8), uint8((g + white) >> 8), uint8((b + white) >> 8), 255}
			pixels[y*w+x] = p
			if _, known := exact[p]; !known && len(exact) <= n {
				exact[p] = uint8(len(exact))
			}
		}
	}
	out := image.NewPaletted(image.Rect(0, 0, w, h), nil)
	if len(exact) <= n {
		out.Palette = make(color.Palette, len(exact))
		for p, i := range exact {
			out.Palette[i] = p
		}
		// The order of a map is random; a picture's bytes should not be.
		slices.SortFunc(out.Palette, func(a, b color.Color) int { return compareColors(a.(color.RGBA), b.(color.RGBA)) })
		for i, p := range out.Palette {
			exact[p.(color.RGBA)] = uint8(i)
		}
		for i, p := range pixels {
			out.Pix[i] = exact[p]
		}
		return out
	}
	key := func(p color.RGBA) uint16 { return uint16(p.R>>3)<<10 | uint16(p.G>>3)<<5 | uint16(p.B>>3) }
	all := make([]bin, 1<<15)
	for _, p := range pixels {
		k := key(p)
		q := &all[k]
		q.key = k
		q.n, q.r, q.g, q.b = q.n+1, q.r+int(p.R), q.g+int(p.G), q.b+int(p.B)
	}
	boxes := [][]bin{slices.DeleteFunc(all, func(b bin) bool { return b.n == 0 })}
	for len(boxes) < n {
		// The box that is split next is the one with the largest spread, weighted by its pixels' square root.
		best, channel, score := -1, 0, 0
		for i, box := range boxes {
			if c, s := spread(box); s > score {
				best, channel, score = i, c, s
			}
		}
		if best < 0 {
			break
		}
		box := boxes[best]
		slices.SortFunc(box, func(a, b bin) int { return a.mean(channel) - b.mean(channel) })
		total := 0
		for _, b := range box {
			total += b.n
		}
		cut, sum := 1, box[0].n
		for cut < len(box)-1 && sum+box[cut].n <= total/2 {
			sum += box[cut].n
			cut++
		}
		boxes[best] = box[:cut]
		boxes = append(boxes, box[cut:])
	}
	var index [1 << 15]uint8
	for i, box := range boxes {
		var s bin
		for _, b := range box {
			s.n, s.r, s.g, s.b = s.n+b.n, s.r+b.r, s.g+b.g, s.b+b.b
			index[b.key] = uint8(i)
		}
		out.Palette = append(out.Palette, color.RGBA{uint8(s.mean(0)), uint8(s.mean(1)), uint8(s.mean(2)), 255})
	}
	for i, p := range pixels {
		out.Pix[i] = index[key(p)]
	}
	return out
}

// spread is the channel in which a box is widest, and how much splitting it is worth.
func spread(box []bin) (channel, score int) {
	if len(box) < 2 {
		return 0, 0
	}
	n := 0
	lo, hi := [3]int{255, 255, 255}, [3]int{}
	for _, b := range box {
		n += b.n
		for c := range 3 {
			lo[c], hi[c] = min(lo[c], b.mean(c)), max(hi[c], b.mean(c))
		}
	}
	for c := range 3 {
		if d := hi[c] - lo[c]; d > hi[channel]-lo[channel] {
			channel = c
		}
	}
	root := 1
	for root*root < n {
		root++
	}
	return channel, (hi[channel] - lo[channel]) * root
}

func compareColors(a, b color.RGBA) int {
	for _, d := range [3]int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
		if d != 0 {
			return d
		}
	}
	return 0
}
