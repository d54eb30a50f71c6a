package perturb

import (
	"sync"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A sync.Pool may forget what it holds at any time, and what it gives to whom depends on processors and on the garbage
// collector. In an execution each has a list of its own: what was put last is got first, so that code which goes on using
// what it has put meets the goroutine that has got it.

// PoolGet is (*sync.Pool).Get.
func PoolGet(p *sync.Pool, s *Site) any {
	t := engine.At(s)
	if t == nil {
		return p.Get()
	}
	o := t.Object(unsafe.Pointer(p), trace.Pool, s)
	t.Point(trace.OpGet, o, s)
	t.Does(o, trace.Changes)
	if v := o.Got(); v != nil {
		return v
	}
	if p.New == nil {
		return nil
	}
	return p.New()
}

// PoolPut is (*sync.Pool).Put.
func PoolPut(p *sync.Pool, v any, s *Site) {
	t := engine.At(s)
	if t == nil {
		p.Put(v)
		return
	}
	o := t.Object(unsafe.Pointer(p), trace.Pool, s)
	t.Point(trace.OpPut, o, s)
	t.Does(o, trace.Changes)
	if v != nil {
		o.Put(v)
	}
	t.After(trace.OpPut, o, s)
}
