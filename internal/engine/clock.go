package engine

import (
	"container/heap"
	"iter"
	"math"
	"slices"
	"time"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/trace"
)

// An alarm is a moment of virtual time at which something can happen: a sleeping task wakes, or a native timer fires
// and with it code that the engine must look after (task is nil then).
type alarm struct {
	when int64 // unix nanoseconds
	seq  int
	task *Task
}

// A ticker fires for ever. It is no reason to move the clock unless a task waits for it: nobody else would see.
type ticker struct {
	c             unsafe.Pointer // its channel
	start, period int64
}

// next returns the first moment after now at which it fires.
func (tk *ticker) next(now int64) int64 {
	return tk.start + ((now-tk.start)/tk.period+1)*tk.period
}

// clock holds the alarms of an execution. The time itself is the bubble's: it stands still while any goroutine of the
// execution can run, and moves when the root sleeps until the next alarm. All moments here are on that clock, also where the goroutine
// that they are of sees another one (Bubble).
type clock struct {
	alarms  []alarm
	tickers []ticker
	seq     int
	timed   int // waits that are to be over at some moment: Waiter.Until
	moves   int // how often it has come to its next alarm

	read   int64 // unix nanoseconds: the last time that was told to anybody
	behind bool  // the bubble's clock has to come up to that
}

// reading is how long it takes to read the clock, in nanoseconds. What happens between two readings takes time, however
// little, and code relies on it: that a duration is not zero, that a later time is later.
const reading = 50

// bubbleNow returns the time of the bubble's clock, in unix nanoseconds. In a package runtime that was changed so that goroutines may see
// another clock, time.Now is the time of that. It is set before main.
var bubbleNow = func() int64 { return time.Now().UnixNano() }

// setClock sets the bubble's clock, in unix nanoseconds, and reports whether it did: only if no timer is set that is due before. It is nil
// where package runtime was not changed so that it can. It is set before main.
var setClock func(now int64) bool

// shiftClock sets how many nanoseconds the clock that the calling goroutine sees is ahead of the bubble's. Goroutines that it starts from now
// on, and timers that it sets, see the same clock. It returns how far ahead the clock was that the goroutine saw before. It is nil where
// package runtime was not changed so that there are such clocks. It is set before main.
var shiftClock func(ahead int64) (before int64)

// begin moves the bubble's clock to a time, if that is later than what it shows.
func (c *clock) begin(at time.Time) {
	now := at.UnixNano()
	if d := now - bubbleNow(); d > 0 && !at.IsZero() && (setClock == nil || !setClock(now)) {
		time.Sleep(time.Duration(d))
	}
}

// Now returns the time that the caller sees. It is a little later than at the last call.
func (x *Execution) Now() time.Time {
	now, c := time.Now(), &x.clock
	if x.still > 0 {
		return now
	}
	t := bubbleNow()
	c.read = max(t, c.read) + reading
	return now.Add(time.Duration(c.read - t))
}

// Moment returns the time without letting any pass, in unix nanoseconds: the later of what was last told to anybody and the
// bubble's.
func (x *Execution) Moment() int64 { return max(bubbleNow(), x.clock.read) }

// until returns how long it is until a time that the caller sees.
func (x *Execution) until(at time.Time) time.Duration {
	return at.Sub(time.Now().Add(time.Duration(x.Moment() - bubbleNow())))
}

// CatchUp moves the bubble's clock to the last reading: what is native goes by the bubble's, and a timer set now must
// not fire before the time that its setter has in mind.
func (t *Task) CatchUp() {
	x := t.x
	if x.clock.read > bubbleNow() && !x.unwinding {
		x.clock.behind = true
		t.Settle()
	}
}

func (c *clock) Len() int { return len(c.alarms) }
func (c *clock) Less(i, j int) bool {
	a, b := &c.alarms[i], &c.alarms[j]
	return a.when < b.when || a.when == b.when && a.seq < b.seq
}
func (c *clock) Swap(i, j int) { c.alarms[i], c.alarms[j] = c.alarms[j], c.alarms[i] }
func (c *clock) Push(a any)    { c.alarms = append(c.alarms, a.(alarm)) }
func (c *clock) Pop() any {
	last := c.alarms[len(c.alarms)-1]
	c.alarms = c.alarms[:len(c.alarms)-1]
	return last
}

// set adds an alarm, unless it is so far away that it means never: then it reports false.
func (c *clock) set(d time.Duration, t *Task) bool {
	now := max(bubbleNow(), c.read)
	if int64(d) > math.MaxInt64-overshoot-now {
		return false
	}
	c.seq++
	heap.Push(c, alarm{now + int64(d), c.seq, t})
	return true
}

// Alarm tells the engine that a native timer fires d from now, so that the clock stops there. It reports false if that is so far away that
// it means never.
func (x *Execution) Alarm(d time.Duration) bool { return x.clock.set(max(d, 0), nil) }

