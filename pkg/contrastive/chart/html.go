package chart

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"unicode"
)

// packAbove is the length in bytes from which the description of a chart travels gzipped.
const packAbove = 6 << 10

// HTML is the chart as a fragment of a page: the static picture, and a script that puts the interactive chart in its
// place once the page has ECharts, which [Setup] gives a notebook and [Page] a report. Each call makes its own id.
func (c *Chart) HTML() (string, error) {
	data, err := c.PNG()
	if err != nil {
		return "", err
	}
	return c.fragment(data, "")
}

// fragment is HTML with the picture given, or without one if it is nil; live names a display that is updated.
func (c *Chart) fragment(png []byte, live string) (string, error) {
	id := newID()
	var b strings.Builder
	fmt.Fprintf(&b, `<div id="%s" class="lab-chart" style="max-width:%dpx;background:#fff;color:%s;margin:0 0 8px 0;overflow:hidden">`, id, c.Width, ink)
	if png != nil {
		fmt.Fprintf(&b, `<img src="data:image/png;base64,%s" alt="%s" width="%d" height="%d" style="max-width:100%%;height:auto;display:block;background:#fff">`,
			base64.StdEncoding.EncodeToString(png), html.EscapeString(c.describe()), c.Width, c.height())
	} else {
		fmt.Fprintf(&b, `<pre style="margin:0;padding:8px;white-space:pre-wrap">%s</pre>`, html.EscapeString(c.Text()))
	}
	b.WriteString("</div>")
	if c.err == nil && c.option != nil {
		s := c.finished()
		s.ID, s.Live = id, live
		script, err := mountScript(s)
		if err != nil {
			return "", err
		}
		b.WriteString(script)
	}
	return b.String(), nil
}

// mountScript hands a chart to the runtime, now or when it arrives.
func mountScript(s spec) (string, error) {
	data, err := json.Marshal(s) // escapes <, > and &, so that nothing in it can end the script
	if err != nil {
		return "", fmt.Errorf("chart: option is not JSON: %w", err)
	}
	arg := string(data)
	if len(data) > packAbove {
		var z bytes.Buffer
		w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
		if err != nil {
			return "", fmt.Errorf("chart: %w", err)
		}
		if _, err := w.Write(data); err != nil {
			return "", fmt.Errorf("chart: %w", err)
		}
		if err := w.Close(); err != nil {
			return "", fmt.Errorf("chart: %w", err)
		}
		arg = fmt.Sprintf(`{"id":%q,"packed":%q}`, s.ID, base64.StdEncoding.EncodeToString(z.Bytes()))
	}
	return "<script>(window.contrastlabQueue=window.contrastlabQueue||[]).push(" + arg + ");</script>", nil
}

// describe is the alternative text of the picture.
func (c *Chart) describe() string {
	return strings.Join(strings.Fields(c.Title+". "+c.Note+" "+c.Alt), " ")
}

// newID is an element id that no other chart has, in this program or another: a notebook gathers many.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return "lab-" + hex.EncodeToString(b[:])
}

// slug makes a file name of a title.
func slug(title string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(title) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
		} else {
			dash = true
		}
		if b.Len() >= 60 {
			break
		}
	}
	if b.Len() == 0 {
		return "chart"
	}
	return b.String()
}
