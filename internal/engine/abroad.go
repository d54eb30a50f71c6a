package engine

import (
	"time"
	_ "unsafe" // for go:linkname

	"github.com/jostle-dev/jostle/internal/trace"
)

// Some waits end by what is abroad, outside the process: a child process, or one that has the other end of a pipe or a socket. The
// engine cannot tell when. While a task waits so, the virtual clock is no faster than the real one, and a hang is not proved. What
// comes is seen when no task can run: then the schedule is the same whether it has come a little sooner or later.

// OfMachine has executions use what the machine has: all sockets are its, and none are in memory, and an execution begins at its time. It is
// for tests that ask for the descriptor of a socket, or start a child process, which sees both. It may be set where no execution runs.
var OfMachine bool

// SetAbroad notes that what ends waits at o may be outside the process.
func (t *Task) SetAbroad(o *Object) {
	o.Abroad, t.x.abroad = true, true
	t.x.goesBeyond(isAbroad)
}

// SetKernel notes that o stands for a descriptor. The garbage collector closes those that nothing can reach.
func (t *Task) SetKernel() {
	t.x.kernel = true
	t.x.goesBeyond(isAbroad)
}

// Bounds on the real time that is spent on what may come from abroad.
const (
	abroadStep     = time.Second            // for which the clock does not move where no alarm is set
	abroadGrace    = 100 * time.Millisecond // when the body has ended
	abroadLook     = 5 * time.Millisecond   // how often it is looked for, at least
	abroadTogether = 300 * time.Microsecond // in which what comes, comes at one moment: the last that a process does, say
)

// expects reports whether a task waits for what may come from abroad.
func (x *Execution) expects() bool {
	if !x.abroad || x.limits.Pause == nil {
		return false
	}
	for _, t := range x.tasks {
		if t.state != trace.Blocked {
			continue
		}
		for _, w := range t.waits {
			if w.Object != nil && w.Object.Abroad {
				return true
			}
		}
	}
	return false
}

// expect lets d of real time pass, unless another task can run before. It reports whether d has passed.
func (x *Execution) expect(d time.Duration) (passed bool) {
	x.expecting.Store(true)
	defer x.expecting.Store(false)
	begun, n := nanotime(), x.runq.n
	for {
		spent := time.Duration(nanotime() - begun)
		switch {
		case spent >= d:
			return true
		case x.hurried.Load() || x.forgotten():
			return false
		}
		x.limits.Pause(min(d-spent, max(spent/4, 20*time.Microsecond), abroadLook))
		x.admit()
		x.poll()
		if x.runq.n > n {
			return false
		}
	}
}

// expectMore is expect where no alarm is set: timers that nobody told the engine of go by the real clock, and so does the garbage
// collector, which closes descriptors that nothing can reach.
func (x *Execution) expectMore() {
	if x.expect(abroadStep) {
		x.start(x.collect(time.Millisecond))
		x.sleep(abroadStep)
		x.admit()
		x.poll()
	}
}

// forgotten reports whether the body has ended, and what it has left behind was given time to end.
func (x *Execution) forgotten() bool {
	if x.tasks[0].state != trace.Ended {
		return false
	}
	if x.endedAt == 0 {
		x.endedAt = nanotime()
	}
	return nanotime()-x.endedAt > int64(abroadGrace)
}

// awaits ends the execution if tasks wait for what may come from abroad, and no more real time is to be spent on that. Else it
// returns nil.
func (x *Execution) awaits() *trace.Snapshot {
	if !x.expects() || !x.hurried.Load() && !x.forgotten() {
		return nil
	}
	x.settled = x.trace.n
	return x.conclude(trace.Awaits)
}

// sleep lets d of virtual time pass.
func (x *Execution) sleep(d time.Duration) {
	time.Sleep(d)
	x.ahead = max(x.ahead, bubbleNow()-nanotime())
}

// doze lets d of virtual time pass, or less if a task comes back from native code before. It reports whether d has passed.
func (x *Execution) doze(d time.Duration) bool {
	if x.outside == 0 {
		x.sleep(d)
		return true
	}
	hide()
	select {
	case <-x.out.bell: // for those that were admitted
	default:
	}
	unhide()
	if x.out.any() {
		return false
	}
	hide()
	timer := time.NewTimer(d)
	passed := true
	select {
	case <-timer.C:
	case <-x.out.bell:
		passed = !timer.Stop()
	}
	unhide()
	if !passed {
		x.passes()
	}
	x.ahead = max(x.ahead, bubbleNow()-nanotime())
	return passed
}

// keepUp moves the clock to the real one, but over no alarm: something has come from abroad that took real time.
func (x *Execution) keepUp() {
	now := bubbleNow()
	d := x.ahead + nanotime() - now
	if when, ok := x.nextAlarm(); ok {
		d = min(d, when-now-1)
	}
	if d > 0 {
		time.Sleep(time.Duration(d))
	}
}

// Expecting reports whether real time passes because a task waits for what may come from abroad. Any goroutine may call it.
func (x *Execution) Expecting() bool { return x.expecting.Load() }

// nanotime is the real time, in a bubble too.
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64
