// Package verdict says what became of an execution: from the engine's snapshot it computes who waits for whom, why
// nobody can go on, and which of the four rules that breaks. It reads plain data and touches no running goroutine.
package verdict

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/waitgraph"
)

// A Kind is what became of an execution.
type Kind uint8

const (
	Pass       Kind = iota
	Deadlock        // goroutines wait for each other, or for what nobody can do any more, and the body has not returned
	Leak            // the body has returned, and goroutines that it started can never end
	LostWakeup      // a wake-up met nobody, and whom it was meant for waits for it
	Panic           // a goroutine panicked
	Assertion       // the test failed by its own word
	Livelock        // goroutines went on and on and the execution did not end
	Race            // two accesses to the same memory, one of them a write, that nothing orders
	Stall           // something blocked or was busy where the engine could not see
)

var kindNames = [...]string{"pass", "deadlock", "leak", "lost wake-up", "panic", "assertion", "livelock", "data race", "stall"}

func (k Kind) String() string { return kindNames[k] }

// Word returns the kind as one word, for machines.
func (k Kind) Word() string { return strings.ReplaceAll(k.String(), " ", "-") }

// A Rule is one of the four that a hang breaks; 0 is none, or one that cannot be named.
type Rule uint8

const (
	ReleaseFirst Rule = iota + 1 // release resources before blocking
	OneOrder                     // keep one order of acquisition
	Propagate                    // pass wake-ups and blocking state on through hand-made primitives
	Cancel                       // what was started ends when its owner goes
)

// A Verdict is what became of one execution, with all that a report needs.
type Verdict struct {
	Kind     Kind
	Rule     Rule
	Evidence string // on which it rests, one sentence without a full stop
	// Undecided is set where an execution was ended that still ran, and it is not known whether it would have ended by itself:
	// the kind is Pass then.
	Undecided bool

	// Knot is the explanation of a hang: goroutines of which each waits for the next. If Cycle, the last waits for the
	// first; otherwise nobody is left who could end the wait of the last.
	Knot  []Goroutine
	Cycle bool
	// Idle is set if the last of the knot reads from a connection that is as it should be, but that nobody has closed: who could
	// write to it waits, by way of others, for what comes from this one.
	Idle bool
	// Others can never go on either: most wait for those of the knot.
	Others []Goroutine
	// Left are those that a test has left behind which failed by its own word.
	Left []Goroutine
	Lost *Event // the wake-up that the last of the knot has missed, if it was seen

	Closed *Event // of a panic: who closed the channel
	Cancel *Event // the last cancel, where its context was made: if one that is waited for cannot be cancelled

	Cancelled *trace.Cancelling // the context that the schedule cancelled, if any
	Faulted   *trace.Faulting   // what the network did by the schedule, if anything

	Conflicts []trace.Conflict // plain accesses that nothing orders, in the order of the second ones

	Races []RaceReport // of a data race: what the race detector says, if that is known
	Said  Said         // of a test that has failed by its own word

	Value string // what was panicked with
	Stack string // of a panic, or of what stalled
	Who   string // the goroutine that did it
	State string // of what stalled: what the runtime says that it does; "" if that is not known

	Steps       []trace.Step // the last ones, oldest first
	Total       int          // how many there were
	Preemptions int
	Hash        uint64 // of the whole trace: two executions with the same hash were the same
	Elapsed     time.Duration
	Abandoned   int // goroutines that could not be ended

	Tasks   []trace.TaskState   // all goroutines, whatever became of them, and
	Objects []trace.ObjectState // all objects; of a pass only if its trace was kept

	names   map[uint32]string
	objects map[uint32]string
}

// A Goroutine is one that can never go on.
type Goroutine struct {
	ID      uint32
	Name    string
	Parent  uint32
	Spawned *trace.Site // the go statement; nil for the body itself
	Calls   []string    // if that is a library's: the calls that led there, as file and line, the innermost first
	Born    int         // step
	Op      trace.Op    // what it is blocked in
	Site    *trace.Site // where
	Within  []RaceFrame // if that is in a library: the calls that led there from the code under test, the innermost first
	Waits   []Waiting
	Once    bool        // nothing that it is in is a loop, as far as is known: it does not come to wait there again
	Nil     []string    // cases of the select that it blocks in, whose channels are nil: "receive ctx.Done()"
	Round   *trace.Site // if it goes round for ever, woken by timers: the sync point in the loop that it was at
	Holds   []Holding
	Stack   string // if it blocks outside the engine's control
	State   string // likewise, in a live run: what the runtime says that it waits in
	Place   string // and where, file and line
}

