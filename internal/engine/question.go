package engine

import (
	"iter"

	"github.com/jostle-dev/jostle/internal/trace"
)

// A Strategy makes the decisions of one execution.
type Strategy interface {
	// Choose answers a question with one of its N alternatives, 0 <= c < q.N. Alternative 0 is always the plain one. It is
	// called by one goroutine at a time, which has the execution to itself: what the question leads to may be read until
	// Choose returns, and nothing of it may be kept or changed.
	Choose(q *Question) int
}

// A Question is asked wherever an execution could go on in several ways.
type Question struct {
	Kind   QuestionKind
	N      int         // alternatives, at least 2
	Task   *Task       // who is about to do something, or has just done it; nil where the clock or nobody asks
	Op     trace.Op    // what it is about to do, or with After has done
	Object *Object     // on what; nil for none
	Site   *trace.Site // where

	Following trace.Following // After: what may come next

	x      *Execution
	cases  []int
	faults []trace.Fault
}

// A QuestionKind says what the alternatives of a Question are.
type QuestionKind uint8

const (
	// Preempt is asked before an operation of a task that could go on while others could run too. With q of these, 0 lets
	// it go on, 1 to q have the i-th of the others run, and q+1 to 2q likewise, and hold Task back until nothing else can
	// run, or some thousand steps are done: nobody waits for ever while others go round.
	Preempt QuestionKind = iota
	// After is Preempt asked after an operation of Task that released something: Op is what it has done. The alternatives are
	// the same.
	After
	// Next is asked when the task that ran blocks, ends, or gives way: i is who runs next.
	Next
	// Case is asked when several communications of a select are ready: i is which of the ready ones.
	Case
	// Moment is asked of the clock. Of sleepers that wake at the moment when a timer fires (Task is nil): 1 lets the
	// sleepers, and what they set going, be first. Of tasks that are held back while the next timer is near (Task is the first
	// of them): 1 lets time pass before they go on.
	Moment
	// Cancel is asked before each operation while there are contexts that may be cancelled: i is which of them is, 1 the
	// first that was made, and 0 none.
	Cancel
	// Broken is asked at each operation of a connection, while there may be a fault of the network: i is which of them there is,
	// and 0 none.
	Broken
	// Random is asked once, when an execution begins: i is the number of the sequence that its random values are of. It is not asked
	// where these do not come from a counter, see RestartRandom.
	Random
)

// sequences is how many sequences of random values there are.
const sequences = 1 << 16

// Doubtful reports whether it is not known that to take Task off could matter: it has released something and returns, to
// code that may do nothing but pass its next sync point. Most releases are of this kind, and few bugs.
func (q *Question) Doubtful() bool { return q.Kind == After && q.Following == trace.Returns }

// Preempts reports whether a question of the kind is whether Task, which could go on, is taken off: Preempt and After.
func (k QuestionKind) Preempts() bool { return k == Preempt || k == After }

// Runs returns the task that goes on by an alternative of a Preempt, After or Next, and whether Task is held back for it.
func (q *Question) Runs(alternative int) (t *Task, held bool) {
	n := q.x.runq.n
	if q.Kind.Preempts() {
		if alternative == 0 {
			return q.Task, false
		}
		alternative--
		if held = alternative >= n; held {
			alternative -= n
		}
	}
	t = q.x.runq.head
	for ; alternative > 0; alternative-- {
		t = t.next
	}
	return t, held
}

// Runnable ranges over the alternatives of a Preempt, After or Next that hold nobody back, and who goes on by each.
func (q *Question) Runnable() iter.Seq2[int, *Task] {
	return func(yield func(int, *Task) bool) {
		i := 0
		if q.Kind.Preempts() {
			if !yield(0, q.Task) {
				return
			}
			i++
		}
		for t := q.x.runq.head; t != nil; t = t.next {
			if !yield(i, t) {
				return
			}
			i++
		}
	}
}

// An Operation is what a task is about to do.
type Operation struct {
	Op   trace.Op // OpNone: it is not known, as the task has begun, was woken, or has just done something
	On   uintptr  // address of the object, or of the variable of an atomic operation; 0: it is not known, or there is none
	Site *trace.Site

	Tried bool // it was begun before: a lock, which was not free then
}

