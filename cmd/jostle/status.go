package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jostle-dev/jostle/internal/campaign"
)

// plainEvery is how often somebody who reads a log is told how far the tests are.
const plainEvery = 30 * time.Second

// A statusLine tells people how far the tests are: at a terminal in a line that changes, elsewhere in a line now and then.
type statusLine struct {
	w        io.Writer
	silent   bool // but for findings
	terminal bool
	began    time.Time

	mu   sync.Mutex
	last time.Time // of a line in a log
}

func newStatusLine(w io.Writer, silent bool) *statusLine {
	now := time.Now()
	return &statusLine{w: w, silent: silent, terminal: isTerminal(w), began: now, last: now}
}

// show says what is done at present.
func (l *statusLine) show(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.silent:
	case l.terminal:
		fmt.Fprintf(l.w, "\r\x1b[K%s", text)
	case time.Since(l.last) >= plainEvery:
		l.last = time.Now()
		fmt.Fprintf(l.w, "jostle: %s\n", text)
	}
}

func (l *statusLine) progress(done, tests, executions, findings int) {
	l.show(campaign.Status(done, tests, executions, findings, time.Since(l.began)))
}

// found tells of a finding as soon as it is one: its report comes when its package is done.
func (l *statusLine) found(pkg, test, what, file string) {
	l.clear()
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "%s %s: %s\n\t%s\n", pkg, test, what, file)
}

// clear makes room for other text.
func (l *statusLine) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.terminal && !l.silent {
		fmt.Fprint(l.w, "\r\x1b[K")
	}
}
