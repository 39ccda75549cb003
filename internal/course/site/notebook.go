package site

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"

	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
)

// notebook is what is read of an .ipynb file (nbformat 4).
type notebook struct {
	Cells []cell `json:"cells"`
}

type cell struct {
	Type    string   `json:"cell_type"`
	Source  lines    `json:"source"`
	Outputs []output `json:"outputs"`
	Count   *int     `json:"execution_count"`
}

type output struct {
	Type string           `json:"output_type"`
	Name string           `json:"name"` // of a stream
	Text lines            `json:"text"` // of a stream
	Data map[string]lines `json:"data"` // by MIME type
}

// lines is a text that nbformat stores as a string or as a list of lines.
type lines string

func (l *lines) UnmarshalJSON(data []byte) error {
	var whole string
	if json.Unmarshal(data, &whole) == nil {
		*l = lines(whole)
		return nil
	}
	var parts []string
	if err := json.Unmarshal(data, &parts); err != nil {
		*l = "" // an output of a type that is not text
		return nil
	}
	*l = lines(strings.Join(parts, ""))
	return nil
}

func readNotebook(source []byte) (*notebook, error) {
	var n notebook
	if err := json.Unmarshal(source, &n); err != nil {
		return nil, err
	}
	if len(n.Cells) == 0 {
		return nil, fmt.Errorf("it has no cells")
	}
	return &n, nil
}

// title is the first heading of level 1.
func (n *notebook) title() string {
	for _, c := range n.Cells {
		for line := range strings.SplitSeq(string(c.Source), "\n") {
			if title, ok := strings.CutPrefix(line, "# "); ok && c.Type == "markdown" {
				return strings.TrimSpace(title)
			}
		}
	}
	return ""
}

// body is the notebook as HTML.
func (n *notebook) body(p *page) (string, error) {
	var b strings.Builder
	for i, c := range n.Cells {
		switch c.Type {
		case "markdown":
			text, err := p.markdown([]byte(c.Source))
			if err != nil {
				return "", fmt.Errorf("cell %d: %w", i+1, err)
			}
			b.WriteString(text)
		case "code":
			code, err := highlight(string(c.Source))
			if err != nil {
				return "", fmt.Errorf("cell %d: %w", i+1, err)
			}
			if what := plumbing(string(c.Source)); what != "" {
				code = "<details class=\"setup\"><summary>" + what + "</summary>" + code + "</details>\n"
			}
			b.WriteString("<div class=\"cell\">" + code)
			for _, o := range c.Outputs {
				b.WriteString(o.html())
			}
			b.WriteString("</div>\n")
		}
	}
	return b.String(), nil
}

// setupSaved stands in what internal/notebook saves in the place of ECharts.
const setupSaved = "Charts are pictures until this cell is run"

// plumbing says what a cell prepares that holds nothing to learn from; empty for all others.
func plumbing(source string) string {
	switch {
	case strings.HasPrefix(source, "!"):
		return "Set-up: the notebook uses the checkout that it lies in"
	case strings.HasPrefix(source, "import ("):
		return "Set-up: imports"
	}
	return ""
}

func (o *output) html() string {
	if o.Type == "stream" {
		text := terminal(string(o.Text))
		if text == "" {
			return ""
		}
		return fmt.Sprintf("<pre class=\"output %s\">%s</pre>\n", html.EscapeString(o.Name), claims(html.EscapeString(text)))
	}
	switch {
	case o.Data["text/html"] != "":
		if h := string(o.Data["text/html"]); strings.Contains(h, chart.SetupMarker) || strings.Contains(h, setupSaved) {
			return "" // the page brings ECharts itself
		}
		return "<div class=\"output rich\">" + string(o.Data["text/html"]) + "</div>\n"
	case o.Data["image/png"] != "":
		return fmt.Sprintf("<div class=\"output rich\"><img alt=\"%s\" src=\"data:image/png;base64,%s\"></div>\n",
			html.EscapeString(string(o.Data["text/plain"])), strings.TrimSpace(string(o.Data["image/png"])))
	case o.Data["text/plain"] != "":
		return fmt.Sprintf("<pre class=\"output\">%s</pre>\n", html.EscapeString(string(o.Data["text/plain"])))
	}
	return ""
}

var (
	escapes   = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")
	claimLine = regexp.MustCompile(`(?m)^CLAIM .*$`)
)

// terminal is what a terminal would show in the end: a line that returned to its beginning is what was written last.
func terminal(text string) string {
	text = strings.ReplaceAll(escapes.ReplaceAllString(text, ""), "\r\n", "\n")
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		parts := strings.Split(strings.TrimRight(line, "\r"), "\r")
		out = append(out, strings.TrimRight(parts[len(parts)-1], " "))
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}

// claims marks the lines of check.Claim.
func claims(escaped string) string {
	return claimLine.ReplaceAllStringFunc(escaped, func(line string) string {
		class := "claim"
		if strings.HasSuffix(line, "violated") {
			class += " violated"
		}
		return `<span class="` + class + `">` + line + "</span>"
	})
}
