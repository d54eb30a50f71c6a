package worker

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Bounds on a live run, in real time.
const (
	liveEvery   = 50 * time.Millisecond // how often the watchdog looks
	liveQuiet   = 2 * time.Second       // without a sync point, and everybody blocked: a hang
	liveUnknown = 15 * time.Second      // likewise, where a goroutine waits for a socket or pipe that may lead elsewhere
	liveLimit   = 60 * time.Second      // for a run
	liveGrace   = time.Second           // for what a test leaves behind to end by itself
	liveWake    = 2 * liveEvery         // for what a timer wakes to run
)

// A liveWatch waits for a live run and judges it.
type liveWatch struct {
	live   *engine.Live
	world  world
	before map[uint64]bool // goroutines that are none of the test's
	slow   bool            // see liveOutcome
}

// until waits until done is closed and what the test has left behind has ended, or until neither can come any more.
func (w *liveWatch) until(done <-chan struct{}) *verdict.Verdict {
	start := time.Now()
	quiet, passed := start, w.live.Passed()
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return w.left()
		case <-tick.C:
		}
		if n := w.live.Passed(); n != passed {
			quiet, passed = time.Now(), n
		}
		since := time.Since(quiet)
		if since >= liveQuiet && time.Now().After(w.live.Timer()) {
			if v := w.hang(since); v != nil {
				return v
			}
		}
		if time.Since(start) > liveLimit {
			w.slow = true
			return w.endless(time.Since(start))
		}
	}
}

// mine returns the goroutines of the test, and those that it has started.
func (w *liveWatch) mine() []verdict.Live {
	return slices.DeleteFunc(verdict.ReadLive(goroutines.Stacks()), func(g verdict.Live) bool {
		return w.before[g.ID] || slices.Contains(g.Calls(), "testing.RunTests") // which waits for the test
	})
}

// hang returns a verdict if no goroutine of the test can ever continue.
func (w *liveWatch) hang(quiet time.Duration) *verdict.Verdict {
	first := w.mine()
	stuck, onNetwork, goes := sift(first)
	if goes {
		return nil
	}
	if len(stuck) == 0 {
		return nil // it begins, or ends
	}
	evidence := fmt.Sprintf("live: every goroutine of the test is blocked, and none has passed a sync point for %v", quiet.Round(100*time.Millisecond))
	beside, outside := w.network(onNetwork)
	evidence += beside
	switch {
	case outside == possible, outside == unknown && quiet < liveUnknown:
		return nil // another process may write something
	case outside == unknown:
		v := verdict.NewLive(verdict.Stall, evidence, stuck)
		v.Who = "everything"
		return v
	}
	time.Sleep(4 * liveEvery) // once more: a stack shows a moment
	for i, again := range w.mine() {
		if i >= len(first) || again.ID != first[i].ID || again.State != first[i].State {
			return nil
		}
	}
	return verdict.NewLive(verdict.Deadlock, evidence, stuck)
}

// sift returns the goroutines that wait for what only another goroutine can end, and are not left so on purpose, and how many wait for
// the network. goes reports whether one may continue by itself.
func sift(gs []verdict.Live) (stuck []verdict.Live, onNetwork int, goes bool) {
	for _, g := range gs {
		switch {
		case native(g):
			goes = true
		case g.Blocked():
			if !benign(g) {
				stuck = append(stuck, g)
			}
		case g.OnNetwork():
			onNetwork++
		default:
			goes = true
		}
	}
	return stuck, onNetwork, goes
}

// An outside says whether somebody outside the process may end a wait.
type outside int

const (
	nobody outside = iota
	possible
	unknown
)

// network says of n goroutines that wait for the network or for pipes whether somebody outside may end that, and adds it to
// the evidence.
func (w *liveWatch) network(n int) (evidence string, o outside) {
	if n == 0 {
		return "", nobody
	}
	verb := "wait"
	if n == 1 {
		verb = "waits"
	}
	switch closed, known := w.world.closed(); {
	case closed:
		return fmt.Sprintf("; %d %s for sockets or pipes whose other ends this process has itself", n, verb), nobody
	case known:
		return fmt.Sprintf("; %d %s for what may come from outside the process", n, verb), possible
	}
	return fmt.Sprintf("; %d %s for sockets or pipes, and where these lead is not known", n, verb), unknown
}

func (w *liveWatch) endless(after time.Duration) *verdict.Verdict {
	v := verdict.NewLive(verdict.Stall, fmt.Sprintf("live: it had not ended after %v", after.Round(time.Second)), slices.DeleteFunc(w.mine(), benign))
	v.Who = "the test"
	return v
}

