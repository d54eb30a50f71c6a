package engine

import (
	"runtime"
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/trace"
)

// An Object is what the engine knows of one synchronisation object of the code under test. The object itself stays what
// it is, a *sync.Mutex say, and keeps the truth about being locked or closed; this is who waits for it and who holds it.
//
// Its fields belong to the task that runs.
type Object struct {
	ID    uint32 // from 1, in the order of first use
	Kind  trace.Kind
	First *trace.Site // where it was first used
	Born  int         // step before that
	ptr   unsafe.Pointer

	Waiters Waiters // lockers, receivers, and whoever waits for the object as a whole
	Senders Waiters // Chan: blocked senders; RWMutex: writers behind a writer
	Pending Waiters // RWMutex: the writer that waits for readers to leave, and keeps new ones out
	lobby   lobby   // Mutex, RWMutex: who waits to have it alone
	holds   []Hold
	handed  bool // a lock: was unlocked by another than who held it

	Count   int  // WaitGroup: the counter, as seen; Cond and Once: unused
	Closed  bool // Chan: seen closed
	sized   bool // Chan: its values have a size, and are more than wake-ups
	Running bool // Once: its function runs

	// Stash is a value that had to be received to see that a channel without a visible sender was ready: the next
	// receive gets it. It points to a value of the channel's element type.
	Stash unsafe.Pointer

	Spare any // Chan: a waiter to use again

	Name   string  // Socket: what to call it, wherever it is used
	Abroad bool    // Socket: what ends waits at it may be outside the process
	Back   *Object // Socket: of a direction of a connection the other one
	ends   *ends   // Socket: a direction of a stream; nil for others

	Never bool // Chan: of a timer: it is set to a time that never comes

	made Use     // Chan: of a context or a timer: who made it
	from *Object // of a context: its parent's

	answer *Object // Chan: of a context that a request in a stream has: what its answer goes through

	uses    uses
	users   []Use
	byUser  map[user]int // indices of users, where these are many
	vars    [4]uint64    // that it was seen under: Site.Var; the first four are enough
	Dropped Use          // the last wake-up that met no waiter: a signal, or a send given up for a select's default
	pool    []any        // Pool: what was put
}

// length returns how many values are in a channel, wake-ups not counted. The runtime keeps that in the same place whatever their type is.
func (o *Object) length() int {
	if o.Kind != trace.Chan || !o.sized {
		return 0
	}
	n := len(*(*chan struct{})(unsafe.Pointer(&o.ptr)))
	if o.Stash != nil {
		n++
	}
	return n
}

// room returns how many values a channel has room for.
func (o *Object) room() int { return cap(*(*chan struct{})(unsafe.Pointer(&o.ptr))) }

// A Hold is a lock held by a task, or some of a Resource.
type Hold struct {
	Task *Task
	Site *trace.Site
	Step int
	Read bool
	N    int64 // of a Resource

	Keeping trace.Keeping // of a library's Resource
	id      uint64        // see Kept

	callers []uintptr // of a lock that a library has taken: return addresses on the stack, see callers
}

// holdCallers is how many calls are kept that led to a library's lock: those in the library, as a rule, and the one that came there.
const holdCallers = 8

// A Use is the last operation of one kind that one task did on an object.
type Use struct {
	Task *Task
	Op   trace.Op
	Site *trace.Site
	Step int
}

// A Waiter is one task blocked on one object; a task blocked in a select has one on every case.
type Waiter struct {
	Task   *Task
	Object *Object
	Op     trace.Op
	Site   *trace.Site
	Val    unsafe.Pointer // where the value of a send is, or that of a receive goes
	Ok     bool           // the operation was completed by a partner, and not by a close
	Done   bool
	Case   int  // of the select
	Value  bool // a receive of something that has a size: more than a wake-up
	// Poller, which may be nil, is for partners that the engine does not see.
	Poller Poller
	Until  int64 // unix nanoseconds, virtual: the clock must stop then, for the Poller; 0 for never

	ahead      bool // the task does something else before it waits for this
	list       *Waiters
	prev, next *Waiter
}

// A Poller tries an operation on the real object, and completes the wait for it if that can be done now.
type Poller interface {
	// Poll reports whether it completed the wait. It is only called while every task is parked.
	Poll() bool
}

