package engine

import (
	"sync"
	"time"
	"unsafe"
)

// In a live run it is noted when timers and tickers fire that instrumented code has started, until it stops them, and which goroutines
// receive from such a channel: what a timer will wake is not stuck.

// liveTimers are those of a live run. They are lists and no maps, of which the race detector would report what it does not see the lock of.
type liveTimers struct {
	mu      sync.Mutex
	started [timerLists]*liveTimer // and not stopped, in the list that their address belongs to
	waits   *liveWait
	last    time.Time // when the last sleep or deadline ends: nothing stops these
}

// timerLists is how many lists there are: starting or stopping a timer goes through one.
const timerLists = 64

// A liveTimer is a timer or ticker that was started and not stopped.
type liveTimer struct {
	of    uintptr   // its channel, or if it has none the timer: an address, which keeps nothing alive
	at    time.Time // when it fires, the first time
	ticks bool      // and again and again
	next  *liveTimer
}

// fires reports whether it will fire after now.
func (t *liveTimer) fires(now time.Time) bool { return t.ticks || now.Before(t.at) }

// A liveWait is a goroutine, by its number, that receives from channels that may be timers'.
type liveWait struct {
	goroutine uint64
	from      []unsafe.Pointer
	next      *liveWait
}

func (l *liveTimers) lock() {
	hide()
	l.mu.Lock()
}

func (l *liveTimers) unlock() {
	l.mu.Unlock()
	unhide()
}

// list returns the list that an address belongs to, without what has that address and what has fired.
func (l *liveTimers) list(of uintptr, now time.Time) **liveTimer {
	list := &l.started[of>>5%timerLists]
	for at := list; *at != nil; {
		if t := *at; t.of == of || !t.fires(now) {
			*at = t.next
		} else {
			at = &t.next
		}
	}
	return list
}

// start notes that a timer, or a ticker, fires after d. of is its channel, or what else tells it apart; nil if nothing stops it.
func (l *liveTimers) start(of unsafe.Pointer, d time.Duration, ticks bool) {
	l.lock()
	defer l.unlock()
	now := time.Now()
	at := now.Add(d)
	if of != nil {
		list := l.list(uintptr(of), now)
		*list = &liveTimer{uintptr(of), at, ticks, *list}
	} else if at.After(l.last) {
		l.last = at
	}
}

func (l *liveTimers) stop(of unsafe.Pointer) {
	l.lock()
	defer l.unlock()
	l.list(uintptr(of), time.Now())
}

// each calls f for each timer that was started and not stopped.
func (l *liveTimers) each(f func(*liveTimer)) {
	l.lock()
	defer l.unlock()
	for _, t := range l.started {
		for ; t != nil; t = t.next {
			f(t)
		}
	}
}

// Timer returns when the last timer fires that instrumented code has started so far and not stopped, a ticker for the first time: what
// waits until then does not hang.
func (l *Live) Timer() time.Time {
	var last time.Time
	l.timers.each(func(t *liveTimer) {
		if t.at.After(last) {
			last = t.at
		}
	})
	l.timers.lock()
	defer l.timers.unlock()
	if l.timers.last.After(last) {
		return l.timers.last
	}
	return last
}

// Ticking reports whether there is a ticker that instrumented code has started and not stopped.
func (l *Live) Ticking() (ticking bool) {
	l.timers.each(func(t *liveTimer) { ticking = ticking || t.ticks })
	return ticking
}

// Woken reports whether a goroutine, by its number, receives from the channel of a timer that is still to fire.
func (l *Live) Woken(goroutine uint64) (woken bool) {
	from := l.timers.waitsFor(goroutine)
	now := time.Now()
	l.timers.each(func(t *liveTimer) {
		for _, c := range from {
			woken = woken || uintptr(c) == t.of && t.fires(now)
		}
	})
	return woken
}

// waitsFor returns the channels that a goroutine receives from now, if they may be timers'.
func (l *liveTimers) waitsFor(goroutine uint64) []unsafe.Pointer {
	l.lock()
	defer l.unlock()
	for w := l.waits; w != nil; w = w.next {
		if w.goroutine == goroutine {
			return w.from
		}
	}
	return nil
}

// timersOutside is set once a timer or ticker is made that is on no bubble's clock.
var timersOutside flag

// TimerOutside tells the engine of a timer or ticker that code outside of an execution starts, and which fires after d: what it wakes,
// or sends on, may be met in an execution. of is its channel, or what else TimerStops will call it by; nil if nothing stops it.
func TimerOutside(of unsafe.Pointer, d time.Duration, ticks bool) {
	if l := liveRun(); l != nil {
		l.timers.start(of, d, ticks)
	}
	if !timersOutside.Load() {
		timersOutside.Store(true)
	}
}

// TimerStops tells the engine that such a timer or ticker is stopped.
func TimerStops(of unsafe.Pointer) {
	if l := liveRun(); l != nil {
		l.timers.stop(of)
	}
}

// InLive reports whether there is a live run now.
func InLive() bool { return liveRun() != nil }

// ReceivesTimes says that the calling goroutine receives from channels that may be timers', until done is called.
func ReceivesTimes(from ...unsafe.Pointer) (done func()) {
	run := liveRun()
	if run == nil {
		return func() {}
	}
	l, w := &run.timers, &liveWait{goroutine: goroutineID(), from: from}
	l.lock()
	defer l.unlock()
	w.next, l.waits = l.waits, w
	return func() {
		l.lock()
		defer l.unlock()
		for at := &l.waits; *at != nil; at = &(*at).next {
			if *at == w {
				*at = w.next
				return
			}
		}
	}
}
