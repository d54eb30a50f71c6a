package engine

import (
	"runtime"
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/trace"
)

// In a live run it is noted of each sync.Cond which wake-up met nobody, and of the lock that it has when that was taken last:
// who holds it and goes to wait has looked at the condition since, and a wake-up that came in between came too early.

// conds are those of a live run.
type conds struct {
	mu    sync.Mutex
	now   int // counts what happens
	of    addresses
	waits *CondWait // the newest of those that wait now
}

type liveCond struct {
	waiting int
	last    *trace.Missed // the last wake-up, if it met nobody
	at      int
}

// A CondWait is the wait of a goroutine for a sync.Cond in a live run.
type CondWait struct {
	live   *Live
	cond   *liveCond
	lock   unsafe.Pointer
	missed *trace.Missed
	next   *CondWait
}

func (c *conds) lock() {
	hide()
	c.mu.Lock()
	c.now++
}

func (c *conds) unlock() {
	c.mu.Unlock()
	unhide()
}

func liveRun() *Live {
	if x := active.Load(); x != nil {
		return x.free
	}
	return nil
}

// Taken says that the calling goroutine has taken the lock at p, outside of executions.
func Taken(p unsafe.Pointer) {
	if l := liveRun(); l != nil {
		l.conds.lock()
		l.conds.of.at(p).taken = l.conds.now
		l.conds.unlock()
	}
}

// CondWaits says that the calling goroutine is about to wait for the sync.Cond at p, outside of executions; lock is that of the
// Cond, nil if it is of a type that does not say when it is taken. Over is to be called on what it returns when the wait is over.
func CondWaits(p, lock unsafe.Pointer, s *trace.Site) *CondWait {
	l := liveRun()
	if l == nil {
		return nil
	}
	id := goroutineID()
	l.conds.lock()
	defer l.conds.unlock()
	w := &CondWait{live: l, cond: &l.conds.of.at(p).cond, lock: lock, next: l.conds.waits}
	w.cond.waiting++
	l.conds.waits = w
	if taken := l.conds.of.at(lock).taken; w.cond.last != nil && lock != nil && taken > 0 && w.cond.at > taken {
		m := *w.cond.last
		m.Goroutine, m.Wait = id, s
		w.missed = &m
	}
	return w
}

// Over says that the wait is over, and the lock held again.
func (w *CondWait) Over() {
	if w == nil {
		return
	}
	c := &w.live.conds
	c.lock()
	defer c.unlock()
	w.cond.waiting--
	for at := &c.waits; *at != nil; at = &(*at).next {
		if *at == w {
			*at = w.next
			break
		}
	}
	c.of.at(w.lock).taken = c.now
}

// CondWakes says that the calling goroutine is about to do op, a signal or broadcast, on the sync.Cond at p, outside of
// executions.
func CondWakes(p unsafe.Pointer, op trace.Op, s *trace.Site) {
	l := liveRun()
	if l == nil {
		return
	}
	id := goroutineID()
	l.conds.lock()
	defer l.conds.unlock()
	o := &l.conds.of.at(p).cond
	o.last, o.at = nil, l.conds.now
	if o.waiting == 0 {
		callers := make([]uintptr, 64)
		o.last = &trace.Missed{Op: op, Site: s, By: id, Callers: callers[:runtime.Callers(2, callers)]}
		return
	}
	for w := l.conds.waits; w != nil; w = w.next { // whom it meets is not known
		if w.cond == o {
			w.missed = nil
		}
	}
}

// Missed returns the wake-ups that those have missed who wait now.
func (l *Live) Missed() (all []trace.Missed) {
	l.conds.lock()
	defer l.conds.unlock()
	for w := l.conds.waits; w != nil; w = w.next {
		if w.missed != nil {
			all = append(all, *w.missed)
		}
	}
	return all
}