// SetUntil changes w.Until while w's task may be waiting.
func (x *Execution) SetUntil(w *Waiter, at int64) {
	if w.list != nil {
		if w.Until != 0 {
			x.clock.timed--
		}
		if at != 0 {
			x.clock.timed++
		}
	}
	w.Until = at
}

// Poll has w's task try the operation that it waits for, on the real object. It reports whether the wait is over.
func (w *Waiter) Poll() bool { return w.Task.inName(w.Poller.Poll) }

// TryLock is m.TryLock for w's task.
func (w *Waiter) TryLock(m *sync.RWMutex) bool { return w.Task.inName(m.TryLock) }

// TryRLock is m.TryRLock for w's task.
func (w *Waiter) TryRLock(m *sync.RWMutex) bool { return w.Task.inName(m.TryRLock) }

// Meet and Met are for a value that is handed over without a channel to do it: what w's task did before it waited comes
// before what the caller does after Meet, and what the caller did before Met comes before what w's task does next. They
// tell the race detector, and nobody else.
func (w *Waiter) Meet() {
	if Race {
		RaceAcquire(unsafe.Pointer(&w.Task.hidden.parked))
	}
}

// Met: see Meet.
func (w *Waiter) Met() {
	if Race {
		raceRelease(unsafe.Pointer(&w.Task.hidden.met))
	}
}

// PollFunc is a function as a Poller.
type PollFunc func() bool

// Poll calls f.
func (f PollFunc) Poll() bool { return f() }

// Waiters is a list of waiters, first come first served, as the runtime's own are.
type Waiters struct {
	head, tail *Waiter
}

// First returns the waiter that came first, or nil.
func (l *Waiters) First() *Waiter { return l.head }

// Next returns the waiter after w, or nil.
func (w *Waiter) Next() *Waiter { return w.next }

func (l *Waiters) push(w *Waiter) {
	w.list, w.prev, w.next = l, l.tail, nil
	if l.tail == nil {
		l.head = w
	} else {
		l.tail.next = w
	}
	l.tail = w
}

