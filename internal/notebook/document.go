package notebook

import (
	"encoding/json"
	"strings"
)

// Document is what the lab reads of a notebook file (nbformat 4).
type Document struct {
	Cells []Cell `json:"cells"`
}

// Cell is one of its cells.
type Cell struct {
	Type    string   `json:"cell_type"`
	Source  Text     `json:"source"`
	Outputs []Output `json:"outputs"`
}

// Output is one output of a code cell.
type Output struct {
	Type   string                     `json:"output_type"`
	Stream string                     `json:"name"` // stdout or stderr
	Text   Text                       `json:"text"` // of a stream
	Data   map[string]json.RawMessage `json:"data"` // by MIME type

	ErrorName  string `json:"ename"`
	ErrorValue string `json:"evalue"`
	Trace      []Text `json:"traceback"`
}

// Shown is what the output shows in a MIME type that is text; empty if it does not.
func (o *Output) Shown(mime string) string {
	var shown Text
	if json.Unmarshal(o.Data[mime], &shown) != nil {
		return ""
	}
	return string(shown)
}

// Text is stored as one string or as a list of lines.
type Text string

// UnmarshalJSON takes either form.
func (t *Text) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*t = Text(one)
		return nil
	}
	var lines []string
	if err := json.Unmarshal(raw, &lines); err != nil {
		return err
	}
	*t = Text(strings.Join(lines, ""))
	return nil
}
