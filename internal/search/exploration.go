// Package search says which execution of a test comes next. A Search has them drawn at random, and tries what is predicted.
//
// An Exploration goes through all orders of a program: classes of executions in which the operations on each object come in the same
// order (internal/engine/order.go). It is source-DPOR with sleep sets, of Abdulla, Aronis, Jonsson and Sagonas, "Optimal Dynamic Partial
// Order Reduction" (POPL 2014).
//
// With a bound on preemptions that is not sound: the one execution of an order that it leads to may need more than another. There all
// decisions are tried, those with the fewest preemptions first, but in no state twice: a state is the order of what was done so far, and where each goroutine is. That is the happens-before
// caching of Musuvathi and Qadeer, "Partial-Order Reduction for Context-Bounded State Exploration" (MSR-TR-2007-12).
//
// Depth first, a large program's early decisions come last. So those of its executions that are next to the plain one come first: with one
// decision that is not the default, then with two. That is the delay bounding of Emmi, Qadeer and Rakamarić, "Delay-Bounded Scheduling"
// (POPL 2011).
//
// It is no process and starts none: it is given what the engine notes of each execution.
package search

import (
	"fmt"
	"slices"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Unbounded is the bound on preemptions of an Exploration that has none.
const Unbounded = -1

// An Exploration is how far the executions of a program have been gone through, depth first. It can be kept as it is, and continued
// in another process that has the same program.
type Exploration struct {
	Preemptions int  // the most that an execution may have; Unbounded
	Bound       int  // at present: it begins at 0, and rises by one when all executions within it were seen; Unbounded
	Departures  int  // the most decisions of an execution that are not the default, at present; Unbounded
	Every       bool // all decisions are tried in all states

	// Near has the executions with few departures. When a program turns out to have many executions, these come before the rest.
	Near *Exploration

	Executions int              // so far
	Redundant  int              // how many of these had an order that was seen before
	Seen       map[uint64]bool  // orders
	Been       map[uint64]Spent // with a bound: states, each with the least by which it was come to
	Over       bool             // there are no others
	Cut        int              // how many executions ended before all of their goroutines had
	Plain      bool             // a goroutine could have been taken off right after an operation, where others may see plain memory: that was not tried
	Beyond     string           // why executions differ in more than their orders; "" if they do not
	Chance     bool             // an execution was not what it was after the same decisions: nothing is known of the rest

	Path []Node // the decisions of the next execution, as far as they are not the default
	From int    // nodes before this one were there in the execution before
}

// A Node is a decision.
type Node struct {
	Alternatives int      // of a question that is not who runs; 0 for one that is
	Chosen       uint32   // alternative, or task
	Task         uint32   // the task that could have continued; 0 if there was none
	Enabled      []uint32 // tasks that could run
	Used         Spent    // before
	At           int32    // index of the transition that follows

	Todo  []uint32       // tasks that are to run here, Chosen among them
	Done  []uint32       // those of which all that follows was seen
	Sleep []Sleeper      // tasks that need not run here; and, for what follows, those of Done
	Does  []trace.Access // by Chosen, next
}

// Spent is what decisions cost of what is bounded.
type Spent struct{ Preemptions, Departures int }

// A Sleeper is a task all of whose continuations were seen, until another does something that its next transition depends on.
type Sleeper struct {
	Task uint32
	Does []trace.Access
}

// NewExploration returns an Exploration that begins.
func NewExploration(preemptions int) *Exploration {
	e := &Exploration{Preemptions: preemptions, Departures: Unbounded, Seen: map[uint64]bool{}}
	if preemptions == Unbounded {
		e.Bound = Unbounded
	} else {
		e.Been = map[uint64]Spent{}
	}
	return e
}

// newNear returns an Exploration of the executions with few departures.
func newNear(preemptions int) *Exploration {
	return &Exploration{Preemptions: preemptions, Bound: preemptions, Departures: 1, Seen: map[uint64]bool{}, Been: map[uint64]Spent{}}
}

const (
	manyExecutions = 1000 // a program that has so many has those with few departures first
	fewDepartures  = 2
)

// sleeps reports whether there are sleep sets.
func (e *Exploration) sleeps() bool { return e.Been == nil && !e.Every }

// Next returns the strategy of the next execution, which must be run with engine.Limits.Order, and passed to Observe. ok is false if
// there is none.
func (e *Exploration) Next() (r *Run, ok bool) {
	if e.Over || e.Chance {
		return nil, false
	}
	if e.Near == nil && e.Departures == Unbounded && !e.Every && e.Executions >= manyExecutions {
		e.Near = newNear(e.Preemptions)
	}
	if e.Near != nil && !e.Near.Over {
		return &Run{e: e.Near, number: e.Executions + 1}, true
	}
	return &Run{e: e, number: e.Executions + 1}, true
}

// A Run is the strategy of one execution.
type Run struct {
	e        *Exploration
	number   int
	asked    int
	chance   bool
	blocked  bool  // what follows was seen already
	blockedA int32 // transition since which that is so
}

// String says what kind of strategy it is.
func (r *Run) String() string { return "systematic" }

// Number returns which execution of the exploration it is, from 1 on.
func (r *Run) Number() int { return r.number }

// Choose is engine.Strategy.
func (r *Run) Choose(q *engine.Question) int {
	switch q.Kind {
	case engine.Preempt, engine.Next:
		return r.who(q)
	case engine.Case, engine.Moment:
		return r.which(q)
	case engine.After:
		r.e.Plain = true
	}
	return 0
}

// planned returns the node of the present question if that was there before; nil if it is new.
func (r *Run) planned() *Node {
	if r.asked == len(r.e.Path) {
		return nil
	}
	r.asked++
	return &r.e.Path[r.asked-1]
}

func (r *Run) which(q *engine.Question) int {
	if r.blocked || r.chance {
		return 0
	}
	if n := r.planned(); n != nil {
		r.chance = n.Alternatives != q.N
		return min(int(n.Chosen), q.N-1)
	}
	r.e.Path = append(r.e.Path, Node{Alternatives: q.N, Used: r.e.used(len(r.e.Path))})
	r.asked++
	return 0
}

func (r *Run) who(q *engine.Question) int {
	if r.blocked || r.chance {
		return 0
	}
	if n := r.planned(); n != nil {
		for i, t := range q.Runnable() {
			if t.ID == n.Chosen && n.Alternatives == 0 && int(n.At) == len(q.Order().Transitions) {
				return i
			}
		}
		r.chance = true
		return 0
	}
	n := Node{At: int32(len(q.Order().Transitions))}
	if q.Kind == engine.Preempt {
		n.Task = q.Task.ID
	}
	n.Used = r.e.used(len(r.e.Path))
	if r.e.sleeps() {
		n.Sleep = r.stillAsleep(q.Order().Transitions)
		if r.blocked {
			return 0
		}
	}
	best := -1
	for i, t := range q.Runnable() {
		n.Enabled = append(n.Enabled, t.ID)
		if best < 0 && !asleep(n.Sleep, t.ID) {
			best, n.Chosen = i, t.ID
		}
	}
	if best < 0 || r.e.Been != nil && r.been(q, n.Used) {
		r.block(n.At)
		return 0
	}
	n.Todo = []uint32{n.Chosen}
	if r.e.Every || r.e.Been != nil {
		n.Todo = slices.Clone(n.Enabled)
	}
	r.e.Path = append(r.e.Path, n)
	r.asked++
	return best
}

// been reports whether the state was reached before by no more than what is used: all that follows within the bounds was seen, or
// will be.
func (r *Run) been(q *engine.Question, used Spent) bool {
	state := q.State()
	if before, ok := r.e.Been[state]; ok && before.Preemptions <= used.Preemptions && before.Departures <= used.Departures {
		return true
	}
	r.e.Been[state] = used
	return false
}

func (r *Run) block(at int32) { r.blocked, r.blockedA = true, at }

// stillAsleep returns who sleeps after the transitions since the last decision of who runs. If one that sleeps was among these, nothing
// new follows.
func (r *Run) stillAsleep(transitions []trace.Transition) []Sleeper {
	i := len(r.e.Path) - 1
	for i >= 0 && r.e.Path[i].Alternatives > 0 {
		i--
	}
	if i < 0 {
		return nil
	}
	n := &r.e.Path[i]
	left := slices.Clone(n.Sleep)
	for at := n.At; int(at) < len(transitions) && len(left) > 0; at++ {
		tr := &transitions[at]
		if asleep(left, tr.Task) {
			r.block(at)
			return nil
		}
		left = slices.DeleteFunc(left, func(s Sleeper) bool { return tr.Task == 0 || depend(s.Does, tr.Accesses) })
	}
	return left
}

func asleep(sleep []Sleeper, task uint32) bool {
	return slices.ContainsFunc(sleep, func(s Sleeper) bool { return s.Task == task })
}

// used returns what the first decisions cost, as many of them as nodes says.
func (e *Exploration) used(nodes int) Spent {
	if nodes == 0 {
		return Spent{}
	}
	n := &e.Path[nodes-1]
	return n.with(n.Chosen)
}

// with returns what is used when a task runs at a node, or when an alternative is chosen there.
func (n *Node) with(chosen uint32) Spent {
	used := n.Used
	if n.Alternatives > 0 {
		if chosen > 0 {
			used.Departures++
		}
		return used
	}
	if n.Task != 0 && n.Task != chosen {
		used.Preemptions++
	}
	if chosen != n.Enabled[0] {
		used.Departures++
	}
	return used
}

// Observe takes note of how the execution of r ended.
func (e *Exploration) Observe(r *Run, snap *trace.Snapshot) {
	e.Executions++
	if near := e.Near; near != nil && r.e == near {
		near.Observe(r, snap)
		e.Chance, e.Plain = near.Chance, e.Plain || near.Plain
		if near.Over {
			near.Been, near.Seen = nil, nil
		}
		if snap != nil && !r.blocked && !e.Chance {
			e.Seen[snap.Order] = true
		}
		return
	}
	if r.chance || r.asked < len(e.Path) || snap == nil {
		e.Chance = true
		return
	}
	if e.Beyond == "" {
		e.Beyond = snap.Beyond
	}
	transitions := snap.Log.Transitions
	if r.blocked {
		e.Redundant++
		transitions = transitions[:min(int(r.blockedA), len(transitions))]
	} else {
		if e.Seen[snap.Order] {
			e.Redundant++
		}
		e.Seen[snap.Order] = true
		if snap.Quiet == trace.Stopped {
			e.Cut++
		}
	}
	for i := range e.Path {
		n := &e.Path[i]
		if n.Alternatives == 0 && int(n.At) < len(transitions) {
			n.Does = union(n.Does, transitions[n.At].Accesses)
		}
	}
	if !e.Every && e.Been == nil {
		a := &analysis{e: e, transitions: transitions, snap: snap}
		a.races(r.blocked)
	}
	e.advance()
}

// union returns all accesses of both.
func union(a, b []trace.Access) []trace.Access {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// advance goes to the next path.
func (e *Exploration) advance() {
	for len(e.Path) > 0 {
		n := &e.Path[len(e.Path)-1]
		if n.Alternatives > 0 {
			if int(n.Chosen)+1 < n.Alternatives && e.within(n, n.Chosen+1) {
				n.Chosen++
				break
			}
			e.Path = e.Path[:len(e.Path)-1]
			continue
		}
		n.Done = append(n.Done, n.Chosen)
		if e.sleeps() {
			n.Sleep = append(n.Sleep, Sleeper{n.Chosen, n.Does})
		}
		if open := e.open(n); len(open) > 0 {
			n.Chosen, n.Does = open[0], nil
			break
		}
		e.Path = e.Path[:len(e.Path)-1]
	}
	e.From = len(e.Path) - 1
	if len(e.Path) > 0 {
		return
	}
	if e.Over = e.Bound == e.Preemptions && (e.Departures == Unbounded || e.Departures == fewDepartures); e.Over {
		return
	}
	if e.Departures != Unbounded {
		e.Departures++
	} else {
		e.Bound++
	}
	clear(e.Been)
}

// open returns the tasks that are to run at a node and have not yet.
func (e *Exploration) open(n *Node) []uint32 {
	return slices.DeleteFunc(slices.Clone(n.Todo), func(t uint32) bool {
		return t == n.Chosen || slices.Contains(n.Done, t) || asleep(n.Sleep, t) || !e.within(n, t)
	})
}

// within reports whether a task may run at a node, or an alternative be chosen there, within the bounds.
func (e *Exploration) within(n *Node, chosen uint32) bool {
	used := n.with(chosen)
	return (e.Bound == Unbounded || used.Preemptions <= e.Bound) && (e.Departures == Unbounded || used.Departures <= e.Departures)
}

// near returns with up to how many departures all executions were seen; 0 if these were not looked at for themselves.
func (e *Exploration) near() int {
	switch {
	case e.Near == nil:
		return 0
	case e.Near.Over:
		return e.Near.Departures
	}
	return e.Near.Departures - 1
}

// Sum returns what there is to say of the exploration.
func (e *Exploration) Sum() Sum {
	return Sum{
		Preemptions: e.Preemptions, Bound: e.Bound, Near: e.near(), Executions: e.Executions, Orders: len(e.Seen), Estimate: e.Estimate(), Over: e.Over, Cut: e.Cut, Plain: e.Plain, Beyond: e.Beyond, Chance: e.Chance,
	}
}

// A Sum is what there is to say of an Exploration.
type Sum struct {
	Preemptions int // the bound; Unbounded
	Bound       int // all executions with fewer preemptions were seen
	Near        int `json:",omitempty"` // all executions with at most so many decisions that are not the default were seen; 0: not known
	Executions  int // so far
	Orders      int // that were seen
	Estimate    int // of all executions
	Over        bool
	Cut         int    `json:",omitempty"` // how many executions ended before all of their goroutines had: what would have followed is not known
	Plain       bool   `json:",omitempty"` // plain memory may be seen right after an operation, see Exploration
	Beyond      string `json:",omitempty"` // why executions differ in more than their orders
	Chance      bool   `json:",omitempty"` // it was given up: after the same decisions an execution was another
}

// String says how far it has come.
func (s Sum) String() string {
	bound, executions := "", fmt.Sprintf("%d executions", s.Executions)
	if s.Preemptions != Unbounded {
		bound = fmt.Sprintf(" with at most %d preemptions", s.Preemptions)
	}
	switch {
	case s.Chance:
		return fmt.Sprintf("%d orders%s, and no more: after %s it did something else where it had come by the same decisions before", s.Orders, bound, executions)
	case !s.Over:
		seen := ""
		switch {
		case s.Bound > 0:
			seen = fmt.Sprintf(", among them all with at most %d", s.Bound-1)
		case s.Near == 1:
			seen = ", among them all that depart from the plain run in one decision"
		case s.Near > 1:
			seen = fmt.Sprintf(", among them all that depart from the plain run in at most %d decisions", s.Near)
		}
		of := fmt.Sprintf("about %d", s.Estimate)
		if s.Estimate >= mostEstimated {
			of = "very many"
		}
		return fmt.Sprintf("%d orders%s%s, after %s of %s", s.Orders, bound, seen, executions, of)
	}
	all := fmt.Sprintf("all %d orders%s (%s)", s.Orders, bound, executions)
	if s.Orders == 1 {
		all = fmt.Sprintf("the only order%s (%s)", bound, executions)
	}
	if s.Cut > 0 {
		all += fmt.Sprintf(", but for what follows where %d of them were ended by a failure", s.Cut)
	}
	if s.Beyond != "" {
		all += ", which are not all there is: " + s.Beyond
	}
	return all
}

// All reports whether all that executions of the program can do was seen, as far as sync points decide it and within the bound.
func (s Sum) All() bool { return s.Over && !s.Chance && s.Cut == 0 && s.Beyond == "" }

// Estimate returns about how many executions there are in all: if what is left of each decision leads to as many as what was done of
// it.
func (e *Exploration) Estimate() int {
	near := 0
	if e.Near != nil {
		near = e.Near.Executions
	}
	done, share := 0.0, 1.0
	for i := range e.Path {
		n := &e.Path[i]
		all, before := n.Alternatives, int(n.Chosen)
		if all == 0 {
			before = len(n.Done)
			all = before + 1 + len(e.open(n))
		}
		share /= float64(all)
		done += share * float64(before)
	}
	if e.Over || done <= 0 {
		return e.Executions
	}
	return int(min(float64(e.Executions-near)/done+float64(near), mostEstimated))
}

// mostEstimated bounds an estimate: more than that is not worth a number.
const mostEstimated = 1e9

// Left returns how many decisions are known that were not tried.
func (e *Exploration) Left() int {
	left := 0
	for i := range e.Path {
		n := &e.Path[i]
		if n.Alternatives > 0 {
			left += n.Alternatives - 1 - int(n.Chosen)
		} else {
			left += len(e.open(n))
		}
	}
	return left
}