// SetTicker tells the engine that a native ticker sends on the channel c every d from now, d > 0, and no longer as it did
// before.
func (x *Execution) SetTicker(c unsafe.Pointer, d time.Duration) {
	x.StopTicker(c)
	x.clock.tickers = append(x.clock.tickers, ticker{c, bubbleNow(), int64(d)})
}

// StopTicker tells the engine that nothing sends on c any more.
func (x *Execution) StopTicker(c unsafe.Pointer) {
	x.clock.tickers = slices.DeleteFunc(x.clock.tickers, func(tk ticker) bool { return tk.c == c })
}

// Sleep parks t for d of virtual time.
func (t *Task) Sleep(d time.Duration, s *trace.Site) {
	t.Point(trace.OpSleep, nil, s)
	if d <= 0 || t.x.unwinding {
		return
	}
	t.x.clock.set(d, t)
	t.Block(trace.OpSleep, s)
}

// horizons are how far the root looks for timers that nobody told it of, one after the other: the first catch the
// time-outs of native code near their moment.
var horizons = [...]time.Duration{time.Millisecond, time.Second, time.Minute, time.Hour, 24 * time.Hour}

// nextAlarm returns when the clock must stop next.
func (x *Execution) nextAlarm() (when int64, ok bool) {
	c := &x.clock
	if len(c.alarms) > 0 {
		when, ok = c.alarms[0].when, true
	}
	for i := range c.tickers {
		tk := &c.tickers[i]
		if o := x.objects.lookup(tk.c); o != nil && o.Waiters.head != nil {
			if next := tk.next(bubbleNow()); !ok || next < when {
				when, ok = next, true
			}
		}
	}
	for until := range x.untils() {
		if !ok || until < when {
			when, ok = until, true
		}
	}
	return when, ok
}

// untils ranges over the moments at which waits are to be over.
func (x *Execution) untils() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for i := 0; i < len(x.tasks) && x.clock.timed > 0; i++ {
			if x.tasks[i].state != trace.Blocked {
				continue
			}
			for _, w := range x.tasks[i].waits {
				if w.Until != 0 && !yield(w.Until) {
					return
				}
			}
		}
	}
}

// lastAlarm returns when the last of the alarms is that are set, in virtual nanoseconds since the execution began.
func (x *Execution) lastAlarm() int64 {
	last := int64(0)
	for _, a := range x.clock.alarms {
		last = max(last, a.when-x.began)
	}
	for until := range x.untils() {
		last = max(last, until-x.began)
	}
	return last
}

// overshoot is how much later than asked for a sleeper sees the clock, in nanoseconds: nobody wakes at the very moment, and
// code relies on it.
const overshoot = int64(time.Microsecond)

// advance moves the clock to its next alarm and wakes the tasks that sleep until then, unless something comes from abroad before, or a task
// comes back from native code: a timer has fired there of which the engine was not told. It reports false if no alarm is set.
func (x *Execution) advance() bool {
	when, ok := x.nextAlarm()
	if !ok {
		return false
	}
	if x.still == 0 {
		when += overshoot
	}
	if d := time.Duration(when - bubbleNow()); d > 0 {
		if x.expects() && !x.expect(d) {
			return true
		}
		if !x.doze(d) {
			return true
		}
	}
	x.passes()
	x.clock.moves++
	c := &x.clock
	sleepers, timers := false, false
	for until := range x.untils() {
		timers = timers || until <= when
	}
	for len(c.alarms) > 0 && c.alarms[0].when <= when {
		if a := heap.Pop(c).(alarm); a.task != nil {
			sleepers = true
			x.ready(a.task)
		} else {
			timers = true
		}
	}
	x.admit()
	// What happens at one moment happens in any order: sleepers may go first, and with them all that they set going.
	if sleepers && timers && x.ask(Moment, 2, nil, trace.OpTimer, nil, nil) == 1 {
		return true
	}
	x.poll()
	return true
}

// longestDelay is for how much virtual time a task may be held back, in nanoseconds: about what a busy machine does to one
// now and then. Without a bound, whatever is synchronised by a sleep, however long, would be one that fails.
const longestDelay = int64(2 * time.Millisecond)

// mostDelays is how often that may be in an execution, and once more each time that a machine without other work would have been busy for a
// while (busySteps): a time-out of seconds is not to pass in delays of milliseconds, of goroutines that have much to do.
const mostDelays = 100

// mayOvertake reports whether nobody can run but tasks that are held back, and a timer fires, or a sleeper wakes, within
// the time that they may be.
func (x *Execution) mayOvertake() bool {
	if x.runq.n > 0 || x.delayed.n == 0 || x.still > 0 || x.overtaken >= mostDelays+x.trace.n/busySteps {
		return false
	}
	when, ok := x.nextAlarm()
	return ok && when <= x.delayed.head.heldUntil
}

