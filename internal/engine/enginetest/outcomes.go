package enginetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Log is what the goroutines of one execution say that happened, in order. It is no synchronisation: who logs something is
// ordered with nobody by that, as far as the race detector sees.
type Log struct {
	mu      sync.Mutex // not instrumented, so no sync point; and held for no sync point
	entries []string
	late    bool // what happened and its note may come apart, as under Go's scheduler they can
}

// Add notes that something happened. Any goroutine may call it.
func (l *Log) Add(format string, args ...any) {
	entry := fmt.Sprintf(format, args...)
	if l.late && rand.N(4) == 0 {
		time.Sleep(rand.N(200 * time.Microsecond))
	}
	l.lock()
	defer l.unlock()
	l.entries = append(l.entries, entry)
}

func (l *Log) lock() {
	hide()
	l.mu.Lock()
}

func (l *Log) unlock() {
	l.mu.Unlock()
	unhide()
}

// String returns the entries, with blanks between them.
func (l *Log) String() string {
	l.lock()
	defer l.unlock()
	return strings.Join(l.entries, " ")
}

// Run runs body as an execution under strategy, in a bubble of its own.
func Run(t *testing.T, x *engine.Execution, strategy engine.Strategy, limits engine.Limits, body func()) *trace.Snapshot {
	t.Helper()
	var snap *trace.Snapshot
	synctest.Test(t, func(*testing.T) { snap = x.Run(strategy, limits, synctest.Wait, body) })
	if snap == nil {
		t.Fatal("the bubble was ended from inside")
	}
	return snap
}

// maxSteps ends executions that go round in circles: the programs of tests are small, but some wait until the clock moves
// under them.
const maxSteps = 30_000

// maxExecutions bounds an exploration. A test that reaches it has to be made smaller, or to allow fewer departures.
const maxExecutions = 200_000

// All is more departures than a small program can make: its tree is explored to the end.
const All = 1 << 30

// Outcomes runs body under every schedule of at most so many departures from the plain run, and returns the different
// outcomes, sorted. An outcome is what body logged, and after it, if the execution did not end by itself, how it ended
// instead: "hang", "panic: " and the value, and so on. Every execution must leave no goroutine behind.
func Outcomes(t *testing.T, departures int, body func(*Log)) []string {
	t.Helper()
	seen := map[string]bool{}
	tree, x := &Tree{Departures: departures}, new(engine.Execution)
	for runs := 1; ; runs++ {
		var log Log
		snap := Run(t, x, tree, engine.Limits{Steps: maxSteps}, func() { body(&log) })
		if snap.Abandoned != 0 {
			t.Fatalf("%d goroutines were left behind", snap.Abandoned)
		}
		seen[strings.TrimSpace(log.String()+" "+Ending(snap))] = true
		if !tree.Advance() {
			t.Logf("%d executions", runs)
			break
		}
		if runs == maxExecutions {
			t.Fatal("too many schedules")
		}
	}
	outcomes := make([]string, 0, len(seen))
	for o := range seen {
		outcomes = append(outcomes, o)
	}
	slices.Sort(outcomes)
	return outcomes
}

// Ending says how an execution ended: "" if all its goroutines did.
func Ending(snap *trace.Snapshot) string {
	switch snap.Quiet {
	case trace.AllEnded:
		return ""
	case trace.Proved:
		return "hang"
	case trace.LiveTimers, trace.Interlocked:
		return "hang beside timers"
	}
	switch snap.Failure {
	case trace.Panicked:
		return fmt.Sprintf("panic: %v", snap.Value)
	case trace.Raced:
		return "race"
	case trace.Failed:
		return "failed"
	case trace.TooLong:
		return "too long"
	}
	return fmt.Sprintf("quiet %d, failure %d", snap.Quiet, snap.Failure)
}
