package engine

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"github.com/jostle-dev/jostle/internal/trace"
)

// outside is where tasks meet that are not run by the token: those that came back from an operation that the engine
// does not control, and the callbacks of native timers and contexts. They may come at any time and from any thread.
// The root admits them, in an order of its own, when all is quiet.
type outside struct {
	mu      sync.Mutex
	gone    []*Task // blocked out there
	arrived []arrival
	bell    chan struct{} // rung when one of them comes back: the root may be asleep
}

func (o *outside) lock() {
	hide()
	o.mu.Lock()
}

func (o *outside) unlock() {
	o.mu.Unlock()
	unhide()
}

// any reports whether there is one that the root has not admitted yet.
func (o *outside) any() bool {
	o.lock()
	defer o.unlock()
	return len(o.arrived) > 0
}

type arrival struct {
	seq  int // orders callbacks: by what they were registered as
	task *Task
}

// leave notes that t blocks in something uncontrolled, of which its stack says what it is: not the sync point that it passed last.
// Called by the root.
func (x *Execution) leave(t *Task) {
	x.goesBeyond(isOutside)
	t.state, t.op, t.site = trace.Outside, trace.OpNone, nil
	x.outside++
	x.out.lock()
	x.out.gone = append(x.out.gone, t)
	x.out.unlock()
	x.anyOutside.Store(true)
}

// returned finds the task of the goroutine g among those that had left, and waits until it is admitted again.
func (x *Execution) returned(g uintptr) *Task {
	if !x.anyOutside.Load() {
		x.foreign()
		return nil
	}
	x.out.lock()
	i := slices.IndexFunc(x.out.gone, func(t *Task) bool { return t.g == g })
	if i < 0 {
		x.out.unlock()
		x.foreign()
		return nil
	}
	t := x.out.gone[i]
	x.out.unlock()
	x.arrive(t)
	t.park()
	return t
}

// Gone returns the tasks that are in code which the engine does not control, but those of which it is known that they wait for
// other tasks there. Any goroutine may call it.
func (x *Execution) Gone() []*Task {
	x.out.lock()
	defer x.out.unlock()
	return slices.DeleteFunc(slices.Clone(x.out.gone), func(t *Task) bool { return t.expected })
}

// arrive puts t before the root.
func (x *Execution) arrive(t *Task) {
	x.out.lock()
	defer x.out.unlock()
	if i := slices.Index(x.out.gone, t); i >= 0 {
		last := len(x.out.gone) - 1
		x.out.gone[i] = x.out.gone[last]
		x.out.gone = x.out.gone[:last]
	}
	x.out.arrived = append(x.out.arrived, arrival{int(t.ID), t})
	select {
	case x.out.bell <- struct{}{}:
	default:
	}
}

// A Callback is a function that native code will call in a goroutine of its own: a timer's or a context's.
type Callback struct {
	x    *Execution
	seq  int
	f    func()
	site *trace.Site
}

// NewCallback registers f, to be run as a task of the execution each time that the callback is called.
func (t *Task) NewCallback(f func(), s *trace.Site) *Callback {
	x := t.x
	x.callbacks++
	return &Callback{x: x, seq: 1<<30 + x.callbacks, f: f, site: s}
}

// Run is what native code calls.
func (c *Callback) Run() {
	if active.Load() != c.x {
		return // the execution is over, and what it started with it
	}
	t := &Task{x: c.x, Spawned: c.site, entry: codeOf(c.f), calls: callsOf(c.site), gate: newGate(), hidden: newHidden()}
	c.x.out.lock()
	c.x.out.arrived = append(c.x.out.arrived, arrival{c.seq, t})
	c.x.out.unlock()
	t.run(c.f)
}

// Join makes the calling goroutine, which native code has started, a task of the execution until Leave, and waits for its
// turn; name is what people call it. It returns nil if the execution is over.
func (c *Callback) Join(name string) *Task {
	if active.Load() != c.x {
		return nil
	}
	t := &Task{x: c.x, calls: titled(name), Spawned: c.site, gate: newGate(), hidden: newHidden(), awaited: true}
	c.x.out.lock()
	c.x.out.arrived = append(c.x.out.arrived, arrival{c.seq, t})
	c.x.out.unlock()
	t.g = getg()
	t.park()
	return t
}

// Runs runs f, for which t has joined. The call says on the goroutine's stack which task it is.
//
//go:noinline
func (t *Task) Runs(f func()) {
	f()
	runtime.KeepAlive(t)
}

// Leave ends a task that Join began; the goroutine goes on as one that the engine does not know.
func (t *Task) Leave() { t.exit() }

// Native runs f, which starts native code that waits for tasks, those of Join, and for nothing else.
func (t *Task) Native(f func(), s *trace.Site) {
	x := t.x
	if x.unwinding {
		runtime.Goexit()
	}
	t.rest(s)
	defer func() { // also if f exits the goroutine
		if t.state == trace.Outside {
			x.arrive(t)
			t.park()
		}
	}()
	f()
}

// Rest has the calling goroutine go on as native code that waits for tasks, if for anything, until it comes by a sync
// point or calls Leave.
func (t *Task) Rest() {
	if !t.x.unwinding {
		t.rest(nil)
	}
}

func (t *Task) rest(s *trace.Site) {
	x := t.x
	if x.limits.Record != nil {
		x.limits.Record.Release(int(t.ID), byTesting)
	}
	t.op, t.site, t.since = trace.OpWait, s, x.trace.n
	t.state, t.expected = trace.Outside, true
	x.out.lock()
	x.out.gone = append(x.out.gone, t)
	x.out.unlock()
	x.anyOutside.Store(true)
	x.cur.Store(nil)
}

// admit waits until every goroutine of the execution rests, and takes back those that came in. Called by the root.
func (x *Execution) admit() {
	x.wait()
	if t := x.cur.Load(); t != nil {
		x.cur.Store(nil)
		x.leave(t)
	}
	x.out.lock()
	defer x.out.unlock()
	if len(x.out.arrived) == 0 {
		return
	}
	slices.SortStableFunc(x.out.arrived, func(a, b arrival) int { return cmp.Compare(a.seq, b.seq) })
	for _, a := range x.out.arrived {
		if a.task.state == trace.Outside {
			if !a.task.expected {
				x.outside--
			}
			a.task.expected = false
			x.moved = true
			if x.limits.Record != nil {
				x.limits.Record.Acquire(int(a.task.ID), byTesting)
			}
		} else {
			x.adopt(a.task)
		}
		if log := x.order.log; log != nil && len(log.Transitions) > 0 {
			log.starts(a.task, log.now())
		}
		x.ready(a.task)
	}
	x.out.arrived = x.out.arrived[:0]
	x.anyOutside.Store(len(x.out.gone) > 0)
}

// Closed is Settle when native code has closed channels for t, those of contexts: whoever waits for one of them has had it
// before anything else that t does, as close has it.
func (t *Task) Closed() {
	t.x.closed = !t.x.unwinding
	t.Settle()
}

// Settle lets everything that runs outside the engine's control come to rest, and comes back first.
func (t *Task) Settle() {
	x := t.x
	if x.unwinding {
		return
	}
	x.first = t
	x.cur.Store(nil)
	t.park()
}