// overtakes asks whether time passes before tasks go on that are held back.
func (x *Execution) overtakes() bool {
	return x.mayOvertake() && x.ask(Moment, 2, x.delayed.head, x.delayed.head.op, nil, x.delayed.head.site) == 1
}

// midnight is when the clock of every testing/synctest bubble begins: 2000-01-01 UTC, in unix nanoseconds.
const midnight = int64(946684800e9)

// Bubble gives t what code in a testing/synctest bubble may rely on, until leave is called: time stands still for as long as anybody of
// the execution can run, and t, with all that it starts, sees a clock that begins at midnight. Where package runtime has no such clock it
// sees that of the execution.
func (t *Task) Bubble() (leave func()) {
	t.CatchUp()
	t.x.still++
	if shiftClock == nil {
		return func() { t.x.still-- }
	}
	before := shiftClock(midnight - t.x.Moment())
	return func() {
		shiftClock(before)
		t.x.still--
	}
}

// drift moves the clock under a task that yields to nobody again and again: it may poll the clock, or what a timer does.
// Or it yields between pieces of work: so time passes slowly at first, as slowly as it does natively, and faster only
// while nothing is done that was not done just before.
func (x *Execution) drift() {
	if !x.circling() {
		x.drifted = 0
	}
	x.drifted = min(max(2*x.drifted, maxSpins*100*time.Nanosecond), time.Second)
	x.pass(bubbleNow()+int64(x.drifted), false)
}

// circling reports whether all sync points passed since it was called last are among those passed before that.
func (x *Execution) circling() bool {
	before, now := x.circle, x.circled
	clear(now)
	same := x.trace.n-x.circleEnd < keptSteps
	for i := max(x.circleEnd, x.trace.n-keptSteps); i < x.trace.n; i++ {
		s := x.trace.steps[i%keptSteps].Site
		now[s] = true
		same = same && before[s]
	}
	x.circle, x.circled, x.circleEnd = now, before, x.trace.n
	return same
}

// busySteps is how many steps an execution may do before the clock moves all the same: code that polls it without ever
// waiting would else see it stand still. It is a prime number: a loop is taken off at each of its sync points in turn, and not each time with
// the lock that others need.
const busySteps = 10_007

// wokenSteps is how many steps follow when the clock has woken a task, before more time passes under tasks that can run.
const wokenSteps = 1_000

// elapse lets some time pass under tasks that can run: about what their steps would have taken, a millisecond, and only
// if they go on for much longer than programs do, more. Who waits for a flag that is set after some seconds gets there in
// a million steps or two; a test of as many steps that gives itself a minute keeps it. Tasks that send each other something, or signal, while none sleeps for long, are
// at work and do not wait for time to pass: they get no more than a slow machine takes for their steps, so that they keep a time-out of seconds.
func (x *Execution) elapse() {
	const many, most, mostAtWork = 100, 7, 3
	x.elapsed++
	more := min(max(x.elapsed-many, 0), most)
	if more > mostAtWork && x.trace.wakes(busySteps) && !x.sleeps() {
		more = mostAtWork
	}
	if !x.pass(bubbleNow()+int64(time.Millisecond<<more), false) && more > 0 {
		x.busy = x.trace.n + wokenSteps
	}
}

// longSleep is what a task sleeps that does nothing but wait for time to pass. One that sleeps no longer wakes soon by itself.
const longSleep = int64(100 * time.Millisecond)

// sleeps reports whether a task sleeps for long.
func (x *Execution) sleeps() bool {
	soon := bubbleNow() + longSleep
	return slices.ContainsFunc(x.clock.alarms, func(a alarm) bool { return a.task != nil && a.when > soon })
}

// pass moves the clock to the moment end. It stops at each alarm on the way, and unless through is set it ends at the first that wakes
// a goroutine: what one does every five milliseconds it does before a hundred have passed. It reports whether it has come to the end.
func (x *Execution) pass(end int64, through bool) bool {
	for {
		when, ok := x.nextAlarm()
		if !ok || when > end {
			break
		}
		moves, ready := x.clock.moves, x.runq.n
		if x.advance(); x.clock.moves == moves {
			return false // something has come from abroad, which may be what time was to pass for
		}
		if x.runq.n > ready && !through {
			return false
		}
	}
	if d := time.Duration(end - bubbleNow()); !x.expects() || x.expect(d) {
		x.passes()
		x.sleep(d)
	}
	x.admit()
	x.poll()
	return true
}

// beyond looks for events past all known alarms. It reports whether there was one.
func (x *Execution) beyond() bool {
	for _, d := range horizons {
		x.doze(d)
		x.admit()
		x.poll()
		if _, ok := x.nextAlarm(); ok || x.runq.n > 0 {
			return true
		}
	}
	return false
}
