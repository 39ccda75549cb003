package chart

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"slices"
)

// encodePNG writes a picture as a PNG with a palette of 256 colors, or of 96 or 40 while the file is over limit bytes.
func encodePNG(img image.Image, limit int) ([]byte, error) {
	var data []byte
	flat := flatten(img)
	for _, colors := range [...]int{256, 96, 40} {
		var err error
		if data, err = writePNG(flat.quantize(colors)); err != nil {
			return nil, fmt.Errorf("chart: PNG: %w", err)
		}
		if len(data) <= limit {
			break
		}
	}
	return data, nil
}

// writePNG encodes a picture with a palette. image/png never filters such pictures; taking the difference to the
// pixel on the left makes a heat map, with its runs of equal pixels, half as large. The smaller of both is kept.
func writePNG(img *image.Paletted) ([]byte, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	var best []byte
	for filter := range byte(2) {
		var z bytes.Buffer
		enc, err := zlib.NewWriterLevel(&z, zlib.BestCompression)
		if err != nil {
			return nil, err
		}
		line := make([]byte, w+1)
		for y := range h {
			row := img.Pix[y*img.Stride : y*img.Stride+w]
			line[0] = filter
			copy(line[1:], row)
			if y > 0 && bytes.Equal(row, img.Pix[(y-1)*img.Stride:(y-1)*img.Stride+w]) {
				line[0] = 2 // the difference to the row above: all zero
				clear(line[1:])
			} else if filter == 1 {
				for x := w - 1; x > 0; x-- {
					line[x+1] = row[x] - row[x-1]
				}
			}
			if _, err := enc.Write(line); err != nil {
				return nil, err
			}
		}
		if err := enc.Close(); err != nil {
			return nil, err
		}
		if best == nil || z.Len() < len(best) {
			best = z.Bytes()
		}
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(w))
	head = binary.BigEndian.AppendUint32(head, uint32(h))
	head = append(head, 8, 3, 0, 0, 0) // eight bits, palette
	var palette []byte
	for _, p := range img.Palette {
		r, g, b, _ := p.RGBA()
		palette = append(palette, byte(r>>8), byte(g>>8), byte(b>>8))
	}
	out := []byte("\x89PNG\r\n\x1a\n")
	for _, chunk := range []struct {
		name string
		data []byte
	}{{"IHDR", head}, {"PLTE", palette}, {"IDAT", best}, {"IEND", nil}} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(chunk.data)))
		start := len(out)
		out = append(append(out, chunk.name...), chunk.data...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
	}
	return out, nil
}

// pixels is an opaque picture.
type pixels struct {
	w, h int
	pix  []color.RGBA
}

// flatten puts a picture on white.
func flatten(img image.Image) pixels {
	b := img.Bounds()
	p := pixels{b.Dx(), b.Dy(), make([]color.RGBA, b.Dx()*b.Dy())}
	if m, ok := img.(*image.RGBA); ok && m.Opaque() {
		for y := range p.h {
			for x := range p.w {
				p.pix[y*p.w+x] = m.RGBAAt(b.Min.X+x, b.Min.Y+y)
			}
		}
		return p
	}
	for y := range p.h {
		for x := range p.w {
			r, g, b, a := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
			white := 0xffff - a
			p.pix[y*p.w+x] = color.RGBA{uint8((r + white) >> 8), uint8((g + white) >> 8), uint8((b + white) >> 8), 255}
		}
	}
	return p
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

// quantize maps a picture to at most n colors: exactly if it has no more, by median cut otherwise.
func (q pixels) quantize(n int) *image.Paletted {
	exact := map[color.RGBA]uint8{}
	for i, p := range q.pix {
		if i > 0 && p == q.pix[i-1] {
			continue
		}
		if exact[p] = 0; len(exact) > n {
			break
		}
	}
	out := image.NewPaletted(image.Rect(0, 0, q.w, q.h), nil)
	if len(exact) <= n {
		for p := range exact {
			out.Palette = append(out.Palette, p)
		}
		// The order of a map is random; a picture's bytes should not be.
		slices.SortFunc(out.Palette, func(a, b color.Color) int { return compareColors(a.(color.RGBA), b.(color.RGBA)) })
		for i, p := range out.Palette {
			exact[p.(color.RGBA)] = uint8(i)
		}
		for i, p := range q.pix {
			out.Pix[i] = exact[p]
		}
		return out
	}
	key := func(p color.RGBA) uint16 { return uint16(p.R>>3)<<10 | uint16(p.G>>3)<<5 | uint16(p.B>>3) }
	all := make([]bin, 1<<15)
	for _, p := range q.pix {
		k := key(p)
		b := &all[k]
		b.key = k
		b.n, b.r, b.g, b.b = b.n+1, b.r+int(p.R), b.g+int(p.G), b.b+int(p.B)
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
	palette, index := refine(boxes)
	out.Palette = palette
	for i, p := range q.pix {
		out.Pix[i] = index[key(p)]
	}
	return out
}

// refine makes a palette of the boxes' means and moves it toward the pixels (two rounds of k-means); index says which
// entry each five-bit color gets.
func refine(boxes [][]bin) (color.Palette, *[1 << 15]uint8) {
	index := new([1 << 15]uint8)
	means := make([][3]int, len(boxes))
	for round := range 3 {
		sums := make([]bin, len(boxes))
		for i, box := range boxes {
			for _, b := range box {
				k := i
				if round > 0 {
					k = nearest(means, [3]int{b.mean(0), b.mean(1), b.mean(2)})
				}
				index[b.key] = uint8(k)
				s := &sums[k]
				s.n, s.r, s.g, s.b = s.n+b.n, s.r+b.r, s.g+b.g, s.b+b.b
			}
		}
		for k, s := range sums {
			if s.n > 0 {
				means[k] = [3]int{s.mean(0), s.mean(1), s.mean(2)}
			}
		}
	}
	palette := make(color.Palette, len(means))
	// The order of brightness makes neighboring pixels' differences small, which packs better.
	order := make([]int, len(means))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(a, b int) int { return brightness(means[a]) - brightness(means[b]) })
	place := make([]uint8, len(means))
	sorted := make([][3]int, len(means))
	for to, from := range order {
		place[from], sorted[to] = uint8(to), means[from]
	}
	for k := range index {
		if int(index[k]) < len(place) {
			index[k] = place[index[k]]
		}
	}
	for k, m := range sorted {
		if min(m[0], m[1], m[2]) >= 250 { // the mean of white and what shares its bin: the background stays white
			m = [3]int{255, 255, 255}
		}
		palette[k] = color.RGBA{uint8(m[0]), uint8(m[1]), uint8(m[2]), 255}
	}
	return palette, index
}

func brightness(m [3]int) int { return 3*m[0] + 6*m[1] + m[2] }

func nearest(means [][3]int, p [3]int) int {
	best, least := 0, 1<<30
	for k, m := range means {
		d := 0
		for c := range 3 {
			d += (m[c] - p[c]) * (m[c] - p[c])
		}
		if d < least {
			best, least = k, d
		}
	}
	return best
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
