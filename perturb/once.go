package perturb

import (
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
)

// OnceDo is (*sync.Once).Do.
func OnceDo(once *sync.Once, f func(), s *Site) {
	t := engine.At(s)
	if t == nil {
		once.Do(f)
		return
	}
	o := t.Object(unsafe.Pointer(once), engine.Once, s)
	t.Point(engine.OpOnce, o, s)
	if o.Running {
		t.Wait(&o.Waiters, t.Waiter(), o, engine.OpOnce, s)
		t.Block(engine.OpOnce, s)
		if engine.Race {
			once.Do(func() {}) // done: what came before that
		}
		return
	}
	once.Do(func() {
		// The real Once holds its lock while f runs, so nobody else may come near it until then.
		o.SetRunning(true)
		o.Hold(t, s, false)
		defer func() {
			o.SetRunning(false)
			o.Release(t)
			for w := o.Waiters.First(); w != nil; w = o.Waiters.First() {
				t.Execution().Complete(w, true)
			}
		}()
		f()
	})
}

// OnceFunc is sync.OnceFunc.
func OnceFunc(f func(), s *Site) func() {
	var once sync.Once
	var failure any
	done := false
	first := func() {
		defer func() {
			if !done {
				failure = recover()
				panic(failure) // the first caller panics with f's own stack
			}
		}()
		f()
		f = nil // what it holds is needed no more
		done = true
	}
	return func() {
		OnceDo(&once, first, s)
		if !done {
			panic(failure)
		}
	}
}

// OnceValue is sync.OnceValue.
func OnceValue[T any](f func() T, s *Site) func() T {
	var result T
	once := OnceFunc(func() { result = f() }, s)
	return func() T {
		once()
		return result
	}
}

// OnceValues is sync.OnceValues.
func OnceValues[T1, T2 any](f func() (T1, T2), s *Site) func() (T1, T2) {
	var r1 T1
	var r2 T2
	once := OnceFunc(func() { r1, r2 = f() }, s)
	return func() (T1, T2) {
		once()
		return r1, r2
	}
}
