package engine

import (
	"cmp"
	"runtime"
	"slices"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/trace"
)

// A Task is one goroutine of an execution. Its fields belong to the task that runs, but for its gate.
type Task struct {
	ID      uint32 // from 1, in the order of creation
	Parent  *Task
	Spawned *trace.Site // the go statement; nil for the first task
	callers []uintptr   // of the functions that came to the go statement, if that is a library's

	x     *Execution
	g     uintptr
	gate  gate
	state trace.State
	ready bool // to do op, see Question.Pending: it was taken off before it, or waits for a lock
	held  int  // locks
	polls int  // in a row

	queue      *queue
	prev, next *Task
	lobby      *lobby // that of the lock it waits for, and has not run for since; nil for none
	heldSince  int    // step
	heldUntil  int64  // unix nanoseconds, virtual: until when time may pass before it goes on; set when it is held back

	// What it is blocked in.
	op    trace.Op
	site  *trace.Site
	since int       // step
	waits []*Waiter // a select's holds one a case, everything else one
	own   Waiter

	expected bool // Outside, in native code that waits for tasks and nothing else
	awaited  bool // such native code waits for its end
	gaveUp   bool // see GiveUp

	past  uint64 // hash of what it has done, see order
	steps uint32 // how many steps it has done
	at    int32  // its last transition, see Order

	near     uintptr     // address of what the sync point is about at which it is, or was last; 0 for none
	last     *trace.Site // where it last passed a sync point
	lastRecv int         // step of its last completed receive of a value
	born     int         // step at which it was started

	entry uintptr // code of the function that it was begun with, see codeOf; 0 if that is one of ours
	calls *calls  // what is known beside of how it is called; nil for nothing

	within  *InProcess // that it is in, see EnterProcess
	process *InProcess // that has begun it: it lives as long as the process

	hidden *hidden // nil without the race detector
}

// A hidden is what a task is to the race detector, see race.go.
type hidden struct {
	parked uint64 // address at which is released what the task had done when it parked
	met    uint64 // likewise, what those had done that ended its wait
	errand func() bool
	result bool // of the errand
}

// newHidden returns nil without the race detector: a Task is five cache lines then, and must not be more.
func newHidden() *hidden {
	if Race {
		return new(hidden)
	}
	return nil
}

// self returns the task that calls, or nil if the caller is none: a goroutine from before the execution, or one that
// code left native has started.
func (x *Execution) self(s *trace.Site) *Task {
	if x.free != nil {
		x.free.pass(s)
		return nil
	}
	g := getg()
	if t := x.cur.Load(); t != nil && t.g == g {
		return t
	}
	return x.returned(g)
}

// run is the life of the task's goroutine.
func (t *Task) run(f func()) {
	t.g = getg()
	t.await()
	if t.x.unwinding {
		t.exit()
		return
	}
	finished := false
	defer func() {
		if !finished && !t.x.unwinding {
			// Neither returned nor unwound by us: a panic, or the code's own Goexit, which ends the goroutine and
			// nothing else.
			if r := recover(); r != nil {
				t.Panicked(r)
			}
		} else {
			_ = recover() // what deferred calls do while they are unwound is no finding
		}
		t.exit()
	}()
	f()
	finished = true
}

// exit ends the task and hands the token on for good.
func (t *Task) exit() {
	x := t.x
	if t.state == trace.Outside {
		x.arrive(t)
		t.await()
	}
	RaceRelease(unsafe.Pointer(&x.over))
	t.state = trace.Ended
	t.g = 0
	x.live--
	if t.awaited && x.limits.Record != nil {
		x.limits.Record.Release(int(t.ID), byTesting)
	}
	if x.unwinding {
		x.cur.Store(nil)
		return
	}
	x.trace.add(t, trace.OpExit, nil, t.last)
	x.moving()
	if t.Parent != nil || t.ID == 1 { // a timer's callback is the clock's doing
		x.moved = true
	}
	if t.awaited {
		// Native code waits for its end, and lets another task continue: that one is to be among those of whom the next is
		// picked.
		x.left = t
		x.cur.Store(nil)
		return
	}
	if next := x.pick(t, trace.OpExit, t.last); next != nil && x.outside == 0 {
		x.grant(next)
		return
	} else if next != nil {
		x.first = next
	}
	x.cur.Store(nil)
}

// Panicked ends the execution because t has panicked with value. It must be called while t panics.
func (t *Task) Panicked(value any) { t.x.fail(trace.Panicked, t, value, Dump(false)) }

// Execution returns the execution that t belongs to.
func (t *Task) Execution() *Execution { return t.x }

