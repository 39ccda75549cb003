package chart

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestWriteSamples writes every chart as PNG and all as one page into the folder CHART_LOOK names, to look at them.
func TestWriteSamples(t *testing.T) {
	folder := os.Getenv("CHART_LOOK")
	if folder == "" {
		t.Skip("set CHART_LOOK to a folder to write the sample charts there and look at them")
	}
	var charts []*Chart
	for _, s := range samples() {
		data, err := s.chart.PNG()
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		t.Logf("%-16s %6d bytes", s.name, len(data))
		if err := os.WriteFile(filepath.Join(folder, s.name+".png"), data, 0o644); err != nil {
			t.Fatal(err)
		}
		charts = append(charts, s.chart)
	}
	charts = append(charts, Lines("Nothing yet", "x", "y"))
	var b bytes.Buffer
	err := Page(&b, "Every chart", Section{Title: "Numbers", Text: "A text.\n\nAnother one.", Table: &Table{Caption: "Retrieval", Header: []string{"method", "R@1"}, Rows: [][]string{{"pixels", "0.31"}, {"SimCLR", "0.45"}}}},
		Section{Title: "Charts", Charts: charts})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "page.html"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
