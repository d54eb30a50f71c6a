package worker

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Bounds on real time, for what the engine cannot see. Both are well below the 10 s after which a fuzzing worker counts
// as hanging itself (internal/fuzz/worker.go).
const (
	stallAfter  = 3 * time.Second        // without a sync point
	stallLooks  = 40                     // in that time: fewer, and the machine does not let the process run
	socketAfter = 100 * time.Millisecond // without one, while somebody waits for a socket
	restAfter   = 400 * time.Millisecond // without one, whoever is too long is not because it goes on and on
	wallLimit   = 7 * time.Second        // for a whole execution
	watchEvery  = 50 * time.Millisecond
)

// An outcome is one execution as it ended.
type outcome struct {
	*verdict.Verdict
	log     string // what the body logged
	ignored ignored
	long    bool // a Stall: it went on and on, and was given up
	races   int  // how many the race detector has reported in this process until then, if it was given up or ran live
	snap    *engine.Snapshot
	input   func() string // returns what the body was given, as Go source; nil if that is nothing
}

// A runner does executions, one after the other.
type runner struct {
	tb     testing.TB
	x      *engine.Execution
	cancel bool // the schedule may cancel the context
	keep   bool // executions that go well are looked at for what they predict
	trace  bool // somebody wants to see the steps of one that passes, too
	ignore []engine.Ignore
	doubts *doubts
}

func newRunner(tb testing.TB, c Config) *runner {
	tb.Helper()
	said, err := inFile()
	if err != nil {
		tb.Fatal("jostle:", err)
	}
	beforeBubbles()
	return &runner{tb: tb, x: new(engine.Execution), cancel: c.Cancel, ignore: append(said, c.Ignore...), doubts: newDoubts(nil)}
}

// pause waits in real time, also in a bubble.
func pause(d time.Duration) {
	pauses <- d
	<-resumed
}

var (
	pauses  = make(chan time.Duration)
	resumed = make(chan struct{})
	over    = make(chan struct{}) // closed when no more executions come: a TestMain may look for goroutines that are left
)

// code is the program in the process.
var code = sync.OnceValue(func() *verdict.Code { return verdict.NewCode(engine.Sites(), engine.Files()) })

// begin is the time at which every execution of the process begins: later than what initialisers of packages may have read
// from the real clock, and the same for a day. Midnight, where a bubble's clock begins, is a time at which things happen
// that do not at others.
var begin = time.Now().UTC().Truncate(24 * time.Hour).Add(24*time.Hour + 9*time.Hour + 26*time.Minute + 53*time.Second + 589793*time.Microsecond)

// beforeBubbles must be called outside of bubbles before the first execution: it makes what must belong to none.
var beforeBubbles = sync.OnceFunc(func() {
	go func() {
		for {
			select {
			case d := <-pauses:
				time.Sleep(d)
				resumed <- struct{}{}
			case <-over:
				return
			}
		}
	}()
	// The runtime makes its channels for signals when the first is asked for. Made in a bubble, they would end the
	// process: "select on synctest channel from outside bubble".
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
})

// run executes body under one schedule. It comes back whatever the body does: what blocks or is busy where the engine
// cannot see is left behind, and the next execution gets an engine of its own.
func (r *runner) run(strategy engine.Strategy, body func(testing.TB)) outcome {
	races := raceLog.mark()
	engine.CatchFailures()
	out := inBubble(r.x, wallLimit, func() outcome {
		s := newScope(r.tb)
		snap := r.x.Run(strategy, engine.Limits{Pause: pause, Begin: begin, Doubt: r.doubts.doubt, Trace: r.trace, Keep: r.keep, Cancel: r.cancel}, synctest.Wait, func() {
			engine.Self().Offer(s.cancel, nil)
			defer s.finish()
			body(s)
		})
		s.cancel() // for a body that hangs before its end
		if s.failed {
			snap = r.x.Failed(snap)
		}
		out := outcome{Verdict: verdict.Of(snap, code()), log: s.log.String(), snap: snap}
		out.ignored = ignore(out.Verdict, r.ignore)
		if s.failed {
			out.Fail()
		}
		if out.Excused(s.failed) {
			out.Kind = verdict.Pass
		}
		return out
	})
	calls := engine.FailCalls()
	if out.snap == nil {
		r.x = new(engine.Execution)
	}
	if out.Kind == verdict.Assertion {
		test, _, _ := strings.Cut(r.tb.Name(), "/") // of a fuzz target the rest names the input
		first, _, _ := strings.Cut(out.log, "\n")
		out.Said = said(test, calls, first)
	}
	races.attach(&out)
	return out
}

