package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// running is set while a test runs live: the function that begins it is not to begin another.
var running atomic.Bool

// live runs a test, again and again, under the real scheduler and the real clock, delayed at its sync points.
func live(t *testing.T, body func(*testing.T), p *session.Plan) {
	t.Helper()
	e := newExplorer(t, body, p)
	points := p.Asked
	began := time.Now()
	n := p.First
	for n = p.Shard.Next(n); n < p.Last && (p.Time == 0 || time.Since(began) < p.Time) && e.err == nil; n = p.Shard.Next(n + 1) {
		e.note(session.Event{Kind: session.Began, N: n})
		plan := engine.LivePlan{Seed: p.LiveSeed(n), Points: points}
		if p.Record != "" {
			plan.Delaying = recordDelays(p.Record)
		}
		out, passed := e.runLive(plan)
		if n == 0 {
			points = passed
			e.note(session.Event{Kind: session.Settled, Asked: points})
			if out.skipped && !out.Found() {
				e.note(session.Event{Kind: session.Skipped})
				show(t, out.output)
				t.SkipNow()
			}
		}
		e.ignored(n, out.testOutcome)
		if out.ignored.would > verdict.Pass && out.ignored.would != verdict.Leak && !out.Found() { // what hangs stays
			leaveSoon()
			e.note(session.Event{Kind: session.Dirty, N: n})
			return
		}
		left := out.Kind == verdict.Leak || out.behind && out.Kind == verdict.LostWakeup
		if !out.Found() || left && !e.plan.Leaks {
			continue
		}
		if out.Kind == verdict.Stall && (n > 0 || out.slow) { // it may be slow, and no more
			e.note(session.Event{Kind: session.Stalled, N: n, Text: out.text(base(), "", false)})
			return
		}
		cause := out.Cause()
		ev := session.Event{Kind: session.Found, N: n, Verdict: out.Kind.Word(), Cause: cause, Ordinary: out.Ordinary()}
		if !e.causes[cause] {
			e.causes[cause] = true
			f := e.found(out.testOutcome, cause)
			f.Mode, f.Found = "live", fmt.Sprintf("execution %d, live, delayed %d times", n, len(out.delays))
			f.Points, f.Seed, f.Delays = points, p.LiveSeed(n), out.late()
			if ev.File, e.err = f.Write(p.Findings); e.err != nil {
				break
			}
			ev.Text = e.screen(out.testOutcome, f)
		}
		e.note(ev)
		if out.Kind != verdict.Assertion { // what hangs stays
			leaveSoon()
			e.note(session.Event{Kind: session.Dirty, N: n})
			return
		}
	}
	e.note(session.Event{Kind: session.Ended, N: min(n, p.Last)})
	if e.err != nil {
		t.Fatal("jostle: keep what was found:", e.err)
	}
}

// replayLive runs a live finding again, and whatever Go makes of it.
func replayLive(t *testing.T, e *explorer, f *finding.Finding) {
	t.Helper()
	e.note(session.Event{Kind: session.Began})
	out, _ := e.runLive(again(f, e.plan.Try))
	e.note(session.Event{Kind: session.Replayed, Verdict: out.Kind.Word(), Cause: out.Cause(), Hash: f.Trace})
	if out.Found() && out.Kind != verdict.Assertion {
		leaveSoon() // when it has reported
	}
	if e.plan.Report {
		fmt.Print(out.text(base(), "", e.plan.Full))
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
		if s := engine.SiteOf(d.Site); s != nil {
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
func panickedAt(f *finding.Finding) *engine.Site {
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
		for _, sites := range engine.Sites() {
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
func siteAt(place string) *engine.Site {
	colon := strings.LastIndexByte(place, ':')
	line, err := strconv.Atoi(place[colon+1:])
	if err != nil || colon < 0 {
		return nil
	}
	return engine.SiteAt(place[:colon], line)
}

// recordDelays returns a function that writes the delays of a run to a file as they begin, and begins with none: of a run
// that ends its process nothing else is left.
func recordDelays(name string) func(engine.Delay) {
	_ = os.Remove(name)
	return func(d engine.Delay) {
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
		if err != nil {
			return // the seed is left, which says the same less exactly
		}
		defer file.Close()
		made := finding.Delays{Made: []finding.Delay{delayOf(d)}}
		_, _ = file.WriteString(made.Text()) // one write: the line is there whole or not at all
	}
}

func delayOf(d engine.Delay) finding.Delay {
	return finding.Delay{Place: placeOf(d.Site, "before"), Nth: d.Nth, For: d.For}
}

// A liveOutcome is a live run of a test.
type liveOutcome struct {
	testOutcome
	delays []engine.Delay
	behind bool // the test has returned: what it has come to is about what it has left behind
	slow   bool // it was given up although not everybody was blocked
}

// late returns who was late, and where goroutines are stuck, for a finding.
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

func placeOf(s *engine.Site, preposition string) finding.Place {
	what := strings.TrimSpace(s.Op + " " + s.Expr)
	return finding.Place{Site: s.Key, Note: fmt.Sprintf("%s %s %s (%s:%d)", engine.InPackage(s.Func), preposition, what, filepath.Base(s.File), s.Line)}
}

// runLive runs the test once, and returns how many sync points were passed.
func (e *explorer) runLive(plan engine.LivePlan) (out liveOutcome, passed int) {
	before := map[uint64]bool{}
	for _, g := range verdict.ReadLive(engine.Stacks()) {
		before[g.ID] = true
	}
	restore := e.out.begin()
	races := raceLog.mark()
	running.Store(true)
	engine.CatchFailures()
	l := engine.StartLive(plan)
	var inner *testing.T
	done := make(chan struct{})
	go func() {
		defer close(done)
		testing.RunTests(match, []testing.InternalTest{{Name: e.name, F: func(t *testing.T) {
			inner = t
			e.body(t)
		}}})
	}()
	w := &liveWatch{live: l, before: before}
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
	running.Store(false)
	restore()
	out.output = e.out.end(e.name)
	out.log = out.output
	calls := engine.FailCalls()
	switch {
	case out.failed:
		out.Fail()
	case out.skipped && out.Kind == verdict.Leak:
		out.Verdict = &verdict.Verdict{Evidence: "live: what was left behind was started by a test that skips itself"}
	}
	out.Miss(missed)
	if out.Kind == verdict.Assertion {
		out.Said = said(e.name, calls, failedTests(out.output))
	}
	told := out.Kind == verdict.Deadlock || out.Kind == verdict.LostWakeup || out.Kind == verdict.Leak || out.Kind == verdict.Assertion && len(calls) > 0
	if !told { // else the races are told beside
		races.attach(&out.outcome)
		e.dealtWith(races.since(false))
	}
	out.ignored = ignore(out.Verdict, e.ignore)
	out.delays = l.Made()
	return out, l.Passed()
}
