package engine

import (
	"runtime"
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/trace"
)

// maxUndone bounds what deferred calls may do while an execution is unwound.
const maxUndone = 100_000

// unwind ends every goroutine that is left: each in turn exits where it is parked, and its deferred calls run. What
// blocks outside the engine's control cannot be ended and is counted in the snapshot.
func (x *Execution) unwind(snap *trace.Snapshot) {
	x.unwinding = true
	if Race {
		// From here on all happens one after the other for the race detector too: deferred calls run without the locks
		// that their goroutines waited for.
		for _, t := range x.tasks {
			RaceAcquire(unsafe.Pointer(&t.hidden.parked))
		}
		RaceRelease(unsafe.Pointer(&x.over))
		defer RaceAcquire(unsafe.Pointer(&x.over))
	}
	for more := true; more; {
		more = false
		for i := 0; i < len(x.tasks); i++ {
			t := x.tasks[i]
			if t.state == trace.Ended || t.state == trace.Outside {
				continue
			}
			more = true
			t.withdraw()
			x.grant(t)
			x.wait()
			if x.cur.Load() != nil {
				x.cur.Store(nil)
				x.leave(t)
			}
		}
		x.admit() // callbacks, and tasks that were freed by the others' deferred calls
	}
	for _, t := range x.tasks {
		if t.state == trace.Outside {
			snap.Abandoned++
		}
	}
	if snap.Quiet != trace.AllEnded {
		x.forceUnlock()
	}
}

// unwindStep is a sync point of a deferred call that runs while the execution is unwound.
func (x *Execution) unwindStep() {
	x.moving()
	if x.undone++; x.undone > maxUndone {
		runtime.Goexit()
	}
}

// forceUnlock frees the locks that the ended goroutines still held, so that a package-level lock does not take the
// hang into the next execution.
func (x *Execution) forceUnlock() {
	for i := range x.objects.n {
		o := &x.objects.chunks[i/objectChunk][i%objectChunk]
		for _, h := range o.holds {
			o.forceUnlock(h.Read)
		}
		o.holds = nil
	}
}

// forceUnlock frees one hold. It takes the lock first where it can: the code may have freed it where the engine did not
// see, and Go ends the process for an unlock too many.
func (o *Object) forceUnlock(read bool) {
	switch o.Kind {
	case trace.Mutex:
		m := (*sync.Mutex)(o.ptr)
		m.TryLock()
		m.Unlock()
	case trace.RWMutex:
		m := (*sync.RWMutex)(o.ptr)
		if m.TryLock() || !read {
			m.Unlock()
		} else {
			m.RUnlock()
		}
	}
}
