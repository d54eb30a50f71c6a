package perturb

import (
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// CondWait is (*sync.Cond).Wait.
func CondWait(c *sync.Cond, s *Site) {
	t := engine.At(s)
	if t == nil {
		w := engine.CondWaits(unsafe.Pointer(c), lockOf(c.L), s)
		c.Wait()
		w.Over()
		return
	}
	o := t.Object(unsafe.Pointer(c), trace.Cond, s)
	t.Point(trace.OpCondWait, o, s)
	t.Does(o, trace.Changes)
	// On the list first, then unlocked, as in the runtime: no signal can come between.
	l := behind("Unlock", c.L)
	switch l.(type) {
	case *sync.Mutex, *sync.RWMutex, reading:
		t.Wait(&o.Waiters, t.Waiter(), o, trace.OpCondWait, s)
		condUnlock(t, l, s)
		t.Block(trace.OpCondWait, s)
	default:
		t.WaitWhile(&o.Waiters, o, trace.OpCondWait, s, c.L.Unlock)
	}
	LockerLock(c.L, s)
}

// lockOf returns the lock of a Cond if it is one of which engine.Taken is told, else nil.
func lockOf(l sync.Locker) unsafe.Pointer {
	switch l := behind("Lock", l).(type) {
	case *sync.Mutex:
		return unsafe.Pointer(l)
	case *sync.RWMutex:
		return unsafe.Pointer(l)
	}
	return nil
}

// condUnlock frees the lock of a Cond as part of the wait: no decision comes between.
func condUnlock(t *engine.Task, l sync.Locker, s *Site) {
	switch l := l.(type) {
	case *sync.Mutex:
		unlockMutex(t, t.Object(unsafe.Pointer(l), trace.Mutex, s), l)
	case *sync.RWMutex:
		unlockWriter(t, t.Object(unsafe.Pointer(l), trace.RWMutex, s), l)
	case reading:
		unlockReader(t, t.Object(unsafe.Pointer(l.RWMutex), trace.RWMutex, s), l.RWMutex)
	}
}

// CondSignal is (*sync.Cond).Signal.
func CondSignal(c *sync.Cond, s *Site) {
	t := engine.At(s)
	if t == nil {
		engine.CondWakes(unsafe.Pointer(c), trace.OpSignal, s)
		c.Signal()
		return
	}
	o := t.Object(unsafe.Pointer(c), trace.Cond, s)
	t.Point(trace.OpSignal, o, s)
	t.Does(o, trace.Changes)
	if w := o.Waiters.First(); w != nil {
		w.Met()
		t.Execution().Complete(w, true)
	} else {
		t.Drop(o, trace.OpSignal, s)
		c.Signal()
	}
	t.After(trace.OpSignal, o, s)
}

// CondBroadcast is (*sync.Cond).Broadcast.
func CondBroadcast(c *sync.Cond, s *Site) {
	t := engine.At(s)
	if t == nil {
		engine.CondWakes(unsafe.Pointer(c), trace.OpBroadcast, s)
		c.Broadcast()
		return
	}
	o := t.Object(unsafe.Pointer(c), trace.Cond, s)
	t.Point(trace.OpBroadcast, o, s)
	t.Does(o, trace.Changes)
	if o.Waiters.First() == nil {
		t.Drop(o, trace.OpBroadcast, s)
	}
	for w := o.Waiters.First(); w != nil; w = o.Waiters.First() {
		w.Met()
		t.Execution().Complete(w, true)
	}
	c.Broadcast()
	t.After(trace.OpBroadcast, o, s)
}
