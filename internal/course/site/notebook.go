package site

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"

	"github.com/contrastlab/contrastlab/internal/notebook"
	"github.com/contrastlab/contrastlab/pkg/contrastive/chart"
)

func readNotebook(source []byte) (*notebook.Document, error) {
	var n notebook.Document
	if err := json.Unmarshal(source, &n); err != nil {
		return nil, err
	}
	if len(n.Cells) == 0 {
		return nil, fmt.Errorf("it has no cells")
	}
	return &n, nil
}

// titleOf is the first heading of level 1.
func titleOf(n *notebook.Document) string {
	for _, c := range n.Cells {
		for line := range strings.SplitSeq(string(c.Source), "\n") {
			if title, ok := strings.CutPrefix(line, "# "); ok && c.Type == "markdown" {
				return strings.TrimSpace(title)
			}
		}
	}
	return ""
}

// notebook is a notebook as HTML.
func (p *page) notebook(n *notebook.Document) (string, error) {
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
				b.WriteString(outputHTML(&o))
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

func outputHTML(o *notebook.Output) string {
	if o.Type == "stream" {
		text := terminal(string(o.Text))
		if text == "" {
			return ""
		}
		return fmt.Sprintf("<pre class=\"output %s\">%s</pre>\n", html.EscapeString(o.Stream), claims(html.EscapeString(text)))
	}
	plain := html.EscapeString(o.Shown("text/plain"))
	if rich := o.Shown("text/html"); rich != "" {
		if strings.Contains(rich, chart.SetupMarker) || strings.Contains(rich, setupSaved) {
			return "" // the page brings ECharts itself
		}
		return "<div class=\"output rich\">" + rich + "</div>\n"
	}
	if png := o.Shown("image/png"); png != "" {
		return fmt.Sprintf("<div class=\"output rich\"><img alt=\"%s\" src=\"data:image/png;base64,%s\"></div>\n", plain, strings.TrimSpace(png))
	}
	if plain != "" {
		return "<pre class=\"output\">" + plain + "</pre>\n"
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
