package engine

import (
	"runtime"
	"slices"
	"strconv"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Plain loads and stores of the code under test are no sync points: there are far too many. Where the compiler has put a call before each
// (see package instrument), some executions are recorded, which says at which few places two of them may race (package access). In other
// executions just these are sync points.

// Watch has f told of each plain load and store of the packages that are compiled for that: the memory, where in the code, as a return
// address, and whether it is a store. It is nil where the package runtime cannot tell. It is set before main.
var Watch func(f func(addr, size, pc uintptr, write bool))

// Unwatch says that Watch's f need not be told of the access at pc any more; if pc is 0, that it is to be told of all again. It is set with
// Watch.
var Unwatch func(pc uintptr)

// StartLine returns the line in which the function of a frame begins, also of one that was inlined. It is set with Watch.
var StartLine func(f *runtime.Frame) int

// A memory is what executions know of plain accesses.
type memory struct {
	at     addressTable
	byKey  map[uint64]*accessed
	all    []*accessed
	points map[uint64]*trace.Site // Limits.Places by key
	given  []*trace.Site          // Limits.Places

	frames map[uintptr]frame // by return address

	touches   []touch
	about     []about // to be done, by tasks that were taken off
	conflicts []trace.Conflict
}

// An accessed is a place at which the code under test reads or writes memory.
type accessed struct {
	site  *trace.Site
	point bool // a sync point
	n     int  // index in memory.all
	run   int  // Execution.runs of which times says how often it was passed
	times int
}

// A touch is an access that was a sync point.
type touch struct {
	trace.Touch
	from, to uintptr
}

// An about is a touch that is not done yet.
type about struct {
	touch
	since int // how many touches there were when its task came to it
}

// Bounds on plain accesses that are sync points.
const (
	mostPoints    = 1_000   // times at one place in an execution; then only now and then, as loops that wait must yield
	mostTouches   = 1 << 14 // that are remembered
	mostConflicts = 16
)

// watches begins to look at plain accesses, if the execution is to.
func (x *Execution) watches() {
	m := &x.memory
	m.touches, m.about, m.conflicts = m.touches[:0], m.about[:0], m.conflicts[:0]
	if x.limits.Record == nil && len(x.limits.Places) == 0 || Watch == nil {
		x.limits.Record = nil
		return
	}
	if m.byKey == nil {
		m.byKey, m.frames = map[uint64]*accessed{}, map[uintptr]frame{}
	}
	if len(m.given) != len(x.limits.Places) || len(m.given) > 0 && &m.given[0] != &x.limits.Places[0] {
		Unwatch(0)
		m.given, m.points = x.limits.Places, map[uint64]*trace.Site{}
		for _, s := range m.given {
			m.points[s.Key] = s
		}
		for _, a := range m.all {
			a.give(m.points)
		}
	}
	if x.limits.Record != nil {
		x.limits.Record.Begin()
	}
	Watch(x.access)
}

func (a *accessed) give(points map[uint64]*trace.Site) {
	s, ok := points[a.site.Key]
	if a.point = ok; ok {
		a.site = s
	}
}

// unwatches ends that.
func (x *Execution) unwatches() {
	if Watch != nil {
		Watch(nil)
	}
}

// access is called before each plain load and store, by whatever goroutine does it.
func (x *Execution) access(addr, size, pc uintptr, write bool) {
	t := x.cur.Load()
	if t == nil || t.g != getg() || x.unwinding || x.stopping || active.Load() != x {
		return
	}
	m := &x.memory
	a, known := m.at.get(pc)
	if !known {
		a = m.learn(pc, write)
	}
	switch {
	case a != nil && x.limits.Record != nil:
		if x.limits.Record.Access(int(t.ID), addr, size, a.n, write) {
			t.Yield(a.site)
		}
	case a != nil && a.point:
		t.access(addr, size, a, write)
	default:
		Unwatch(pc)
	}
}

// An addressTable has a place for return addresses; nil for what is no place of the code under test. It is no map: it is looked at before
// each access.
type addressTable struct {
	slots []addressSlot // a power of two, at most half full
	n     int
}

type addressSlot struct {
	pc uintptr
	a  *accessed
}

// slot returns the slot of an address, or the free one where it belongs.
func (tb *addressTable) slot(pc uintptr) *addressSlot {
	mask := uint64(len(tb.slots) - 1)
	for i := uint64(pc) * 0x9E3779B97F4A7C15 >> 32 & mask; ; i = (i + 1) & mask {
		if s := &tb.slots[i]; s.pc == pc || s.pc == 0 {
			return s
		}
	}
}

func (tb *addressTable) get(pc uintptr) (a *accessed, known bool) {
	if len(tb.slots) == 0 {
		return nil, false
	}
	s := tb.slot(pc)
	return s.a, s.pc == pc
}

func (tb *addressTable) put(pc uintptr, a *accessed) {
	if 2*(tb.n+1) > len(tb.slots) {
		old := tb.slots
		tb.slots = make([]addressSlot, max(64, 2*len(old)))
		for _, s := range old {
			if s.pc != 0 {
				*tb.slot(s.pc) = s
			}
		}
	}
	s := tb.slot(pc)
	if s.pc == 0 {
		tb.n++
	}
	*s = addressSlot{pc, a}
}

// accessOp returns the operation that an access is.
func accessOp(write bool) trace.Op {
	if write {
		return trace.OpStore
	}
	return trace.OpLoad
}

// learn finds out what is at a return address.
func (m *memory) learn(pc uintptr, write bool) *accessed {
	m.at.put(pc, nil)
	s := placeOf(pc, accessOp(write))
	if s == nil {
		return nil
	}
	a := m.byKey[s.Key]
	if a == nil {
		a = &accessed{site: s, n: len(m.all)}
		a.give(m.points)
		m.byKey[s.Key] = a
		m.all = append(m.all, a)
	}
	m.at.put(pc, a)
	return a
}

// placeOf returns the Site of an access: of calls that were inlined it is the innermost that is not the standard library's. It returns nil
// for an access of jostle's own, and for one of package sync.
func placeOf(pc uintptr, op trace.Op) *trace.Site {
	frames := runtime.CallersFrames([]uintptr{pc})
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "" || stacks.Ours(f.Function) || f.File == "<autogenerated>" || stacks.Begins(f.Function, "sync.", "sync/atomic."):
			return nil
		case !stacks.InStandard(f.File):
			s := accessSite(f, op)
			return &s
		case !more:
			return nil
		}
	}
}

