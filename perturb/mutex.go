package perturb

import (
	"reflect"
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// MutexLock is (*sync.Mutex).Lock.
func MutexLock(m *sync.Mutex, s *Site) {
	t := engine.At(s)
	if t == nil {
		m.Lock()
		engine.Taken(unsafe.Pointer(m))
		return
	}
	o := t.Object(unsafe.Pointer(m), trace.Mutex, s)
	t.Point(trace.OpLock, o, s)
	lockMutex(t, o, m, s)
}

// lockMutex takes m, waiting as long as it must.
func lockMutex(t *engine.Task, o *engine.Object, m *sync.Mutex, s *Site) {
	for !m.TryLock() {
		blockLock(t, &o.Waiters, o, m, s)
	}
	o.Locked(t)
	o.Hold(t, s, false)
}

// A lock is a mutex, or the writers' side of an RWMutex.
type lock interface {
	TryLock() bool
	Unlock()
}

// blockLock parks t, in a list of o, until l may be free.
func blockLock(t *engine.Task, list *engine.Waiters, o *engine.Object, l lock, s *Site) {
	var poll func() bool
	if !o.Held() {
		poll = func() bool { return pollLock(t, o, l) }
	}
	t.BlockLock(list, trace.OpLock, o, s, poll)
}

// pollLock wakes those who wait for l if whoever took it out of the engine's sight has let go, and no writer waits for readers to leave.
func pollLock(t *engine.Task, o *engine.Object, l lock) bool {
	if o.Pending.First() != nil || !l.TryLock() {
		return false
	}
	l.Unlock()
	t.Execution().Unlocked(o)
	return true
}

// MutexTryLock is (*sync.Mutex).TryLock.
func MutexTryLock(m *sync.Mutex, s *Site) bool {
	t := engine.At(s)
	if t == nil {
		return m.TryLock()
	}
	o := t.Object(unsafe.Pointer(m), trace.Mutex, s)
	t.Poll(trace.OpTryLock, o, s)
	t.Reaches(o, trace.Looks) // it comes out different while another holds m
	if !m.TryLock() {
		t.Does(o, trace.Looks)
		return false
	}
	o.Locked(t)
	o.Hold(t, s, false)
	return true
}

// MutexUnlock is (*sync.Mutex).Unlock.
func MutexUnlock(m *sync.Mutex, s *Site) {
	t := engine.At(s)
	if t == nil {
		m.Unlock()
		return
	}
	o := t.Object(unsafe.Pointer(m), trace.Mutex, s)
	t.Point(trace.OpUnlock, o, s)
	unlockMutex(t, o, m)
	t.After(trace.OpUnlock, o, s)
}

func unlockMutex(t *engine.Task, o *engine.Object, m *sync.Mutex) {
	// Go ends the process for the unlock of an unlocked mutex. Here it is a finding, or nothing at all in a deferred
	// call that runs because the goroutine was unwound out of a wait.
	if m.TryLock() {
		m.Unlock()
		if !t.Unwinding() {
			t.Throw("sync: unlock of unlocked mutex")
		}
		return
	}
	m.Unlock()
	o.Release(t)
	t.Execution().Unlocked(o)
}

// LockerLock is the Lock of a sync.Locker.
func LockerLock(l sync.Locker, s *Site) {
	switch l := behind("Lock", l).(type) {
	case *sync.Mutex:
		MutexLock(l, s)
	case *sync.RWMutex:
		RWMutexLock(l, s)
	case reading:
		RWMutexRLock(l.RWMutex, s)
	default:
		l.Lock()
	}
}

// LockerUnlock is the Unlock of a sync.Locker.
func LockerUnlock(l sync.Locker, s *Site) {
	switch l := behind("Unlock", l).(type) {
	case *sync.Mutex:
		MutexUnlock(l, s)
	case *sync.RWMutex:
		RWMutexUnlock(l, s)
	case reading:
		RWMutexRUnlock(l.RWMutex, s)
	default:
		l.Unlock()
	}
}

// reading is an RWMutex as a Locker for readers.
type reading struct{ *sync.RWMutex }

// behind returns the lock whose method, Lock or Unlock, the named method of l is: l itself, what it has the method from, or the
// reading side of an RWMutex. It returns l if that has a method of its own.
func behind(method string, l sync.Locker) sync.Locker {
	switch l.(type) {
	case *sync.Mutex, *sync.RWMutex:
		return l
	}
	if m := rlocker(l); m != nil {
		return reading{m}
	}
	if lock := promoted[method][reflect.TypeOf(l)]; lock != nil {
		return behind(method, lock(l).(sync.Locker))
	}
	return l
}

// promoted are, by method, the types that have their Lock, Unlock, RLock or RUnlock from an embedded lock, and where that is in a
// value. It is complete before main.
var promoted = map[string]map[reflect.Type]func(any) any{}

// Promoted registers that a T, and a pointer to one, has a method from an embedded lock, which lock returns. A file calls it to
// initialise a blank variable; what it returns is of no use.
func Promoted[T any](method string, lock func(*T) any) struct{} {
	in := promoted[method]
	if in == nil {
		in = map[reflect.Type]func(any) any{}
		promoted[method] = in
	}
	in[reflect.TypeFor[*T]()] = func(l any) any { return lock(l.(*T)) }
	in[reflect.TypeFor[T]()] = func(l any) any {
		x := l.(T)
		return lock(&x)
	}
	return struct{}{}
}
