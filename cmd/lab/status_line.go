package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
)

// statusLine shows what is going on: on a terminal in one line that changes, else in a line now and then. Nil shows
// nothing.
type statusLine struct {
	w        io.Writer
	terminal bool
	last     time.Time
	shown    bool
}

func newStatusLine(w io.Writer) *statusLine { return &statusLine{w: w, terminal: isTerminal(w)} }

// quietInterval is the distance of two lines where there is no terminal.
const quietInterval = 30 * time.Second

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// note shows a line of what is going on.
func (l *statusLine) note(format string, args ...any) {
	if l == nil {
		return
	}
	line := fmt.Sprintf(format, args...)
	if l.terminal {
		fmt.Fprintf(l.w, "\r\x1b[K%s", line)
		l.shown = true
		return
	}
	if time.Since(l.last) >= quietInterval {
		l.last = time.Now()
		fmt.Fprintln(l.w, line)
	}
}

// clear ends the line that changes.
func (l *statusLine) clear() {
	if l != nil && l.shown {
		fmt.Fprint(l.w, "\r\x1b[K")
		l.shown = false
	}
}
