package harness

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Bounds on real time, for what the engine cannot see. Both are well below the 10 s after which a fuzzing worker counts
// as hanging itself (internal/fuzz/worker.go).
const (
	stallAfter = 3 * time.Second // without a sync point
	wallLimit  = 7 * time.Second // for a whole execution
	watchEvery = 500 * time.Millisecond
)

// An outcome is one execution as it ended.
type outcome struct {
	*verdict.Verdict
	log  string // what the body logged
	snap *engine.Snapshot
}

// A runner does executions, one after the other.
type runner struct {
	tb testing.TB
	x  *engine.Execution
}

func newRunner(tb testing.TB) *runner {
	startPausing()
	return &runner{tb: tb, x: new(engine.Execution)}
}

// pause waits in real time, also in a bubble.
func pause(d time.Duration) {
	pauses <- d
	<-resumed
}

var (
	pauses  = make(chan time.Duration)
	resumed = make(chan struct{})
)

// startPausing must be called outside of bubbles before pause is.
var startPausing = sync.OnceFunc(func() {
	// The runtime's own goroutines for signals begin with the first Notify, and would else be part of a bubble, where they
	// and who called it wait for each other.
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
	go func() {
		for d := range pauses {
			time.Sleep(d)
			resumed <- struct{}{}
		}
	}()
})

// run executes body under one schedule. It comes back whatever the body does: what blocks or is busy where the engine
// cannot see is left behind, and the next execution gets an engine of its own.
func (r *runner) run(strategy engine.Strategy, body func(T)) outcome {
	x := r.x
	races := raceLog.mark()
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
		synctest.Test(new(testing.T), func(*testing.T) {
			s := newScope(r.tb)
			snap := x.Run(strategy, engine.Limits{Pause: pause}, synctest.Wait, func() {
				defer s.finish()
				body(s)
			})
			s.cancel() // for a body that hangs before its end
			out = outcome{Verdict: verdict.Of(snap, engine.Sites()), log: s.log.String(), snap: snap}
			if s.failed && out.Kind == verdict.Pass {
				out.Kind, out.Evidence = verdict.Assertion, "the test says so"
			}
		})
	}()
	stall := watch(x, done, wallLimit)
	if stall.Verdict != nil {
		r.x = new(engine.Execution)
		return stall
	}
	out := <-done
	races.attach(&out)
	return out
}

// watch waits until done has something to receive, and returns a verdict if that does not happen within
// limit of real time, or nothing at all happens. If limit is 0 it waits for ever.
func watch(x *engine.Execution, done chan outcome, limit time.Duration) outcome {
	start := time.Now()
	moved := start
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
		if x.Moved() {
			moved = time.Now()
		}
		quiet := time.Since(moved)
		if limit == 0 || quiet < stallAfter && time.Since(start) < limit {
			continue
		}
		x.Abandon()
		who, stack := culprit(x)
		v := verdict.NewStall(who, stack, quiet)
		if quiet < stallAfter {
			v.Evidence = fmt.Sprintf("it had not ended after %v of real time", limit)
		}
		return outcome{Verdict: v}
	}
}

// culprit names the goroutine that has the token, or else everything that rests somewhere else than at a sync point.
func culprit(x *engine.Execution) (who, stack string) {
	stacks := engine.Stacks()
	if t := x.Running(); t != nil {
		return fmt.Sprintf("g%d %s", t.ID, t.Name), t.StackOf(stacks)
	}
	var out []string
	for _, s := range stacks {
		if strings.Contains(s, "(*Task).run(") && !strings.Contains(s, "(*Task).park(") {
			out = append(out, s)
		}
	}
	return "something", strings.Join(out, "\n\n")
}
