package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A liveSearch runs a test, again and again, under the real scheduler and the real clock, delayed at its sync points.
type liveSearch struct {
	*explorer
	t      *testing.T
	points int // sync points that a run passes
}

func (p *Process) exploreLive(t *testing.T, body func(*testing.T)) {
	t.Helper()
	l := &liveSearch{explorer: p.newExplorer(t, body), t: t, points: p.plan.Asked}
	if next, last := each(&l.part, l.part.First, l.step); last != stopped {
		l.note(session.Event{Kind: session.Ended, N: next})
	}
	l.end(t)
}

// step does the n-th run.
func (l *liveSearch) step(n int) progress {
	if l.late(n) || l.err != nil {
		return later
	}
	l.note(session.Event{Kind: session.Began, N: n})
	plan := engine.LivePlan{Seed: l.plan.LiveSeed(n), Points: l.points}
	if l.plan.Record != "" {
		plan.Delaying = recordDelays(l.plan.Record)
	}
	out, passed := l.runLive(plan)
	if n == 0 {
		l.points = passed
		l.note(session.Event{Kind: session.Settled, Measures: search.Measures{Asked: passed}})
		if out.skipped && !out.Found() {
			l.note(session.Event{Kind: session.Skipped})
			show(l.t, out.log)
			l.t.SkipNow()
		}
	}
	return l.judge(n, out)
}

// judge notes what became of a run, and says what follows.
func (l *liveSearch) judge(n int, out liveOutcome) progress {
	l.noteIgnored(n, out.outcome)
	if would := out.ignored.would; would > verdict.Pass && would != verdict.Leak && !out.Found() {
		return l.stuck(n)
	}
	left := out.Kind == verdict.Leak || out.behind && out.Kind == verdict.LostWakeup
	switch {
	case !out.Found() || left && !l.plan.Leaks:
		return onward
	case out.Kind == verdict.Stall && (n > 0 || out.slow): // it may be slow, and no more
		l.note(session.Event{Kind: session.Stalled, N: n, Text: out.text(l.base(), "", false)})
		return stopped
	}
	_, ok := l.tell(session.Event{N: n}, out.outcome, func(f *finding.Finding) {
		f.Mode, f.Found = "live", fmt.Sprintf("execution %d, live, delayed %d times", n, len(out.delays))
		f.Points, f.Seed, f.Delays = l.points, l.plan.LiveSeed(n), out.late()
	})
	switch {
	case !ok:
		return later
	case out.Kind != verdict.Assertion:
		return l.stuck(n)
	}
	return onward
}

// stuck has the process end after a run that hangs: what hangs stays.
func (l *liveSearch) stuck(n int) progress {
	l.leaveSoon()
	l.note(session.Event{Kind: session.Dirty, N: n})
	return stopped
}

// replayLive runs a live finding again, and whatever Go makes of it.
func (e *explorer) replayLive(t *testing.T, f *finding.Finding) {
	t.Helper()
	e.note(session.Event{Kind: session.Began})
	out, _ := e.runLive(again(f, e.plan.Try))
	e.note(session.Event{Kind: session.Replayed, Verdict: out.Kind.Word(), Cause: out.Cause(), Hash: f.Trace})
	if out.Found() && out.Kind != verdict.Assertion {
		e.leaveSoon() // when it has reported
	}
	if e.plan.Report {
		fmt.Print(out.text(e.base(), "", e.plan.Full))
	}
	e.note(session.Event{Kind: session.Ended})
	if out.Found() {
		t.FailNow()
	}
}

// again returns how a live finding is run again, the try-th time. It needs a goroutine that is late, and by how much
// depends on the machine: the same delays are tried, and then longer ones where goroutines were stuck.
func again(f *finding.Finding, try int) engine.LivePlan {
	p := engine.LivePlan{Seed: f.Seed, Points: f.Points}
	for _, d := range f.Delays.Made {
		if s := program.SiteOf(d.Site); s != nil {
			p.Delays = append(p.Delays, engine.Delay{Site: s, Nth: d.Nth, For: d.For})
		}
	}
	if try%2 == 1 || try > 0 && f.Seed == 0 {
		if p.Seed == 0 { // nothing was delayed, and nothing else is now
			p.Seed, p.Delays = 1, []engine.Delay{}
		}
		for _, s := range f.Delays.Stuck {
			p.At = append(p.At, s.Site)
		}
		if s := panickedAt(f); s != nil {
			p.At = append(p.At, s.Key)
		}
		p.Pause = 20 * time.Millisecond << (try / 2 % 3)
	}
	return p
}

