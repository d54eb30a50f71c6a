package verdict

import (
	"cmp"
	"slices"

	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// releasers collects who could end one wait.
type releasers struct {
	g       *graph
	waiter  *trace.TaskState
	object  *trace.ObjectState
	operand string   // what the waiter calls it
	family  []uint64 // variables that may hold the object
	how     map[uint32]Releaser
	strange map[uint32]bool // goroutines that have code which would end the wait of another object, and cannot know this one
}

// add notes a reason, the surest for each goroutine.
func (r *releasers) add(rel Releaser) {
	if have, ok := r.how[rel.Task]; !ok || rel.How < have.How {
		r.how[rel.Task] = rel
	}
}

// holders adds who has the lock, and the writer who keeps readers out.
func (r *releasers) holders(op trace.Op) {
	for i := range r.g.snap.Tasks {
		t := &r.g.snap.Tasks[i]
		for _, h := range t.Holds {
			// Readers do not keep readers out; the writer in the queue behind them does.
			if h.Object == r.object.ID && !(h.Read && op == trace.OpRLock) {
				r.add(Releaser{Task: t.ID, How: waitgraph.Holds, Op: op, Site: h.Site})
			}
		}
	}
	if p := r.g.tasks[r.object.Pending]; p != nil && p != r.waiter {
		r.add(Releaser{Task: p.ID, How: waitgraph.Queued, Op: p.Op, Site: p.Site})
	}
}

// A partner is an operation that ends a wait.
type partner struct {
	act
	gives bool // it says that something is done with, and hands nothing over
}

// partnersOf returns the operations that end a wait in op.
func partnersOf(op trace.Op) []partner {
	switch op {
	case trace.OpSend:
		return []partner{{act{trace.OpRecv, trace.Chan}, false}}
	case trace.OpRecv:
		return []partner{{act{trace.OpSend, trace.Chan}, false}, {act{trace.OpClose, trace.Chan}, true}}
	case trace.OpCondWait:
		return []partner{{act{trace.OpSignal, trace.Cond}, true}, {act{trace.OpBroadcast, trace.Cond}, true}}
	case trace.OpWait:
		return []partner{{act{trace.OpDone, trace.WaitGroup}, true}}
	}
	return nil
}

// partners adds who could do what ends a wait in op.
func (r *releasers) partners(op trace.Op) {
	switch {
	case r.object.Kind == trace.Socket:
		r.otherEnd(op)
		return
	case r.object.Made.Op == trace.OpTimer:
		r.timer()
		return
	case r.object.Made.Op == trace.OpContext:
		r.makers()
		return
	}
	elsewhere := map[uint32]Releaser{}
	for _, p := range partnersOf(op) {
		r.partner(p, elsewhere)
	}
	if op == trace.OpSend && len(r.how)+len(elsewhere)+len(r.sites(partnersOf(op)[0])) == 0 {
		// Nothing receives. The sender's panic would be an end of the wait too.
		r.partner(partner{act{trace.OpClose, trace.Chan}, false}, elsewhere)
	}
	if op == trace.OpWait {
		r.started()
	}
	if !r.somebody(waitgraph.Could) {
		for _, rel := range elsewhere {
			r.add(rel)
		}
	}
	switch op {
	case trace.OpRecv:
		r.stranded(trace.OpClose)
	case trace.OpWait:
		r.stranded(trace.OpDone)
	}
	if op == trace.OpRecv || op == trace.OpWait || op == trace.OpSend {
		r.itself(op)
	}
	if len(r.how) == 0 {
		r.given()
	}
}

// stranded adds those who could have received what the waiter sent last and then have done op, if that is still where it was
// sent to and they have ended. Nobody else counts then, but who has done op to this object, or who lives and could do it.
func (r *releasers) stranded(op trace.Op) {
	for _, rel := range r.how {
		if rel.How.Strength() <= waitgraph.Likely {
			return
		}
	}
	last, ok := r.g.sent[r.waiter.ID]
	if !ok || last.on == r.object || r.somebody(waitgraph.Could) {
		return
	}
	takers := releasers{g: r.g, waiter: r.waiter, object: last.on, family: r.g.code.family(last.on.Vars[:]), how: map[uint32]Releaser{}, strange: map[uint32]bool{}}
	takers.partners(trace.OpSend)
	if len(takers.how) == 0 || takers.somebody(waitgraph.Spent) {
		return
	}
	clear(r.how)
	for _, rel := range takers.how {
		r.add(Releaser{Task: rel.Task, How: waitgraph.Stranded, Op: op, Site: rel.Site, Via: r.g.object(last.on.ID, nil, -1), Sent: last.Site})
	}
}

// given adds who was in a function that got the object, whatever that does with it.
func (r *releasers) given() {
	for _, v := range r.family {
		for _, fn := range r.g.code.takers[v] {
			for i := range r.g.snap.Tasks {
				t := &r.g.snap.Tasks[i]
				if u, ok := r.g.ran[t.ID][fn]; (ok || r.g.reach[t.ID].in(fn)) && t != r.waiter {
					r.add(Releaser{Task: t.ID, How: waitgraph.Given, Site: u.Site})
				}
			}
		}
	}
}

// somebody reports whether a goroutine that lives is known to do it, at least as sure as worst.
func (r *releasers) somebody(worst waitgraph.Evidence) bool {
	for task, rel := range r.how {
		if rel.How <= worst && r.g.tasks[task].State != trace.Ended {
			return true
		}
	}
	return false
}

// sites returns where the code does p to the object, as far as can be known.
func (r *releasers) sites(p partner) (out []*trace.Site) {
	for _, v := range r.family {
		out = append(out, r.g.code.doers[doing{p.act, v}]...)
	}
	return out
}

// partner adds who could do p. Those who did it on other objects only are put into elsewhere.
func (r *releasers) partner(p partner, elsewhere map[uint32]Releaser) {
	did, others := r.uses(p.op)
	sites := r.sites(p)
	roles := map[role][]*trace.Site{} // of those who do it: where they began
	for i := range r.g.snap.Tasks {
		t := &r.g.snap.Tasks[i]
		d := dealing{task: t, here: did[t.ID], other: others[t.ID]}
		known := slices.DeleteFunc(slices.Clone(sites), func(s *trace.Site) bool { return r.unknown(t, s) })
		d.look(r.g.ran[t.ID], r.g.reach[t.ID], known)
		if len(known) < len(sites) && d.here.Task == 0 && d.at == nil {
			r.strange[t.ID] = true
			continue
		}
		if d.none() {
			continue
		}
		if d.done() {
			roles[roleOf(t)] = append(roles[roleOf(t)], r.g.began[t.ID])
		}
		if t == r.waiter {
			continue
		}
		rel := Releaser{Task: t.ID, How: d.evidence(p), Op: p.op, Site: cmp.Or(d.here.Site, d.other.Site, d.at)}
		rel.Yet = d.here.Task == 0 && (d.other.Task == 0 || rel.How == waitgraph.Passed)
		if d.other.Task != 0 && (rel.How == waitgraph.Could || rel.How == waitgraph.Might) {
			rel.Elsewhere = true
			elsewhere[t.ID] = rel
			continue
		}
		r.add(rel)
	}
	if !r.g.ofLibrary(r.object.ID) { // which makes one for each
		r.sameWork(p.op, roles, elsewhere)
	}
}

// uses returns who did op to the object, and who did it to others of the same variable.
func (r *releasers) uses(op trace.Op) (did, others map[uint32]trace.ObjectUse) {
	did, others = map[uint32]trace.ObjectUse{}, map[uint32]trace.ObjectUse{}
	for _, u := range r.object.Users {
		if u.Op == op {
			did[u.Task] = u
		}
	}
	for _, v := range r.object.Vars {
		for _, o := range r.g.byVar[v] {
			for _, u := range o.Users {
				if u.Op == op && u.Step > others[u.Task].Step {
					others[u.Task] = u
				}
			}
		}
	}
	return did, others
}

// A dealing is what a goroutine has to do with an operation that would end a wait.
type dealing struct {
	task        *trace.TaskState
	here, other trace.ObjectUse // its last one on the object, and on others of the same variable
	ran         trace.ObjectUse // its last step in a function that has the operation
	at          *trace.Site     // where it would do it
	calls       bool            // and is to come there by a call
	comes       bool            // it can still come to one of the places
	lives       bool            // and if not, it may all the same, by a call that is not known
	passed      bool            // it was in such code, and can come to that no more
}

// look finds out where the goroutine would do it.
func (d *dealing) look(ran map[string]trace.ObjectUse, reach *reach, sites []*trace.Site) {
	for _, s := range sites {
		u := ran[s.Func]
		if u.Step > d.ran.Step {
			d.ran = u
		}
		switch {
		case reach != nil && reach.does(s) && (!d.comes || d.calls):
			d.at, d.comes, d.calls = s, true, false
		case reach != nil && reach.may(s) && !d.comes:
			d.at, d.comes, d.calls = s, true, true
		case u.Step == d.ran.Step && u.Step > 0 && !d.comes:
			d.at = s
		}
	}
	d.lives = reach != nil
	d.passed = d.lives && !d.comes && len(sites) > 0 && !slices.ContainsFunc(sites, reach.again)
}

func (d *dealing) none() bool { return d.at == nil && d.here.Task == 0 && d.other.Task == 0 }

// done reports whether the goroutine was seen to do it, or in code that does.
func (d *dealing) done() bool { return d.here.Task != 0 || d.other.Task != 0 || d.ran.Site != nil }

// evidence says why the goroutine counts for p.
func (d *dealing) evidence(p partner) waitgraph.Evidence {
	t := d.task
	switch {
	case d.passed:
		return waitgraph.Passed
	case p.gives && t.State != trace.Ended && t.LastRecv > max(d.ran.Step, d.here.Step, d.other.Step) && d.done():
		return waitgraph.Owes
	case d.here.Task != 0:
		return waitgraph.Used
	case d.calls, d.lives && !d.comes:
		return waitgraph.Might
	}
	return waitgraph.Could
}

// sameWork adds those who do the same work as one who does op. Whether they come to it is not known: what they call may depend on what
// they were given.
func (r *releasers) sameWork(op trace.Op, roles map[role][]*trace.Site, elsewhere map[uint32]Releaser) {
	for i := range r.g.snap.Tasks {
		t := &r.g.snap.Tasks[i]
		_, isElsewhere := elsewhere[t.ID]
		began := r.g.began[t.ID]
		if began == nil && t.Spawned == nil {
			continue // nothing is known of what it does
		}
		same := slices.ContainsFunc(roles[roleOf(t)], func(s *trace.Site) bool { return s == began || began == nil })
		if same && t != r.waiter && !isElsewhere && !r.strange[t.ID] && !r.waitsToo(t) && !r.passed(t.ID) {
			r.add(Releaser{Task: t.ID, How: waitgraph.Might, Op: op})
		}
	}
}

// passed reports whether a goroutine has come past all that would end the wait.
func (r *releasers) passed(task uint32) bool {
	rel, ok := r.how[task]
	return ok && rel.How == waitgraph.Passed
}

// A role is what goroutines have in common that do the same work, as far as they have come by a sync point: what their go
// statement starts. They also began at the same sync point: a library starts whatever it is given.
type role struct {
	starts  string
	spawned *trace.Site // if it is not known what it starts
}

func roleOf(t *trace.TaskState) role {
	if t.Spawned == nil || t.Spawned.Starts == "" {
		return role{spawned: t.Spawned}
	}
	return role{starts: t.Spawned.Starts}
}

// itself adds the waiter, if it comes to what would end its own wait only afterwards, and no other goroutine is left to do that: it does it
// itself, or starts a goroutine that does. That a sender would receive later on is the rule rather than a reason, unless no other
// goroutine ever came near, or it does so to give back what it sent, in a deferred call.
func (r *releasers) itself(op trace.Op) {
	reach := r.g.reach[r.waiter.ID]
	if reach == nil || r.somebody(waitgraph.Might) {
		return
	}
	// What another goroutine has received before is what is missing, as a rule.
	alone := len(r.how) == 0 && !slices.ContainsFunc(r.object.Users, func(u trace.ObjectUse) bool {
		return op == trace.OpRecv && u.Op == op && u.Task != r.waiter.ID
	})
	for _, p := range partnersOf(op) {
		for _, s := range r.sites(p) {
			back := op == trace.OpSend && !slices.Contains(r.g.code.calls(r.waiter), s.Func)
			at := s
			if does := reach.does(s) && (p.gives || back || alone) || alone && reach.may(s); !does {
				at = r.starts(reach, s)
			}
			if at == nil && alone && reach.makes(s) {
				at = s
			}
			if at != nil {
				r.add(Releaser{Task: r.waiter.ID, How: waitgraph.Could, Op: p.op, Site: at})
			}
		}
	}
}

// starts returns where the waiter would start a goroutine that comes to s; nil if it would not, or if a goroutine has ended that could
// have done that and has not: then it is that one's to do.
func (r *releasers) starts(reach *reach, s *trace.Site) *trace.Site {
	for _, rel := range r.how {
		if rel.How != waitgraph.Used && rel.Task != r.waiter.ID {
			return nil
		}
	}
	for _, at := range r.g.code.gos {
		if (reach.does(at) || reach.may(at)) && slices.Contains(r.g.code.reached([]string{at.Starts}), s.Func) {
			return at
		}
	}
	return nil
}

// makers adds who can cancel a context: who made it, and who made what it is derived from; of a request's that is who waits for its answer.
// The waiter itself counts if there is nobody else.
func (r *releasers) makers() {
	request := false
	for o := r.object; o != nil; o = r.g.objects[o.From] {
		if a := r.g.objects[o.Answer]; a != nil {
			r.end(a, a.Reader, waitgraph.Made, trace.OpCancel)
			request = true
			continue
		}
		own := request && o.Made.Site != nil && program.InLibrary(o.Made.Site.File) // the connection's
		if m := o.Made; m.Task != 0 && m.Task != r.waiter.ID && !own {
			r.add(Releaser{Task: m.Task, How: waitgraph.Made, Op: trace.OpCancel, Site: m.Site})
		}
	}
	if m := r.object.Made; len(r.how) == 0 {
		r.add(Releaser{Task: m.Task, How: waitgraph.Made, Op: trace.OpCancel, Site: m.Site})
	}
}

// timer adds who has stopped a timer, or else who has made it: nobody can end a wait for one that has fired, or that never does.
func (r *releasers) timer() {
	set := r.object.Made // who did so last
	for _, u := range r.object.Users {
		if u.Op != trace.OpTimer {
			continue
		}
		if u.Step > set.Step {
			set = u
		}
		if !r.object.Never {
			r.add(Releaser{Task: u.Task, How: waitgraph.Spent, Op: trace.OpTimer, Site: u.Site})
		}
	}
	switch {
	case r.object.Never:
		r.add(Releaser{Task: set.Task, How: waitgraph.Never, Op: trace.OpTimer, Site: set.Site})
	case len(r.how) == 0:
		r.add(Releaser{Task: set.Task, How: waitgraph.Spent, Op: trace.OpTimer, Site: set.Site})
	}
}

// waitsToo reports whether t waits for the same object itself.
func (r *releasers) waitsToo(t *trace.TaskState) bool {
	return slices.ContainsFunc(t.Waits, func(w trace.Wait) bool { return w.Object == r.object.ID })
}

// started adds who was started for the wait group: by WaitGroup.Go, or by who added to it, afterwards. Where nothing in the
// code does a Done, who added to it and has started nobody since counts for itself.
func (r *releasers) started() {
	done := map[uint32]bool{}
	none := len(r.sites(partnersOf(trace.OpWait)[0])) == 0
	for _, u := range r.object.Users {
		done[u.Task] = done[u.Task] || u.Op == trace.OpDone
	}
	for _, u := range r.object.Users {
		if u.Op == trace.OpAdd && none && u.Task != r.waiter.ID && !r.hasStarted(u.Task, u.Step) {
			r.add(Releaser{Task: u.Task, How: waitgraph.Owes, Op: trace.OpDone, Site: u.Site})
		}
		for i := range r.g.snap.Tasks {
			t := &r.g.snap.Tasks[i]
			if t.State == trace.Ended || done[t.ID] {
				continue
			}
			switch {
			case u.Op == trace.OpGo && u.Task == t.ID:
				r.add(Releaser{Task: t.ID, How: waitgraph.Owes, Op: trace.OpDone, Site: u.Site, Yet: true})
			case u.Op == trace.OpAdd && u.Task == t.Parent && t.Born >= r.object.Born && !r.waitsToo(t):
				r.add(Releaser{Task: t.ID, How: waitgraph.Could, Op: trace.OpDone, Site: t.Spawned})
			}
		}
	}
}

// hasStarted reports whether a task has started another since a step.
func (r *releasers) hasStarted(task uint32, since int) bool {
	return slices.ContainsFunc(r.g.snap.Tasks, func(t trace.TaskState) bool { return t.Parent == task && t.Born >= since })
}
