package worker

import (
	"fmt"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// An explorer runs one test under many schedules, for the command jostle, which reads what it notes in the session's log
// and decides what comes next.
type explorer struct {
	*runner
	test *test
	rec  schedule.Recorder // of the last execution
	log  *session.Log
	err  error // of the first thing that could not be noted

	part    search.Part // what the process runs
	choices int         // questions of all plain runs
	warm    int         // plain executions after which one is like the next
	before  int         // plain executions before the present one, if that is plain too
	plain   uint64      // trace of such a one
	began   time.Time
	causes  map[uint64]bool
	spoken  map[string]bool // what was ignored

	detector  *predict.Detector
	beyond    string // why the plain run is not a matter of sync points alone
	predicted bool   // something new, by the last execution
	fresh     bool   // something was found that is not known yet
}

func (p *Process) newExplorer(t *testing.T, body func(*testing.T)) *explorer {
	t.Helper()
	s, r, err := p.newTest(t, body)
	if err != nil {
		t.Fatal("jostle:", err)
	}
	r.expect(p.plan.Known)
	log, err := p.plan.Open()
	if err != nil {
		t.Fatal("jostle:", err)
	}
	e := &explorer{runner: r, test: s, log: log, began: time.Now(), part: p.plan.Part, causes: map[uint64]bool{}, spoken: map[string]bool{}, detector: predict.NewDetector()}
	for _, cause := range p.plan.Known {
		e.causes[cause] = true
	}
	e.watch()
	return e
}

func (e *explorer) note(ev session.Event) {
	if ev.Kind == session.Stalled || ev.Kind == session.Lacking || ev.Kind == session.TooLong {
		e.leaveSoon()
	}
	if err := e.log.Add(ev); err != nil && e.err == nil {
		e.err = err
	}
}

// end fails the test if something could not be noted or kept.
func (e *explorer) end(t *testing.T) {
	t.Helper()
	if e.err != nil {
		t.Fatal("jostle: keep what was found:", e.err)
	}
}

// run is runner.run. It notes what the race detector has written that is part of the outcome, or of none.
func (e *explorer) run(s engine.Strategy) outcome { return e.dealtWith(e.runner.run(s)) }

func (e *explorer) dealtWith(out outcome) outcome {
	if out.raced.To > out.raced.From {
		e.note(session.Event{Kind: session.Raced, Races: out.raced})
	}
	return out
}

// execute runs an execution. What it returns of the schedule counts until the next.
func (e *explorer) execute(s engine.Strategy) (outcome, *schedule.Recorder) {
	e.rec.Reset(s)
	out := e.run(&e.rec)
	if out.snap != nil {
		if err := e.log.Saw(out.snap.Order); err != nil && e.err == nil {
			e.err = err
		}
	}
	return out, &e.rec
}

// explore is the part of one process in the search: executions plan.First up to, not including, plan.Last.
func (p *Process) explore(t *testing.T, body func(*testing.T)) {
	t.Helper()
	e := p.newExplorer(t, body)
	if !e.ready(t) {
		e.end(t)
		return
	}
	if e.plan.Through != "" {
		e.through()
		e.end(t)
		return
	}
	if !e.orders() {
		e.end(t)
		return
	}
	if next, last := each(&e.part, max(e.part.First, 1), e.step); last != stopped {
		e.done(next)
	}
	e.end(t)
}

// ready does the plain runs that come before other schedules, and reports whether those make sense.
func (e *explorer) ready(t *testing.T) bool {
	t.Helper()
	if p := e.plan; p.First > 0 {
		e.warm, e.plain = p.Warm, p.Plain
		e.limits.Cancel, e.limits.Faults = p.Cancel, p.Faults
		return e.warmUp()
	}
	if !e.settle(t) {
		return false
	}
	if e.predicted || e.fresh || e.choices == 0 {
		e.done(1)
		return false
	}
	return true
}

// step runs execution n, one that is not plain.
func (e *explorer) step(n int) progress {
	if e.late(n) || e.err != nil {
		return later
	}
	e.note(session.Event{Kind: session.Began, N: n})
	s := e.part.Execution(n)
	e.limits.Keep = e.part.Learns(n)
	out, rec := e.execute(e.kept(s))
	switch {
	case !e.judge(n, s, out, rec):
		return stopped
	case e.predicted:
		return enough
	}
	return onward
}

// late reports whether the process is to stop before execution n.
func (e *explorer) late(n int) bool {
	spent := time.Since(e.began)
	return e.plan.Time > 0 && spent >= e.plan.Time || e.plan.Turn > 0 && spent >= e.plan.Turn && n > search.LearnsAll
}

// done notes that all that was to be done before execution n is done.
func (e *explorer) done(n int) {
	e.note(session.Event{Kind: session.Ended, N: n, Spent: time.Since(e.began)})
}

// how says by what an execution was found.
func (e *explorer) how(n int, s strategy.Strategy) string {
	if n == 0 {
		return fmt.Sprintf("%s, %s", session.Execution(0), s)
	}
	name := session.Execution(e.part.Called(n))
	if r, ok := s.(*search.Run); ok {
		name = session.Execution(r.Number())
	}
	if i := e.part.Into(n); i >= 0 {
		return fmt.Sprintf("%s, which was steered into a predicted hang (%s)", name, e.part.Steer[i].Kind)
	}
	return fmt.Sprintf("%s, %s", name, s)
}

// learn notes what a new execution that went well predicts.
func (e *explorer) learn(n int, out outcome) {
	if e.plan.Through != "" {
		return
	}
	for _, p := range e.predictions(e.detector, out) {
		if !e.part.Knows(p) {
			e.predicted = true
			p.Text = report.OnScreen(e.base(), p.Text)
			e.note(session.Event{Kind: session.Predicted, N: n, Prediction: &p})
		}
	}
}
