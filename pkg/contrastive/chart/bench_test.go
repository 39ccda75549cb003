package chart

import "testing"

// BenchmarkPNG is the time from a chart to its static picture, once ECharts is compiled.
func BenchmarkPNG(b *testing.B) {
	for _, s := range samples() {
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.chart.PNG(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