// Pending returns what t, which can run, is about to do.
func (q *Question) Pending(t *Task) Operation {
	switch {
	case t == q.Task && q.Kind == Preempt:
		return Operation{Op: q.Op, On: t.near, Site: q.Site}
	case t.ready:
		return Operation{Op: t.op, On: t.near, Site: t.site, Tried: t.own.list != nil}
	}
	return Operation{}
}

// Steps ranges over the steps that have been done after the first so many, oldest first, as far as they are kept.
func (q *Question) Steps(after int) iter.Seq[*trace.Step] {
	return func(yield func(*trace.Step) bool) {
		tr := &q.x.trace
		for i := max(after, tr.n-len(tr.steps)); i < tr.n; i++ {
			if !yield(&tr.steps[i%keptSteps]) {
				return
			}
		}
	}
}

// Done returns how many steps have been done.
func (q *Question) Done() int { return q.x.trace.n }

// Wants returns the number of what t is about to acquire of a resource, counted over the execution from 1, if it said so at the
// sync point with the given key; else 0.
func (q *Question) Wants(t *Task, site uint64) int {
	for i := len(q.x.wants) - 1; i >= 0; i-- {
		if w := &q.x.wants[i]; w.task == t {
			if w.site.StableKey() == site {
				return w.id
			}
			return 0
		}
	}
	return 0
}

// Holds reports whether t holds a lock, or some of a resource, that it took at the sync point with the given key.
func (q *Question) Holds(t *Task, site uint64) bool {
	if t.held == 0 {
		return false
	}
	os := &q.x.objects
	for i := range os.n {
		for _, h := range os.chunks[i/objectChunk][i%objectChunk].holds {
			if h.Task == t && h.Site.StableKey() == site {
				return true
			}
		}
	}
	return false
}

// CaseOf returns the number of the select's case, in source order, that an alternative of a Case stands for.
func (q *Question) CaseOf(alternative int) int { return q.cases[alternative] }

// FaultOf returns the fault that an alternative of a Broken, other than 0, stands for.
func (q *Question) FaultOf(alternative int) trace.Fault { return q.faults[alternative-1] }

// Tasks returns all tasks of the execution so far, by number: Tasks()[0] has ID 1.
func (q *Question) Tasks() []*Task { return q.x.tasks }

// ask asks the strategy about n alternatives, of which it returns one. Where it is in doubt whether the execution ends, the
// default is taken: what came of the strategy has been seen.
func (x *Execution) ask(k QuestionKind, n int, t *Task, op trace.Op, o *Object, s *trace.Site) int {
	if x.doubt.snap != nil {
		return 0
	}
	if log := x.order.log; log != nil {
		log.asked = len(log.Transitions)
	}
	q := &x.question
	q.Kind, q.N, q.Task, q.Op, q.Object, q.Site, q.x = k, n, t, op, o, s, x
	if Race {
		return x.decider.ask(q)
	}
	return x.strategy.Choose(q)
}

// State returns a number of the state that the execution is in, as far as sync points decide it: what was done in which order, and where
// each task is. Two executions that have come to the same one can go on alike.
func (q *Question) State() uint64 {
	x := q.x
	state := (x.order.sum ^ x.order.epoch) * orderFactor
	for _, t := range x.tasks {
		if t.state == trace.Ended {
			continue
		}
		h := (t.past + uint64(t.steps)<<8 + uint64(t.standing())) * orderFactor
		if t.standing() == trace.Blocked {
			for _, w := range t.waits {
				if w.prev != nil && (w.Object == nil || w.Object.Kind != trace.Mutex) { // of those who wait for a mutex any may be next
					h = (h ^ w.prev.Task.past) * orderFactor
				}
			}
		}
		h ^= h >> 32
		if t == q.Task {
			h = h*orderFactor + 1
		}
		state += h * orderFactor
	}
	return state
}

// Order returns the transitions so far, with Limits.Order.
func (q *Question) Order() *trace.Order { return q.x.order.logged() }
