package engine

import (
	"runtime"

	"github.com/jostle-dev/jostle/internal/trace"
)

// A want is what a task waits for by its own word, however it does that: hand-made primitives wait at channels and locks
// that say nothing of what for.
type want struct {
	task   *Task
	object *Object
	n      int64
	site   *trace.Site
	id     int // counts the wants of an execution, from 1
	since  int // step

	library bool     // a library says so, see Awaits
	all     bool     // it waits until no goroutine holds any of it
	op      trace.Op // Uses: what it does; else OpNone
}

// Wants notes that t waits for n of o, a Resource, from now on until Got or GaveUp.
func (t *Task) Wants(o *Object, n int64, s *trace.Site) {
	t.x.wanted++
	t.x.wants = append(t.x.wants, want{task: t, object: o, n: n, site: s, id: t.x.wanted, since: t.x.trace.n})
}

// GaveUp notes that t does not wait for o any more.
func (t *Task) GaveUp(o *Object) {
	ws := t.x.wants
	for i := len(ws) - 1; i >= 0; i-- {
		if ws[i].task == t && ws[i].object == o {
			for ; i+1 < len(ws); i++ { // no copy, which the race detector would see
				ws[i] = ws[i+1]
			}
			t.x.wants = ws[:len(ws)-1]
			return
		}
	}
}

// Until returns what notes that the goroutine that calls it does not wait for o any more.
func Until(o *Object) (done func()) {
	return func() {
		if t := Self(); t != nil && !t.Unwinding() {
			t.GaveUp(o)
		}
	}
}

// Got notes that t holds n of o more.
func (t *Task) Got(o *Object, n int64, s *trace.Site) {
	t.GaveUp(o)
	t.Step(trace.OpAcquire, o, s)
	if n <= 0 {
		return // nothing that anybody could wait for
	}
	if t.x.limits.Keep {
		t.x.locking = append(t.x.locking, trace.Locking{Task: t.ID, Object: o.ID, Site: s, Step: t.x.trace.n})
	}
	for i := range o.holds {
		if h := &o.holds[i]; h.Task == t && h.Site == s {
			h.N += n
			return
		}
	}
	o.Granted(t, s, false)
	o.holds[len(o.holds)-1].N = n
}

// GaveBack notes that t has given back n of o: of what it holds itself, as far as that goes, and then of what others hold.
// Whoever gives back what it did not take has got it from somebody.
func (t *Task) GaveBack(o *Object, n int64, s *trace.Site) {
	t.Step(trace.OpRelease, o, s)
	for _, own := range [...]bool{true, false} {
		for i := len(o.holds) - 1; i >= 0 && n > 0; i-- {
			h := &o.holds[i]
			if own && h.Task != t {
				continue
			}
			if x := t.x; x.limits.Keep {
				x.locking = append(x.locking, trace.Locking{Task: h.Task.ID, Object: o.ID, Site: h.Site, Step: x.trace.n, Given: true})
			}
			k := min(n, h.N)
			h.N -= k
			n -= k
			if h.N == 0 {
				o.dropHold(i)
			}
		}
	}
}

// CallSite returns the sync point that a caller of code which notes something about a resource is, skip frames above the
// caller of CallSite: op on what is called name.
func (t *Task) CallSite(skip int, op trace.Op, name string) *trace.Site {
	var pcs [1]uintptr
	runtime.Callers(skip+2, pcs[:])
	for c := t.x.callSites; c != nil; c = c.next {
		if c.pc == pcs[0] && c.Op == op && c.Expr == name {
			return &c.Site
		}
	}
	f, _ := runtime.CallersFrames(pcs[:]).Next()
	t.x.callSites = &callSite{
		Site: trace.Site{File: f.File, Line: int32(f.Line), Func: f.Function, Op: op, Name: op.String(), Expr: name, Key: trace.Key(f.Function, op, name)},
		pc:   pcs[0], next: t.x.callSites,
	}
	return &t.x.callSites.Site
}

// A callSite is one of a list of those that there are, which are few. The race detector would see a map.
type callSite struct {
	trace.Site
	pc   uintptr
	next *callSite
}
