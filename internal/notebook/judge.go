package notebook

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
)

// Claim is one line that check.Claim printed.
type Claim struct {
	ID            string
	Value, Lo, Hi float64
}

// Holds says whether the value lies in its band; NaN does not.
func (c Claim) Holds() bool { return c.Lo <= c.Value && c.Value <= c.Hi }

var (
	claimLine  = regexp.MustCompile(`(?m)(?:^|\r)CLAIM (\S+) (\S+) in \[(\S+), (\S+)\] ([✓✗])`)
	shellLine  = regexp.MustCompile(`(?m)^SHELL COMMAND FAILED with exit code \d+`)
	tags       = regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`)
	blankLines = regexp.MustCompile(`\n\s*\n+`)
	ansi       = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")
)

// judge reads the outputs of an executed notebook.
func (r *Result) judge(executed []byte) error {
	var doc Document
	if err := json.Unmarshal(executed, &doc); err != nil {
		return fmt.Errorf("notebook: %s: %w", r.Notebook, err)
	}
	seen := map[string]bool{}
	code := 0
	for _, cell := range doc.Cells {
		if cell.Type != "code" {
			continue
		}
		code++
		var printed strings.Builder
		for _, out := range cell.Outputs {
			switch out.Type {
			case "error":
				r.problem("code cell %d: error: %s\n%s", code, oneLine(out.ErrorValue, out.ErrorName), printedBy(cell.Outputs))
			case "stream":
				printed.WriteString(string(out.Text))
			}
		}
		all := printed.String()
		for _, failed := range shellLine.FindAllString(all, -1) {
			r.problem("code cell %d: %s:\n%s", code, strings.ToLower(failed), tail(all, 8))
		}
		for _, m := range claimLine.FindAllStringSubmatch(all, -1) {
			r.claim(m, seen)
		}
	}
	if len(seen) == 0 && r.Passed() {
		r.problem("it claims nothing: state its result with check.Claim")
	}
	return nil
}

func (r *Result) claim(m []string, seen map[string]bool) {
	c := Claim{ID: m[1]}
	for i, into := range []*float64{&c.Value, &c.Lo, &c.Hi} {
		number, err := strconv.ParseFloat(m[2+i], 64)
		if err != nil {
			r.problem("claim %s: %q is not a number", c.ID, m[2+i])
			return
		}
		*into = number
	}
	if seen[c.ID] {
		r.problem("claim %s is stated twice: give each its own id", c.ID)
	}
	seen[c.ID] = true
	r.Claims = append(r.Claims, c)
	// The mark counts too: the printed number is rounded, the compared one was not.
	if !c.Holds() || m[5] == "✗" {
		r.problem("claim %s is violated: %g is not in [%g, %g]", c.ID, c.Value, c.Lo, c.Hi)
	}
}

// printedBy is the end of what a failing cell printed: the compiler's message or the panic.
func printedBy(outputs []Output) string {
	var all strings.Builder
	for _, out := range outputs {
		all.WriteString(string(out.Text))
		// GoNB shows what the compiler says as HTML.
		if shown := out.Shown("text/html"); strings.Contains(shown, "vnd.jupyter.stderr") {
			plain := tags.ReplaceAllString(shown, "")
			all.WriteString(html.UnescapeString(blankLines.ReplaceAllString(plain, "\n")) + "\n")
		}
		for _, line := range out.Trace {
			all.WriteString(string(line) + "\n")
		}
	}
	return tail(ansi.ReplaceAllString(all.String(), ""), 25)
}

func oneLine(options ...string) string {
	for _, s := range options {
		if line, _, _ := strings.Cut(strings.TrimSpace(s), "\n"); line != "" {
			return line
		}
	}
	return "unknown"
}
