package chart

import (
	"sync"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// liveEvery is the least time between two updates of a live chart.
const liveEvery = time.Second

// Live is a chart that grows while a program runs, in place, in a notebook's output. Outside a notebook it gathers
// the points and shows nothing. Its methods may be called from several goroutines.
type Live struct {
	mu      sync.Mutex
	id      string
	draw    func([]Point) *Chart
	history []Point
	last    time.Time
	closed  bool
	send    func(map[protocol.MIMEType]any, string) // nil outside a notebook
	now     func() time.Time
}

// LiveLoss starts a live [Loss] chart; a ceiling of zero draws no line for guessing. Create it before a progress bar
// starts, so that it stands above.
func LiveLoss(title string, ceiling float64) *Live {
	return NewLive(func(history []Point) *Chart { return lossChart(title, history, ceiling) })
}

// NewLive starts a live chart; draw makes it of the points so far, of which there is at least one.
func NewLive(draw func(history []Point) *Chart) *Live {
	l := &Live{id: newID(), draw: draw, now: time.Now}
	if gonbui.IsNotebook {
		l.send = func(data map[protocol.MIMEType]any, id string) {
			gonbui.SendData(&protocol.DisplayData{Data: data, Metadata: map[string]any{}, DisplayID: id})
		}
	}
	return l
}

// Update adds the values logged at a step, and redraws at most once a second.
func (l *Live) Update(step int, values map[string]float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	copied := make(map[string]float64, len(values))
	for k, v := range values {
		copied[k] = v
	}
	l.history = append(l.history, Point{step, copied})
	if l.send == nil || l.now().Sub(l.last) < liveEvery {
		return
	}
	l.last = l.now()
	c := l.draw(l.history)
	// No picture while it runs: drawing one would take time from the training. Without the library there are words.
	html, err := c.fragment(nil, l.id)
	if err != nil {
		return // a later point, or Close, tries again
	}
	l.send(map[protocol.MIMEType]any{protocol.MIMETextHTML: html, protocol.MIMETextPlain: c.Text()}, l.id)
}

// Close puts the final chart, with its static forms, in the place of the live one, and returns it. Further calls, and
// updates after it, change nothing.
func (l *Live) Close() (*Chart, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.draw(l.history)
	if l.closed || l.send == nil {
		l.closed = true
		return c, c.err
	}
	l.closed = true
	data, err := c.display()
	if err != nil {
		return c, err
	}
	l.send(data, l.id)
	gonbui.Sync()
	return c, c.err
}
