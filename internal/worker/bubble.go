package worker

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// Bounds on real time, for what the engine cannot see. Both are well below the 10 s after which a fuzzing worker counts
// as hanging itself (internal/fuzz/worker.go).
const (
	stallAfter  = 3 * time.Second        // without a sync point
	stallLooks  = 40                     // in that time: fewer, and the machine does not let the process run
	socketAfter = 100 * time.Millisecond // without one, while a goroutine waits for a socket
	restAfter   = 400 * time.Millisecond // without one, an execution that takes too long does not do so because it keeps running
	wallLimit   = 7 * time.Second        // for a whole execution
	watchEvery  = 50 * time.Millisecond
)

// inBubble runs f, which runs x, in a bubble, and returns what f returns. If that does not come, see watch, it returns a
// stall, which has no snapshot: then f still runs, and x is not to be used again.
func (p *Process) inBubble(x *engine.Execution, limit time.Duration, f func() outcome) outcome {
	done, out := make(chan struct{}), new(outcome)
	go func() {
		defer func() {
			// The bubble panics if goroutines block in it for ever; the verdict has them already.
			if r := recover(); r != nil && out.Verdict == nil {
				panic(r)
			}
			close(done)
		}()
		bubble(func() { *out = f() })
	}()
	if stall := p.watch(x, done, limit); stall.Verdict != nil {
		return stall
	}
	return *out
}

// bubble runs f in a bubble. Where package runtime was changed so that it can, no testing.T is made for that. It is set before main.
var bubble = func(f func()) { synctest.Test(new(testing.T), func(*testing.T) { f() }) }

// watch waits until done is closed, and returns a verdict if that does not happen within
// limit of real time, or nothing at all happens. A limit of 0 is none.
func (p *Process) watch(x *engine.Execution, done chan struct{}, limit time.Duration) outcome {
	start := time.Now()
	moved, looks := start, 0
	var stacks seldom
	if p.tick == nil {
		p.tick = time.NewTimer(watchEvery)
	}
	tick := p.tick
	tick.Reset(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
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
		if limit == 0 || (quiet < stallAfter || looks < stallLooks) && time.Since(start) < limit && !(quiet > socketAfter && stacks.ask(p.waitsForSocket)) {
			continue
		}
		races := engine.Races()
		x.Abandon()
		p.abandoned.Store(p.newestBubble())
		who, stack := p.culprit(x)
		v := verdict.NewStall(who, stack, quiet)
		long := quiet < restAfter && time.Since(start) >= limit
		if long {
			v.Evidence = fmt.Sprintf("it had not ended after %v of real time", limit)
		}
		return outcome{Verdict: v, long: long, races: races}
	}
}

// A seldom asks what may take long, and then not again for a time that is twenty times as long. All goroutines stand still while the
// stacks are looked at, and deep recursion makes that seconds.
type seldom struct{ until time.Time }

// ask returns what f returns, or false if it is too early to ask again.
func (s *seldom) ask(f func() bool) bool {
	began := time.Now()
	if began.Before(s.until) {
		return false
	}
	yes := f()
	s.until = time.Now().Add(20 * time.Since(began))
	return yes
}

// waitsForSocket reports whether a goroutine of the execution waits for a socket. What is to come through it is up to another
// goroutine of the execution, as a rule, and that does not run while a goroutine waits outside control. To see it
// early is to see it before a deadline of the socket's, which is on the real clock, makes it look like a failure.
func (p *Process) waitsForSocket() bool {
	for _, s := range goroutines.Stacks() {
		header, frames, _ := strings.Cut(s, "\n")
		if strings.Contains(header, "[IO wait") && bubbleOf(header) > p.abandoned.Load() && strings.Contains(frames, "\nnet.(*netFD).") {
			return true
		}
	}
	return false
}

// newestBubble returns the newest bubble that has goroutines. Bubbles have ascending numbers, and there is one execution at a time:
// those of an execution that was given up, whose goroutines may wait for a socket as long as they like, have lower ones than the next.
func (p *Process) newestBubble() int64 {
	newest := p.abandoned.Load()
	for _, s := range goroutines.Stacks() {
		newest = max(newest, bubbleOf(s))
	}
	return newest
}

// bubbleOf returns the number of the bubble that the first line of a goroutine's stack names; 0 if it is in none.
func bubbleOf(stack string) int64 {
	header, _, _ := strings.Cut(stack, "\n")
	_, rest, _ := strings.Cut(header, "synctest bubble ")
	digits, _, _ := strings.Cut(rest, "]")
	n, _ := strconv.ParseInt(strings.TrimFunc(digits, func(r rune) bool { return r < '0' || r > '9' }), 10, 64)
	return n
}

// culprit names what keeps an execution from continuing, with its stack. That is the goroutine that has the token, or one outside of
// control for which all others wait: the root gives the token to the next when nothing in the bubble runs, or waits for what is
// not of the bubble. If there is none of both, it is all that blocks outside of control.
func (p *Process) culprit(x *engine.Execution) (who, stack string) {
	all := goroutines.Stacks()
	if t := x.Running(); t != nil {
		return goroutines.Title(t.Identity()), goroutines.StackOf(t.Identity(), all)
	}
	var blocked []string
	for _, t := range x.Gone() {
		switch s := goroutines.StackOf(t.Identity(), all); {
		case s == "":
		case !rests(s):
			return goroutines.Title(t.Identity()), s
		default:
			blocked = append(blocked, s)
		}
	}
	for _, s := range all { // what native code has started
		if bubbleOf(s) == p.abandoned.Load() && !rests(s) && !goroutines.Calls(s, "internal/engine.(*Execution).Run") {
			return "something", s
		}
	}
	return "something", strings.Join(blocked, "\n\n")
}

// rests reports whether the goroutine of a stack lets its bubble come to rest: only another goroutine of the bubble can end its wait.
func rests(stack string) bool {
	header, _, _ := strings.Cut(stack, "\n")
	return strings.Contains(header, "(durable)")
}
