package perturb

import (
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
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
	o := t.Object(unsafe.Pointer(c), engine.Cond, s)
	t.Point(engine.OpCondWait, o, s)
	t.Does(o, engine.Changes)
	// On the list first, then unlocked, as in the runtime: no signal can come between.
	l := behind("Unlock", c.L)
	switch l.(type) {
	case *sync.Mutex, *sync.RWMutex, reading:
		t.Wait(&o.Waiters, t.Waiter(), o, engine.OpCondWait, s)
		condUnlock(t, l, s)
		t.Block(engine.OpCondWait, s)
	default:
		t.WaitWhile(&o.Waiters, o, engine.OpCondWait, s, c.L.Unlock)
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
		unlockMutex(t, t.Object(unsafe.Pointer(l), engine.Mutex, s), l)
	case *sync.RWMutex:
		unlockWriter(t, t.Object(unsafe.Pointer(l), engine.RWMutex, s), l)
	case reading:
		unlockReader(t, t.Object(unsafe.Pointer(l.RWMutex), engine.RWMutex, s), l.RWMutex)
	}
}

// CondSignal is (*sync.Cond).Signal.
func CondSignal(c *sync.Cond, s *Site) {
	t := engine.At(s)
	if t == nil {
		engine.CondWakes(unsafe.Pointer(c), engine.OpSignal, s)
		c.Signal()
		return
	}
	o := t.Object(unsafe.Pointer(c), engine.Cond, s)
	t.Point(engine.OpSignal, o, s)
	t.Does(o, engine.Changes)
	if w := o.Waiters.First(); w != nil {
		w.Met()
		t.Execution().Complete(w, true)
	} else {
		t.Drop(o, engine.OpSignal, s)
		c.Signal()
	}
	t.After(engine.OpSignal, o, s)
}

// CondBroadcast is (*sync.Cond).Broadcast.
func CondBroadcast(c *sync.Cond, s *Site) {
	t := engine.At(s)
	if t == nil {
		engine.CondWakes(unsafe.Pointer(c), engine.OpBroadcast, s)
		c.Broadcast()
		return
	}
	o := t.Object(unsafe.Pointer(c), engine.Cond, s)
	t.Point(engine.OpBroadcast, o, s)
	t.Does(o, engine.Changes)
	if o.Waiters.First() == nil {
		t.Drop(o, engine.OpBroadcast, s)
	}
	for w := o.Waiters.First(); w != nil; w = o.Waiters.First() {
		w.Met()
		t.Execution().Complete(w, true)
	}
	c.Broadcast()
	t.After(engine.OpBroadcast, o, s)
}
