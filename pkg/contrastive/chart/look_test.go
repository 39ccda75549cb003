package chart

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// TestWriteSamples writes every chart as PNG, all as one page, and as a notebook (whose set-up cell comes last, the
// hardest order) into the folder CHART_LOOK names, to look at them in a browser.
func TestWriteSamples(t *testing.T) {
	folder := os.Getenv("CHART_LOOK")
	if folder == "" {
		t.Skip("set CHART_LOOK to a folder to write the sample charts there and look at them")
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var charts []*Chart
	var cells []any
	cell := func(data map[protocol.MIMEType]any) {
		bundle := map[string]any{}
		for k, v := range data {
			if raw, ok := v.([]byte); ok {
				v = base64.StdEncoding.EncodeToString(raw)
			}
			bundle[string(k)] = v
		}
		cells = append(cells, map[string]any{"cell_type": "code", "id": newID()[4:12], "metadata": map[string]any{}, "execution_count": 1, "source": "chart.Show(c)",
			"outputs": []any{map[string]any{"output_type": "display_data", "metadata": map[string]any{}, "data": bundle}}})
	}
	for _, s := range append(append(samples(), crowded()...), sample{"empty", Lines("Nothing yet", "x", "y"), false}) {
		data, err := s.chart.PNG()
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		t.Logf("%-16s %6d bytes", s.name, len(data))
		write(s.name+".png", data)
		charts = append(charts, s.chart)
		display, err := s.chart.display()
		if err != nil {
			t.Fatal(err)
		}
		cell(display)
	}
	book := func(name string) {
		data, err := json.Marshal(map[string]any{"nbformat": 4, "nbformat_minor": 5, "metadata": map[string]any{}, "cells": cells})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", name, len(data))
		write(name, data)
	}
	book("static.ipynb")
	cell(map[protocol.MIMEType]any{protocol.MIMETextHTML: setupHTML()})
	book("live.ipynb")
	var b bytes.Buffer
	err := Page(&b, "Every chart", Section{Title: "Numbers", Text: "A text.\n\nAnother one.", Table: &Table{Caption: "Retrieval", Header: []string{"method", "R@1"}, Rows: [][]string{{"pixels", "0.31"}, {"SimCLR", "0.45"}}}},
		Section{Title: "Charts", Charts: charts})
	if err != nil {
		t.Fatal(err)
	}
	write("page.html", b.Bytes())
}