func (l *Waiters) remove(w *Waiter) {
	if w.prev == nil {
		l.head = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.tail = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.list, w.prev, w.next = nil, nil, nil
}

// objectChunk is how many Objects are allocated at a time.
const objectChunk = 32

// objects numbers the synchronisation objects of an execution, by address. It keeps them alive, so that an address cannot
// come to mean another object while the execution lasts.
//
// It is a hash table of its own: a map's accesses would be seen by the race detector.
type objects struct {
	slots  []*Object // by address, each in the first free slot after its own; a power of two, less than half full
	chunks [][]Object
	n      int
	last   *Object
}

func (os *objects) reset() {
	clear(os.slots)
	for i := range os.n {
		os.chunks[i/objectChunk][i%objectChunk].reset()
	}
	const kept = 64 // chunks: the memory of an unusually large execution is given back
	if len(os.chunks) > kept {
		os.chunks = os.chunks[:kept:kept]
		os.slots = nil
	}
	os.n, os.last = 0, nil
}

// reset empties o. It keeps the memory of the lists that each execution makes anew.
func (o *Object) reset() {
	users, holds := o.users, o.holds
	*o = Object{}
	if cap(users)+cap(holds) <= keptUses {
		clear(users)
		clear(holds)
		o.users, o.holds = users[:0], holds[:0]
	}
}

// keptUses is how long lists may be to be kept.
const keptUses = 64

func (os *objects) lookup(p unsafe.Pointer) *Object {
	if os.last != nil && os.last.ptr == p {
		return os.last
	}
	if len(os.slots) == 0 {
		return nil
	}
	return os.slots[os.slot(p)]
}

// slot returns the index of p's slot, or of the free one where it belongs.
func (os *objects) slot(p unsafe.Pointer) int {
	mask := uint64(len(os.slots) - 1)
	i := uint64(uintptr(p)) * 0x9E3779B97F4A7C15 >> 32 & mask
	for o := os.slots[i]; o != nil && o.ptr != p; o = os.slots[i] {
		i = (i + 1) & mask
	}
	return int(i)
}

// grow makes room for one more.
func (os *objects) grow() {
	if 2*(os.n+1) < len(os.slots) {
		return
	}
	old := os.slots
	os.slots = make([]*Object, max(2*len(old), 64))
	for _, o := range old {
		if o != nil {
			os.slots[os.slot(o.ptr)] = o
		}
	}
}

func (os *objects) get(p unsafe.Pointer, k trace.Kind, s *trace.Site, step int) *Object {
	if o := os.lookup(p); o != nil {
		os.last = o
		return o
	}
	os.grow()
	chunk, i := os.n/objectChunk, os.n%objectChunk
	if chunk == len(os.chunks) {
		os.chunks = append(os.chunks, make([]Object, objectChunk))
	}
	o := &os.chunks[chunk][i]
	os.n++
	o.ID, o.Kind, o.First, o.Born, o.ptr = uint32(os.n), k, s, step, p
	os.slots[os.slot(p)] = o
	os.last = o
	return o
}

// Seen notes that the object was operated on under the variable v.
func (o *Object) Seen(v uint64) {
	if v == 0 {
		return
	}
	for i := range o.vars { // a range over values would copy them all first
		switch have := &o.vars[i]; *have {
		case 0:
			*have = v
			return
		case v:
			return
		}
	}
}

// Hold notes that t, which calls it, holds o from now on.
func (o *Object) Hold(t *Task, s *trace.Site, read bool) {
	o.Granted(t, s, read)
	if s != nil && s.Library {
		pcs := make([]uintptr, holdCallers)
		o.holds[len(o.holds)-1].callers = pcs[:callers(pcs)]
	}
}

// Granted is Hold where another task has seen to it.
func (o *Object) Granted(t *Task, s *trace.Site, read bool) {
	o.holds = append(o.holds, Hold{Task: t, Site: s, Step: t.x.trace.n, Read: read})
	t.held++
	switch {
	case o.Kind == trace.Mutex:
		t.Does(o, trace.Takes)
	case o.Kind == trace.RWMutex && read:
		t.Does(o, trace.Looks)
	case o.Kind == trace.RWMutex:
		t.Does(o, trace.Changes)
	}
	if r := t.x.limits.Record; r != nil && o.isLock() {
		r.Lock(int(t.ID), uintptr(o.ptr), read)
	}
	if t.x.limits.Keep && o.isLock() {
		t.x.locking = append(t.x.locking, trace.Locking{Task: t.ID, Object: o.ID, Site: s, Step: t.x.trace.n, Read: read})
	}
}

// Release forgets one hold of o: that of t if it has one, and else the oldest, because Go lets any goroutine unlock.
func (o *Object) Release(t *Task) {
	switch {
	case o.Kind == trace.Mutex:
		t.Does(o, trace.Gives)
	case o.Kind == trace.RWMutex && o.HeldForReading():
		t.Does(o, trace.Looks)
	case o.Kind == trace.RWMutex:
		t.Does(o, trace.Changes)
	}
	for i := len(o.holds) - 1; i >= 0; i-- {
		if o.holds[i].Task == t {
			o.dropHold(i)
			return
		}
	}
	if len(o.holds) > 0 {
		o.handed = true
		o.dropHold(0)
	}
}

// isLock reports whether who holds o has locked it.
func (o *Object) isLock() bool { return o.Kind != trace.Resource && o.Kind != trace.Socket }

func (o *Object) dropHold(i int) {
	h := o.holds[i]
	h.Task.held--
	if r := h.Task.x.limits.Record; r != nil && o.isLock() {
		r.Unlock(int(h.Task.ID), uintptr(o.ptr))
	}
	if x := h.Task.x; x.limits.Keep && o.isLock() {
		x.locking = append(x.locking, trace.Locking{Task: h.Task.ID, Object: o.ID, Site: h.Site, Step: x.trace.n, Read: h.Read, Given: true})
	}
	last := len(o.holds) - 1
	for ; i < last; i++ { // no copy, which the race detector would see
		o.holds[i] = o.holds[i+1]
	}
	o.holds = o.holds[:last]
}

// SetRunning says whether the function of o, a Once, runs.
func (o *Object) SetRunning(runs bool) { o.Running = runs }

// Add changes the counter of o, a WaitGroup, and returns it.
func (o *Object) Add(n int) int {
	o.Count += n
	return o.Count
}

// Put adds v to o, a Pool.
func (o *Object) Put(v any) {
	RaceRelease(poolEdge(v))
	o.pool = append(o.pool, v)
}

// Got takes from o, a Pool, what was put last; nil if there is nothing.
func (o *Object) Got() any {
	last := len(o.pool) - 1
	if last < 0 {
		return nil
	}
	v := o.pool[last]
	o.pool[last] = nil
	o.pool = o.pool[:last]
	RaceAcquire(poolEdge(v))
	return v
}

// poolEdge returns the address at which a Put of v releases, for the race detector, what its Get acquires. Like package
// sync it takes one of a few, by where v is: v's own would be confused with what v does there.
func poolEdge(v any) unsafe.Pointer {
	p := uintptr((*[2]unsafe.Pointer)(unsafe.Pointer(&v))[1])
	return unsafe.Pointer(&poolEdges[p>>3%uintptr(len(poolEdges))])
}

var poolEdges [127]uint64

// SetClosed notes that o, a channel, was seen closed.
func (o *Object) SetClosed() { o.Closed = true }

// Keep puts a value into o.Stash.
func (o *Object) Keep(v unsafe.Pointer) {
	o.Stash = v
	RaceRelease(unsafe.Pointer(&o.Stash))
}

// Kept takes the value out of o.Stash; nil if there is none.
func (o *Object) Kept() unsafe.Pointer {
	v := o.Stash
	if v != nil {
		o.Stash = nil
		RaceAcquire(unsafe.Pointer(&o.Stash))
	}
	return v
}

// Held reports whether a task that the engine knows holds o.
func (o *Object) Held() bool { return len(o.holds) > 0 }

// HeldForReading reports whether a task that the engine knows holds o, an RWMutex, for reading.
func (o *Object) HeldForReading() bool { return len(o.holds) > 0 && o.holds[0].Read }

// use notes the operation for those who will ask who could have ended a wait.
// Of a lock it is known who holds it.
func (o *Object) use(t *Task, op trace.Op, s *trace.Site, step int) {
	if o.Kind == trace.Mutex || o.Kind == trace.RWMutex {
		return
	}
	if i := o.user(t, op); i >= 0 {
		u := &o.users[i]
		u.Site, u.Step = s, step
		return
	}
	o.users = append(o.users, Use{t, op, s, step})
}

// A user is a task that does an operation.
type user struct {
	task *Task
	op   trace.Op
}

// manyUsers is how many users are found faster in a map than one after the other.
const manyUsers = 64

// user returns the index in o.users of what t does, -1 if it is not there and is about to be.
func (o *Object) user(t *Task, op trace.Op) int {
	if len(o.users) < manyUsers {
		for i := range o.users {
			if u := &o.users[i]; u.Task == t && u.Op == op {
				return i
			}
		}
		return -1
	}
	if o.byUser == nil {
		o.byUser = map[user]int{}
		for i, u := range o.users {
			o.byUser[user{u.Task, u.Op}] = i
		}
	}
	i, known := o.byUser[user{t, op}]
	if !known {
		o.byUser[user{t, op}] = len(o.users)
		return -1
	}
	return i
}

// Made notes that t has made o, the channel of a context or a timer; from is that of the parent context, or nil.
func (o *Object) Made(t *Task, op trace.Op, s *trace.Site, from *Object) {
	o.made = Use{t, op, s, t.x.trace.n}
	o.from = from
}

// Did notes that t did op on o, which is no sync point of o's own: the stop of a timer, for its channel.
func (t *Task) Did(o *Object, op trace.Op, s *trace.Site) { o.use(t, op, s, t.x.trace.n) }

// Owes notes that o, a wait group, waits for t to end.
func (t *Task) Owes(o *Object, s *trace.Site) { o.use(t, trace.OpGo, s, t.x.trace.n) }

// Collect runs the garbage collector. Objects that nobody holds or waits for are forgotten before, and what pools have, so
// that they can go; one that is still used is a new one to the engine. The finalizers that are then due run as a task.
func (t *Task) Collect() {
	if t.x.unwinding {
		return
	}
	t.near = 0
	if due := t.x.collect(time.Millisecond); due != nil {
		t.GoTitled(due, finalizers, nil)
	}
}

// finalizers is the name of the task that runs them.
const finalizers = "finalizers"

// finalize is Collect when nothing can run: whoever waits for a finalizer does not wait for ever, because Go collects
// garbage every two minutes. It gives the runtime up to so much real time, and reports whether finalizers run, or the runtime has closed
// descriptors that a goroutine waits for.
func (x *Execution) finalize(patience time.Duration) bool {
	closes := x.closePatience(patience)
	for d := time.Millisecond; d <= patience && x.finals.outstanding() || d <= closes; d *= 2 {
		if x.start(x.collect(d)) {
			return true
		}
		if closes > 0 {
			if x.poll(); x.runq.n > 0 {
				return true
			}
		}
	}
	if closes > 0 {
		closedNothing.Store(true)
	}
	return false
}

// closePatience returns how much of its real time the runtime gets to close descriptors that nothing can reach: 0 if no task waits for
// that.
func (x *Execution) closePatience(patience time.Duration) time.Duration {
	waits := func(t *Task) bool {
		return t.state == trace.Blocked && slices.ContainsFunc(t.waits, func(w *Waiter) bool { return w.Object != nil && w.Object.Kind == trace.Socket })
	}
	switch {
	case !x.kernel || !slices.ContainsFunc(x.tasks, waits):
		return 0
	case closedNothing.Load():
		return min(patience, 4*time.Millisecond)
	}
	return patience
}

// closedNothing is set once the runtime was waited for to close descriptors and has closed none that matters: the next hang of the process
// is likely to be the same.
var closedNothing flag

// start runs finalizers as a task, and reports whether there are any.
func (x *Execution) start(due func()) bool {
	if due == nil {
		return false
	}
	t := x.newTask(nil, nil, titled(finalizers))
	go t.run(due)
	x.ready(t)
	return true
}

// collect runs the garbage collector, gives the runtime, which has goroutines of its own for finalizers, so much real
// time, and returns what runs those that are due; nil if none are.
func (x *Execution) collect(d time.Duration) (due func()) {
	x.goesBeyond(isCollected)
	x.objects.forget(x.tasks)
	x.words.forget(nil)
	x.order.cells.forget()
	runtime.GC()
	if x.limits.Pause != nil {
		x.limits.Pause(d)
	}
	fs := x.finals.take()
	if len(fs) == 0 {
		return nil
	}
	return func() {
		for _, f := range fs {
			f.run()
		}
	}
}

// finals are finalizers of objects that the garbage collector has found. The goroutine that it calls them on is of no
// bubble: what they do to a channel of the execution would end the process.
type finals struct {
	mu        sync.Mutex
	execution int // counts them, and their ends: an Execution is used again
	set       int // not due so far
	due       []final
}

// A final is a finalizer that is to run.
type final struct {
	run   func()
	frees bool // what the process has: it runs after the execution too
}

// Final returns a function that takes a finalizer for later: for the next garbage collection, which comes when the
// execution asks for it, and when nothing can run. After the execution it is run at once if it frees what the process has, as a
// descriptor, and else not at all: it may meet goroutines that are gone.
func (t *Task) Final(frees bool) (later func(f func())) {
	fs := &t.x.finals
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.set++
	of := fs.execution
	return func(f func()) {
		if !fs.add(final{f, frees}, of) && frees {
			f()
		}
	}
}

// add takes a finalizer of an execution, and reports whether that still runs.
func (fs *finals) add(f final, of int) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.execution != of {
		return false
	}
	fs.set--
	fs.due = append(fs.due, f)
	return true
}

