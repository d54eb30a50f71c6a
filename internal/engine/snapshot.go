package engine

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
)

func (u Use) state() trace.ObjectUse {
	if u.Task == nil {
		return trace.ObjectUse{}
	}
	return trace.ObjectUse{Task: u.Task.ID, Op: u.Op, Site: u.Site, Step: u.Step}
}

// Failed returns the snapshot of the Run that has just come back, if the test says that it has failed although it has come
// to its end: with all that is left out where all went well. It must be called in the bubble, before the next Run.
func (x *Execution) Failed(snap *trace.Snapshot) *trace.Snapshot {
	if snap.Quiet != trace.AllEnded || snap.Failure != trace.NoFailure {
		return snap
	}
	x.failure = trace.Failed
	return x.snapshot(trace.AllEnded)
}

// snapshot copies what a verdict needs. Of an execution in which all went well that is next to nothing.
func (x *Execution) snapshot(quiet trace.Quiet) *trace.Snapshot {
	x.drawn()
	snap := &trace.Snapshot{
		Quiet: quiet, Failure: x.failure, Culprit: -1, Value: x.value, Stack: x.stack,
		Total: x.trace.n, Hash: x.trace.hash, Order: x.order.sum, Beyond: x.order.beyond, Log: x.order.logged(), Preempts: x.trace.preemptions, Orders: x.trace.orders, Elapsed: x.now(),
		Races: raceErrors() - x.races, Moves: x.clock.moves,
	}
	snap.Cancelled, snap.Faulted = x.cancelled, x.faulted
	well := quiet == trace.AllEnded && x.failure == trace.NoFailure
	if snap.Traced = x.limits.Trace; well && !x.limits.Keep && !x.limits.Trace {
		return snap
	}
	if x.ended >= 0 {
		snap.Elapsed = x.ended
	}
	x.freed()
	snap.Steps = x.trace.kept()
	snap.Passed, snap.Conflicts = x.passed(), x.memory.unordered()
	x.notEnded(snap.Steps)
	snap.Settled = x.settled
	snap.Locking = slices.Clone(x.locking)
	if !well {
		snap.Dump = Dump(true)
	}
	for _, t := range x.tasks {
		if t == x.panicked {
			snap.Culprit = len(snap.Tasks)
		}
		ts := t.Identity()
		ts.Callers, ts.State, ts.Expected = t.callers, t.standing(), t.expected
		ts.Op, ts.Site, ts.Since, ts.Last, ts.LastRecv, ts.Born = t.op, t.site, t.since, t.last, t.lastRecv, t.born
		ts.GaveUp, ts.Process = t.gaveUp, t.process != nil
		if t.Parent != nil {
			ts.Parent = t.Parent.ID
		}
		if t.standing() == trace.Blocked {
			for _, w := range t.waits {
				if w.Object == nil {
					continue // it waits for no object, see waitUntil
				}
				ts.Waits = append(ts.Waits, trace.Wait{Object: w.Object.ID, Op: w.Op, Case: w.Case})
			}
		}
		snap.Tasks = append(snap.Tasks, ts)
	}
	for i := len(x.wants) - 1; i >= 0; i-- {
		w := &x.wants[i]
		ts := &snap.Tasks[w.task.ID-1]
		ts.Wants = append(ts.Wants, trace.Want{Object: w.object.ID, N: w.n, Site: w.site, Since: w.since, Library: w.library, All: w.all, Op: w.op})
	}
	for i := range x.objects.n {
		o := &x.objects.chunks[i/objectChunk][i%objectChunk]
		os := trace.ObjectState{ID: o.ID, Kind: o.Kind, First: o.First, Born: o.Born, Closed: o.Closed, Count: o.Count, Length: o.length(), Vars: o.vars, Dropped: o.Dropped.state()}
		if w := o.Pending.First(); w != nil {
			os.Pending = w.Task.ID
		}
		os.Name, os.Abroad, os.Never = o.Name, o.Abroad, o.Never
		if o.Back != nil {
			os.Back = o.Back.ID
		}
		if o.ends != nil {
			os.Stream, os.Reader, os.Writer = true, o.ends.Reader.state(), o.ends.Writer.state()
			snap.Objects[o.ends.in.ID-1].Carries = true // it was there before the stream
		}
		os.Made = o.made.state()
		if o.from != nil {
			os.From = o.from.ID
		}
		if o.answer != nil {
			os.Answer = o.answer.ID
		}
		for _, u := range o.users {
			os.Users = append(os.Users, u.state())
		}
		for _, h := range o.holds {
			ts := &snap.Tasks[h.Task.ID-1]
			ts.Holds = append(ts.Holds, trace.Held{Object: o.ID, Site: h.Site, Step: h.Step, Read: h.Read, N: h.N, Keeping: h.Keeping, Callers: h.callers})
		}
		snap.Objects = append(snap.Objects, os)
	}
	for i := range x.words.n {
		w := &x.words.chunks[i/objectChunk][i%objectChunk]
		snap.Words = append(snap.Words, trace.Word{Vars: w.vars, Shared: len(w.users) > 1})
	}
	return snap
}

// notEnded takes back that waits were ended which were not: of those who were woken for a lock, and came too late.
func (x *Execution) notEnded(steps []trace.Step) {
	seen := make([]bool, len(x.tasks)+1)
	for i := len(steps) - 1; i >= 0; i-- {
		s := &steps[i]
		if !seen[s.Task] && x.tasks[s.Task-1].standing() == trace.Blocked {
			s.Until = 0
		}
		seen[s.Task] = true
	}
}
