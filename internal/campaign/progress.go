package campaign

import (
	"fmt"
	"slices"
	"time"
)

// Progress is how far a campaign has come.
type Progress struct {
	Done, Tests          int // tests that have run at least once, of all
	Executions, Findings int
	Doing                string // what is done at present, with one of the tests
}

// Status returns the progress as one line for people who wait, since is how long they have.
func (p Progress) Status(since time.Duration) string {
	s := fmt.Sprintf("%d of %s, %s, %s, %v", p.Done, plural(p.Tests, "test"), plural(p.Executions, "schedule"), plural(p.Findings, "finding"), since.Round(time.Second))
	if p.Doing != "" {
		s += ": " + p.Doing
	}
	return s
}

// An activity is something that is done with a test.
type activity struct {
	test *test
	what string // "" if it runs
}

// does notes what is done with a test from now on; "" is that it runs.
func (t *test) does(what string) {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doing = append(slices.DeleteFunc(c.doing, func(a activity) bool { return a.test == t }), activity{t, what})
	c.progress()
}

// progress tells how far the campaign has come. c.mu is held.
func (c *campaign) progress() {
	if c.Progress == nil {
		return
	}
	p := Progress{Done: c.done, Tests: len(c.all)}
	for _, t := range c.all {
		p.Executions += t.shown.executions
		p.Findings += t.shown.findings
	}
	if n := len(c.doing); n > 0 {
		last := c.doing[n-1]
		p.Doing = last.test.name
		if last.what != "" {
			p.Doing += ", " + last.what
		}
		if n > 1 {
			p.Doing += fmt.Sprintf(" (and %d more)", n-1)
		}
	}
	c.Progress(p)
}