// Object returns the engine's side of the synchronisation object of kind k at p.
func (t *Task) Object(p unsafe.Pointer, k trace.Kind, s *trace.Site) *Object {
	o := t.x.objects.get(p, k, s, t.x.trace.n)
	if s != nil {
		o.Seen(s.Var)
	}
	return o
}

// Chan is Object for the channel at p, whose values have a size in bytes.
func (t *Task) Chan(p unsafe.Pointer, size uintptr, s *trace.Site) *Object {
	o := t.Object(p, trace.Chan, s)
	o.sized = size > 0
	return o
}

// Known returns the engine's side of the object at p, or nil if the execution has not used it yet.
func (t *Task) Known(p unsafe.Pointer) *Object { return t.x.objects.lookup(p) }

// Unwinding reports whether the execution is over and t runs its deferred calls only.
func (t *Task) Unwinding() bool { return t.x.unwinding }

// Point is a sync point: t is about to do op on o, and the schedule says who goes on first. When it returns, t does the
// operation. o may be nil.
func (t *Task) Point(op trace.Op, o *Object, s *trace.Site) {
	x := t.x
	if x.unwinding {
		x.unwindStep()
		return
	}
	t.nears(op, o)
	if x.outside > 0 {
		t.Settle()
	}
	if d := x.delayed.head; d != nil && x.trace.n-d.heldSince > longestHold {
		x.delayed.remove(d)
		x.runq.push(d)
	}
	if len(x.offers) > 0 {
		x.maybeCancel(t, op, o, s)
	}
	if x.runq.n > 0 {
		if next := t.takenOff(Preempt, op, o, s); next != nil {
			// Not there: a processor that comes back to another stack predicts each return wrongly, so that every frame in
			// between costs some nanoseconds.
			t.yieldTo(next)
		}
	}
	t.Step(op, o, s)
	if op >= trace.OpListen || o != nil && o.Kind == trace.Socket {
		t.Stirs(trace.Changes)
	}
}

// nears notes that t is about to do op on o. Of an atomic operation, and of a plain access, that was noted before.
func (t *Task) nears(op trace.Op, o *Object) {
	switch {
	case o != nil:
		t.near = uintptr(o.ptr)
	case op != trace.OpAtomic && op != trace.OpLoad && op != trace.OpStore:
		t.near = 0
	}
}

// After is a sync point after an operation that lets others do something: t has released what they need, and the schedule
// says who runs before what t does next. There is none where that is a sync point itself, as the site says.
func (t *Task) After(op trace.Op, o *Object, s *trace.Site) {
	if t.x.limits.Record != nil {
		t.x.orders(t, op, o) // what was done in op, of a Once say, comes before what others do
	}
	if s != nil && s.After != trace.Nothing {
		t.after(s.After, op, o, s)
	}
}

// AfterCase is After for the i-th case of a select, in source order.
func (t *Task) AfterCase(i int, op trace.Op, o *Object, s *trace.Site) {
	if i < len(s.Cases) && s.Cases[i].After != trace.Nothing {
		t.after(s.Cases[i].After, op, o, s)
	}
}

func (t *Task) after(f trace.Following, op trace.Op, o *Object, s *trace.Site) {
	x := t.x
	if x.unwinding {
		return
	}
	if x.outside > 0 {
		t.Settle()
	}
	x.question.Following = f
	if x.runq.n > 0 {
		if next := t.takenOff(After, op, o, s); next != nil {
			t.yieldTo(next)
		}
	}
}

// takenOff asks whether another task runs in t's place, which could go on, and returns it: t is to yield to it. Nil: t goes on.
func (t *Task) takenOff(k QuestionKind, op trace.Op, o *Object, s *trace.Site) *Task {
	x, q := t.x, t.x.runq.n
	// 0 goes on, 1..q yields to the i-th in the queue, q+1..2q is held back in its favour.
	c := x.ask(k, 1+2*q, t, op, o, s)
	if c == 0 {
		return nil
	}
	t.site, t.op, t.ready = s, op, k == Preempt
	x.trace.takes(t, k == After, op, o, s)
	if c > q {
		c -= q
		x.trace.next = trace.Delayed
		t.heldUntil = bubbleNow() + longestDelay
		t.heldSince = x.trace.n
		x.delayed.push(t)
	} else {
		x.runq.push(t)
	}
	return x.next(c - 1)
}

