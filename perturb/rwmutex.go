package perturb

import (
	"reflect"
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// The writer's preference of sync.RWMutex (src/sync/rwmutex.go) is kept here, because the real mutex is only ever
// tried: a writer that finds readers announces itself (Object.Pending) and keeps new readers out until the old ones have
// left. When a writer leaves, the readers that waited come in before the next writer does.

// RWMutexLock is (*sync.RWMutex).Lock.
func RWMutexLock(m *sync.RWMutex, s *Site) {
	t := engine.At(s)
	if t == nil {
		m.Lock()
		engine.Taken(unsafe.Pointer(m))
		return
	}
	o := t.Object(unsafe.Pointer(m), trace.RWMutex, s)
	t.Point(trace.OpLock, o, s)
	t.Reaches(o, trace.Changes)
	lockWriter(t, o, m, s)
}

func lockWriter(t *engine.Task, o *engine.Object, m *sync.RWMutex, s *Site) {
	for {
		announced := o.Pending.First() != nil
		switch {
		case !announced && m.TryLock():
			o.Locked(t)
			o.Hold(t, s, false)
			return
		case !announced && o.HeldForReading():
			o.Locked(t) // it is this one that waits for the readers now
			w := t.Waiter()
			w.Poller = engine.PollFunc(func() bool { return admitWriter(t, o, m) })
			t.Wait(&o.Pending, w, o, trace.OpLock, s)
			t.Block(trace.OpLock, s)
			return // admitWriter took it for us
		}
		blockLock(t, &o.Senders, o, m, s) // behind another writer, or a holder that the engine does not see
	}
}

// admitWriter gives the lock to the writer that waits for readers to leave, if the last has left.
func admitWriter(t *engine.Task, o *engine.Object, m *sync.RWMutex) bool {
	w := o.Pending.First()
	if w == nil || !w.TryLock(m) {
		return false
	}
	o.Granted(w.Task, w.Site, false)
	t.Execution().Complete(w, true)
	return true
}

// RWMutexTryLock is (*sync.RWMutex).TryLock.
func RWMutexTryLock(m *sync.RWMutex, s *Site) bool {
	t := engine.At(s)
	if t == nil {
		return m.TryLock()
	}
	o := t.Object(unsafe.Pointer(m), trace.RWMutex, s)
	t.Poll(trace.OpTryLock, o, s)
	if o.Pending.First() != nil || !m.TryLock() {
		t.Does(o, trace.Changes) // a reader that leaves would have let it
		return false
	}
	o.Locked(t)
	o.Hold(t, s, false)
	return true
}

// RWMutexUnlock is (*sync.RWMutex).Unlock.
func RWMutexUnlock(m *sync.RWMutex, s *Site) {
	t := engine.At(s)
	if t == nil {
		m.Unlock()
		return
	}
	o := t.Object(unsafe.Pointer(m), trace.RWMutex, s)
	t.Point(trace.OpUnlock, o, s)
	unlockWriter(t, o, m)
	t.After(trace.OpUnlock, o, s)
}

func unlockWriter(t *engine.Task, o *engine.Object, m *sync.RWMutex) {
	if m.TryRLock() { // so no writer has it: see unlockMutex
		m.RUnlock()
		if !t.Unwinding() {
			t.Throw("sync: Unlock of unlocked RWMutex")
		}
		return
	}
	m.Unlock()
	o.Release(t)
	for w := o.Waiters.First(); w != nil; w = o.Waiters.First() {
		if !w.TryRLock(m) {
			break
		}
		o.Granted(w.Task, w.Site, true)
		t.Execution().Complete(w, true)
	}
	t.Execution().Unlocked(o) // the writers behind this one try again
}

// RWMutexRLock is (*sync.RWMutex).RLock.
func RWMutexRLock(m *sync.RWMutex, s *Site) {
	t := engine.At(s)
	if t == nil {
		m.RLock()
		return
	}
	o := t.Object(unsafe.Pointer(m), trace.RWMutex, s)
	t.Point(trace.OpRLock, o, s)
	t.Reaches(o, trace.Looks)
	lockReader(t, o, m, s)
}

func lockReader(t *engine.Task, o *engine.Object, m *sync.RWMutex, s *Site) {
	if o.Pending.First() == nil && m.TryRLock() {
		o.Hold(t, s, true)
		return
	}
	w := t.Waiter()
	w.Poller = engine.PollFunc(func() bool {
		if o.Pending.First() != nil || !m.TryRLock() {
			return false
		}
		o.Hold(t, s, true)
		t.Execution().Complete(w, true)
		return true
	})
	t.Wait(&o.Waiters, w, o, trace.OpRLock, s)
	t.Block(trace.OpRLock, s) // whoever ends the wait has taken it for us
}

// RWMutexTryRLock is (*sync.RWMutex).TryRLock.
func RWMutexTryRLock(m *sync.RWMutex, s *Site) bool {
	t := engine.At(s)
	if t == nil {
		return m.TryRLock()
	}
	o := t.Object(unsafe.Pointer(m), trace.RWMutex, s)
	t.Poll(trace.OpTryRLock, o, s)
	if o.Pending.First() != nil || !m.TryRLock() {
		t.Does(o, trace.Looks)
		return false
	}
	o.Hold(t, s, true)
	return true
}

// RWMutexRUnlock is (*sync.RWMutex).RUnlock.
func RWMutexRUnlock(m *sync.RWMutex, s *Site) {
	t := engine.At(s)
	if t == nil {
		m.RUnlock()
		return
	}
	o := t.Object(unsafe.Pointer(m), trace.RWMutex, s)
	t.Point(trace.OpRUnlock, o, s)
	unlockReader(t, o, m)
	t.After(trace.OpRUnlock, o, s)
}

func unlockReader(t *engine.Task, o *engine.Object, m *sync.RWMutex) {
	free := m.TryLock()
	if free {
		m.Unlock()
	}
	if free || o.Held() && !o.HeldForReading() { // nobody reads: see unlockMutex
		if !t.Unwinding() {
			t.Throw("sync: RUnlock of unlocked RWMutex")
		}
		return
	}
	m.RUnlock()
	o.Release(t)
	admitWriter(t, o, m)
}

var rlockerType = reflect.TypeOf(new(sync.RWMutex).RLocker())

// rlocker returns the mutex behind what (*sync.RWMutex).RLocker returned, or nil for any other Locker and for none. The
// runtime's rlocker is the mutex itself by another type, see src/sync/rwmutex.go.
func rlocker(l sync.Locker) *sync.RWMutex {
	if reflect.TypeOf(l) != rlockerType {
		return nil
	}
	return (*sync.RWMutex)(reflect.ValueOf(l).UnsafePointer())
}

// A reader is anything with the methods that an RWMutex has for readers.
type reader interface {
	RLock()
	RUnlock()
}

// ReaderRLock is the RLock of an interface that has RUnlock too.
func ReaderRLock(l reader, s *Site) {
	if m := behindReader("RLock", l); m != nil {
		RWMutexRLock(m, s)
		return
	}
	l.RLock()
}

// ReaderRUnlock is the RUnlock of an interface that has RLock too.
func ReaderRUnlock(l reader, s *Site) {
	if m := behindReader("RUnlock", l); m != nil {
		RWMutexRUnlock(m, s)
		return
	}
	l.RUnlock()
}

// behindReader returns the RWMutex that l is, or has the named method from, and nil for any other.
func behindReader(method string, l reader) *sync.RWMutex {
	if lock := promoted[method][reflect.TypeOf(l)]; lock != nil {
		l = lock(l).(reader)
	}
	m, _ := l.(*sync.RWMutex)
	return m
}
