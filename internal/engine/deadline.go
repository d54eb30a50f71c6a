package engine

import (
	"math"
	"time"

	"github.com/jostle-dev/jostle/internal/trace"
)

// A Deadline is until when operations of one kind at a socket may wait, on the virtual clock. One of them waits at a time.
type Deadline struct {
	at int64 // unix nanoseconds, virtual; 0: none; past: it had passed when it was set
	// Still is the moment, likewise, until which nothing comes through: then an operation that waits looks again. 0 if all does.
	Still int64
	waits *Waiter // the operation that waits, or nil
	over  func() bool
	x     *Execution
}

// past is the deadline of those that had passed when they were set.
const past = -1

// Wait parks t until it is woken in l, or over, which may be nil, reports true when it is asked. Wait reports false if the deadline
// passes before that.
func (d *Deadline) Wait(t *Task, l *Waiters, op trace.Op, o *Object, s *trace.Site, over func() bool) bool {
	w := t.Waiter()
	d.x, d.waits, d.over = t.x, w, over
	if until := d.until(); until > 0 || over != nil {
		w.Poller, w.Until = d, until
	}
	t.Wait(l, w, o, op, s)
	t.Block(op, s)
	d.waits, d.over = nil, nil
	return w.Ok
}

// until returns when an operation that waits looks again: 0 for not before it is woken.
func (d *Deadline) until() int64 {
	if d.Still != 0 && (d.at <= 0 || d.Still < d.at) {
		return d.Still
	}
	return max(d.at, 0)
}

// Poll is Poller.
func (d *Deadline) Poll() bool {
	if d.waits == nil {
		return false
	}
	now := bubbleNow()
	over := d.over != nil && d.over()
	late := !over && d.passed(now)
	if !over && !late && (d.Still == 0 || now < d.Still) {
		return false
	}
	d.x.Complete(d.waits, !late)
	return true
}

// Look has the goroutine that waits look whether its wait is over.
func (d *Deadline) Look() {
	if d.waits != nil && !d.waits.Done {
		d.waits.Poll()
	}
}

func (d *Deadline) passed(now int64) bool { return d.at == past || d.at > 0 && now >= d.at }

// Passed reports whether the deadline has passed.
func (d *Deadline) Passed(t *Task) bool { return d.at != 0 && d.passed(t.x.Moment()) }

// Set sets the deadline; the zero time removes it. If the deadline has passed, a waiting goroutine is woken; otherwise it waits until then.
func (d *Deadline) Set(t *Task, at time.Time) {
	d.at = moment(t, at)
	switch w := d.waits; {
	case w == nil || w.Done:
	case d.at == past:
		t.x.Complete(w, false)
	default:
		if d.until() > 0 {
			w.Poller = d
		}
		t.x.SetUntil(w, d.until())
	}
}

// Urgent reports whether another goroutine could tell when exactly the deadline is set to a time.
func (d *Deadline) Urgent(t *Task, at time.Time) bool { return d.waits != nil || moment(t, at) == past }

// moment returns a time as a Deadline has it.
func moment(t *Task, at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	now := t.x.Moment()
	switch d := t.x.until(at); {
	case d <= 0:
		return past
	case int64(d) > math.MaxInt64-now-int64(time.Second):
		return 0 // so far away that it means never
	default:
		return now + int64(d)
	}
}
