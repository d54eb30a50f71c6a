package harness

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// The functions of this file are called by instrumented tests, where the source has a test function or a method of
// testing.T. Nobody writes them by hand.

// TestsEnv is the environment variable that has the tests of an instrumented binary run as executions: "plain" for the
// plain schedule.
const TestsEnv = "JOSTLE_TESTS"

var testsMode = os.Getenv(TestsEnv)

func init() { os.Unsetenv(TestsEnv) } // what a test starts is not meant

// test is the one that runs as an execution at present.
var test struct {
	mu           sync.Mutex
	inner, outer *testing.T
	cleanups     []func()
}

// Test is what a test function begins with: it runs body, the function itself, as an execution, and reports whether it
// did. It does not where nobody asked for it, nor for a test function that another calls.
func Test(t *testing.T, body func(*testing.T)) bool {
	if testsMode == "" || engine.Self() != nil {
		return false
	}
	t.Helper()
	out, skipped := runTest(t, body)
	switch {
	case skipped && !out.Found():
		t.SkipNow()
	case out.left() && !t.Failed():
		// Tests leave goroutines behind. Those of a test that passes are for others to judge.
		if testing.Verbose() {
			t.Log(out.render("", nil))
		}
	case out.Found() && (out.Kind != verdict.Assertion || !t.Failed()):
		t.Fatal(out.render("", nil))
	}
	return true
}

// left reports whether the test has come to its end, and only what it leaves behind is a finding.
func (o outcome) left() bool {
	if o.snap == nil || o.snap.Failure != engine.NoFailure || len(o.snap.Tasks) == 0 {
		return false
	}
	return o.snap.Tasks[0].State == engine.Ended
}

// testLimit is how much real time a test may take as one execution.
const testLimit = 20 * time.Second

// runTest runs a test function as an execution under the plain schedule. Its T is the one of the bubble.
func runTest(outer *testing.T, body func(*testing.T)) (out outcome, skipped bool) {
	startPausing()
	x := new(engine.Execution)
	done := make(chan outcome, 1)
	go func() {
		var out outcome
		defer func() {
			if p := recover(); p != nil && out.Verdict == nil {
				panic(p)
			}
			done <- out
		}()
		synctest.Test(outer, func(inner *testing.T) {
			test.mu.Lock()
			test.inner, test.outer, test.cleanups = inner, outer, nil
			test.mu.Unlock()
			snap := x.Run(schedule.NewReader(nil), engine.Limits{Steps: testSteps, Pause: pause}, synctest.Wait, func() {
				defer runCleanups()
				body(inner)
			})
			out = outcome{Verdict: verdict.Of(snap, engine.Sites()), snap: snap}
			skipped = inner.Skipped()
		})
	}()
	if stall := watch(x, done, testLimit); stall.Verdict != nil {
		return stall, false
	}
	out = <-done
	if out.Verdict == nil {
		out.Verdict = new(verdict.Verdict)
	}
	return out, skipped
}

// testSteps is how many operations a test may do: tests that were not written for this are long.
const testSteps = 50_000_000

// runCleanups runs what the test has asked to be run at its end, in the execution.
func runCleanups() {
	for {
		test.mu.Lock()
		n := len(test.cleanups)
		if n == 0 {
			test.mu.Unlock()
			return
		}
		f := test.cleanups[n-1]
		test.cleanups = test.cleanups[:n-1]
		test.mu.Unlock()
		runOneCleanup(f)
	}
}

// runOneCleanup runs the others too if f exits the goroutine.
func runOneCleanup(f func()) {
	done := false
	defer func() {
		if !done {
			runCleanups()
		}
	}()
	f()
	done = true
}

// executing returns the calling task, and whether t is the T of the execution.
func executing(t testing.TB) (task *engine.Task, is bool) {
	task = engine.Self()
	if task == nil {
		return nil, false
	}
	test.mu.Lock()
	defer test.mu.Unlock()
	return task, t == testing.TB(test.inner)
}

// Run is (*testing.T).Run. In an execution the subtest is a goroutine of it.
func Run(t *testing.T, name string, f func(*testing.T)) bool {
	task, isInner := executing(t)
	if task == nil || f == nil {
		return t.Run(name, f)
	}
	if isInner {
		t = test.outer // that of the bubble has no subtests
	}
	start := task.NewCallback(nil, nil)
	ok := false
	task.Native(func() {
		ok = t.Run(name, func(sub *testing.T) {
			me := start.Join(sub.Name())
			if me == nil {
				runtime.Goexit()
			}
			sub.Cleanup(me.Leave) // asked for first, it runs last: other cleanups are part of the execution
			returned := false
			defer func() {
				if returned || sub.Failed() || sub.Skipped() {
					return
				}
				if r := recover(); r != nil {
					me.Panicked(r)
				}
				sub.FailNow()
			}()
			f(sub)
			returned = true
		})
	}, nil)
	return ok
}

// Cleanup is the method of a testing.T or testing.TB. In an execution f runs at its end, and not after it.
func Cleanup(t interface{ Cleanup(func()) }, f func()) {
	if tb, ok := t.(testing.TB); ok {
		if _, isInner := executing(tb); isInner {
			test.mu.Lock()
			defer test.mu.Unlock()
			test.cleanups = append(test.cleanups, f)
			return
		}
	}
	t.Cleanup(f)
}

// Parallel is (*testing.T).Parallel. In an execution subtests run one after the other.
func Parallel(t *testing.T) {
	if engine.Self() == nil {
		t.Parallel()
	}
}

// Deadline is (*testing.T).Deadline. An execution has none: its clock is not the one that the deadline is on.
func Deadline(t *testing.T) (deadline time.Time, ok bool) {
	if engine.Self() == nil {
		return t.Deadline()
	}
	return time.Time{}, false
}
