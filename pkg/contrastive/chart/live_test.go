package chart

import (
	"strings"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

func TestLive(t *testing.T) {
	type sent struct {
		html, id string
		png      bool
	}
	var out []sent
	now := time.Unix(1000, 0)
	l := LiveLoss("training", 6.2)
	l.now = func() time.Time { return now }
	l.send = func(data map[protocol.MIMEType]any, id string) {
		_, png := data[protocol.MIMEImagePNG]
		out = append(out, sent{data[protocol.MIMETextHTML].(string), id, png})
	}
	values := map[string]float64{"loss": 5}
	for step := range 100 { // ten seconds
		l.Update(step, values)
		now = now.Add(100 * time.Millisecond)
	}
	if len(out) != 10 {
		t.Errorf("%d updates in ten seconds, want 10", len(out))
	}
	values["loss"] = 1 // the caller may use its map again
	c, err := l.Close()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(c.Note, "last: 5.000") {
		t.Errorf("note %q", c.Note)
	}
	last := out[len(out)-1]
	if len(out) != 11 || !last.png || !strings.Contains(last.html, "<img") {
		t.Errorf("Close sends %d displays, the last with picture: %v", len(out)-10, last.png)
	}
	for _, s := range out {
		if s.id != l.id {
			t.Errorf("display %q, want %q: an update elsewhere", s.id, l.id)
		}
	}
	if out[0].png || strings.Contains(out[0].html, "<img") || !strings.Contains(out[0].html, "<pre") {
		t.Error("a running chart spends time on pictures, or has no words for where scripts do not run")
	}
	l.Update(101, values)
	if _, err := l.Close(); err != nil || len(out) != 11 {
		t.Errorf("after Close: %v, %d displays", err, len(out))
	}
	if other := LiveLoss("again", 0); other.id == l.id {
		t.Error("two live charts share an id")
	}
}

func TestLiveOutsideNotebook(t *testing.T) {
	l := LiveLoss("training", 6.2)
	if l.send != nil {
		t.Skip("runs inside a notebook")
	}
	if _, err := l.Close(); err == nil {
		t.Error("a loss without points makes no error")
	}
	l = LiveLoss("training", 6.2)
	l.Update(0, map[string]float64{"loss": 6})
	if c, err := l.Close(); err != nil || c.Err() != nil {
		t.Errorf("%v, %v", err, c.Err())
	}
}