// A Waiting is one thing that would let a goroutine go on.
type Waiting struct {
	Object Object
	Op     trace.Op
	By     []Releaser    // who could do it, or could have done it while it lived; those that can be relied on first
	N      int64         // of a resource: how much
	All    bool          // of a resource: no goroutine may hold any of it
	Code   []*trace.Site // if there is nobody: where the code would do it
	Fate   *Fate         // of what the last of the knot waits for
	Leaves bool          // it leaves the loop that it waits in by this
}

// An Object is a synchronisation object under the name that the code has for it.
type Object struct {
	ID   uint32
	Kind trace.Kind
	Name string
}

// A Holding is a lock or another thing that a goroutine has to give back.
type Holding struct {
	Object Object
	Site   *trace.Site // since where
	Read   bool
	Owed   bool  // not a lock: it owes a wait group its Done
	Yet    bool  // and has not done it so far: Site is where it would
	Left   bool  // the call that took it has returned, and it waits for it itself
	N      int64 // of a resource: how much

	Keeping trace.Keeping // of a library's resource

	User *RaceFrame // of a lock that a library has taken, for itself or for its caller: where the code under test has called that
	Via  string     // which function of it
}

// A Releaser is a goroutine that could end a wait.
type Releaser struct {
	Task uint32
	How  waitgraph.Evidence
	Op   trace.Op
	Site *trace.Site // where it last did, or took, what makes it one
	Yet  bool        // of one that could, or owes it: it has not done it so far, and Site is where it would
	N    int64       // of a resource: how much of it it holds

	Keeping trace.Keeping // of a library's resource

	Elsewhere bool // it has done it to another object of the same variable, and not to this one

	OtherEnd bool        // at a socket: it uses the other end, where it has not done Op so far
	Via      Object      // Stranded: the channel with what was sent
	Sent     *trace.Site // and where it was sent
	Ended    bool
	Last     *trace.Site // if it has ended: the last sync point that it passed
}

// An Event is one operation of one goroutine.
type Event struct {
	Task   uint32
	Op     trace.Op
	Site   *trace.Site
	Step   int
	Object uint32 // of a wake-up that was missed: at what
}

// NameOf returns what to call the goroutine with the given number.
func (v *Verdict) NameOf(task uint32) string { return v.names[task] }

// ObjectName returns what the code calls the object with the given number, or "".
func (v *Verdict) ObjectName(object uint32) string { return v.objects[object] }

// KnotObjects returns the objects that the explanation is about: those that goroutines of the knot wait for, and those that they hold.
func (v *Verdict) KnotObjects() map[uint32]bool {
	objects := map[uint32]bool{}
	for _, g := range v.Knot {
		for _, w := range g.Waits {
			objects[w.Object.ID] = true
		}
		for _, h := range g.Holds {
			objects[h.Object.ID] = true
		}
	}
	return objects
}

// KnotTasks returns the goroutines of the explanation.
func (v *Verdict) KnotTasks() map[uint32]bool {
	tasks := map[uint32]bool{}
	for _, g := range v.Knot {
		tasks[g.ID] = true
	}
	return tasks
}

// Found reports whether the verdict is a finding.
func (v *Verdict) Found() bool { return v.Kind != Pass }

