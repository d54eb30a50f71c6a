package worker

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// judge notes what became of an execution, and reports whether another can follow in this process.
func (e *explorer) judge(n int, s strategy.Strategy, out outcome, rec *schedule.Recorder) bool {
	if e.lacks(n, out) {
		return false
	}
	e.learn(n, out)
	e.noteIgnored(n, out)
	e.noteUndecided(n, out)
	switch {
	case out.open(), out.cut:
		return e.goesOn(n, out, true)
	case out.ignored.would != verdict.Pass && !out.Found():
		return out.left() || e.goesOn(n, out, true)
	case !out.Found() || out.left() && !e.plan.Leaks && !out.failed:
		return true
	case out.long:
		e.note(session.Event{Kind: session.TooLong, N: n})
		return false
	case out.Kind == verdict.Stall:
		e.note(session.Event{Kind: session.Stalled, N: n, Why: e.stalled(out), Text: e.render(out, "", nil)})
		return false
	}
	known, ok := e.tell(session.Event{N: n, Forced: rec.Asked == 0}, out, func(f *finding.Finding) {
		f.Mode, f.Found = "controlled", e.how(n, s)
		f.Trace, f.Warm, f.Plain, f.Schedule = out.Hash, e.warm, e.plain, rec.Departures(0)
		f.Places = e.watched(out)
		if n == 0 {
			f.Warm = e.before
		}
	})
	if !ok {
		return false
	}
	if out.left() && !out.failed && (n == 0 || known) {
		return true // what it has left behind is gone, and the next will leave it too
	}
	return e.goesOn(n, out, known)
}

// lacks notes that an execution has done what takes sockets of the machine, and reports whether it has: whatever became of it, it
// counts for nothing.
func (e *explorer) lacks(n int, out outcome) bool {
	if out.lacking == "" || engine.OfMachine {
		return false
	}
	e.note(session.Event{Kind: session.Lacking, N: n, Why: out.lacking})
	return true
}

// tell notes a finding, of which ev says the rest, and writes it to a file if its cause is new: describe says by what it was found. known
// reports whether it is not new; ok is false if there is no file, and that was not noted.
func (e *explorer) tell(ev session.Event, out outcome, describe func(*finding.Finding)) (known, ok bool) {
	cause := out.Cause()
	ev.Kind, ev.Verdict, ev.Cause, ev.Ordinary = session.Found, out.Kind.Word(), cause, out.Ordinary()
	known = e.causes[cause] || e.plan.Mode == session.Replay // of which this is the warm-up
	if !known {
		e.causes[cause] = true
		f := e.found(out, cause)
		describe(f)
		if ev.File, e.err = e.keep(f); e.err != nil {
			return false, false
		}
		e.fresh = true
		ev.Text = e.screen(out, f)
	}
	e.note(ev)
	return known, true
}

// goesOn reports whether another execution can follow in this process after one that ended in the middle.
func (e *explorer) goesOn(n int, out outcome, known bool) bool {
	if out.stays() {
		e.leaveSoon()
	}
	if n == 0 {
		// There is nothing to search where the plain run fails.
		e.note(session.Event{Kind: session.Ended, N: 1})
		return false
	}
	if !known || out.stays() || !e.clean() { // what is new is looked into at once, not when this process is done
		e.note(session.Event{Kind: session.Dirty, N: n})
		return false
	}
	return true
}

// noteIgnored notes what the code says is no finding, once for each cause and each comment.
func (e *explorer) noteIgnored(n int, out outcome) {
	i := out.ignored
	if len(i.by) == 0 {
		return
	}
	ev := session.Event{Kind: session.Ignored, N: n, Cause: i.cause, Ignored: i.by}
	if i.would != verdict.Pass {
		ev.Verdict = i.would.Word()
	}
	if key := fmt.Sprint(i.cause, i.by); !e.spoken[key] || len(e.part.Steer) > 0 {
		e.spoken[key] = true
		e.note(ev)
	}
}

// noteUndecided notes that an execution was ended of which it is not known whether it ends by itself.
func (e *explorer) noteUndecided(n int, out outcome) {
	if !out.Undecided || out.Found() {
		return
	}
	state := out.Standing()
	if key := fmt.Sprint("undecided", state); out.open() || !e.spoken[key] {
		e.spoken[key] = true
		e.note(session.Event{Kind: session.Undecided, N: n, Cause: state, Text: out.Evidence, Open: out.open()})
	}
}
