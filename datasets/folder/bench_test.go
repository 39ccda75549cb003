package folder

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkDecode reads a folder of small JPEGs on all cores and reports pictures per second. The pictures have
// noise in them, so that they are no easier to decode than photographs of their size.
func BenchmarkDecode(b *testing.B) {
	for _, c := range []struct{ from, to int }{{32, 32}, {64, 32}, {96, 96}, {224, 64}} {
		b.Run(fmt.Sprintf("%dto%d", c.from, c.to), func(b *testing.B) {
			const n = 1000
			dir := b.TempDir()
			for i := range n {
				writeJPEG(b, filepath.Join(dir, fmt.Sprintf("class%d", i%10), fmt.Sprintf("%04d.jpg", i)), c.from, uint64(i))
			}
			found, err := List(dir)
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for b.Loop() {
				result, err := found.Read(context.Background(), c.to, func(Picture) error { return nil }, nil)
				if err != nil || result.Train != n {
					b.Fatal(result, err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "pictures/s")
		})
	}
}

func writeJPEG(tb testing.TB, path string, side int, seed uint64) {
	tb.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	picture := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			noise := r.IntN(32)
			picture.SetRGBA(x, y, color.RGBA{uint8(3*x%200 + noise), uint8(2*y%200 + noise), uint8(int(seed)*7%200 + noise), 255})
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	if err := jpeg.Encode(file, picture, &jpeg.Options{Quality: 90}); err != nil {
		tb.Fatal(err)
	}
	if err := file.Close(); err != nil {
		tb.Fatal(err)
	}
}
