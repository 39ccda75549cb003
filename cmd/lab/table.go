package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// writeTable writes rows in columns two spaces apart, the first column to the left and the others to the
// right unless left names them. The first headers rows stand above a rule.
func writeTable(w io.Writer, rows [][]string, headers int, left ...int) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	toLeft := map[int]bool{0: true}
	for _, i := range left {
		toLeft[i] = true
	}
	for r, row := range rows {
		if r == headers && headers > 0 {
			total := 2 * (len(widths) - 1)
			for _, width := range widths {
				total += width
			}
			fmt.Fprintln(w, strings.Repeat("─", total))
		}
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if toLeft[i] {
				line.WriteString(cell + padding)
			} else {
				line.WriteString(padding + cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}
