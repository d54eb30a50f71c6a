package network

import (
	"math"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
)

// A half is what a socket has for reading, and once more for writing: one operation at a time, and a deadline.
type half struct {
	o        *engine.Object // that operations are done on; nil if they wait for nothing
	taken    bool           // an operation is under way
	queue    engine.Waiters // operations that wait until it is over
	deadline int64          // unix nanoseconds, virtual; 0: none, past: it has passed when it was set
	still    int64          // likewise: until then nothing comes through, see stall; 0 if all does
	waits    *engine.Waiter // the operation that waits for the other side, or nil
	x        *engine.Execution
}

// past is the deadline of those that had passed when they were set.
const past = -1

// begin is the sync point of op. It waits until no other operation of the half is under way, and reports false if the
// socket is closed before that.
func (h *half) begin(t *engine.Task, closed *bool, op engine.Op) (s *engine.Site, ok bool) {
	s = t.LibSite(op)
	t.Point(op, h.o, s)
	for h.taken && !*closed {
		t.Wait(&h.queue, t.Waiter(), h.o, op, s)
		t.Block(op, s)
	}
	if *closed {
		return s, false
	}
	h.taken = true
	return s, true
}

// end lets the next operation begin. As in package net, one that comes just then may still be before it.
func (h *half) end(t *engine.Task) {
	h.taken = false
	wake(t, &h.queue)
}

// wait parks t until it is woken in l. It reports false if the deadline passes before that.
func (h *half) wait(t *engine.Task, l *engine.Waiters, op engine.Op, o *engine.Object, s *engine.Site) bool {
	w := t.Waiter()
	h.x, h.waits = t.Execution(), w
	if until := h.until(); until > 0 {
		w.Poller, w.Until = h, until
	}
	t.Wait(l, w, o, op, s)
	t.Block(op, s)
	h.waits = nil
	return w.Ok
}

// until returns when an operation looks again that waits: 0 for not before it is woken.
func (h *half) until() int64 {
	if h.still != 0 && (h.deadline <= 0 || h.still < h.deadline) {
		return h.still
	}
	return max(h.deadline, 0)
}

// Poll is engine.Poller.
func (h *half) Poll() bool {
	if h.waits == nil {
		return false
	}
	now := time.Now()
	late := h.expired(now)
	if !late && (h.still == 0 || now.UnixNano() < h.still) {
		return false
	}
	h.x.Complete(h.waits, !late)
	return true
}

func (h *half) expired(now time.Time) bool {
	return h.deadline == past || h.deadline > 0 && now.UnixNano() >= h.deadline
}

// late reports whether the deadline has passed.
func (h *half) late(t *engine.Task) bool {
	return h.deadline != 0 && h.expired(t.Execution().Time())
}

// setDeadline sets the deadline of some halves of a socket.
func (n *Network) setDeadline(at time.Time, closed *bool, halves ...*half) error {
	t, err := n.task()
	if err != nil {
		return err
	}
	for _, h := range halves {
		if h.o != nil && h.urgent(t, at) {
			t.Point(engine.OpDeadline, h.o, t.LibSite(engine.OpDeadline))
			break
		}
	}
	if *closed {
		return ErrClosed
	}
	for _, h := range halves {
		h.setDeadline(t, at)
	}
	return nil
}

// setDeadline sets the deadline; the zero time is none. A goroutine that waits is woken if it has passed, and waits until then otherwise.
func (h *half) setDeadline(t *engine.Task, at time.Time) {
	h.deadline = moment(t, at)
	switch w := h.waits; {
	case w == nil || w.Done:
	case h.deadline == past:
		t.Execution().Complete(w, false)
	default:
		if h.until() > 0 {
			w.Poller = h
		}
		t.Execution().SetUntil(w, h.until())
	}
}

// urgent reports whether another goroutine could tell when exactly the deadline is set.
func (h *half) urgent(t *engine.Task, at time.Time) bool {
	return h.waits != nil || moment(t, at) == past
}

// moment returns a time as a half has its deadline.
func moment(t *engine.Task, at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	now := t.Execution().Time()
	switch d := at.Sub(now); {
	case d <= 0:
		return past
	case int64(d) > math.MaxInt64-now.UnixNano()-int64(time.Second):
		return 0 // so far away that it means never
	default:
		return now.UnixNano() + int64(d)
	}
}