// Step notes that t does op on o.
func (t *Task) Step(op trace.Op, o *Object, s *trace.Site) {
	x := t.x
	t.last = s
	t.polls = 0
	t.steps++
	if c := t.calls; c != nil && c.looking() {
		c.look()
	}
	x.trace.add(t, op, o, s)
	x.begins(t)
	x.moving()
	if x.limits.Record != nil {
		x.orders(t, op, o)
	}
	if o != nil {
		o.use(t, op, s, x.trace.n)
	}
	if x.trace.n >= x.limits.Steps && !x.stopping {
		x.fail(trace.TooLong, t, nil, nil)
		x.cur.Store(nil)
		t.park()
	}
	if Race && x.raced() && !x.stopping {
		x.fail(trace.Raced, nil, nil, nil)
		x.cur.Store(nil)
		t.park()
	}
	if x.trace.n >= x.busy && !x.stopping {
		x.busy, x.late = x.trace.n+busySteps, true
		// All others first, as if the runtime's own preemption had come, and those too that were held back.
		for x.delayed.n > 0 {
			x.runq.push(x.delayed.take())
		}
		x.runq.push(t)
		x.cur.Store(nil)
		t.park()
	}
}

// ChooseCase asks the schedule for one of the cases of a select, by their numbers, that are ready.
func (t *Task) ChooseCase(ready []int, s *trace.Site) int {
	x := t.x
	if len(ready) < 2 || x.unwinding {
		return ready[0]
	}
	x.question.cases = append(x.question.cases[:0], ready...)
	return ready[x.ask(Case, len(ready), t, trace.OpSelect, nil, s)]
}

// longestHold is for how many steps a task may be held back while others can run. Go's own scheduler is fair, and programs
// rely on it: loops that go round until another goroutine ends them.
const longestHold = 2_000

// Yield lets others run first, as runtime.Gosched does.
func (t *Task) Yield(s *trace.Site) {
	x := t.x
	if x.unwinding {
		x.unwindStep()
		return
	}
	t.site, t.op = s, trace.OpYield
	if x.outside > 0 {
		t.Settle()
	}
	x.runq.push(t)
	switch {
	case x.runq.n > 1:
		// Last in the queue, it may still be the one to go on: a yield promises nothing.
		next := x.next(x.ask(Next, x.runq.n, t, trace.OpYield, nil, s))
		if next != t {
			t.handTo(next)
		}
	case x.delayed.n > 0:
		t.handTo(x.delayed.take())
	default:
		// Alone: whatever it spins on can only come from the clock or from outside control.
		x.spun++
		x.cur.Store(nil)
		t.park()
	}
	t.Step(trace.OpYield, nil, s)
}

// maxPolls is how many operations that only look, and do not wait, a task may do with nothing else between before it gives
// way: what it looks for may be for others to do.
const maxPolls = 200

// Poll is Point for an operation that goes on whatever it finds, so that a loop of them spins: an atomic one, a lock that
// is tried, a select with a default.
func (t *Task) Poll(op trace.Op, o *Object, s *trace.Site) {
	n := t.polls + 1
	if n > maxPolls && t.x.runq.n+t.x.delayed.n > 0 {
		t.nears(op, o)
		t.Yield(s)
		if t.x.limits.Record != nil {
			t.x.orders(t, op, o)
		}
		return
	}
	t.Point(op, o, s)
	t.polls = n
}

// Atomic is Poll for an atomic operation on the variable at p; nil if it is not known which.
func (t *Task) Atomic(p unsafe.Pointer, s *trace.Site) {
	t.near = uintptr(p)
	var c *cell
	if p != nil && t.x.order.cells.n < mostCells {
		c = t.x.order.cells.get(p)
	}
	t.word(p, s)
	t.Poll(trace.OpAtomic, nil, s)
	if c != nil {
		t.usesCell(c, s)
		return
	}
	t.Stirs(trace.Changes)
	t.x.goesBeyond(isUnknown)
}

// word notes that t uses the variable at p, which is no object; nil if it is not known which.
func (t *Task) word(p unsafe.Pointer, s *trace.Site) {
	if !t.x.limits.Keep || p == nil || s == nil || t.x.words.n >= mostWords {
		return
	}
	w := t.x.words.get(p, 0, s, t.x.trace.n)
	w.Seen(cmp.Or(s.Var, s.Key))
	if len(w.users) == 0 || len(w.users) == 1 && w.users[0].Task != t {
		w.users = append(w.users, Use{Task: t})
	}
}

// mostWords bounds the memory of what is known of variables that atomic operations are done on.
const mostWords = 1 << 14

// Here says that the task goes on on the goroutine that calls, as coroutines do.
func (t *Task) Here() { t.g = getg() }

// Waiter returns a waiter for the next Wait, free again when Block returns.
func (t *Task) Waiter() *Waiter {
	t.own = Waiter{}
	return &t.own
}

