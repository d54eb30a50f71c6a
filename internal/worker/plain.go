package worker

import (
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// mostPlain is how many plain runs are done until one is like the one before.
const mostPlain = 3

// settle does the plain run, again and again until one is like the one before: the first may initialise what the others
// find there. It reports whether other schedules make sense.
func (e *explorer) settle(t *testing.T) bool {
	t.Helper()
	e.limits.Keep, e.limits.Cancel, e.limits.Faults = true, e.plan.Cancel, e.plan.Faults
	began := time.Now()
	leaves := false // goroutines that were ended with an execution, and for which the next may wait
	for i := range mostPlain {
		e.before = i
		e.note(session.Event{Kind: session.Began})
		var plain strategy.Profiler
		out, rec := e.execute(&plain)
		if e.lacks(0, out) {
			return false
		}
		e.choices += rec.Asked
		e.goesBeyond(out)
		if i == 0 {
			e.measure(t, out, rec, &plain)
		}
		if out.uncontrolled != "" && out.Kind != verdict.Race {
			e.note(session.Event{Kind: session.Stalled, Why: out.uncontrolled})
			return false
		}
		if i > 0 && (e.x.Again() || leaves) && out.Found() && (!out.left() || out.failed) {
			break // it may be only because of what was done before in the process
		}
		leaves = leaves || out.leaves()
		if !e.judge(0, strategy.Plain{}, out, rec) {
			return false
		}
		if i > 0 && out.Hash == e.plain {
			e.note(session.Event{Kind: session.Settled, Measures: search.Measures{Asked: e.part.Asked}, Hash: e.plain, Warm: e.warm, Forced: e.choices == 0 && !e.predicted})
			return true
		}
		e.plain, e.warm = out.Hash, i
		if i == 0 && out.Total == 0 {
			break
		}
		if i == 0 && e.plan.Time > 0 && time.Since(began) >= e.plan.Time { // others are to have theirs
			e.note(session.Event{Kind: session.Ended})
			return false
		}
	}
	e.note(session.Event{Kind: session.Leaky, Measures: search.Measures{Asked: e.part.Asked}})
	return false
}

// measures are what a plain run says of the executions after it.
func measures(out outcome, rec *schedule.Recorder, plain *strategy.Profiler) search.Measures {
	m := search.Measures{Asked: rec.Who, Cancels: rec.Cancels, Breaks: rec.Breaks}
	if out.snap != nil {
		m.Profile = plain.Profile(out.snap)
	}
	return m
}

// measure notes what the first plain run says of the others.
func (e *explorer) measure(t *testing.T, out outcome, rec *schedule.Recorder, plain *strategy.Profiler) {
	t.Helper()
	e.part.Measures = measures(out, rec, plain)
	e.note(session.Event{Kind: session.Measured, Measures: e.part.Measures, Hash: out.Hash})
	if out.Total > 0 {
		e.limits.Steps = max(engine.DefaultSteps, 10*out.Total)
	}
	if out.skipped && !out.Found() {
		e.note(session.Event{Kind: session.Skipped})
		show(t, out.log)
		t.SkipNow()
	}
	if testing.Verbose() && !out.Found() {
		show(t, out.log)
	}
}

// warmUp does the plain runs that come before the first execution of a process.
func (e *explorer) warmUp() bool {
	for i := range e.warm {
		e.before = i
		e.note(session.Event{Kind: session.Began})
		out, rec := e.execute(strategy.Plain{})
		e.goesBeyond(out)
		if !e.judge(0, strategy.Plain{}, out, rec) {
			return false
		}
	}
	return true
}

// clean reports whether the plain run is what it was. What ends in the middle may leave package variables behind that
// would make the next execution another one, or a false alarm.
func (e *explorer) clean() bool {
	if e.plain == 0 {
		return false // it is not known what it was
	}
	return e.run(strategy.Plain{}).Hash == e.plain
}
