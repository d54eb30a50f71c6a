package network

import (
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A half is what a socket has for reading, and once more for writing: one operation at a time, and a deadline.
type half struct {
	o     *engine.Object // that operations are done on; nil if they wait for nothing
	taken bool           // an operation is under way
	queue engine.Waiters // operations that wait until it is over
	engine.Deadline
}

// begin is the sync point of op. It waits until no other operation of the half is under way, and reports false if the
// socket is closed before that.
func (h *half) begin(t *engine.Task, closed *bool, op trace.Op) (s *trace.Site, ok bool) {
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

// setDeadline sets the deadline of some halves of a socket.
func (n *Network) setDeadline(at time.Time, closed *bool, halves ...*half) error {
	t, err := n.task()
	if err != nil {
		return err
	}
	for _, h := range halves {
		if h.o != nil && h.Urgent(t, at) {
			t.Point(trace.OpDeadline, h.o, t.LibSite(trace.OpDeadline))
			break
		}
	}
	if *closed {
		return ErrClosed
	}
	for _, h := range halves {
		h.Set(t, at)
	}
	return nil
}
