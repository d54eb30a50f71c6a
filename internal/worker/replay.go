package worker

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/session"
)

// replay runs the execution of a finding, in a process that has done nothing else.
func (p *Process) replay(t *testing.T, body func(*testing.T)) {
	t.Helper()
	f, err := finding.Read(p.plan.Finding)
	if err != nil {
		t.Fatal("jostle:", err)
	}
	engine.OfMachine = f.Machine
	e := p.newExplorer(t, body)
	if f.Mode == "live" {
		e.replayLive(t, f)
		return
	}
	e.warm = f.Warm
	e.part.Places = f.Places
	e.watch()
	answers := func(kind engine.QuestionKind) bool {
		return slices.ContainsFunc(f.Schedule, func(d schedule.Departure) bool { return d.Question.Kind == kind })
	}
	e.limits.Cancel, e.limits.Faults = answers(engine.Cancel), answers(engine.Broken)
	if !e.warmUp() {
		return
	}
	e.note(session.Event{Kind: session.Began})
	e.limits.Trace = p.plan.Document != ""
	if p.plan.Plainly {
		f.Schedule = nil
	}
	out, _, missed := e.play(f.Schedule)
	ev := replayed(out)
	ev.Text = missed.Text()
	e.note(ev)
	if out.stays() {
		e.leaveSoon()
	}
	if !p.plan.Tell && !p.plan.Patient && (p.plan.Report || p.plan.Document != "") {
		out.story = e.recall(f, out)
	}
	p.present(t, out)
	if !p.plan.Report && testing.Verbose() {
		show(t, out.log)
	}
	e.plain = f.Plain
	if p.plan.Shrink && out.Cause() == f.Cause && out.Abandoned == 0 && e.clean() {
		e.shrink(f, out)
	}
	if p.plan.Tell {
		e.tellStory(f, out)
	}
	e.note(session.Event{Kind: session.Ended})
	if out.Found() {
		t.FailNow()
	}
}

// replayed is the event of a replay that has ended.
func replayed(out outcome) session.Event {
	ev := session.Event{Kind: session.Replayed, Verdict: out.Kind.Word(), Cause: out.Cause(), Hash: out.Hash}
	if out.snap != nil {
		ev.Orders = out.snap.Orders
	}
	return ev
}

// present writes and prints what the plan asks for of a replay.
func (p *Process) present(t *testing.T, out outcome) {
	t.Helper()
	if p.plan.Document != "" {
		if err := writeDocument(p.plan.Document, out); err != nil {
			t.Fatal("jostle: write the report:", err)
		}
	}
	if p.plan.Report {
		fmt.Print(out.text(p.base(), "", p.plan.Full))
	}
}

// play runs the test under a kept schedule. made are the departures, missed those of the schedule that did not come.
func (e *explorer) play(k schedule.Keyed) (out outcome, made, missed schedule.Keyed) {
	player := schedule.NewPlayer(k)
	rec := schedule.NewRecorder(player)
	out = e.run(rec)
	return out, rec.Departures(0), player.Missed(k)
}

// shrink looks for a schedule with fewer departures that ends by the same cause as out, and keeps it.
func (e *explorer) shrink(f *finding.Finding, out outcome) {
	left, best := shrink(shrinkLongest, f.Schedule, out, schedule.Join, func(k schedule.Keyed) (schedule.Keyed, outcome, bool) {
		o, made, _ := e.play(k)
		return made, o, o.Cause() == f.Cause
	})
	if len(left) == len(f.Schedule) {
		return
	}
	f.Schedule, f.Trace = left, best.Hash
	e.rewrite(f, best, session.Shrunk)
}

// rewrite writes a finding anew, which more is known of than before, and says so by an event.
func (e *explorer) rewrite(f *finding.Finding, out outcome, kind session.EventKind) {
	e.describe(f, out)
	name, err := f.Write(e.plan.Findings)
	if err != nil {
		e.err = err
		return
	}
	e.note(session.Event{Kind: kind, File: name, Text: e.screen(out, f)})
}
