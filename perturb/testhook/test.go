// Package testhook is called by rewritten tests: do not import it. internal/rewrite puts its functions where a source has a test
// function, an example, a method of testing.T that an execution needs to know of, or a function of testing/synctest. Outside of
// executions each is what it stands for.
package testhook

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/worker"
)

// Test is what a test function begins with: it runs body, the function itself, as an execution, or many, and reports
// whether it did. It does not if no command asked for it, nor for a test function that another calls.
func Test(t *testing.T, body func(*testing.T)) bool {
	if engine.Self() != nil {
		return false
	}
	t.Helper()
	return worker.This.Test(t, body)
}

// Example is what an example with output begins with: if the command jostle has asked for it, it runs body, the example
// itself, as a test that compares what it prints with want, under many schedules, and reports that it did.
func Example(name string, body func(), want string, unordered bool) bool {
	return worker.This.Example(name, body, want, unordered)
}

// Run is (*testing.T).Run. In an execution the subtest is a goroutine of it.
func Run(t *testing.T, name string, f func(*testing.T)) bool {
	task := engine.Self()
	if task == nil || f == nil {
		return t.Run(name, f)
	}
	return joined(task, func(f func(*testing.T)) bool { return t.Run(name, f) }, "", f)
}

// joined has package testing run f, on a goroutine of its own, as a task of the caller's execution. run does so, and returns whether f has
// not failed. The task is called as the test that f is given, and suffix.
func joined(task *engine.Task, run func(func(*testing.T)) bool, suffix string, f func(*testing.T)) (ok bool) {
	start := task.NewCallback(nil, nil)
	task.Native(func() {
		ok = run(func(t *testing.T) { worker.Join(start, t, t.Name()+suffix, f) })
	}, nil)
	return ok
}

// Cleanup is the method of a testing.T or testing.TB, or of what has it. In an execution f is a part of it.
func Cleanup(t interface{ Cleanup(func()) }, f func()) {
	t.Cleanup(func() {
		engine.Self() // comes back from what worker.Join has left to package testing
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
