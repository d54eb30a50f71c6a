package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/jostle-dev/jostle/internal/campaign"
)

// plainEvery is how often a log is told how far the tests are, and drawnEvery how often a terminal is.
const (
	plainEvery = 30 * time.Second
	drawnEvery = time.Second
)

// A statusLine tells people how far the tests are: at a terminal in a line that changes, elsewhere in a line now and then.
// It may be used by several goroutines.
type statusLine struct {
	w        io.Writer
	silent   bool // but for findings
	terminal bool
	began    time.Time
	over     chan struct{}

	mu     sync.Mutex
	closed bool
	text   func(since time.Duration) string // nil before there is anything to say
	last   time.Time                        // of a line in a log
}

func newStatusLine(w io.Writer, silent bool) *statusLine {
	now := time.Now()
	l := &statusLine{w: w, silent: silent, terminal: isTerminal(w), began: now, last: now, over: make(chan struct{})}
	if !silent {
		go l.keepDrawing()
	}
	return l
}

// keepDrawing has the line say the time, also when nothing else of it changes.
func (l *statusLine) keepDrawing() {
	tick := time.NewTicker(drawnEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.mu.Lock()
			l.draw()
			l.mu.Unlock()
		case <-l.over:
			return
		}
	}
}

// show says what is done at present.
func (l *statusLine) show(text string) {
	l.set(func(since time.Duration) string { return fmt.Sprintf("%s, %v", text, since.Round(time.Second)) })
}

// progress says how far the tests are.
func (l *statusLine) progress(p campaign.Progress) { l.set(p.Status) }

func (l *statusLine) set(text func(time.Duration) string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = text
	l.draw()
}

// draw prints the line, if it is time. l.mu is held.
func (l *statusLine) draw() {
	switch {
	case l.silent || l.closed || l.text == nil:
	case l.terminal:
		fmt.Fprintf(l.w, "\r\x1b[K%s", cut(l.text(time.Since(l.began)), width(l.w)))
	case time.Since(l.last) >= plainEvery:
		l.last = time.Now()
		fmt.Fprintf(l.w, "jostle: %s\n", l.text(time.Since(l.began)))
	}
}

// cut shortens a line to what fits into width characters; 0 is any number.
func cut(line string, width int) string {
	if r := []rune(line); width > 1 && len(r) >= width {
		return string(r[:width-2]) + "…"
	}
	return line
}

// width returns how many characters a line of the terminal has, 0 if that is not known.
func width(w io.Writer) int {
	if file, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(file.Fd())); err == nil {
			return n
		}
	}
	return 0
}

// aside takes the line away while print prints other text.
func (l *statusLine) aside(print func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	print()
	l.draw()
}

func (l *statusLine) erase() {
	if l.terminal && !l.silent && !l.closed {
		fmt.Fprint(l.w, "\r\x1b[K")
	}
}

// close takes the line away for good.
func (l *statusLine) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	if !l.closed {
		l.closed = true
		close(l.over)
	}
}
