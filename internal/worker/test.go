package worker

import (
	"errors"
	"flag"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A test is a test function as a subject. Each attempt gets a testing.T of its own, made by package testing itself, so that all that
// tests do with it means what it always does.
type test struct {
	*Process
	name   string
	body   func(*testing.T)
	out    *capture
	looked bool // for goroutines that no schedule reaches
}

// Bounds for one execution of a test: tests that were not written for this are long.
const (
	testLimit = 20 * time.Second // of real time
	testSteps = 50_000_000
)

// newTest returns a test function as a subject, and a runner of it.
func (p *Process) newTest(t *testing.T, body func(*testing.T)) (*test, *runner, error) {
	if text := p.hiddenFromRaces(); text != "" {
		return nil, nil, errors.New(strings.TrimPrefix(text, "jostle: "))
	}
	limits, limit := engine.Limits{Steps: testSteps, Begin: p.begin}, testLimit
	if p.plan.Patient {
		limit = 0
	}
	s := &test{Process: p, name: t.Name(), body: body}
	r, err := p.newRunner(s, limits, limit)
	if err != nil {
		return nil, nil, err
	}
	if s.out, err = newCapture(session.OutputBeside(p.plan.Events)); err != nil {
		return nil, nil, err
	}
	// Package testing looks at these whenever it begins a test. What the command line says is for the test around this.
	return s, r, errors.Join(
		flag.Set("test.count", "1"),
		flag.Set("test.parallel", "65536"), // the schedule says who waits
	)
}

func (s *test) capture() (release func() string) {
	restore := s.out.begin()
	return func() string {
		restore()
		return s.out.end(s.name)
	}
}

func (s *test) attempt() attempt { return &testAttempt{test: s} }

func (s *test) said(p *Process, o outcome, calls []engine.FailCall) verdict.Said {
	switch o.Kind {
	case verdict.Assertion:
		return p.said(s.name, calls, failedTests(o.log))
	case verdict.Livelock, verdict.Stall:
		return p.said(s.name, nil, "")
	}
	return verdict.Said{}
}

// A testAttempt is one execution of a test.
type testAttempt struct {
	test   *test
	t      *testing.T // nil: package testing has not come to call the test
	failed bool       // by itself; unwound, it fails whatever it has found
}

// main has package testing run the test, as a task of its own.
func (a *testAttempt) main() {
	me := engine.Self()
	start := me.NewCallback(nil, nil)
	me.Native(func() { a.test.called(func(t *testing.T) { a.t = t; Join(start, t, t.Name(), a.test.body) }) }, nil)
	a.failed = a.t.Failed()
}

// called has package testing call f as the test.
func (s *test) called(f func(*testing.T)) {
	testing.RunTests(s.patterns.match, []testing.InternalTest{{Name: s.name, F: f}})
}

func (a *testAttempt) over(x *engine.Execution) ending {
	e := ending{failed: a.failed, skipped: a.t != nil && a.t.Skipped()}
	if !a.test.looked {
		a.test.looked = true
		e.uncontrolled = uncontrolled(x)
	}
	return e
}

// Join runs f, a test or subtest, on the calling goroutine, which package testing has started, as a task of the
// execution, which is called by title.
func Join(start *engine.Callback, t *testing.T, title string, f func(*testing.T)) {
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
	if me = start.Join(title); me == nil {
		t.SkipNow() // the execution is over
	}
	cleanup(t, me.Leave) // asked for first, it runs last: other clean-ups are part of the execution
	me.Runs(func() { f(t) })
	returned = true
}

// cleanup is t.Cleanup, or does less where package testing was changed so that it can. It is set before main.
var cleanup = (*testing.T).Cleanup

// match is what package testing wants to be given to match names of tests (testing/internal/testdeps/deps.go).
func (p *patterns) match(pattern, name string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	re := p.compiled[pattern]
	if re == nil {
		var err error
		if re, err = regexp.Compile(pattern); err != nil {
			return false, err
		}
		if p.compiled == nil {
			p.compiled = map[string]*regexp.Regexp{}
		}
		p.compiled[pattern] = re
	}
	return re.MatchString(name), nil
}

// patterns are those that package testing has asked for.
type patterns struct {
	mu       sync.Mutex
	compiled map[string]*regexp.Regexp
}