// left returns a verdict on the goroutines that a test has left behind and that have not ended after a while, if they
// wait for what nobody outside can do.
func (w *liveWatch) left() *verdict.Verdict {
	start := time.Now()
	r := w.remains(start)
	switch {
	case r.all == 0:
		return &verdict.Verdict{Evidence: "live: the test has returned, and has left nothing behind"}
	case len(r.stuck) == 0:
		return &verdict.Verdict{Evidence: "live: the test has returned, and what it has left behind is not stuck"}
	}
	leaked := unreachable()
	proved := slices.DeleteFunc(slices.Clone(r.stuck), func(g verdict.Live) bool { return !leaked[g.ID] })
	beside, outside := w.network(r.onNetwork)
	switch {
	case len(proved) > 0 && (outside == possible || r.wakes || len(proved) == len(r.stuck)):
		return verdict.NewLive(verdict.Leak, "live: "+unreached+" they wait for", proved)
	case outside == possible:
		return &verdict.Verdict{Evidence: "live: the test has returned, and what it has left behind may be ended from outside"}
	case r.wakes: // a session that nobody uses is closed after a minute, say
		return &verdict.Verdict{Evidence: "live: the test has returned, and what it has left behind may be ended by a goroutine that a timer wakes"}
	}
	evidence := fmt.Sprintf("live: still blocked %v after the test has returned, ", time.Since(start).Round(time.Second))
	if r.timers {
		evidence += "while timers of the test go on"
	} else {
		evidence += "in what no timer of the test and nobody outside can end"
	}
	switch evidence += beside; len(proved) {
	case 0:
	case 1:
		evidence += "; " + unreached + " one of them waits for"
	default:
		evidence += fmt.Sprintf("; %s %d of them wait for", unreached, len(proved))
	}
	return verdict.NewLive(verdict.Leak, evidence, r.stuck)
}

// remains waits until what a test has left behind at start has ended or come to rest, or time enough has passed for it.
func (w *liveWatch) remains(start time.Time) remainder {
	due := w.live.Timer() // of what sleeps once nothing runs; what sets more timers then may do so for ever
	var slept time.Time   // when a goroutine was seen last that a timer will wake
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		r := w.look()
		if r.running > 0 {
			due = w.live.Timer()
		}
		if r.sleeping > 0 {
			slept = time.Now()
		}
		r.wakes = time.Since(slept) < 2*liveWake
		after := time.Since(start)
		wakes := r.sleeping > 0 && time.Now().Before(due.Add(liveWake)) && due.Before(start.Add(liveGrace))
		moves := r.running > 0 || wakes || w.live.Late()
		switch {
		case len(r.stuck) == 0 && (!moves || after > liveGrace),
			len(r.stuck) > 0 && after > liveGrace && !r.timers,
			after > liveGrace+liveUnknown:
			return r
		}
		time.Sleep(wait)
	}
}

// A remainder is what a test has left behind.
type remainder struct {
	all       int            // goroutines, without those that belong to the process
	stuck     []verdict.Live // that wait for what only another goroutine can end
	onNetwork int            // that wait for the network
	running   int            // of which it is not known yet what becomes of them
	sleeping  int            // that a timer will wake
	timers    bool           // timers of the test are still to fire
	wakes     bool           // a timer will wake a goroutine, or has just done so
}

// look returns what is there of what the test has left behind.
func (w *liveWatch) look() (r remainder) {
	left := slices.DeleteFunc(w.mine(), func(g verdict.Live) bool { return engine.BelongsToProcess(g.ID) })
	r.all = len(left)
	left = slices.DeleteFunc(left, func(g verdict.Live) bool {
		switch {
		case g.Runs():
			r.running++
		case g.Sleeps(), g.Blocked() && w.live.Woken(g.ID):
			r.sleeping++
			return true
		}
		return false
	})
	r.stuck, r.onNetwork, _ = sift(left)
	r.timers = w.live.Ticking() || time.Now().Before(w.live.Timer())
	return r
}

// unreached is what the runtime's proof of a leak comes to.
const unreached = "the garbage collector has found that nothing can reach what"

// unreachable returns the goroutines that the runtime proves to be leaked when it is asked for the profile of leaked goroutines: none
// if this Go does not have it. With their stacks the profile has all other goroutines too. That one is not proved to be leaked says
// nothing: a package's variable may lead to what it waits for, or a word on a stack that looks like a pointer.
func unreachable() map[uint64]bool {
	p := pprof.Lookup("goroutineleak")
	var b bytes.Buffer
	if p == nil || p.WriteTo(&b, 2) != nil {
		return nil
	}
	leaked := map[uint64]bool{}
	for _, g := range verdict.ReadLive(strings.Split(b.String(), "\n\n")) {
		if g.Leaked {
			leaked[g.ID] = true
		}
	}
	return leaked
}

// native reports whether g waits in a select of code that was left native: it may have a case for a timer, and nobody has told of that.
func native(g verdict.Live) bool {
	file := g.Selects()
	return file != "" && !slices.ContainsFunc(program.Sites(), func(of []trace.Site) bool { return len(of) > 0 && of[0].File == file })
}

// benign reports whether g is left behind by libraries on purpose: connections that are kept for later, and what the
// runtime and package testing start for themselves.
func benign(g verdict.Live) bool {
	return slices.ContainsFunc(g.Calls(), func(fn string) bool {
		switch fn {
		case "net/http.(*persistConn).writeLoop", "net/http.(*Transport).startDialConnForLocked", "os/signal.loop", "os/signal.signal_recv",
			"database/sql.(*DB).connectionOpener", "testing.runFuzzing", "testing.(*M).startAlarm":
			return true
		}
		return false
	})
}
