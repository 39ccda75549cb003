package chart

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/echarts"
)

// Section is a part of a report, in this order: title, text, table, charts. Empty fields are left out.
type Section struct {
	Title  string
	Text   string // blank lines separate paragraphs
	Table  *Table
	Charts []*Chart
}

// Table is a table of text. Cells that look like numbers are set to the right.
type Table struct {
	Caption string
	Header  []string
	Rows    [][]string
}

// Page writes one HTML file that holds everything it needs: ECharts once, and the sections. Without scripts it shows
// the static pictures.
func Page(w io.Writer, title string, sections ...Section) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>%s</style></head>\n<body><main>\n<h1>%s</h1>\n",
		html.EscapeString(title), pageStyle, html.EscapeString(title))
	for _, s := range sections {
		b.WriteString("<section>\n")
		if s.Title != "" {
			fmt.Fprintf(b, "<h2>%s</h2>\n", html.EscapeString(s.Title))
		}
		for p := range strings.SplitSeq(s.Text, "\n\n") {
			if p = strings.TrimSpace(p); p != "" {
				fmt.Fprintf(b, "<p>%s</p>\n", html.EscapeString(p))
			}
		}
		s.Table.write(b)
		for _, c := range s.Charts {
			if c == nil {
				return fmt.Errorf("chart: section %q of page %q holds a nil chart", s.Title, title)
			}
			fragment, err := c.HTML()
			if err != nil {
				return err
			}
			b.WriteString(fragment + "\n")
		}
		b.WriteString("</section>\n")
	}
	b.WriteString("</main>\n<script>" + echarts.Script() + "</script>\n</body></html>\n")
	if err := b.Flush(); err != nil {
		return fmt.Errorf("chart: page %q: %w", title, err)
	}
	return nil
}

// Script is the JavaScript that a page needs once, after its charts, for the fragments of [Chart.HTML] to become
// interactive: ECharts, packed, and what mounts the charts.
func Script() string { return echarts.Script() }

func (t *Table) write(b *bufio.Writer) {
	if t == nil {
		return
	}
	b.WriteString("<div class=\"scroll\"><table>\n")
	if t.Caption != "" {
		fmt.Fprintf(b, "<caption>%s</caption>\n", html.EscapeString(t.Caption))
	}
	if len(t.Header) > 0 {
		b.WriteString("<thead><tr>")
		for _, h := range t.Header {
			fmt.Fprintf(b, "<th scope=\"col\">%s</th>", html.EscapeString(h))
		}
		b.WriteString("</tr></thead>\n")
	}
	b.WriteString("<tbody>\n")
	for _, row := range t.Rows {
		b.WriteString("<tr>")
		for _, cell := range row {
			class := ""
			if numeric(cell) {
				class = " class=\"number\""
			}
			fmt.Fprintf(b, "<td%s>%s</td>", class, html.EscapeString(cell))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div>\n")
}

// numeric says whether a cell reads as a number: digits with signs, points, units of percent and the like, or the dash
// that stands for one.
func numeric(s string) bool {
	if s == "–" {
		return true
	}
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+-−.,% ±×eE/", r):
			return false
		}
	}
	return digits > 0
}

const pageStyle = `
:root { color-scheme: light dark; }
body { margin: 0; background: #f6f7f8; color: #222; font: 16px/1.5 ` + family + `; }
main { max-width: 800px; margin: 0 auto; padding: 16px; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin: 1.6em 0 .4em; }
.lab-chart { border: 1px solid #d9dde2; border-radius: 6px; margin: 12px 0 !important; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 12px 0; font-size: .92rem; }
caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { border-bottom: 1px solid #d0d5db; padding: 5px 14px 5px 0; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #e6e8eb; } th, td { border-color: #3a3f47; } .lab-chart { border-color: #3a3f47; } }
`
