package check

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/contrastlab/contrastlab/internal/lang"
)

// ReportEnv is the environment variable that names a file to which reports are appended, a line of JSON each, instead of
// being printed: `lab check` reads them there.
const ReportEnv = "LAB_REPORT"

// Report is what a check found out about a function.
type Report struct {
	Check    string    `json:"check"`              // the check's name, as in check.InfoNCE
	Exercise string    `json:"exercise,omitempty"` // the exercise that asks for the function
	Folder   string    `json:"folder,omitempty"`   // the working folder's name: in a test, that of its package
	Rows     []Row     `json:"rows"`               // what was tried, in order
	Mistakes []Mistake `json:"mistakes,omitempty"` // the common mistakes that explain what the function returns
}

// Row is one property that the function must have.
type Row struct {
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	Detail string `json:"detail"` // the largest difference, or what was wanted and what came
}

// Mistake is a common mistake that the check recognized: its own copy of the mistake returns the same numbers.
type Mistake struct {
	ID     string `json:"id"`               // Unwritten, or one word
	Text   string `json:"text"`             // what is wrong, and how that shows
	Lesson string `json:"lesson,omitempty"` // where it is explained, a path below the checkout
}

// Unwritten is the ID of the "mistake" of a function that still is the exercise's empty one.
const Unwritten = "unwritten"

// Passed says whether the function has every property.
func (r Report) Passed() bool {
	for _, row := range r.Rows {
		if !row.Passed {
			return false
		}
	}
	return len(r.Rows) > 0
}

// Unwritten says whether the function still is the exercise's empty one.
func (r Report) Unwritten() bool { return len(r.Mistakes) == 1 && r.Mistakes[0].ID == Unwritten }

// Tester is the part of *testing.T that a report needs.
type Tester interface {
	Helper()
	Fail()
}

// Test fails a test unless the function passed; the table has been printed already.
func (r Report) Test(t Tester) {
	t.Helper()
	if !r.Passed() {
		t.Fail()
	}
}

// String is the report as a table without color.
func (r Report) String() string {
	var b strings.Builder
	r.Write(&b, false)
	return b.String()
}

// Write writes the report as a table, for a terminal that knows colors or for any other. Of a function that is not written
// yet it lists only what will be tried.
func (r Report) Write(w io.Writer, color bool) {
	const green, red, yellow, bold = "32", "31", "33", "1"
	paint := func(code, s string) string {
		if !color {
			return s
		}
		return "\x1b[" + code + "m" + s + "\x1b[0m"
	}
	width := 0
	for _, row := range r.Rows {
		width = max(width, lang.Width(row.Name))
	}
	fmt.Fprintln(w, paint(bold, "check."+r.Check))
	for _, row := range r.Rows {
		mark := paint(green, "✓")
		switch {
		case r.Unwritten(): // what an empty function returns says nothing
			fmt.Fprintf(w, "  · %s\n", row.Name)
			continue
		case !row.Passed:
			mark = paint(red, "✗")
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %s %s  %s", mark, lang.Pad(row.Name, width), row.Detail), " "))
	}
	for _, m := range r.Mistakes {
		fmt.Fprintln(w, paint(yellow, "→ ")+m.Text)
		if m.Lesson != "" {
			fmt.Fprintf(w, "  %s %s\n", lang.Text{En: "read", Zh: "参阅"}, m.Lesson)
		}
	}
	if r.Passed() {
		fmt.Fprintln(w, paint(green, lang.Text{En: "→ all of it holds", Zh: "→ 全部成立"}.String()))
	}
}

// publish prints the report, or hands it to the program that asked for it.
func (r Report) publish() Report {
	path := os.Getenv(ReportEnv)
	if path == "" {
		fmt.Print(r)
		return r
	}
	r.Folder = workingFolder()
	line, err := json.Marshal(r)
	if err == nil {
		var file *os.File
		if file, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_, err = file.Write(append(line, '\n'))
			if closed := file.Close(); err == nil {
				err = closed
			}
		}
	}
	if err != nil {
		fmt.Print(r)
		fmt.Printf("(%v)\n", err)
	}
	return r
}

// workingFolder is the name of the folder in which the program runs.
func workingFolder() string {
	folder, err := os.Getwd()
	if err != nil {
		return ""
	}
	return filepath.Base(folder)
}
