package harness

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/session"
)

// The functions of this file are called by instrumented tests, where the source has a test function or a method of
// testing.T. Nobody writes them by hand.

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

// Run is (*testing.T).Run. In an execution the subtest is a goroutine of it.
func Run(t *testing.T, name string, f func(*testing.T)) bool {
	task := engine.Self()
	if task == nil || f == nil {
		return t.Run(name, f)
	}
	ok := false
	start := task.NewCallback(nil, nil)
	task.Native(func() {
		ok = t.Run(name, func(sub *testing.T) { joined(start, sub, f) })
	}, nil)
	return ok
}

// joined runs f, a test or subtest, on the calling goroutine, which package testing has started, as a task of the
// execution.
func joined(start *engine.Callback, t *testing.T, f func(*testing.T)) {
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

// Cleanup is the method of a testing.T or testing.TB, or of what has it. In an execution f is a part of it.
func Cleanup(t interface{ Cleanup(func()) }, f func()) {
	t.Cleanup(func() {
		engine.Self() // comes back from what joined has left to package testing
		f()
	})
}

// Parallel is (*testing.T).Parallel. In an execution tests that are parallel are goroutines of it that can all run.
func Parallel(t *testing.T) {
	task := engine.Self()
	if task == nil {
		t.Parallel()
		return
	}
	task.Native(t.Parallel, nil)
}

// Deadline is (*testing.T).Deadline. An execution has none: its clock is not the one that the deadline is on.
func Deadline(t *testing.T) (deadline time.Time, ok bool) {
	if engine.Self() == nil {
		return t.Deadline()
	}
	return time.Time{}, false
}

// Context is (*testing.T).Context. Where the schedule cancels contexts, that is one of them.
func Context(t *testing.T) context.Context {
	ctx := t.Context()
	task := engine.Self()
	if task == nil {
		return ctx
	}
	contexts.Lock()
	defer contexts.Unlock()
	if have := contexts.of[t]; have != nil {
		return have
	}
	offered, cancel := context.WithCancel(ctx)
	if task.Offer(cancel, nil) == nil {
		cancel()
		return ctx
	}
	contexts.of[t] = offered
	t.Cleanup(func() {
		contexts.Lock()
		defer contexts.Unlock()
		delete(contexts.of, t)
	})
	return offered
}

// contexts are those that stand for the own ones of tests that run.
var contexts = struct {
	sync.Mutex
	of map[*testing.T]context.Context
}{of: map[*testing.T]context.Context{}}
