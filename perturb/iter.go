package perturb

import (
	"iter"

	"github.com/jostle-dev/jostle/internal/engine"
)

// IterPull is iter.Pull. The sequence runs on a goroutine of its own, but never at the same time as who asks for its next
// value: it is part of the asking task for so long.
func IterPull[V any](seq iter.Seq[V], _ *Site) (next func() (V, bool), stop func()) {
	c := new(coroutine)
	ask, end := iter.Pull(func(yield func(V) bool) {
		c.resumed()
		seq(func(v V) bool {
			defer c.resumed()
			return yield(v)
		})
	})
	return func() (V, bool) {
			defer c.ask()()
			return ask()
		}, func() {
			defer c.ask()()
			end()
		}
}

// IterPull2 is iter.Pull2.
func IterPull2[K, V any](seq iter.Seq2[K, V], _ *Site) (next func() (K, V, bool), stop func()) {
	c := new(coroutine)
	ask, end := iter.Pull2(func(yield func(K, V) bool) {
		c.resumed()
		seq(func(k K, v V) bool {
			defer c.resumed()
			return yield(k, v)
		})
	})
	return func() (K, V, bool) {
			defer c.ask()()
			return ask()
		}, func() {
			defer c.ask()()
			end()
		}
}

// A coroutine is a sequence that is pulled.
type coroutine struct{ asking *engine.Task }

// ask says that the calling task asks for the next value. What it returns is to be called when the value is there.
func (c *coroutine) ask() (done func()) {
	t := engine.Self()
	if t == nil {
		return func() {}
	}
	outer := c.asking // the sequence itself may ask, which panics in iter.Pull
	c.asking = t
	return func() {
		c.asking = outer
		t.Here()
	}
}

// resumed says that the sequence goes on, on the goroutine that calls.
func (c *coroutine) resumed() {
	if c.asking != nil {
		c.asking.Here()
	}
}