// inBubble runs f, which runs x, in a bubble, and returns what f returns. If that does not come, see watch, it returns a
// stall, which has no snapshot: then f still runs, and x is not to be used again.
func inBubble(x *engine.Execution, limit time.Duration, f func() outcome) outcome {
	done := make(chan outcome, 1)
	go func() {
		var out outcome
		defer func() {
			// The bubble complains of goroutines that block in it for ever; they are in the verdict already.
			if p := recover(); p != nil && out.Verdict == nil {
				panic(p)
			}
			done <- out
		}()
		synctest.Test(new(testing.T), func(*testing.T) { out = f() })
	}()
	if stall := watch(x, done, limit); stall.Verdict != nil {
		return stall
	}
	return <-done
}

// watch waits until done has something to receive, and returns a verdict if that does not happen within
// limit of real time, or nothing at all happens. If limit is 0 it waits for ever.
func watch(x *engine.Execution, done chan outcome, limit time.Duration) outcome {
	start := time.Now()
	moved, looks := start, 0
	tick := time.NewTimer(watchEvery)
	defer tick.Stop()
	for {
		select {
		case out := <-done:
			done <- out
			return outcome{}
		case <-tick.C:
			tick.Reset(watchEvery)
		}
		if looks++; x.Moved() {
			moved, looks = time.Now(), 0
		}
		if limit > 0 && time.Since(start) > limit/7*5 { // there is more to do when it has ended
			x.Hurry()
		}
		quiet := time.Since(moved)
		if limit == 0 || (quiet < stallAfter || looks < stallLooks) && time.Since(start) < limit && !(quiet > socketAfter && waitsForSocket()) {
			continue
		}
		races := engine.Races()
		x.Abandon()
		abandoned.Store(newestBubble())
		who, stack := culprit(x)
		v := verdict.NewStall(who, stack, quiet)
		long := quiet < restAfter && time.Since(start) >= limit
		if long {
			v.Evidence = fmt.Sprintf("it had not ended after %v of real time", limit)
		}
		return outcome{Verdict: v, long: long, races: races}
	}
}

// waitsForSocket reports whether a goroutine of the execution waits for a socket. What is to come through it is up to another
// goroutine of the execution, as a rule, and that does not run until nobody waits outside control any more. To see it
// early is to see it before a deadline of the socket's, which is on the real clock, makes it look like a failure.
func waitsForSocket() bool {
	for _, s := range engine.Stacks() {
		header, frames, _ := strings.Cut(s, "\n")
		if strings.Contains(header, "[IO wait") && bubbleOf(header) > abandoned.Load() && strings.Contains(frames, "\nnet.(*netFD).") {
			return true
		}
	}
	return false
}

// abandoned is the newest bubble of an execution that was given up, whose goroutines may wait for a socket as long as they like.
// Bubbles have ascending numbers, and there is one execution at a time.
var abandoned atomic.Int64

func newestBubble() int64 {
	newest := abandoned.Load()
	for _, s := range engine.Stacks() {
		header, _, _ := strings.Cut(s, "\n")
		newest = max(newest, bubbleOf(header))
	}
	return newest
}

// bubbleOf returns the number of the bubble that the first line of a goroutine's stack names; 0 if it is in none.
func bubbleOf(header string) int64 {
	_, rest, _ := strings.Cut(header, "synctest bubble ")
	digits, _, _ := strings.Cut(rest, "]")
	n, _ := strconv.ParseInt(strings.TrimFunc(digits, func(r rune) bool { return r < '0' || r > '9' }), 10, 64)
	return n
}

// culprit names the goroutine that has the token, or else everything that rests somewhere else than at a sync point.
func culprit(x *engine.Execution) (who, stack string) {
	stacks := engine.Stacks()
	if t := x.Running(); t != nil {
		return t.Title(), t.StackOf(stacks)
	}
	var out []string
	for _, s := range stacks {
		if strings.Contains(s, "(*Task).run(") && !strings.Contains(s, "(*Task).park(") {
			out = append(out, s)
		}
	}
	return "something", strings.Join(out, "\n\n")
}
