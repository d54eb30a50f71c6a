package engine

import "github.com/jostle-dev/jostle/internal/trace"

// A lobby has the tasks that wait for a lock, in the order in which they came. When the lock is free any of them may run and try to take
// it, and when one has, none may. There may be thousands: so they enter the run queue, and leave it, as one. Each stays Blocked until it
// runs, see Task.standing.
type lobby struct {
	queue      // the tasks. They are linked as in it also while they are a part of the run queue
	open  bool // they are, one after the other
	freed int  // open: the step that has freed the lock; 0 if it was no task's
}

// opens has the tasks of l run.
func (x *Execution) opens(l *lobby) {
	if l.open || l.n == 0 {
		return
	}
	l.open, l.freed = true, 0
	if x.cur.Load() != nil { // else the root does it, for somebody outside
		l.freed = x.trace.n
	}
	q := &x.runq
	l.head.prev = q.tail
	if q.tail == nil {
		q.head = l.head
	} else {
		q.tail.next = l.head
	}
	q.tail = l.tail
	q.n += l.n
}

// closes takes the tasks of l off the run queue.
func (x *Execution) closes(l *lobby) {
	if !l.open {
		return
	}
	l.open = false
	if l.n == 0 {
		return
	}
	q, before, after := &x.runq, l.head.prev, l.tail.next
	if before == nil {
		q.head = after
	} else {
		before.next = after
	}
	if after == nil {
		q.tail = before
	} else {
		after.prev = before
	}
	l.head.prev, l.tail.next = nil, nil
	q.n -= l.n
}

// loses notes that t, one of the tasks of an open lobby, is about to leave the run queue.
func (l *lobby) loses(t *Task) {
	switch {
	case l.n == 1:
		l.head, l.tail = nil, nil
	case l.head == t:
		l.head = t.next
	case l.tail == t:
		l.tail = t.prev
	}
	l.n--
}

// next takes the i-th task off the run queue, 0 <= i < x.runq.n.
func (x *Execution) next(i int) *Task {
	t := x.runq.at(i)
	if l := t.lobby; l != nil {
		l.loses(t)
		t.lobby, t.state = nil, trace.Enabled
		x.trace.ended(t, t.since, l.freed)
	}
	x.runq.remove(t)
	return t
}

// standing returns the state of t: one that waits for a lock which is free may run.
func (t *Task) standing() trace.State {
	if t.lobby != nil && t.lobby.open {
		return trace.Enabled
	}
	return t.state
}

// freed notes of the tasks that may run because a lock was freed, and did not come to it, that their wait was ended.
func (x *Execution) freed() {
	for _, t := range x.tasks {
		if t.lobby != nil && t.lobby.open {
			x.trace.ended(t, t.since, t.lobby.freed)
		}
	}
}
