package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/contrastlab/contrastlab/internal/lang"
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
			widths[i] = max(widths[i], columns(cell))
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
			padding := strings.Repeat(" ", widths[i]-columns(cell))
			if toLeft[i] {
				line.WriteString(cell + padding)
			} else {
				line.WriteString(padding + cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// paints are the codes of a terminal's colors.
var paints = regexp.MustCompile("\x1b\\[[0-9;]*m")

// columns is how many columns of a terminal a text takes: a Chinese character two, the code of a color none.
func columns(s string) int { return lang.Width(paints.ReplaceAllString(s, "")) }

// textWidth is how wide help is set, in columns.
const textWidth = 96

// writeList writes rows of a name and a text, or of a name, a value and a text, wrapping the text.
func writeList(w io.Writer, rows [][]string) {
	used := map[int]int{} // the width of the columns before the text, by how many there are
	for _, row := range rows {
		last := len(row) - 1
		width := 2 * last
		for _, cell := range row[:last] {
			width += columns(cell)
		}
		used[last] = max(used[last], width)
	}
	var wrapped [][]string
	var left []int
	for _, row := range rows {
		last := len(row) - 1
		for i, line := range wrap(row[last], max(30, textWidth-used[last])) {
			one := make([]string, last, last+1)
			if i == 0 {
				copy(one, row)
			}
			wrapped = append(wrapped, append(one, line))
		}
		left = append(left, last)
	}
	writeTable(w, wrapped, 0, left...)
}

// wrap breaks text into lines of at most width columns, where words allow it.
func wrap(text string, width int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case columns(*last)+1+columns(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}

// writeParagraphs writes text, whose paragraphs are parted by blank lines, in lines of textWidth.
func writeParagraphs(w io.Writer, text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, strings.Join(wrap(paragraph, textWidth), "\n"))
	}
}
