package engine

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/trace"
)

// maxStacks bounds the text of all goroutines' stacks.
const maxStacks = 8 << 20

// Stacks returns the stacks of all goroutines of the process as the runtime prints them, one string a goroutine.
func Stacks() []string {
	for size := 64 << 10; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= maxStacks {
			return strings.Split(string(bytes.TrimSpace(buf[:n])), "\n\n")
		}
	}
}

// StackOf returns t's stack among stacks, or "" if it is not there. The runtime prints the arguments of calls, and with
// them the task whose life the goroutine is.
func (t *Task) StackOf(stacks []string) string {
	begun, joined := fmt.Sprintf("(*Task).run(%p", t), fmt.Sprintf("(*Task).Runs(%p", t)
	for _, s := range stacks {
		if strings.Contains(s, begun) || strings.Contains(s, joined) {
			return s
		}
	}
	return ""
}

// stacks returns the stacks of the tasks that have not ended.
func (x *Execution) stacks() map[*Task]string {
	stacks, of := Stacks(), map[*Task]string{}
	for _, t := range x.tasks {
		if t.state != trace.Ended {
			of[t] = t.StackOf(stacks)
		}
	}
	return of
}

// Lacks notes that t does something for which an execution does not have what is needed: what it does now is not what it does without control.
func (t *Task) Lacks(does string, s *trace.Site) {
	if t.x.lacking == "" && s != nil {
		t.x.lacking = does + " in " + program.InPackage(s.Func)
	}
}

// Lacking says, as a sentence without a full stop, what a task of the last Run has done first for which an execution does not have
// what is needed; "" if there was nothing.
func (x *Execution) Lacking() string { return x.lacking }

// Uncontrolled says why the execution was not under control: there is a goroutine in its bubble which is not one of its tasks, and which is
// still there or has passed a sync point, because code left native has started it.
// It returns "" if it was. It is to be called in the bubble when the execution has ended: what such goroutines do is no question to any
// strategy.
func (x *Execution) Uncontrolled() string {
	if by := x.startedOutside(); by != "" {
		return by + " starts goroutines that jostle does not control"
	}
	return ""
}

// startedOutside returns the function that has started a goroutine which is no task.
func (x *Execution) startedOutside() string {
	if by := x.starter.Load(); by != nil {
		return *by
	}
	for _, s := range Stacks() {
		if !inBubble(s) || strings.Contains(s, "testing/synctest.Test(") || stacks.Calls(s, "internal/engine.(*Task).run", "internal/engine.(*Execution).Run",
			"internal/engine.(*decider).run", "internal/engine.(*Execution).startedOutside") {
			continue
		}
		if by := creator(s); by != "" && !startsOurs(by) {
			return by
		}
	}
	return ""
}

// creator returns the function that has started the goroutine of a stack; "" if the stack does not say.
func creator(stack string) string {
	_, by, _ := strings.Cut(stack, "\ncreated by ")
	by, _, _ = strings.Cut(by, "\n")
	by, _, _ = strings.Cut(by, " in goroutine")
	return by
}

// inBubble reports whether the goroutine of a stack lives in a testing/synctest bubble.
func inBubble(stack string) bool {
	header, _, _ := strings.Cut(stack, "\n")
	return strings.Contains(header, "synctest bubble")
}

// startsOurs reports whether a function that starts goroutines in a bubble belongs to package testing, or to the engine.
func startsOurs(fn string) bool {
	return strings.HasPrefix(fn, "testing.") || strings.HasPrefix(fn, "testing/synctest.") ||
		stacks.Of(fn, "internal/engine", "internal/worker")
}

// maxForeign is how many sync points passed by goroutines that are no tasks are looked into: a stack takes its time.
const maxForeign = 4

// foreign notes who has started the calling goroutine, which is no task of the execution, if it lives in its bubble.
func (x *Execution) foreign() {
	if x.foreigns.Load() >= maxForeign || x.foreigns.Add(1) > maxForeign {
		return
	}
	buf := make([]byte, 16<<10)
	stack := string(buf[:runtime.Stack(buf, false)])
	if by := creator(stack); inBubble(stack) && by != "" && !startsOurs(by) {
		x.starter.Store(&by)
	}
}

// foreigners reports whether there are goroutines in the process that were started by code other than the runtime's, the
// testing package's and ours, belong to no bubble, and may do something before the execution ends.
func foreigners() bool {
	for _, s := range Stacks() {
		by := creator(s)
		if by == "" || inBubble(s) {
			continue
		}
		own := stacks.Of(by, "harness", "internal/worker") || stacks.Calls(s, "internal/worker.(*Process).inBubble") // it waits for an execution
		for _, p := range [...]string{"testing.", "runtime.", "runtime/", "os/signal.", "internal/"} {
			own = own || strings.HasPrefix(by, p)
		}
		if !own {
			return true
		}
	}
	return false
}