// Of computes the verdict of an execution that has ended. code is the program that ran; nil if nothing is known of it.
func Of(snap *trace.Snapshot, code *Code) *Verdict {
	goroutines.Name(snap)
	v := &Verdict{
		Steps: snap.Steps, Total: snap.Total, Preemptions: snap.Preempts, Hash: snap.Hash,
		Elapsed: time.Duration(snap.Elapsed), Abandoned: snap.Abandoned, Tasks: snap.Tasks, Objects: snap.Objects,
		Cancelled: snap.Cancelled, Faulted: snap.Faulted, Conflicts: snap.Conflicts,
	}
	if snap.Quiet == trace.AllEnded && snap.Failure == trace.NoFailure {
		v.Evidence = "all goroutines have ended"
		if slices.ContainsFunc(snap.Tasks, func(t trace.TaskState) bool { return t.Process }) {
			v.Evidence += ", but for those that were begun once for the whole process"
		}
		if snap.Traced { // somebody wants to see it all the same
			g := newGraph(snap, code)
			v.names, v.objects = g.taskNames(), g.objectNames()
		}
		return v
	}
	g := newGraph(snap, code)
	v.names, v.objects = g.taskNames(), g.objectNames()
	if snap.Quiet == trace.Awaits && snap.Failure != trace.Raced && !g.interlocked() {
		v.awaits(g)
		return v
	}
	survives := snap.Quiet == trace.Outlived && snap.Cancelled != nil && len(g.survivors()) > 0
	if snap.Quiet == trace.Outlived && snap.Failure != trace.Raced && !g.interlocked() && !survives {
		// Others may still end the wait of whoever is stuck, unless it is a circle of locks.
		v.Evidence = "the body has returned, and what it has started goes on"
		return v
	}
	r := newRunners(g)
	switch {
	case snap.Hurried, snap.Quiet == trace.LiveTimers && !r.neverEnds(), snap.Failure == trace.TooLong && snap.Tasks[0].State == trace.Ended && !r.spins():
		v.Undecided = true
		v.Evidence = undecided(snap)
		return v
	case snap.Failure == trace.Panicked:
		v.Kind = Panic
		v.Value, v.Stack = panicText(snap.Value), cleanStack(string(snap.Stack))
		if snap.Culprit >= 0 && Synchronises(v.Value) {
			v.Closed = g.closedBy()
		}
		v.Evidence = "a panic that nothing recovered"
	case snap.Failure == trace.Raced:
		v.Kind = Race
		v.Evidence = reported
	case snap.Failure == trace.Failed:
		v.Kind = Assertion
		v.Evidence = "the test says so"
	case snap.Failure == trace.TooLong:
		v.Kind = Livelock
		v.Evidence = fmt.Sprintf("after %d steps its goroutines still went on", snap.Total)
	default:
		v.Evidence = "nothing can run and no timer is pending"
		if snap.Quiet == trace.Outlived {
			v.Evidence = "others go on, and none of them holds what these wait for"
		}
		if survives {
			v.Evidence = outlivedCancel(snap)
		}
		if snap.Quiet == trace.Interlocked || snap.Quiet == trace.Awaits {
			v.Evidence = "others could go on, and these wait for each other's locks"
		}
		if snap.Quiet == trace.LiveTimers {
			v.Evidence = "only timers go on, and no goroutine that they wake can end this"
		}
		explain(v, g)
		return v
	}
	if snap.Culprit >= 0 {
		v.Who = v.names[snap.Tasks[snap.Culprit].ID]
	}
	return v
}

// awaits says what becomes of an execution that was ended while some of it waited for what may come from outside the process.
func (v *Verdict) awaits(g *graph) {
	if g.snap.Tasks[0].State == trace.Ended {
		v.Evidence = "the body has returned, and what it has left behind may be ended from outside the process"
		return
	}
	for i := range g.snap.Tasks {
		t := &g.snap.Tasks[i]
		if !slices.ContainsFunc(t.Waits, func(w trace.Wait) bool { return g.objects[w.Object].Abroad }) {
			continue
		}
		v.Kind, v.Who, v.Stack, v.State = Stall, v.names[t.ID], cleanStack(t.Stack), "IO wait"
		v.Evidence = "nothing can run, and what it waits for has not come from outside the process"
		return
	}
}

// reported is the evidence of a race.
const reported = "the race detector has reported it"

// NewRace returns the verdict on what the race detector has reported, in an execution that v is the verdict on, or outside of
// executions: then v is nil.
func NewRace(v *Verdict) *Verdict {
	if v != nil && v.Kind == Stall {
		return &Verdict{Kind: Race, Evidence: reported + ", and the execution was given up: " + v.Evidence}
	}
	return &Verdict{Kind: Race, Evidence: reported}
}

// undecided says for how long an execution went on of which it is not known whether it ends.
func undecided(snap *trace.Snapshot) string {
	by := fmt.Sprintf("still running on timers after %d moves of the clock", snap.Moves+snap.Waited)
	if snap.Failure == trace.TooLong {
		by = "still going round after the test"
	}
	return by + ": jostle cannot tell whether it ends"
}

// NewStall returns the verdict on an execution that the watchdog gave up: who ran then, and the stack of it.
func NewStall(who, stack string, after time.Duration) *Verdict {
	v := &Verdict{
		Kind: Stall, Who: who, Stack: cleanStack(stack),
		Evidence: fmt.Sprintf("no sync point was passed for %v of real time", after.Round(100*time.Millisecond)),
	}
	if at := ReadLive([]string{stack}); len(at) == 1 && !strings.Contains(stack, "\n\ngoroutine ") {
		v.State = at[0].State
	}
	return v
}

func panicText(value any) string {
	switch v := value.(type) {
	case nil:
		return "runtime.Goexit"
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}
