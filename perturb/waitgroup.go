package perturb

import (
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// WaitGroupAdd is (*sync.WaitGroup).Add.
func WaitGroupAdd(wg *sync.WaitGroup, n int, s *Site) {
	addWaitGroup(wg, n, trace.OpAdd, s)
}

// WaitGroupDone is (*sync.WaitGroup).Done.
func WaitGroupDone(wg *sync.WaitGroup, s *Site) {
	addWaitGroup(wg, -1, trace.OpDone, s)
}

func addWaitGroup(wg *sync.WaitGroup, n int, op trace.Op, s *Site) {
	t := engine.At(s)
	if t == nil {
		wg.Add(n)
		return
	}
	o := t.Object(unsafe.Pointer(wg), trace.WaitGroup, s)
	t.Point(op, o, s)
	count := o.Add(n)
	t.Counts(o, n, count)
	wg.Add(n) // panics if the counter goes negative, and leaves it so
	for w := o.Waiters.First(); w != nil && count <= 0; w = o.Waiters.First() {
		t.Execution().Complete(w, true)
	}
	if n < 0 {
		t.After(op, o, s)
	}
}

// WaitGroupWait is (*sync.WaitGroup).Wait.
func WaitGroupWait(wg *sync.WaitGroup, s *Site) {
	t := engine.At(s)
	if t == nil {
		wg.Wait()
		return
	}
	o := t.Object(unsafe.Pointer(wg), trace.WaitGroup, s)
	t.Point(trace.OpWait, o, s)
	if o.Count <= 0 {
		t.Does(o, trace.Waits)
		if !t.Unwinding() {
			wg.Wait() // at once, unless code left native has added to it
		}
		return
	}
	if o.Waiters.First() == nil {
		engine.WaitGroupWaits(wg)
	}
	t.Wait(&o.Waiters, t.Waiter(), o, trace.OpWait, s)
	t.Block(trace.OpWait, s)
	engine.RaceAcquire(unsafe.Pointer(wg)) // where Done releases it
}

// WaitGroupGo is (*sync.WaitGroup).Go.
func WaitGroupGo(wg *sync.WaitGroup, f func(), s *Site) {
	t := engine.At(s)
	if t == nil {
		wg.Go(f)
		return
	}
	WaitGroupAdd(wg, 1, s)
	t.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				panic(r) // without Done, as sync.WaitGroup.Go has it: the panic must not be overtaken
			}
			WaitGroupDone(wg, s)
		}()
		if t := engine.At(s); t != nil {
			t.Owes(t.Object(unsafe.Pointer(wg), trace.WaitGroup, s), s)
		}
		f()
	}, f, s)
}
