// Package engine runs the goroutines of one execution one at a time and lets a Strategy decide, at every sync point,
// which goes on.
//
// A token goes from goroutine to goroutine; who has it runs, and alone touches the engine's state, so that going on
// costs no switch and handing over costs one. The root, the goroutine that called Run, gets the token when nobody can
// run. It lives in a testing/synctest bubble with the rest, so it can wait until all of them rest: that is how it sees
// a task that blocked in something the engine does not control, how the clock moves, and how a hang is proved.
//
// The primitives of package perturb stand on Task (Point, Block, Wait), Object (who waits, who holds) and Execution
// (Complete); they know Go's semantics, and the engine knows none of it.
package engine

import (
	"errors"
	"runtime"
	"time"

	"github.com/jostle-dev/jostle/internal/access"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Limits bound an execution.
type Limits struct {
	Steps int // operations; 0 means DefaultSteps
	// Pause waits in real time, which the bubble's clock does not know. If it is not nil, a hang is believed only when
	// goroutines of the process that are not part of the execution have had time to end it.
	Pause func(time.Duration)
	// Foreigners reports whether goroutines of the process that are not part of the execution may do something before it ends; nil: none does.
	Foreigners func() bool
	// Begin is the time at which the execution begins, if that is later than what the bubble's clock shows.
	Begin time.Time
	// Keep has the snapshot hold the steps, how locks were taken, and what atomic operations were done on, of an execution that
	// went well too.
	Keep bool
	// Cancel has the schedule cancel contexts that were offered, see Task.Offer.
	Cancel bool
	// Faults has the schedule say when connections fail, see Task.Fault.
	Faults bool
	// Doubt is asked when an execution seems never to end though some of it runs, with the snapshot as it would be returned. It
	// returns for how many moves of the clock, or as many times stepsPerMove steps, the execution continues before that
	// snapshot is believed; 0 for none. It is asked again when these have passed, with Snapshot.Continued set; if it says 0
	// then, Run returns the first snapshot. Nil: the execution ends at once.
	Doubt func(*trace.Snapshot) (moves int)
	// Order has the transitions of the execution noted, see Order.
	Order bool
	// Record, if it is not nil, records the plain accesses of the code under test, and what orders them. No access is a sync point then.
	Record *access.Recorder
	// Places are those at which plain accesses are sync points, by their keys.
	Places []*trace.Site
	// Trace is whether somebody wants to see the steps also of an execution in which all goes well.
	Trace bool
}

// DefaultSteps is how many operations an execution may do before it is called too long: some seconds' worth.
const DefaultSteps = 2_000_000

// active is the execution that instrumented code belongs to at present. One at a time in a process.
var active pointer[Execution]

// Self returns the task of the calling goroutine, or nil if no execution is active or the goroutine is none of it: then
// the operation is to be done natively.
func Self() *Task { return At(nil) }

// At is Self at a sync point: in a live run it may take its time.
func At(s *trace.Site) *Task {
	x := active.Load()
	if x == nil {
		return nil
	}
	return x.self(s)
}

// An Execution runs a body under one schedule. It can be used again and again; one at a time in a process.
type Execution struct {
	cur   pointer[Task] // has the token; nil: the root
	asked flag          // the watchdog wants to know whether sync points are passed

	concluding flag // all has come to rest, and is looked at

	free     *Live // not nil: nothing is controlled
	strategy Strategy
	question Question // the present one
	limits   Limits
	wait     func()

	awaiting Waiters // tasks that wait for a state of the others

	tasks   []*Task
	live    int
	runq    queue
	delayed queue // run when runq is empty
	first   *Task // runs as soon as the root has looked after things
	closed  bool  // native code has closed channels, see Closed
	left    *Task // has ended, and who is next is not picked yet: native code that waited for it comes first
	spun    int   // yields of a task that is alone
	busy    int   // step at which the clock moves although somebody can run
	late    bool  // that step has come
	drifted time.Duration
	still   int // somebody relies on time to stand still under tasks that can run

	circle, circled map[*trace.Site]bool // sync points of a task that spins, see circling
	circleEnd       int                  // step
	elapsed         int                  // how often time has passed under tasks that could run
	overtaken       int                  // and how often under tasks that were held back

	interlock interlock
	doubt     doubt
	hurried   flag // real time is running out

	runs      int   // begun so far
	abroad    bool  // an object is, see SetAbroad
	kernel    bool  // an object is a descriptor
	expecting flag  // see Expecting
	ahead     int64 // nanoseconds that the virtual clock has been ahead of the real one at most
	endedAt   int64 // real nanoseconds: when the body had ended and something of it waited for what is abroad; 0 if that was not so

	wants     []want
	wanted    int      // how many there were
	sharings  *sharing // what libraries give out
	streams   []*streams
	callSites *callSite // of all executions
	libSites  libSites  // likewise
	userSites libSites  // likewise
	world     World

	objects objects
	words   objects // with Limits.Keep: the variables that atomic operations were done on, and plain ones that were sync points
	memory  memory
	finals  finals
	trace   history
	order   order
	locking []trace.Locking

	offers    []*Offer
	cancelled *trace.Cancelling
	faulted   *trace.Faulting

	inProcess []*InProcess // what was done once in the process, if that was in this execution
	again     bool         // see Again

	clock clock

	out        outside
	outside    int
	anyOutside flag
	foreigns   foreigns
	lacking    Lack // see Lacks
	callbacks  int

	failure   trace.Failure
	panicked  *Task
	value     any
	stack     []byte
	stopping  bool
	unwinding bool
	undone    int // steps taken while unwinding

	settled int           // step since which nothing has moved but timers
	ended   int64         // virtual nanoseconds: when the last thing happened, if time was moved on to look for more
	began   int64         // unix nanoseconds, virtual
	moved   bool          // something happened since the clock last moved that was not the clock's doing
	decider *decider      // asks it, where tasks must not
	races   int           // reported before the execution began
	over    uint64        // address for the race detector: what ended tasks have done
	done    chan struct{} // see Task.inName
}

// Run runs body as the first task of an execution, and whatever it starts, until all have ended or none can go on. It
// returns what was left, after unwinding it. It must be called in a testing/synctest bubble of its own, whose Wait is
// wait. No other execution may be active in the process.
func (x *Execution) Run(strategy Strategy, limits Limits, wait func(), body func()) *trace.Snapshot {
	x.strategy, x.limits, x.wait = strategy, limits, wait
	x.reset()
	x.decider = newDecider(strategy)
	x.races = raceErrors()
	if Race {
		x.done = make(chan struct{}, 1) // of this bubble
	}
	if x.limits.Steps <= 0 {
		x.limits.Steps = DefaultSteps
	}
	if !active.CompareAndSwap(nil, x) {
		panic("jostle: two executions at a time in one process")
	}
	begun.Store(true)
	if Serial != nil {
		Serial()
	}
	x.beginRandom()
	x.watches()
	main := x.newTask(nil, nil, titled("main"))
	go main.run(body)
	x.ready(main)
	snap := x.loop()
	if Race && x.raced() && snap.Failure != trace.Raced {
		x.failure = trace.Raced // whatever came of it
		snap = x.conclude(snap.Quiet)
	}
	again := x.unfinished()
	x.unwatches()
	x.unwind(snap)
	if x.world != nil {
		x.world.End()
	}
	for _, f := range again {
		f()
	}
	x.again = x.again || len(again) > 0
	x.decider.end()
	active.CompareAndSwap(x, nil)
	x.finals.end()
	return snap
}

// A World is what another package keeps for an execution: it begins anew in each.
type World interface {
	// End is called when the goroutines of the execution have been ended.
	End()
}

// World returns what SetWorld was given in this execution, nil before that.
func (x *Execution) World() World { return x.world }

// SetWorld has the execution keep w.
func (x *Execution) SetWorld(w World) { x.world = w }

// A RunID is which Run of which Execution it is. What was kept under another one is of an execution that is over.
type RunID struct {
	x *Execution
	n int
}

// ID returns which Run the present one is, or the last.
func (x *Execution) ID() RunID { return RunID{x, x.runs} }

// Abandon takes the process back from an execution that does not end: its goroutines are left as they are, and the
// Execution must not be used again. Any goroutine may call it.
func (x *Execution) Abandon() {
	active.CompareAndSwap(x, nil)
	x.decider.leave()
}

// Moved reports whether a sync point was passed since it was called last, or the engine itself is busy with what came of
// it all. One goroutine at a time may call it, any.
func (x *Execution) Moved() bool { return !x.asked.Swap(true) || x.concluding.Load() || x.Expecting() }

// moving answers Moved. It writes only if somebody asks: every step of every execution comes by here.
func (x *Execution) moving() {
	if x.asked.Load() {
		x.asked.Store(false)
	}
}

// Running returns the task that has the token, or nil. Any goroutine may call it.
func (x *Execution) Running() *Task { return x.cur.Load() }

func (x *Execution) reset() {
	x.runs++
	x.cur.Store(nil)
	clear(x.tasks)
	x.tasks = x.tasks[:0]
	x.runq, x.delayed = queue{}, queue{}
	x.live, x.first, x.left, x.spun, x.drifted = 0, nil, nil, 0, 0
	if x.circle == nil {
		x.circle, x.circled = map[*trace.Site]bool{}, map[*trace.Site]bool{}
	}
	clear(x.circle)
	x.circleEnd = 0
	x.busy, x.late, x.elapsed, x.overtaken = busySteps, false, 0, 0
	x.interlock.moves = 0
	x.doubt = doubt{}
	x.hurried.Store(false)
	clear(x.wants)
	x.wants, x.wanted = x.wants[:0], 0
	x.sharings, x.streams = nil, nil
	x.awaiting, x.still = Waiters{}, 0
	x.objects.reset()
	x.words.reset()
	x.trace.reset()
	x.order.reset(x.limits.Order)
	x.locking = x.locking[:0]
	x.offers, x.cancelled, x.faulted = nil, nil, nil
	x.inProcess = nil
	x.world = nil
	x.clock = clock{alarms: x.clock.alarms[:0], tickers: x.clock.tickers[:0]}
	x.clock.begin(x.limits.Begin)
	x.out.gone, x.out.arrived, x.out.bell = nil, nil, make(chan struct{}, 1)
	x.outside, x.callbacks = 0, 0
	x.anyOutside.Store(false)
	x.foreigns.reset()
	x.lacking = Lack{}
	x.failure, x.panicked, x.value, x.stack = trace.NoFailure, nil, nil, nil
	x.stopping, x.unwinding, x.undone, x.moved = false, false, 0, false
	x.closed = false
	x.settled, x.ended = 0, -1
	x.abroad, x.kernel, x.endedAt = false, false, 0
	x.began = bubbleNow()
	x.ahead = x.began - nanotime()
}

// Bounds for Outlived: so many moves of the clock, or so many steps, since the body's end.
const (
	outlivedTicks = 3_000
	outlivedSteps = 200_000
	spinSteps     = 10_000 // of these, all only look: nothing is done, and nothing will be
)

// Bounds for LiveTimers: so many moves of the clock, over so much time, in which nothing moved but what timers woke. And
// every sleeper has woken: one of them may do what the others wait for.
const (
	quietTicks    = 1_000
	quietMaxTicks = 20_000
	quietTime     = int64(600e9)
)

// loop is the root: it has the token whenever nobody else can use it. It returns the execution as it ended.
func (x *Execution) loop() *trace.Snapshot {
	ticks, since, half, far := 0, int64(0), 0, int64(0)
	after, end := 0, 0 // moves of the clock since the body ended, and the step at which it did
	released := false  // what the body alone has held was looked for since it ended
	for {
		x.admit()
		if x.closed {
			x.closed = false
			x.pollBlocked()
		}
		switch {
		case x.stopping:
			return x.conclude(trace.Stopped)
		case x.live == 0:
			return x.conclude(trace.AllEnded)
		}
		if x.tasks[0].state == trace.Ended {
			if after++; after == 1 {
				end = x.trace.n
			}
			if x.moved && (after > outlivedTicks || x.trace.n-end > outlivedSteps) {
				q, why := trace.Outlived, trace.NoFailure
				if x.trace.polls(spinSteps) {
					q, why = trace.Stopped, trace.TooLong
				}
				if snap := x.interrupt(q, why, x.trace.n); snap != nil {
					return snap
				}
			}
		}
		if x.late {
			if x.late = false; x.still == 0 {
				x.elapse()
			}
			x.pollAwaiting()
			if snap := x.interlocked(); snap != nil {
				return snap
			}
		}
		if x.clock.behind {
			x.clock.behind = false
			x.pass(x.clock.read, true)
		}
		if x.first == nil && x.overtakes() {
			x.overtaken++
			x.advance()
			continue
		}
		if t := x.left; t != nil && x.first == nil {
			x.poll() // a test's context is cancelled when the test ends
			x.first = x.pick(t, trace.OpExit, t.last)
		}
		x.left = nil
		if x.first == nil {
			x.first = x.pick(nil, trace.OpNone, nil)
		}
		if x.first == nil {
			x.poll()
			x.first = x.pick(nil, trace.OpNone, nil)
		}
		if x.first == nil && x.onlyProcess() {
			return x.conclude(trace.AllEnded)
		}
		spinner := x.first
		if x.first != nil && x.spun < maxSpins {
			x.first = nil
			x.grant(spinner)
			continue
		}
		x.spun = 0

		// Nothing can run, or one task yields to nobody again and again: it is the clock's turn.
		if x.moved {
			ticks, since, half, far = 0, x.now(), x.trace.n, x.lastAlarm()
			x.moved, x.drifted = false, 0
			x.doubt.drop(trace.LiveTimers)
		}
		if x.tasks[0].state == trace.Ended && !released && (ticks == forgottenTicks || x.finals.outstanding()) {
			released = true
			if x.start(x.collect(time.Millisecond)) {
				continue
			}
		}
		if ticks++; ticks == quietTicks/2 {
			half = x.trace.n // who sleeps at first may then wait for somebody too
		}
		if spinner != nil || x.expects() {
			// It may be doing what the others wait for, or that may come from abroad.
		} else if ticks > quietMaxTicks || ticks > quietTicks && x.now() > max(since+quietTime, far) {
			if x.tasks[0].state == trace.Ended || x.stuck(half) {
				if x.doubt.snap == nil && x.finalize(finalizePatience) {
					continue
				}
				if snap := x.interrupt(trace.LiveTimers, trace.NoFailure, half); snap != nil {
					return snap
				}
			}
		}
		if _, more := x.nextAlarm(); more || spinner != nil || x.expects() {
			if snap := x.interlocked(); snap != nil {
				return snap
			}
		}
		if spinner == nil {
			if snap := x.awaits(); snap != nil {
				return snap
			}
		}
		quietSince := x.now()
		switch {
		case spinner != nil:
			x.drift()
		case x.advance():
			x.elapsed = 0 // it is no loop that waits for time to pass
		case x.expects():
			x.expectMore()
		case !x.beyond() && x.runq.n == 0 && !x.awaken() && !x.finalize(finalizePatience):
			x.settled, x.ended = x.trace.n, quietSince
			return x.conclude(trace.Proved)
		}
	}
}

// forgottenTicks is after how many moves of the clock since the body's end garbage is collected for those who look now and
// then whether what they work for is still there, through a weak pointer.
const forgottenTicks = 100

// finalizePatience is how long a hang is not believed for finalizers that may yet end it.
const finalizePatience = 50 * time.Millisecond

// awaken gives goroutines and timers from before the execution, a package's own workers say, the time to do what the
// execution waits for. It reports whether they did anything.
func (x *Execution) awaken() bool {
	if x.limits.Pause == nil || x.live == 0 || !timersOutside.Load() && (x.limits.Foreigners == nil || !x.limits.Foreigners()) {
		return false
	}
	patience := 500 * time.Millisecond
	if vain.Load() {
		patience = 10 * time.Millisecond
	}
	for d := time.Millisecond; d < patience; d *= 2 {
		x.limits.Pause(d)
		x.admit()
		x.poll()
		if x.runq.n > 0 {
			return true
		}
	}
	vain.Store(true)
	return false
}

// vain is set once awaken has waited for nothing: the next hang of the process is likely to be the same.
var vain flag

// maxSpins is how often a task that is alone may yield before the clock moves under it.
const maxSpins = 16

// now returns the virtual nanoseconds since the execution began.
func (x *Execution) now() int64 { return bubbleNow() - x.began }

// stuck reports whether some task has waited since before the given step for something other than the clock.
func (x *Execution) stuck(step int) bool {
	for _, t := range x.tasks {
		if t.standing() == trace.Blocked && t.op != trace.OpSleep && t.since <= step {
			return true
		}
	}
	return false
}

// poll tries the operations of blocked tasks on the real objects: partners that the engine does not see may have come.
func (x *Execution) poll() {
	// What is found here is the clock's doing or came from outside, and does not count as movement, unless it came from abroad.
	moved := x.moved
	came := x.pollBlocked()
	for more := came; more && x.expects(); more = x.pollBlocked() {
		x.limits.Pause(abroadTogether)
	}
	x.pollAwaiting() // after all that may wake one of the others
	if x.abroad && x.runq.n == 0 {
		came = x.pollThose(true) || came
	}
	x.moved = moved || came
	if came {
		x.keepUp()
	}
}

// pollAwaiting has the first task go on that waits for a state of the others which has come.
func (x *Execution) pollAwaiting() {
	for w := x.awaiting.head; w != nil; w = w.next {
		if w.Poll() {
			break
		}
	}
}

// pollBlocked is poll but for those who wait for the others to rest, or for the end of a process: what that has written comes first.
func (x *Execution) pollBlocked() (came bool) { return x.pollThose(false) }

// pollThose polls those who wait for the end of a process, or all others. It reports whether something has come from abroad.
func (x *Execution) pollThose(processes bool) (came bool) {
	for _, t := range x.tasks {
		if t.standing() != trace.Blocked {
			continue
		}
		for _, w := range t.waits {
			abroad := w.Object != nil && w.Object.Abroad
			if w.Poller == nil || w.list == &x.awaiting || processes != (abroad && w.Op == trace.OpWait) {
				continue
			}
			if w.Poll() {
				came = came || abroad
				break
			}
		}
	}
	return came
}

func (x *Execution) newTask(parent *Task, spawned *trace.Site, c *calls) *Task {
	t := &Task{x: x, Parent: parent, Spawned: spawned, calls: c, gate: newGate(), hidden: newHidden(), born: x.trace.n, process: parent.inherits()}
	x.adopt(t)
	x.moved = true
	return t
}

func (x *Execution) adopt(t *Task) {
	x.tasks = append(x.tasks, t)
	t.ID = uint32(len(x.tasks))
	x.live++
	if x.limits.Record != nil {
		x.forks(t)
	}
}

// Go starts f as a new task, which is called by the function of. The caller goes on, unless the schedule has it otherwise.
func (t *Task) Go(f, of func(), s *trace.Site) { t.start(f, of, callsOf(s), s) }

// GoTitled is Go for a function of ours: the task is called by title.
func (t *Task) GoTitled(f func(), title string, s *trace.Site) {
	t.start(f, nil, titled(title), s)
}

func (t *Task) start(f, of func(), c *calls, s *trace.Site) {
	x := t.x
	if x.unwinding {
		return // what deferred calls start while they are unwound would have to be unwound at once
	}
	child := x.newTask(t, s, c)
	child.entry = codeOf(of)
	if s != nil && s.Library {
		child.callers = make([]uintptr, 16)
		child.callers = child.callers[:runtime.Callers(2, child.callers)]
	}
	t.past = (t.past + orderFactor) * orderFactor
	child.past = ^t.past
	if log := x.order.log; log != nil {
		log.starts(child, t.at)
	}
	go child.run(f)
	x.ready(child)
	t.Point(trace.OpGo, nil, s)
}

// fail ends the execution for a reason that the task gives. The first reason counts.
func (x *Execution) fail(f trace.Failure, t *Task, value any, stack []byte) {
	if x.failure == trace.NoFailure {
		x.failure, x.panicked, x.value, x.stack = f, t, value, stack
	}
	x.stopping = true
}

// Races returns how many races the race detector has reported in this process.
func Races() int { return raceErrors() }

// raced reports whether the race detector has reported something since the execution began.
func (x *Execution) raced() bool { return raceErrors() > x.races }

// Fail ends the execution because an assertion failed in t, which must exit its goroutine next.
func (t *Task) Fail() { t.x.fail(trace.Failed, t, nil, nil) }

// Throw ends the execution for an error that Go would end the process for, which no recover can catch: text is Go's own.
func (t *Task) Throw(text string) {
	buf := make([]byte, 16<<10)
	t.x.fail(trace.Panicked, t, errors.New("fatal error: "+text), buf[:runtime.Stack(buf, false)])
	runtime.Goexit()
}
