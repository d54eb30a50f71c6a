package engine

import (
	"math/bits"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Live run leaves everything to Go's own scheduler and to the real clock, and only yields and delays at sync points, as
// its plan says. It is for what cannot be controlled. Any goroutine of the process may be delayed: it is not known which
// belong to the test.
//
// Few and long delays find more than many short ones (Coyote's delays, GoAT's at most three yields a run): a bug needs
// one goroutine to be late, and the others to be in time.
type Live struct {
	LivePlan
	every  uint64 // a delay about once in so many sync points
	delays number
	passed number
	bubble number // tests that are in a testing/synctest bubble
	late   number // goroutines that are delayed now
	made   [maxDelays]pointer[Delay]
	conds  conds
	timers liveTimers
}

// A LivePlan says what a live run delays.
type LivePlan struct {
	Seed   uint64 // of the yields, and of the delays if none are planned; 0: neither
	Points int    // about how many sync points a run has; 0 if that is not known

	// Delays are those of another run, to be made again: no others are drawn.
	Delays []Delay

	// Pause is for how long goroutines are delayed at the sync points of At as well: the first times that each is passed,
	// and now and then later. Where they were stuck, who comes late finds the others that it was stuck with.
	Pause time.Duration
	At    []uint64 // keys of sites

	// Delaying, if not nil, is called before each delay, by whoever is delayed.
	Delaying func(Delay)
}

// A Delay is that of a goroutine at a sync point of a live run.
type Delay struct {
	Site *trace.Site
	Nth  int // how often the site was passed before, in the run
	For  time.Duration
}

// maxDelays bounds the delays of a run, and with them how much longer it takes. A site of LivePlan.At is paused at the
// firstPasses times that it is passed, and one in laterPasses of the others.
const (
	maxDelays   = 12
	firstPasses = 4
	laterPasses = 8
)

// StartLive makes the process's instrumented code pass the sync points of a new live run, until Stop. It returns nil while
// something else is active.
func StartLive(p LivePlan) *Live {
	begun.Store(true)
	l := &Live{LivePlan: p, every: uint64(max(p.Points/4, 8))}
	if !active.CompareAndSwap(nil, &Execution{free: l}) {
		return nil
	}
	for _, file := range program.Sites() {
		for i := range file {
			atomic.StoreUint32(&file[i].Passed, 0)
		}
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

// Late reports whether a goroutine is delayed now.
func (l *Live) Late() bool { return l.late.Load() > 0 }

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

// Made returns the delays so far, in the order in which they began.
func (l *Live) Made() []Delay {
	var made []Delay
	for i := range l.made {
		if d := l.made[i].Load(); d != nil {
			made = append(made, *d)
		}
	}
	return made
}

// pass is a sync point; s is nil where none is known.
func (l *Live) pass(s *trace.Site) {
	n := uint64(l.passed.Add(1))
	nth := 0
	if s != nil {
		nth = int(atomic.AddUint32(&s.Passed, 1)) - 1
	}
	if l.Seed == 0 {
		return
	}
	h := (l.Seed ^ n*0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9
	h ^= h >> 29
	if l.bubble.Load() > 0 {
		if h%4 == 1 {
			runtime.Gosched()
		}
		return
	}
	if d := l.delay(s, nth, h); d > 0 {
		if i := l.delays.Add(1) - 1; i < maxDelays {
			made := Delay{s, nth, d}
			l.made[i].Store(&made)
			if l.Delaying != nil {
				l.Delaying(made)
			}
			l.late.Add(1)
			time.Sleep(d)
			l.late.Add(-1)
			return
		}
	}
	if h%16 == 1 {
		runtime.Gosched()
	}
}

// delay returns for how long the goroutine is delayed that passes s after it was passed nth times; h is drawn for it.
func (l *Live) delay(s *trace.Site, nth int, h uint64) time.Duration {
	if s == nil {
		return 0 // it could not be made again
	}
	if l.Pause > 0 && slices.Contains(l.At, s.Key) && (nth < firstPasses || h%laterPasses == 0) {
		return l.Pause
	}
	if l.Delays != nil {
		for _, d := range l.Delays {
			if d.Site == s && d.Nth == nth {
				return d.For
			}
		}
		return 0
	}
	if h%l.every == 0 {
		// 64 µs to 16 ms, each power of two as likely as the others.
		return time.Microsecond << (6 + bits.Len64(h>>40&0xFF))
	}
	return 0
}