// accessSite returns the Site of an access.
func accessSite(f runtime.Frame, op trace.Op) trace.Site {
	key := trace.Key(f.Function, op, strconv.Itoa(f.Line-StartLine(&f))) // stable under edits elsewhere
	return trace.Site{File: f.File, Line: int32(f.Line), Func: f.Function, Op: op, Name: op.String(), Key: key}
}

// access is a plain load or store that is a sync point.
func (t *Task) access(addr, size uintptr, a *accessed, write bool) {
	x := t.x
	if a.run != x.runs {
		a.run, a.times = x.runs, 0
	}
	a.times++
	op := accessOp(write)
	if x.runq.n > 0 && t.inNative() {
		return // t may hold a lock that the engine does not see: another goroutine that needs it would block outside of control
	}
	if a.times > mostPoints {
		if a.times%maxPolls == 0 {
			t.Yield(a.site)
		}
		return
	}
	m := &x.memory
	now := about{touch{trace.Touch{Task: t.ID, Op: op, Site: a.site}, addr, addr + size}, len(m.touches)}
	m.about = append(m.about, now)
	t.near = addr
	t.word(*(*unsafe.Pointer)(unsafe.Pointer(&addr)), a.site)
	t.Poll(op, nil, a.site)
	t.Stirs(trace.Changes)
	x.goesBeyond(isPlain)
	m.about = slices.DeleteFunc(m.about, func(b about) bool { return b.Task == t.ID })
	if len(m.touches) < mostTouches {
		now.Step = x.trace.n
		m.overtaken(now)
		m.touches = append(m.touches, now.touch)
	}
}

// overtaken notes which touches were done while the goroutine of another one was about to do that.
func (m *memory) overtaken(now about) {
	for _, u := range m.touches[now.since:] {
		if u.Task == now.Task || u.Op == trace.OpLoad && now.Op == trace.OpLoad || u.from >= now.to || now.from >= u.to {
			continue
		}
		if len(m.conflicts) == mostConflicts { // the last ones are nearer to what came of it
			m.conflicts = append(m.conflicts[:0], m.conflicts[1:]...)
		}
		m.conflicts = append(m.conflicts, trace.Conflict{First: u.Touch, Second: now.Touch})
	}
}

// Accessed returns the place that Limits.Record knows under a number.
func (x *Execution) Accessed(n int) *trace.Site {
	if n >= len(x.memory.all) {
		return nil
	}
	return x.memory.all[n].site
}

// unordered returns accesses that nothing orders, also those of goroutines that have not come to do theirs.
func (m *memory) unordered() []trace.Conflict {
	for _, b := range m.about {
		m.overtaken(b)
	}
	m.about = m.about[:0]
	return slices.Clone(m.conflicts)
}

// passed returns those of Limits.Places that the present execution has passed.
func (x *Execution) passed() (keys []uint64) {
	for _, a := range x.memory.all {
		if a.point && a.run == x.runs && a.times > 0 {
			keys = append(keys, a.site.Key)
		}
	}
	return keys
}

