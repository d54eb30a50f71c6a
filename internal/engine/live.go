package engine

import (
	"math/bits"
	"runtime"
	"time"
)

// A Live run leaves everything to Go's own scheduler and to the real clock, and only yields and delays at sync points, as
// its seed says. It is for what cannot be controlled. Any goroutine of the process may be delayed: it is not known which
// belong to the test.
//
// Few and long delays find more than many short ones (Coyote's delays, GoAT's at most three yields a run): a bug needs
// one goroutine to be late, and the others to be in time.
type Live struct {
	seed   uint64
	every  uint64 // a delay about once in so many sync points
	delays number
	passed number
	bubble number // tests that are in a testing/synctest bubble
	timer  number // unix nanoseconds: when the last timer fires that instrumented code has set
}

// maxDelays bounds the delays of a run, and with them how much longer it takes.
const maxDelays = 12

// StartLive makes the process's instrumented code pass the sync points of a new live run, until Stop. points is about how
// many it has; 0 if that is not known. A run of seed 0 delays nothing. It returns nil while something else is active.
func StartLive(seed uint64, points int) *Live {
	l := &Live{seed: seed, every: uint64(max(points/4, 8))}
	if !active.CompareAndSwap(nil, &Execution{free: l}) {
		return nil
	}
	return l
}

// Stop ends the run: the code goes on undisturbed.
func (l *Live) Stop() {
	if x := active.Load(); x != nil && x.free == l {
		active.CompareAndSwap(x, nil)
	}
}

// Passed returns how many sync points were passed.
func (l *Live) Passed() int { return int(l.passed.Load()) }

// Delayed returns how often a goroutine was delayed.
func (l *Live) Delayed() int { return int(min(l.delays.Load(), maxDelays)) }

// Timer returns when the last timer fires that instrumented code has set so far: what waits until then does not hang.
func (l *Live) Timer() time.Time { return time.Unix(0, l.timer.Load()) }

// InBubble says that code runs in a testing/synctest bubble until leave is called: there, to sleep is to let virtual time
// pass, and nobody is delayed by it.
func InBubble() (leave func()) {
	x := active.Load()
	if x == nil || x.free == nil {
		return func() {}
	}
	x.free.bubble.Add(1)
	return func() { x.free.bubble.Add(-1) }
}

// pass is a sync point.
func (l *Live) pass() {
	n := uint64(l.passed.Add(1))
	if l.seed == 0 {
		return
	}
	h := (l.seed ^ n*0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9
	h ^= h >> 29
	switch {
	case l.bubble.Load() > 0:
		if h%4 == 1 {
			runtime.Gosched()
		}
	case h%l.every == 0 && l.delays.Add(1) <= maxDelays:
		// 64 µs to 16 ms, each power of two as likely as the others.
		time.Sleep(time.Microsecond << (6 + bits.Len64(h>>40&0xFF)))
	case h%16 == 1:
		runtime.Gosched()
	}
}

// sets notes a timer.
func (l *Live) sets(d time.Duration) {
	at := time.Now().Add(d).UnixNano()
	for {
		was := l.timer.Load()
		if at <= was || l.timer.CompareAndSwap(was, at) {
			return
		}
	}
}
