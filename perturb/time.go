package perturb

import (
	"time"
	"unsafe"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Timers stay the runtime's own: in an execution they run on the virtual clock of its bubble, and the engine is told when
// the next one fires, so that the clock stops there.

// TimeSleep is time.Sleep.
func TimeSleep(d time.Duration, s *Site) {
	if t := engine.At(s); t != nil {
		t.Sleep(d, s)
		return
	}
	engine.TimerOutside(nil, d, false)
	time.Sleep(d)
}

// TimeNow is time.Now. In an execution it is later at each call.
func TimeNow() time.Time {
	if t := engine.Self(); t != nil {
		return t.Execution().Now()
	}
	return time.Now()
}

// TimeSince is time.Since.
func TimeSince(since time.Time) time.Duration {
	if t := engine.Self(); t != nil {
		return t.Execution().Now().Sub(since)
	}
	return time.Since(since)
}

// TimeUntil is time.Until.
func TimeUntil(until time.Time) time.Duration {
	if t := engine.Self(); t != nil {
		return until.Sub(t.Execution().Now())
	}
	return time.Until(until)
}

// alarm tells the engine of a timer that is about to be started, and fires after d. It reports whether that never comes.
func alarm(d time.Duration, s *Site) (never bool) {
	if t := engine.At(s); t != nil {
		t.Point(trace.OpTimer, nil, s)
		t.CatchUp()
		return !t.Execution().Alarm(d)
	}
	return false
}

// started tells the engine of a timer outside of an execution that was started, and fires after d.
func started(tm *time.Timer, d time.Duration) {
	if engine.Self() == nil {
		engine.TimerOutside(timerPointer(tm), d, false)
	}
}

// timerPointer returns what tells a timer apart: its channel, if it has one, from which goroutines receive.
func timerPointer(tm *time.Timer) unsafe.Pointer {
	if tm.C == nil {
		return unsafe.Pointer(tm)
	}
	return chanPointer(tm.C)
}

// TimeAfter is time.After.
func TimeAfter(d time.Duration, s *Site) <-chan time.Time {
	return TimeNewTimer(d, s).C
}

// TimeNewTimer is time.NewTimer.
func TimeNewTimer(d time.Duration, s *Site) *time.Timer {
	never := alarm(d, s)
	tm := time.NewTimer(d)
	started(tm, d)
	made(tm.C, never, s)
	return tm
}

// made notes who has made c, the channel of a timer, and whether that never fires.
func made(c <-chan time.Time, never bool, s *Site) {
	if t := engine.At(s); t != nil && !t.Unwinding() {
		o := chanObject(t, c, s)
		o.Made(t, trace.OpTimer, s, nil)
		o.Never = never
	}
}

// TimeAfterFunc is time.AfterFunc.
func TimeAfterFunc(d time.Duration, f func(), s *Site) *time.Timer {
	alarm(d, s)
	tm := time.AfterFunc(d, callback(f, s))
	started(tm, d)
	if t := engine.Self(); t != nil {
		t.After(trace.OpTimer, nil, s)
	}
	return tm
}

// callback makes f, which native code will call in a goroutine of its own, a task of the execution.
func callback(f func(), s *Site) func() {
	if t := engine.At(s); t != nil && f != nil {
		return t.NewCallback(f, s).Run
	}
	return f
}

// TimeTick is time.Tick.
func TimeTick(d time.Duration, s *Site) <-chan time.Time {
	catchUp()
	c := time.Tick(d)
	ticks(c, d, s)
	return c
}

// TimeNewTicker is time.NewTicker.
func TimeNewTicker(d time.Duration, s *Site) *time.Ticker {
	catchUp()
	tk := time.NewTicker(d)
	ticks(tk.C, d, s)
	return tk
}

// catchUp has the runtime's clock show what the execution's did when it was last read.
func catchUp() {
	if t := engine.Self(); t != nil {
		t.CatchUp()
	}
}

// ticks tells the engine of a ticker that sends on c.
func ticks(c <-chan time.Time, d time.Duration, s *Site) {
	if t := engine.At(s); t == nil {
		engine.TimerOutside(chanPointer(c), d, true)
	} else if d > 0 {
		t.Execution().SetTicker(chanPointer(c), d)
		t.Point(trace.OpTimer, nil, s)
	}
}

// TimerStop is (*time.Timer).Stop.
func TimerStop(tm *time.Timer, s *Site) bool {
	left := false
	if t := engine.At(s); t != nil {
		t.Point(trace.OpTimer, nil, s)
		left = forget(t, tm.C)
		if o := t.Known(chanPointer(tm.C)); o != nil {
			t.Did(o, trace.OpTimer, s)
			o.Never = false
		}
	} else {
		engine.TimerStops(timerPointer(tm))
	}
	return tm.Stop() || left
}

// TimerReset is (*time.Timer).Reset.
func TimerReset(tm *time.Timer, d time.Duration, s *Site) bool {
	never := alarm(d, s)
	left := false
	if t := engine.At(s); t != nil {
		left = forget(t, tm.C)
		if o := t.Known(chanPointer(tm.C)); o != nil {
			t.Did(o, trace.OpTimer, s)
			o.Never = never
		}
	}
	started(tm, d)
	return tm.Reset(d) || left
}

// forget drops a tick that was received only to see that it was there: after Stop and Reset none may be left. It reports
// whether there was one: then a timer counts as stopped, since nobody has had its tick (stop in src/runtime/time.go).
func forget(t *engine.Task, c <-chan time.Time) bool {
	o := t.Known(chanPointer(c))
	return o != nil && o.Kept() != nil
}

// TickerStop is (*time.Ticker).Stop.
func TickerStop(tk *time.Ticker, s *Site) {
	if t := engine.At(s); t != nil {
		t.Point(trace.OpTimer, nil, s)
		forget(t, tk.C)
		t.Execution().StopTicker(chanPointer(tk.C))
	} else {
		engine.TimerStops(chanPointer(tk.C))
	}
	tk.Stop()
}

// TickerReset is (*time.Ticker).Reset.
func TickerReset(tk *time.Ticker, d time.Duration, s *Site) {
	catchUp()
	tk.Reset(d) // panics if d is not positive
	if t := engine.At(s); t != nil {
		forget(t, tk.C)
	}
	ticks(tk.C, d, s)
}