// Wait enqueues w, which op on o needs; Block parks t until one of its waiters is done.
func (t *Task) Wait(l *Waiters, w *Waiter, o *Object, op trace.Op, s *trace.Site) {
	if t.x.unwinding {
		return // Block will not come back
	}
	w.Task, w.Object, w.Op, w.Site, w.Done = t, o, op, s, false
	t.waitsFor(o, op)
	l.push(w)
	t.waits = append(t.waits, w)
	if w.Until != 0 {
		t.x.clock.timed++
	}
}

// WaitWhile is Wait and Block, with f between, which may wait for something else meanwhile. The locks that f gives back count as given back
// in the step of the wait.
func (t *Task) WaitWhile(l *Waiters, o *Object, op trace.Op, s *trace.Site, f func()) {
	w := new(Waiter)
	t.Wait(l, w, o, op, s)
	t.waits, w.ahead = t.waits[:0], true
	before, step := len(t.x.locking), t.x.trace.n
	f()
	t.gaveBack(before, step)
	t.waits, w.ahead = append(t.waits[:0], w), false
	t.Block(op, s)
}

// gaveBack has the locks that t has taken before there were n changes of locks, and given back since, count as given back in a step.
func (t *Task) gaveBack(n, step int) {
	since := t.x.locking[n:]
	for i := range since {
		l := &since[i]
		taken := slices.ContainsFunc(since[:i], func(before trace.Locking) bool {
			return before.Task == t.ID && before.Object == l.Object && !before.Given
		})
		if l.Task == t.ID && l.Given && !taken {
			l.Step = step
		}
	}
}

// Block parks t, having waited for nothing (for ever) or for any of its waiters, and returns the one that was done.
// If the execution ends first, it does not return: the goroutine exits, its deferred calls run.
func (t *Task) Block(op trace.Op, s *trace.Site) *Waiter {
	x := t.x
	if x.unwinding {
		runtime.Goexit()
	}
	done := t.done()
	if done == nil {
		t.op, t.site, t.since, t.state = op, s, x.trace.n, trace.Blocked
		if x.limits.Record != nil {
			x.parks(t)
		}
		t.release() // whoever runs next may meet t before it rests
		t.passOn()
		done = t.done()
	}
	t.waits = t.waits[:0]
	t.acquire()
	if x.limits.Record != nil && done != nil && done.Object != nil {
		x.limits.Record.Acquire(int(t.ID), uintptr(done.Object.ptr))
	}
	return done
}

func (t *Task) done() *Waiter {
	for _, w := range t.waits {
		if w.Done {
			return w
		}
	}
	return nil
}

// BlockLock parks t, which waits in the list l, until o, a lock, may be free; the caller tries and comes again. poll tells whether it is free,
// for holders that the engine does not see; it may be nil.
func (t *Task) BlockLock(l *Waiters, op trace.Op, o *Object, s *trace.Site, poll PollFunc) {
	if t.x.unwinding {
		runtime.Goexit()
	}
	w := &t.own
	if w.list == nil {
		t.since = t.x.trace.n
		t.waits = t.waits[:0]
		t.Wait(l, t.Waiter(), o, op, s)
	}
	w.Poller = nil
	if poll != nil {
		w.Poller = poll
	}
	t.op, t.site, t.state = op, s, trace.Blocked
	t.ready, t.near = true, uintptr(o.ptr)
	t.x.closes(&o.lobby) // it is not free
	o.lobby.push(t)
	t.lobby = &o.lobby
	t.passOn()
}

// Complete ends the wait of w's task through w: its other waiters are withdrawn, and it may run.
func (x *Execution) Complete(w *Waiter, ok bool) {
	w.Ok, w.Done = ok, true
	x.ends(w)
	if t := x.cur.Load(); t != nil && x.limits.Record != nil && w.Object != nil {
		x.limits.Record.Release(int(t.ID), uintptr(w.Object.ptr))
	}
	if w.ahead {
		w.list.remove(w)
		return
	}
	t := w.Task
	t.withdraw()
	if w.Value && ok {
		t.Received()
	}
	x.moved = true
	if t.state == trace.Blocked {
		x.ready(t)
	}
}

// withdraw takes t's waiters off their lists.
func (t *Task) withdraw() {
	for _, w := range t.waits {
		if w.list != nil {
			w.list.remove(w)
			if w.Until != 0 {
				t.x.clock.timed--
			}
		}
	}
}

// GiveUp notes that the test which t runs skips itself.
func (t *Task) GiveUp() { t.gaveUp = true }

