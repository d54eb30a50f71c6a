package perturb

import (
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// OnceDo is (*sync.Once).Do.
func OnceDo(once *sync.Once, f func(), s *Site) {
	doOnce(once, f, engine.InVariable(unsafe.Pointer(once)) || engine.IsLasting(unsafe.Pointer(once)), func() { *once = sync.Once{} }, s)
}

// OnceDeclared notes that a function has declared once as a local variable. If nothing has run yet, or the function is called by what is done once
// in the process, a function literal that has it is one of the whole process, as what OnceFunc returns then.
func OnceDeclared(once *sync.Once) { engine.Lasts(unsafe.Pointer(once)) }

// doOnce does f once. If it is done once in the whole process, again has it done once more.
func doOnce(once *sync.Once, f func(), inProcess bool, again func(), s *Site) {
	t := engine.At(s)
	if t == nil {
		once.Do(func() {
			if inProcess {
				defer engine.EnterProcessLive()()
			}
			f()
		})
		return
	}
	o := t.Object(unsafe.Pointer(once), trace.Once, s)
	t.Point(trace.OpOnce, o, s)
	if o.Running {
		t.Wait(&o.Waiters, t.Waiter(), o, trace.OpOnce, s)
		t.Block(trace.OpOnce, s)
		if engine.Race {
			once.Do(func() {}) // done: what came before that
		}
		return
	}
	ran := false
	once.Do(func() {
		ran = true
		t.Does(o, trace.Changes)
		// The real Once holds its lock while f runs, so nobody else may come near it until then.
		o.SetRunning(true)
		o.Hold(t, s, false)
		defer func() {
			o.SetRunning(false)
			t.Does(o, trace.Changes)
			o.Release(t)
			for w := o.Waiters.First(); w != nil; w = o.Waiters.First() {
				t.Execution().Complete(w, true)
			}
		}()
		if inProcess {
			t.EnterProcess(again)
			defer t.LeaveProcess()
		}
		f()
	})
	if !ran {
		t.Does(o, trace.Looks)
	}
	t.After(trace.OpOnce, o, s)
}

// OnceFunc is sync.OnceFunc. One that is made before anything runs is done once in the whole process.
func OnceFunc(f func(), s *Site) func() {
	inProcess := !engine.Begun()
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
		if !inProcess {
			f = nil // what it holds is needed no more
		}
		done = true
	}
	again := func() { once, done, failure = sync.Once{}, false, nil }
	return func() {
		doOnce(&once, first, inProcess, again, s)
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