// panickedAt returns the innermost sync point on the stack of a panic that has ended the process of a finding, or nil. Its
// report shows files relative to the package's folder, and the end of what is too long.
func panickedAt(f *finding.Finding) *trace.Site {
	dir, _ := os.Getwd()
	for line := range strings.Lines(f.Report) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		at := fields[len(fields)-1]
		rest, cut := strings.CutPrefix(at, "…")
		if !cut && !filepath.IsAbs(at) {
			at = filepath.Join(dir, at)
		}
		colon := strings.LastIndexByte(at, ':')
		n, err := strconv.Atoi(at[colon+1:])
		if colon < 0 || err != nil {
			continue
		}
		for _, sites := range program.Sites() {
			for i := range sites {
				s := &sites[i]
				if int(s.Line) == n && (s.File == at[:colon] || cut && strings.HasSuffix(fmt.Sprintf("%s:%d", s.File, n), rest)) {
					return s
				}
			}
		}
	}
	return nil
}

// siteAt returns the first sync point at a place, file:line as stacks have it, or nil.
func siteAt(place string) *trace.Site {
	colon := strings.LastIndexByte(place, ':')
	line, err := strconv.Atoi(place[colon+1:])
	if err != nil || colon < 0 {
		return nil
	}
	return program.SiteAt(place[:colon], line)
}

func delayOf(d engine.Delay) finding.Delay {
	return finding.Delay{Place: placeOf(d.Site, "before"), Nth: d.Nth, For: d.For}
}

// A liveOutcome is a live run of a test.
type liveOutcome struct {
	outcome
	delays []engine.Delay
	behind bool // the test has returned: what it has come to is about what it has left behind
	slow   bool // it was given up although not everybody was blocked
}

// late returns which goroutines were late, and where goroutines are stuck, for a finding.
func (o liveOutcome) late() (d finding.Delays) {
	for _, m := range o.delays {
		d.Made = append(d.Made, delayOf(m))
	}
	for _, g := range slices.Concat(o.Knot, o.Others) {
		s := siteAt(g.Place)
		if s != nil && !slices.ContainsFunc(d.Stuck, func(p finding.Place) bool { return p.Site == s.Key }) {
			d.Stuck = append(d.Stuck, placeOf(s, "at"))
		}
	}
	return d
}

func placeOf(s *trace.Site, preposition string) finding.Place {
	what := strings.TrimSpace(s.Name + " " + s.Expr)
	return finding.Place{Site: s.Key, Note: fmt.Sprintf("%s %s %s (%s:%d)", goroutines.InPackage(s.Func), preposition, what, filepath.Base(s.File), s.Line)}
}

// runLive runs the test once, and returns how many sync points were passed.
func (e *explorer) runLive(plan engine.LivePlan) (out liveOutcome, passed int) {
	before := map[uint64]bool{}
	for _, g := range verdict.ReadLive(goroutines.Stacks()) {
		before[g.ID] = true
	}
	release := e.test.capture()
	races := e.races.mark()
	e.live.Store(true)
	engine.CatchFailures()
	l := engine.StartLive(plan)
	var inner *testing.T
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.test.called(func(t *testing.T) {
			inner = t
			e.test.body(t)
		})
	}()
	w := &liveWatch{live: l, world: e.world, before: before}
	out.Verdict = w.until(done)
	out.slow = w.slow
	select {
	case <-done:
		out.behind = true
		out.skipped, out.failed = inner != nil && inner.Skipped(), inner != nil && inner.Failed()
	default: // it is left as it is
	}
	out.races = engine.Races()
	missed := l.Missed()
	l.Stop()
	e.live.Store(false)
	out.log = release()
	e.settleLive(&out, missed, races)
	out.delays = l.Made()
	return out, l.Passed()
}

// settleLive decides what counts of what was seen in a live run.
func (e *explorer) settleLive(out *liveOutcome, missed []trace.Missed, races raceMark) {
	calls := engine.FailCalls()
	switch {
	case out.failed:
		out.Fail()
	case out.skipped && out.Kind == verdict.Leak:
		out.Verdict = &verdict.Verdict{Evidence: "live: what was left behind was started by a test that skips itself"}
	}
	out.Miss(missed)
	if out.Kind == verdict.Assertion {
		out.Said = e.test.said(e.Process, out.outcome, calls)
	}
	told := out.Kind == verdict.Deadlock || out.Kind == verdict.LostWakeup || out.Kind == verdict.Leak || out.Kind == verdict.Assertion && len(calls) > 0
	if !told { // else the races are told beside
		races.attach(&out.outcome)
		out.raced = races.since(false)
		e.dealtWith(out.outcome)
	}
	out.ignored = e.ignores(out.Verdict)
}
