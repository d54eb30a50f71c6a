package worker

import (
	"strings"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/stacks"
)

// lacking says, as a sentence without a full stop, what the last execution has done first for which an execution does not have what is
// needed; "" if there was nothing.
func lacking(x *engine.Execution) string {
	l := x.Lacking()
	if l.In == nil {
		return ""
	}
	return l.Does + " in " + goroutines.InPackage(l.In.Func)
}

// uncontrolled says why the execution was not under control: there is a goroutine in its bubble which is not one of its tasks, and which is
// still there or has passed a sync point, because code left native has started it.
// It returns "" if it was. It is to be called in the bubble when the execution has ended: what such goroutines do is no question to any
// strategy.
func uncontrolled(x *engine.Execution) string {
	if by := startedOutside(x); by != "" {
		return by + " starts goroutines that jostle does not control"
	}
	return ""
}

// startedOutside returns the function that has started a goroutine which is no task.
func startedOutside(x *engine.Execution) string {
	for _, s := range x.Foreign() {
		if by := goroutines.Creator(string(s)); goroutines.InBubble(string(s)) && by != "" && !startsOurs(by) {
			return by
		}
	}
	for _, s := range goroutines.Stacks() {
		if !goroutines.InBubble(s) || strings.Contains(s, "testing/synctest.Test(") || goroutines.Calls(s, "internal/engine.(*Task).run", "internal/engine.(*Execution).Run",
			"internal/engine.(*decider).run", "internal/worker.startedOutside") {
			continue
		}
		if by := goroutines.Creator(s); by != "" && !startsOurs(by) {
			return by
		}
	}
	return ""
}

// startsOurs reports whether a function that starts goroutines in a bubble belongs to package testing, or to the engine.
func startsOurs(fn string) bool {
	return strings.HasPrefix(fn, "testing.") || strings.HasPrefix(fn, "testing/synctest.") || stacks.Of(fn, "internal/engine", "internal/worker")
}

// foreigners reports whether there are goroutines in the process that were started by code other than the runtime's, the
// testing package's and ours, belong to no bubble, and may do something before the execution ends.
func foreigners() bool {
	for _, s := range goroutines.Stacks() {
		by := goroutines.Creator(s)
		if by == "" || goroutines.InBubble(s) {
			continue
		}
		own := stacks.Of(by, "harness", "internal/worker") || goroutines.Calls(s, "internal/worker.(*Process).inBubble") // it waits for an execution
		for _, p := range [...]string{"testing.", "runtime.", "runtime/", "os/signal.", "internal/"} {
			own = own || strings.HasPrefix(by, p)
		}
		if !own {
			return true
		}
	}
	return false
}