// What orders accesses, and which locks are held at them, is recorded where the engine comes to know it. Of what has no object of its own
// it is known only that it orders: what package testing does between a test and its subtests, and the clock.
const (
	byTesting uintptr = iota + 1
	byClock
	byCancel
)

// orders records what an operation orders, which t does on o, or on the memory that it is near.
func (x *Execution) orders(t *Task, op trace.Op, o *Object) {
	r := x.limits.Record
	r.Step(int(t.ID))
	on := t.near
	if o != nil {
		on = uintptr(o.ptr)
	}
	gives, takes := true, true
	switch op {
	case trace.OpLoad, trace.OpStore, trace.OpYield, trace.OpGo, trace.OpExit, trace.OpLock, trace.OpTryLock, trace.OpUnlock, trace.OpRLock, trace.OpTryRLock, trace.OpRUnlock, trace.OpSleep, trace.OpNone:
		return
	case trace.OpTimer:
		on = byClock
	case trace.OpCancel:
		on, takes = byCancel, false
	case trace.OpContext:
		on, gives = byCancel, false
	case trace.OpDone, trace.OpAdd, trace.OpClose, trace.OpSignal, trace.OpBroadcast, trace.OpPut:
		takes = false
	case trace.OpWait, trace.OpCondWait, trace.OpGet:
		gives = false
	case trace.OpRecv, trace.OpSelect:
		if o != nil && o.made.Op == trace.OpContext {
			r.Acquire(int(t.ID), byCancel)
		}
	}
	if on == 0 {
		return
	}
	if takes {
		r.Acquire(int(t.ID), on)
	}
	if gives {
		r.Release(int(t.ID), on)
	}
}

// parks records that t waits: what it has done so far comes before what those do who take what it sends, or a channel without a buffer gives
// them.
func (x *Execution) parks(t *Task) {
	for _, w := range t.waits {
		if w.Object != nil && (w.Op == trace.OpSend || w.Op == trace.OpRecv) {
			x.limits.Record.Release(int(t.ID), uintptr(w.Object.ptr))
		}
	}
}

// forks records what comes before all that a new task does.
func (x *Execution) forks(t *Task) {
	r := x.limits.Record
	if t.Parent != nil {
		r.Fork(int(t.Parent.ID), int(t.ID))
		return
	}
	for _, by := range []uintptr{byTesting, byClock, byCancel} {
		r.Acquire(int(t.ID), by)
	}
}

// A frame is what a return address on a stack says of the goroutine.
type frame uint8

const (
	passes   frame = iota // nothing
	bottom                // all before it is ours, or package testing's
	holds                 // it may hold a lock that the engine does not see
	onceHeld              // likewise, unless it was called by package perturb
	perturbs              // it is package perturb
)

// lockers are those packages of the standard library that may stay native and call other code while they hold a lock, or own something
// else that others wait for.
var lockers = [...]string{"context.", "internal/poll.", "internal/sync.", "os."}

// inNative reports whether t is in code that was called by some which the engine does not control and which may hold a lock.
func (t *Task) inNative() bool {
	var pcs [mostFrames]uintptr
	m := &t.x.memory
	stack := pcs[:callers(pcs[:])]
	for i, pc := range stack {
		f, known := m.frames[pc]
		if !known {
			f = frameAt(pc)
			m.frames[pc] = f
		}
		switch f {
		case bottom:
			return false
		case holds:
			return true
		case onceHeld:
			if i+1 == len(stack) {
				return true
			}
			if above, known := m.frames[stack[i+1]]; known && above == perturbs || frameAt(stack[i+1]) == perturbs {
				continue
			}
			return true
		}
	}
	return len(stack) == mostFrames // it goes on further
}

// mostFrames is how far a stack is looked at.
const mostFrames = 256

// frameAt returns what is at a return address, of calls that were inlined there too.
func frameAt(pc uintptr) frame {
	frames := runtime.CallersFrames([]uintptr{pc})
	what := passes
	for {
		f, more := frames.Next()
		own, _ := stacks.Inside(f.Function)
		switch {
		case own == "internal/engine.(*Task).run" || own == "internal/engine.(*Task).Runs":
			return bottom
		case stacks.Of(f.Function, "perturb"):
			what = perturbs
		case stacks.Begins(f.Function, "sync.(*Once)."):
			return onceHeld
		}
		for _, p := range lockers {
			if stacks.Begins(f.Function, p) && !rewritten(p) {
				return holds
			}
		}
		if !more {
			return what
		}
	}
}

// rewritten reports whether a package has sync points of its own: its locks are not hidden from the engine.
func rewritten(prefix string) bool {
	for _, file := range program.Sites() {
		if len(file) > 0 && stacks.Begins(file[0].Func, prefix) {
			return true
		}
	}
	return false
}
