package verdict

import (
	"slices"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// answers are the operations at the other end of a socket that end a wait in an operation.
var answers = map[trace.Op]trace.Op{
	trace.OpRead: trace.OpWrite, trace.OpWrite: trace.OpRead, trace.OpAccept: trace.OpDial, trace.OpDial: trace.OpAccept,
}

// otherEnd adds the goroutines that could end a wait in op at a socket: those that use the other end. One that has answered before
// has used it. One that has only used it the other way round could: in most protocols a goroutine that reads there
// waits itself, and writes nothing before it has read. If there is none, the one that has made that end could.
func (r *releasers) otherEnd(op trace.Op) {
	answer := answers[op]
	if r.object.Stream {
		r.streamEnd(answer)
		return
	}
	for _, u := range r.object.Users {
		switch u.Op {
		case answer:
			r.user(u, waitgraph.Used, answer)
		case trace.OpListen:
			r.user(u, waitgraph.Could, trace.OpClose)
		case trace.OpPipe: // it has had both ends
			r.user(u, waitgraph.Could, answer)
		}
	}
	if isPipe(r.object) {
		r.otherPipes(op)
	}
	back := r.g.objects[r.object.Back]
	if back == nil {
		return
	}
	other := r.object // the direction that begins at the other end
	if op == trace.OpWrite {
		other = back
	}
	for _, u := range back.Users {
		if u.Op == op {
			r.user(u, waitgraph.Could, answer)
		}
	}
	if len(r.how) > 0 {
		return // who has made that end has given it to another one as a rule
	}
	for _, u := range other.Users {
		if u.Op == trace.OpDial || u.Op == trace.OpAccept {
			r.user(u, waitgraph.Could, answer)
		}
	}
}

// streamEnd adds the goroutine at the other end of a stream: of these it is known who has them.
func (r *releasers) streamEnd(answer trace.Op) {
	r.end(r.object, endOf(r.object, answer), waitgraph.Could, answer)
}

// end adds the goroutine at an end of a direction of a stream.
func (r *releasers) end(o *trace.ObjectState, u trace.ObjectUse, how waitgraph.Evidence, op trace.Op) {
	if u.Task != 0 && u.Task != r.waiter.ID {
		r.add(Releaser{Task: u.Task, How: how, Op: op, Site: u.Site, OtherEnd: true, Keeping: r.g.keeping(u.Task, o.ID)})
	}
}

// endOf returns the goroutine that does op at a direction of a stream; no task if it is not known.
func endOf(o *trace.ObjectState, op trace.Op) trace.ObjectUse {
	if op == trace.OpRead {
		return o.Reader
	}
	return o.Writer
}

// unserved reports whether t waits for what comes in a stream whose other end no goroutine has now: its library's own goroutines have yet to
// begin that, or to pass on what it has left.
func (g *graph) unserved(w *trace.Want) bool {
	o := g.objects[w.Object]
	if !o.Stream {
		return false
	}
	by := g.tasks[endOf(o, answers[w.Op]).Task]
	return by == nil || w.Op == trace.OpRead && by.State == trace.Ended
}

// otherPipes adds the goroutines that the waiter talks to through another pipe: those that read what it writes there answer through this
// one as a rule, and those that write what it reads there ask.
func (r *releasers) otherPipes(op trace.Op) {
	answer := answers[op]
	for i := range r.g.snap.Objects {
		o := &r.g.snap.Objects[i]
		if o == r.object || !isPipe(o) || !used(o, r.waiter.ID, answer) {
			continue
		}
		for _, u := range o.Users {
			if u.Op == op {
				r.user(u, waitgraph.Could, answer)
			}
		}
	}
}

func isPipe(o *trace.ObjectState) bool {
	return slices.ContainsFunc(o.Users, func(u trace.ObjectUse) bool { return u.Op == trace.OpPipe })
}

func used(o *trace.ObjectState, task uint32, op trace.Op) bool {
	return slices.ContainsFunc(o.Users, func(u trace.ObjectUse) bool { return u.Task == task && u.Op == op })
}

func (r *releasers) user(u trace.ObjectUse, how waitgraph.Evidence, op trace.Op) {
	if u.Task != r.waiter.ID {
		other := how == waitgraph.Could && op != trace.OpClose && r.object.Back != 0
		r.add(Releaser{Task: u.Task, How: how, Op: op, Site: u.Site, OtherEnd: other})
	}
}

// anybodyConnects reports whether a goroutine that may still run may come to use the other end of the socket that w waits at. Any may,
// unless goroutines are known that do.
func (r *runners) anybodyConnects(w Waiting) bool {
	if slices.ContainsFunc(w.By, func(rel Releaser) bool { return !rel.Ended && rel.Op != trace.OpClose }) {
		return false
	}
	return slices.ContainsFunc(r.g.snap.Tasks, func(t trace.TaskState) bool { return r.runs(&t) })
}