// Received notes that t has received a value, and with it perhaps something to give back.
func (t *Task) Received() { t.lastRecv = t.x.trace.n }

// Drop notes that op, a wake-up, met nobody who waits on o.
func (t *Task) Drop(o *Object, op trace.Op, s *trace.Site) {
	o.Dropped = Use{t, op, s, t.x.trace.n}
}

// Unlocked lets those who wait for a lock try to take it: any of them may win, as in Go.
func (x *Execution) Unlocked(o *Object) {
	if o.lobby.n > 0 && !x.unwinding {
		x.moved = true
		x.opens(&o.lobby)
	}
}

// Locked ends t's own wait for the lock o, if any, and disables the others'.
func (o *Object) Locked(t *Task) {
	if w := &t.own; w.list != nil {
		w.list.remove(w)
		t.waits = t.waits[:0]
	}
	t.x.closes(&o.lobby)
}

func (x *Execution) ready(t *Task) {
	if t.state == trace.Ended {
		return // unwound out of a wait that another's deferred call now ends
	}
	if t.state == trace.Blocked && x.cur.Load() != nil { // else the root does it, for the clock or for somebody outside
		x.trace.ended(t, t.since, x.trace.n)
	}
	t.state = trace.Enabled
	if t.queue == nil {
		x.runq.push(t)
	}
}

// pick chooses who runs next when the running task cannot, because it does op at s, and takes it off its queue; nil if
// nobody can.
func (x *Execution) pick(t *Task, op trace.Op, s *trace.Site) *Task {
	if x.stopping {
		return nil
	}
	x.trace.next = trace.Switched
	switch q := x.runq.n; {
	case q > 1:
		return x.next(x.ask(Next, q, t, op, nil, s))
	case q == 1:
		return x.next(0)
	case x.delayed.n > 0 && (t == nil || !x.mayOvertake()): // else the root asks first whether time passes before
		return x.delayed.take()
	}
	return nil
}

// passOn hands the token to whoever can run, or to the root if nobody can, and parks t.
func (t *Task) passOn() {
	x := t.x
	if next := x.pick(t, t.op, t.site); next != nil && x.outside == 0 {
		t.handTo(next)
		return
	} else if next != nil {
		x.first = next
	}
	x.cur.Store(nil)
	t.park()
}

// handTo gives the token to next, because t blocks or gives way, and parks t.
func (t *Task) handTo(next *Task) {
	t.x.trace.next = trace.Switched
	t.yieldTo(next)
}

// grant gives the token to next.
func (x *Execution) grant(next *Task) {
	x.granted(next)
	next.gate.open()
}

// granted notes that next has the token.
func (x *Execution) granted(next *Task) {
	next.ready = false
	x.begins(next)
	x.cur.Store(next)
}

// yieldTo gives the token to next and parks t.
func (t *Task) yieldTo(next *Task) {
	if Race {
		t.x.grant(next)
		t.awaitHidden()
	} else {
		t.x.granted(next)
		t.gate.pass(&next.gate)
	}
	if t.x.unwinding {
		runtime.Goexit()
	}
}

// await waits for the token.
func (t *Task) await() {
	if Race {
		t.awaitHidden()
		return
	}
	t.gate.await()
}

// release tells the race detector that what t has done so far comes before what others do that meet it.
func (t *Task) release() {
	if Race {
		raceRelease(unsafe.Pointer(&t.hidden.parked))
	}
}

// acquire tells it that what those have done that ended t's wait comes before what t does next.
func (t *Task) acquire() {
	if Race {
		RaceAcquire(unsafe.Pointer(&t.hidden.met))
	}
}

// awaitHidden is await as the race detector does not see it.
func (t *Task) awaitHidden() {
	for {
		t.release()
		t.gate.await()
		if t.hidden.errand == nil {
			break
		}
		t.hidden.result = t.hidden.errand()
		t.hidden.errand = nil
		hide()
		t.x.done <- struct{}{}
		unhide()
	}
	if t.x.unwinding {
		RaceAcquire(unsafe.Pointer(&t.x.over))
	}
}

// inName runs f, which does something on a real object for t, who is parked: for the race detector it is t who does it.
// The caller waits until it is done. f must not wait.
func (t *Task) inName(f func() bool) bool {
	if !Race || t.g == getg() {
		return f()
	}
	t.hidden.errand = f
	t.gate.open()
	hide()
	<-t.x.done
	unhide()
	return t.hidden.result
}

// park waits for the token. At the end of the execution it comes with leave to unwind.
func (t *Task) park() {
	t.await()
	if t.x.unwinding {
		runtime.Goexit()
	}
}
