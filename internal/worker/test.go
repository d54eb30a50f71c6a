package worker

import (
	"fmt"
	"os"
	"testing"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/session"
)

// Told reports whether the process was started to do what a command says, and not to run its tests as they are.
func Told() bool { return plan != nil }

// plan is what the process was started for; nil if its tests are to run as they are.
var plan = func() *session.Plan {
	p, err := session.FromEnv()
	if err != nil {
		fmt.Fprintln(os.Stderr, "jostle:", err)
		os.Exit(2)
	}
	return p
}()

// Test is what a test function begins with: it runs body, the function itself, as an execution, or many, and reports
// whether it did. It does not where nobody asked for it, nor for a test function that another calls.
func Test(t *testing.T, body func(*testing.T)) bool {
	if plan == nil || running.Load() || engine.Self() != nil {
		return false
	}
	t.Helper()
	if plan.Test != "" {
		if t.Name() != plan.Test {
			t.SkipNow()
		}
		defer close(over)
	}
	switch plan.Mode {
	case session.Once:
		once(t, body)
	case session.Explore:
		explore(t, body, plan)
	case session.Replay:
		replay(t, body, plan)
	case session.Live:
		live(t, body, plan)
	}
	return true
}

// Join runs f, a test or subtest, on the calling goroutine, which package testing has started, as a task of the
// execution.
func Join(start *engine.Callback, t *testing.T, f func(*testing.T)) {
	returned := false
	var me *engine.Task
	defer func() {
		if returned {
			me.Rest() // what is left is package testing's: parallel subtests that it waits for, and clean-ups
			return
		}
		if r := recover(); r != nil {
			me.Panicked(r)
		}
		if t.Skipped() {
			if me != nil {
				me.GiveUp()
			}
		} else {
			t.FailNow() // or package testing takes it for a panic that an unwound goroutine exits
		}
	}()
	if me = start.Join(t.Name()); me == nil {
		t.SkipNow() // the execution is over
	}
	t.Cleanup(me.Leave) // asked for first, it runs last: other clean-ups are part of the execution
	me.Runs(func() { f(t) })
	returned = true
}
