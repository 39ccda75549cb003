package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/klauspost/compress/zlib"
)

// encodeSheet stores pictures [n, side, side, 4] as one RGBA PNG, side pixels wide and n*side tall: the rows
// of the first picture, then those of the second, ... so that decoded rows are the pictures as they are used.
//
// The file is written here, not by image/png, because Go's compressor may change its output from one release
// to the next; the one used is pinned in go.mod.
func encodeSheet(pixels []byte, n int) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\x89PNG\r\n\x1a\n")
	header := binary.BigEndian.AppendUint32(nil, side)
	header = binary.BigEndian.AppendUint32(header, uint32(n*side))
	writeChunk(&out, "IHDR", append(header, 8, 6, 0, 0, 0)) // 8 bits, RGBA, deflate, adaptive filters, not interlaced

	var data bytes.Buffer
	zw, err := zlib.NewWriterLevel(&data, zlib.BestCompression)
	if err != nil {
		return nil, err
	}
	const stride = side * 4
	above := make([]byte, stride)
	for ; len(pixels) > 0; pixels = pixels[stride:] {
		if _, err := zw.Write(filterRow(pixels[:stride], above)); err != nil {
			return nil, err
		}
		above = pixels[:stride]
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	writeChunk(&out, "IDAT", data.Bytes())
	writeChunk(&out, "IEND", nil)
	return out.Bytes(), nil
}

func writeChunk(out *bytes.Buffer, kind string, data []byte) {
	body := append([]byte(kind), data...)
	out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
	out.Write(body)
	out.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}

// filterRow applies the PNG filter with the smallest sum of absolute differences, as the PNG specification
// suggests (section 12.8), and returns the row with the filter's number in front.
func filterRow(row, above []byte) []byte {
	best, bestCost := []byte(nil), -1
	for kind := range 5 {
		f := make([]byte, 1+len(row))
		f[0] = byte(kind)
		cost := 0
		for i, v := range row {
			var left, up, corner int
			if i >= 4 {
				left, corner = int(row[i-4]), int(above[i-4])
			}
			up = int(above[i])
			f[i+1] = v - byte(predict(kind, left, up, corner))
			cost += abs(int(int8(f[i+1])))
		}
		if bestCost < 0 || cost < bestCost {
			best, bestCost = f, cost
		}
	}
	return best
}

// predict is what each PNG filter expects a byte to be.
func predict(kind, left, up, corner int) int {
	switch kind {
	case 1:
		return left
	case 2:
		return up
	case 3:
		return (left + up) / 2
	case 4:
		p := left + up - corner
		pl, pu, pc := abs(p-left), abs(p-up), abs(p-corner)
		switch {
		case pl <= pu && pl <= pc:
			return left
		case pu <= pc:
			return up
		}
		return corner
	}
	return 0
}

func abs(x int) int { return max(x, -x) }
