package worker

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A body is the subject of a Check or a fuzz target.
type body struct {
	tb  testing.TB // the test around it
	run func(testing.TB)
}

// newBodyRunner returns a runner of a body in the test tb.
func (p *Process) newBodyRunner(tb testing.TB, b *body, c Config) *runner {
	tb.Helper()
	r, err := p.newRunner(b, engine.Limits{Begin: p.begin, Cancel: c.Cancel, Faults: c.Faults}, wallLimit)
	if err != nil {
		tb.Fatal("jostle:", err)
	}
	r.ignore = append(r.ignore, c.Ignore...)
	return r
}

func (*body) capture() (release func() string) { return func() string { return "" } }

func (b *body) attempt() attempt { return newScope(b.tb, b.run) }

func (b *body) said(p *Process, o outcome, calls []engine.FailCall) verdict.Said {
	if o.Kind != verdict.Assertion {
		return verdict.Said{}
	}
	test, _, _ := strings.Cut(b.tb.Name(), "/") // of a fuzz target the rest names the input
	first, _, _ := strings.Cut(o.log, "\n")
	return p.said(test, calls, first)
}

// A scope is the attempt of a body, and its T. Log lines are kept until it is known whether anybody wants to read them.
type scope struct {
	testing.TB // the test around the execution: TempDir, Setenv, Name
	body       func(testing.TB)

	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	log      bytes.Buffer
	failed   bool
	skipped  bool
	cleanups []func()
	helpers  map[string]bool
}

// newScope must be called in the execution's bubble, so that the context belongs to it.
func newScope(tb testing.TB, body func(testing.TB)) *scope {
	s := &scope{TB: tb, body: body}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func (s *scope) main() {
	engine.Self().Offer(s.cancel, nil)
	defer s.finish()
	s.body(s)
}

func (s *scope) over(*engine.Execution) ending {
	s.cancel() // for a body that hangs before its end
	return ending{log: s.log.String(), failed: s.failed}
}

// finish runs what was left to be done at the end of the body.
func (s *scope) finish() {
	s.cancel()
	if t := engine.Self(); t != nil {
		t.Closed()
	}
	for f := s.nextCleanup(); f != nil; f = s.nextCleanup() {
		s.runCleanup(f)
	}
}

func (s *scope) nextCleanup() func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.cleanups)
	if n == 0 {
		return nil
	}
	f := s.cleanups[n-1]
	s.cleanups = s.cleanups[:n-1]
	return f
}

// runCleanup runs the others too if f calls FailNow or SkipNow.
func (s *scope) runCleanup(f func()) {
	done := false
	defer func() {
		if !done {
			s.finish()
		}
	}()
	f()
	done = true
}

func (s *scope) Context() context.Context { return s.ctx }

func (s *scope) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleanups = append(s.cleanups, f)
}

func (s *scope) Helper() {
	pc, _, _, ok := runtime.Caller(1)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.helpers == nil {
		s.helpers = make(map[string]bool)
	}
	s.helpers[runtime.FuncForPC(pc).Name()] = true
}

// write adds a line to the log, with the position of the first caller that is no helper.
func (s *scope) write(text string) {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	s.mu.Lock()
	defer s.mu.Unlock()
	frame, more := frames.Next()
	for more && s.helpers[frame.Function] {
		frame, more = frames.Next()
	}
	fmt.Fprintf(&s.log, "%s:%d: %s\n", filepath.Base(frame.File), frame.Line, text)
}

func sprintln(args []any) string {
	text := fmt.Sprintln(args...)
	return text[:len(text)-1]
}

func (s *scope) Log(args ...any)                 { s.write(sprintln(args)) }
func (s *scope) Logf(format string, args ...any) { s.write(fmt.Sprintf(format, args...)) }

func (s *scope) Error(args ...any) {
	s.write(sprintln(args))
	s.Fail()
}

func (s *scope) Errorf(format string, args ...any) {
	s.write(fmt.Sprintf(format, args...))
	s.Fail()
}

func (s *scope) Fatal(args ...any) {
	s.write(sprintln(args))
	s.FailNow()
}

func (s *scope) Fatalf(format string, args ...any) {
	s.write(fmt.Sprintf(format, args...))
	s.FailNow()
}

func (s *scope) Skip(args ...any) {
	s.write(sprintln(args))
	s.SkipNow()
}

func (s *scope) Skipf(format string, args ...any) {
	s.write(fmt.Sprintf(format, args...))
	s.SkipNow()
}

func (s *scope) Fail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = true
}

func (s *scope) Failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// FailNow ends the execution: there is nothing to learn from what the other goroutines would do. If the context was cancelled
// before, or a connection has failed, it is no wonder that the body fails, and the question is what the others do.
func (s *scope) FailNow() {
	s.Fail()
	if t := engine.Self(); t != nil && s.ctx.Err() == nil && !t.Execution().Faulted() {
		t.Fail()
	}
	runtime.Goexit()
}

func (s *scope) SkipNow() {
	s.mu.Lock()
	s.skipped = true
	s.mu.Unlock()
	if t := engine.Self(); t != nil {
		t.GiveUp()
	}
	runtime.Goexit()
}

func (s *scope) Skipped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.skipped
}