func (fs *finals) outstanding() bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.set+len(fs.due) > 0
}

func (fs *finals) take() (due []final) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	due, fs.due = fs.due, nil
	return due
}

// end ends the execution. What it has not come to is run if it frees what the process has.
func (fs *finals) end() {
	fs.mu.Lock()
	due := fs.due
	fs.execution++
	fs.set, fs.due = 0, nil
	fs.mu.Unlock()
	for _, f := range due {
		if f.frees {
			f.run()
		}
	}
}

// forget lets go of the objects that nothing but their memory would be lost of.
func (os *objects) forget(tasks []*Task) {
	os.last = nil
	near := map[uintptr]bool{} // about to be used
	for _, t := range tasks {
		if t.state != trace.Ended {
			near[t.near] = true
		}
	}
	old := os.slots
	os.slots = make([]*Object, len(old))
	for _, o := range old {
		if o == nil {
			continue
		}
		idle := o.Waiters.head == nil && o.Senders.head == nil && o.Pending.head == nil && len(o.holds) == 0
		if idle && !near[uintptr(o.ptr)] && !o.Running && o.Count == 0 && o.Stash == nil {
			o.ptr, o.Spare, o.pool = nil, nil, nil // a pool forgets what it holds, as it does natively
			continue
		}
		os.slots[os.slot(o.ptr)] = o
	}
}
