package perturb

import (
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
)

// OnceDo is (*sync.Once).Do.
func OnceDo(once *sync.Once, f func(), s *Site) {
	t := engine.Self()
	if t == nil {
		once.Do(f)
		return
	}
	o := t.Object(unsafe.Pointer(once), engine.Once, s)
	t.Point(engine.OpOnce, o, s)
	if o.Running {
		t.Wait(&o.Waiters, t.Waiter(), o, engine.OpOnce, s)
		t.Block(engine.OpOnce, s)
		return
	}
	once.Do(func() {
		// The real Once holds its lock while f runs, so nobody else may come near it until then.
		o.Running = true
		o.Hold(t, s, false)
		defer func() {
			o.Running = false
			o.Release(t)
			for w := o.Waiters.First(); w != nil; w = o.Waiters.First() {
				t.Execution().Complete(w, true)
			}
		}()
		f()
	})
}
