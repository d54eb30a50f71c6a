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
	Doing                string // what is done at present
}

// Status returns the progress as one line for people who wait, since is how long they have.
func (p Progress) Status(since time.Duration) string {
	s := fmt.Sprintf("%d of %s, %s, %s, %v", p.Done, plural(p.Tests, "test"), plural(p.Executions, "schedule"), plural(p.Findings, "finding"), since.Round(time.Second))
	if p.Doing != "" {
		s += ": " + p.Doing
	}
	return s
}

// An activity is something that is done with a test, or if test is nil before tests run.
type activity struct {
	test *test
	what string
}

// does notes what is done with a test from now on; "" is that it runs.
func (t *test) does(what string) {
	if what != "" {
		what = ", " + what
	}
	t.c.note(activity{t, t.name + what})
}

// note notes an activity in the place of what was done with the same test before.
func (c *campaign) note(a activity) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doing = append(slices.DeleteFunc(c.doing, func(b activity) bool { return b.test == nil || b.test == a.test }), a)
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
		p.Doing = c.doing[n-1].what
		if n > 1 {
			p.Doing += fmt.Sprintf(" (and %d more)", n-1)
		}
	}
	c.Progress(p)
}
