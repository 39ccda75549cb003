package chart

import (
	"maps"
	"slices"
	"strings"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart/internal/raster"
)

// headLines is how many lines title, note and legend have at full width; runtime.js makes room for what differs in the
// browser's font or on a narrower page.
type headLines struct {
	Title  int `json:"title"`
	Note   int `json:"note"`
	Legend int `json:"legend"`
}

// What stands above a plot, in CSS pixels.
const (
	titleSize, titleLine = 16, 20
	noteSize, noteLine   = 12, 16
	noteGap              = 4
	legendSize           = 12
	legendGap            = 10 // between the names of a legend, and between its rows
	legendRow            = legendSize + legendGap
	maxLegendRows        = 16 // of more it shows a page at a time; runtime.js has the same number
	toolboxRoom          = 130
)

// titleLines and noteLines are the lines that title and note take at full width.
func (c *Chart) titleLines() []string {
	room := toolboxRoom
	if c.option == nil && !c.reserved {
		room = 24 // a picture has no tools beside its title
	}
	return wrapText(c.Title, titleSize, true, float64(c.Width-room))
}

func (c *Chart) noteLines() []string {
	return wrapText(c.Note, noteSize, false, float64(c.Width-24))
}

// head is the room of the note, and of the title's lines but the first.
func (c *Chart) head() int {
	room := titleLine * (max(len(c.titleLines()), 1) - 1)
	if n := len(c.noteLines()); n > 0 {
		room += noteGap + noteLine*n
	}
	return room
}

// reserve gives the head its room: the lines of title and note, and a row of the legend for as many of its names as fit.
// The chart grows by what is more than one line each.
func (c *Chart) reserve(names []string, mark int) {
	c.reserved = true
	c.made = c.head()
	usual := 0
	if c.Note != "" {
		usual = noteGap + noteLine
	}
	c.Height += c.made - usual
	if len(names) > 0 {
		c.legendRows = legendRows(names, mark, c.Width)
		c.scroll = c.legendRows > maxLegendRows
		if c.scroll {
			c.legendRows = 1
		}
		c.Height += legendRow * (c.legendRows - 1)
	}
}

// legendTop and frameTop are where the legend and the plot begin, as the chart was made.
func (c *Chart) legendTop() int { return 42 + c.made }

func (c *Chart) frameTop() int {
	top := 50 + c.made
	if c.legendRows > 0 {
		top += 4 + legendRow*c.legendRows
	}
	return top
}

// shift is the room that the head needs beyond what it had when the chart was made: its texts may have changed.
func (c *Chart) shift() int { return c.head() - c.made }

// height is that of the chart with the texts it has now.
func (c *Chart) height() int { return c.Height + c.shift() }

// lower moves what an option has below the head; the option itself stays as it is.
func lower(option map[string]any, by int) {
	if by == 0 {
		return
	}
	moved := func(v any) any {
		m, ok := v.(map[string]any)
		if top, is := m["top"].(int); ok && is {
			m = maps.Clone(m)
			m["top"] = top + by
			return m
		}
		return v
	}
	for _, name := range []string{"legend", "visualMap", "grid", "graphic"} {
		switch v := option[name].(type) {
		case map[string]any:
			option[name] = moved(v)
		case []any:
			list := slices.Clone(v)
			for i := range list {
				list[i] = moved(list[i])
			}
			option[name] = list
		}
	}
}

// distinct is the names that a legend shows, each once.
func distinct(names []string) []string {
	var out []string
	for _, name := range names {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// legendRows is how many rows ECharts makes of a legend in a chart of a width: the names with their marks, in turn.
func legendRows(names []string, mark, width int) int {
	room := float64(width - 24 - 10) // beside the legend, and its padding
	rows, used := 1, 0.0
	for _, name := range names {
		w := raster.MeasureText(name, legendSize, false) + float64(mark) + 5
		if used > 0 && used+w > room-2 {
			rows, used = rows+1, 0
		}
		used += w + legendGap
	}
	return rows
}

// wrapText breaks a text into lines of a width in pixels: at spaces, and between characters that are written without,
// as in Chinese.
func wrapText(text string, size float64, bold bool, width float64) []string {
	var out []string
	line := ""
	for _, p := range pieces(text) {
		longer := line + p
		if line != "" && raster.MeasureText(strings.TrimRight(longer, " "), size, bold) > width {
			out = append(out, strings.TrimRight(line, " "))
			line = p
			continue
		}
		line = longer
	}
	if line = strings.TrimRight(line, " "); line != "" {
		out = append(out, line)
	}
	return out
}

// pieces cuts a text where a line may end; a space stays with what is before it.
func pieces(text string) []string {
	var out []string
	var last rune
	for _, r := range strings.Join(strings.Fields(text), " ") {
		cut := last == ' ' || (wide(last) || wide(r)) && r != ' ' && !closes(r) && !opens(last)
		if len(out) == 0 || cut {
			out = append(out, "")
		}
		out[len(out)-1] += string(r)
		last = r
	}
	return out
}

// wide are the characters of scripts without spaces.
func wide(r rune) bool { return r >= 0x2E80 }

// closes and opens are the signs that no line begins, or ends, with.
func closes(r rune) bool {
	return strings.ContainsRune(";,.:!?%、。，；：！？…·)]}）」』】》〉”’»", r)
}

func opens(r rune) bool { return strings.ContainsRune("([{（「『【《〈“‘«", r) }
