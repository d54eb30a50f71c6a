package engine

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// What goroutines hold of a library, and wait for in it: a connection of a pool, the end of a request, the other end of a pipe. The
// copies of the standard library say so (package instrument/patch). Their own locks and channels do not show it.

// A Kept is something of a library that a goroutine holds from Keep until Back. The zero Kept is nothing.
type Kept struct {
	o  *Object
	id uint64 // of the hold; no other one of the process has it
}

var kept atomic.Uint64

// Keep notes that the calling goroutine holds one of what owner gives out under a name.
func (k *Kept) Keep(owner unsafe.Pointer, name string, why trace.Keeping) {
	t := Self()
	if t == nil || t.Unwinding() || k.o != nil {
		return
	}
	o := t.shared(owner, name)
	s := t.userSite(trace.OpAcquire, name)
	if why != trace.Serving { // which each request does, and says nothing of how it came to anything
		t.Step(trace.OpAcquire, o, s)
	}
	k.keep(t, o, s, why)
}

// keep is Keep for whatever task, without a step.
func (k *Kept) keep(t *Task, o *Object, s *trace.Site, why trace.Keeping) {
	o.Granted(t, s, false)
	h := &o.holds[len(o.holds)-1]
	h.N, h.Keeping, h.id = 1, why, kept.Add(1)
	k.o, k.id = o, h.id
}

// Until notes what has to come before Back, if nothing else was said before but that something is under way.
func (k *Kept) Until(why trace.Keeping) {
	if h := k.hold(); h >= 0 && (k.o.holds[h].Keeping == trace.Using || k.o.holds[h].Keeping == trace.Calling) {
		k.o.holds[h].Keeping = why
	}
}

// Back notes that it was given back, by whatever goroutine.
func (k *Kept) Back() {
	if h := k.hold(); h >= 0 {
		k.o.dropHold(h)
	}
	k.o = nil
}

// hold returns the index of the hold, or -1: it is one of an earlier execution, say, whose objects are others' now.
func (k *Kept) hold() int {
	if k.o == nil || Self() == nil {
		return -1
	}
	for i := range k.o.holds {
		if k.o.holds[i].id == k.id {
			return i
		}
	}
	return -1
}

// Awaits notes that t waits for what owner gives out under a name, from now on until GaveUp. If all, it waits until no goroutine holds
// any of it.
func (t *Task) Awaits(owner unsafe.Pointer, name string, all bool) *Object {
	o := t.shared(owner, name)
	t.librarys(trace.OpNone, o, 1, t.userSite(trace.OpAcquire, name)).all = all
	return o
}

// librarys is Wants for what a library says that t waits for: in op, if o is a socket.
func (t *Task) librarys(op trace.Op, o *Object, n int64, s *trace.Site) *want {
	t.Wants(o, n, s)
	w := &t.x.wants[len(t.x.wants)-1]
	w.op, w.library = op, true
	return w
}

// Pipe returns the two directions of a pipe that lives in memory, by an address of each: sockets of that name. There may be one only.
func (t *Task) Pipe(there, back unsafe.Pointer, name string) *Object {
	o := t.shared(there, name)
	o.Kind, o.Name = trace.Socket, name
	if back != nil {
		b := t.shared(back, name)
		b.Kind, b.Name = trace.Socket, name
		o.Back, b.Back = b, o
	}
	return o
}

// Uses notes that t reads from a direction of a pipe, or writes to it, from now on until GaveUp.
func (t *Task) Uses(op trace.Op, o *Object) {
	s := t.userSite(op, "")
	t.Step(op, o, s)
	t.librarys(op, o, 0, s)
}

// A sharing is an object that stands for what a library gives out. There are few of them.
type sharing struct {
	owner unsafe.Pointer
	name  string
	o     *Object
	next  *sharing
}

// shared returns the object for what owner gives out under a name.
func (t *Task) shared(owner unsafe.Pointer, name string) *Object {
	for s := t.x.sharings; s != nil; s = s.next {
		if s.owner == owner && s.name == name {
			return s.o
		}
	}
	s := &sharing{owner: owner, name: name, next: t.x.sharings}
	s.o = t.Object(unsafe.Pointer(s), trace.Resource, nil)
	t.x.sharings = s
	return s.o
}

// userSite returns the sync point at which t does op: the innermost call on its stack that is not of a library, or else the call of the
// function that notes it.
func (t *Task) userSite(op trace.Op, name string) *trace.Site {
	var pcs [userDepth]uintptr
	h := uint64(op)
	for i := range len(name) {
		h = h<<8 ^ h>>56 ^ uint64(name[i])
	}
	h = hashOf(h, pcs[:callers(pcs[:])])
	us := &t.x.userSites
	if s := us.get(h); s != nil {
		return s
	}
	s := t.newUserSite(op, name)
	us.add(h, s)
	return s
}

// userDepth is how many calls userSite looks at.
const userDepth = 64

// newUserSite is userSite for a stack that it was not called with before.
func (t *Task) newUserSite(op trace.Op, name string) *trace.Site {
	var pcs [userDepth]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	var at runtime.Frame
	noted := 0
	for {
		f, more := frames.Next()
		if !stacks.Ours(f.Function) && f.File != "" && f.Function != "runtime.goexit" && !isNote(f.File) {
			if noted++; noted <= 2 {
				at = f
			}
			if !program.InLibrary(f.File) {
				at = f
				break
			}
		}
		if !more {
			break
		}
	}
	for c := t.x.callSites; c != nil; c = c.next {
		if c.Line == int32(at.Line) && c.File == at.File && c.Op == op && c.Expr == name {
			return &c.Site
		}
	}
	t.x.callSites = &callSite{Site: siteOf(at, op), next: t.x.callSites}
	t.x.callSites.Expr = name
	return &t.x.callSites.Site
}

// isNote reports whether a file is one that a tree adds to the standard library, for notes like these.
func isNote(file string) bool {
	for i := len(file) - 1; i >= 0; i-- {
		if file[i] == '/' || file[i] == '\\' {
			return stacks.Begins(file[i+1:], "jostle")
		}
	}
	return false
}
