package engine

import "slices"

// A Snapshot is an execution as it stood when nobody could go on, or when all had ended. It is plain data: verdicts are
// computed from it, and nothing in it changes any more.
type Snapshot struct {
	Traced    bool // Limits.Trace
	Quiet     Quiet
	Failure   Failure
	Culprit   int // index into Tasks of the task that panicked or failed, or -1
	Value     any // of the panic
	Stack     []byte
	Tasks     []TaskState
	Objects   []ObjectState
	Steps     []Step // the last of them, see Total
	Total     int    // how many steps there were
	Hash      uint64 // of all steps
	Order     uint64 // which order of operations it was: see order
	Beyond    string // why the orders of operations are not all that executions can differ in; "" if they are
	Log       *Order // with Limits.Order; it is valid until the next execution
	Preempts  int
	Orders    Orders
	Elapsed   int64       // virtual nanoseconds
	Races     int         // reported by the race detector
	Settled   int         // step since which whoever is blocked has been stuck; what blocked later is woken by timers
	Cancelled *Cancelling // by the schedule; nil if nothing was
	Faulted   *Faulting   // likewise
	Locking   []Locking   // with Limits.Keep: how locks were taken and given back, in order

	Passed    []uint64   // keys of those of Limits.Places that were passed
	Conflicts []Conflict // accesses at these that nothing orders, the last ones

	Words []Word // with Limits.Keep: the variables that atomic operations were done on

	Moves     int  // of the clock
	Waited    int  // for how many more the execution then continued, and did not end
	Continued bool // it is asked for again, after that: see Limits.Doubt
	Hurried   bool // for want of real time the execution was ended before it was clear whether it ends by itself

	// Abandoned is how many goroutines could not be ended, because they block outside the engine's control.
	Abandoned int
}

// A Word is a variable that atomic operations were done on.
type Word struct {
	Vars   [4]uint64 // that it was operated on under: Site.Var, or Site.Key where that is unknown; 0 for none
	Shared bool      // by several tasks
}

// A TaskState is a task in a Snapshot.
type TaskState struct {
	ID       uint32
	Parent   uint32 // 0 for none
	Name     string // see Task.Name
	Spawned  *Site
	Callers  []uintptr // of the functions that came to the go statement, the innermost first, if that is in a library
	State    State
	Expected bool   // Outside, in native code that waits for other tasks and nothing else: a test for its subtest
	Op       Op     // what it is blocked in
	Site     *Site  // where
	Since    int    // step at which it blocked
	Waits    []Wait // on what; several in a select; none if nothing could ever end it, or if it sleeps
	Wants    []Want // what it waits for by its own word, the last first of all
	Holds    []Held // locks, and of resources
	Last     *Site  // last sync point passed
	LastRecv int    // step of its last completed receive of a value
	Born     int    // step at which it was started
	GaveUp   bool   // the test that it runs has skipped itself
	Process  bool   // it was begun by what is done once in the process, see InProcess
	Stack    string // as the runtime prints it; of a task that has not ended
}

// A Wait is one thing that would end a task's blocking.
type Wait struct {
	Object uint32
	Op     Op
	Case   int // of a select
}

// A Locking is the taking of a lock, or its giving back.
type Locking struct {
	Task   uint32
	Object uint32
	Site   *Site // where it was taken
	Step   int   // how many steps there were when it was taken, or given back
	Read   bool
	Given  bool // back
}

// A Want is some of a resource that a task waits for.
type Want struct {
	Object  uint32
	N       int64
	Site    *Site
	Since   int  // step
	Library bool // a library says so
	All     bool // it waits until no task holds any of it
	Op      Op   // of a pipe: what it does; else OpNone
}

// A Held is a lock that a task holds, or some of a resource.
type Held struct {
	Object uint32
	Site   *Site
	Step   int
	Read   bool
	N      int64 // of a resource

	Keeping Keeping // of a library's resource
}

// An ObjectState is a synchronisation object in a Snapshot.
type ObjectState struct {
	ID      uint32
	Kind    Kind
	First   *Site
	Born    int
	Closed  bool
	Count   int
	Length  int       // Chan: how many values are in it, wake-ups not counted
	Pending uint32    // RWMutex: the task that waits to write
	Made    ObjectUse // of the channel of a context or a timer: who made it; no task for others
	From    uint32    // of the channel of a context: that of its parent; 0 for none
	Answer  uint32    // of the channel of a context that a request in a stream has: what its answer goes through; 0 for none
	Users   []ObjectUse
	Vars    [4]uint64 // that it was operated on under: Site.Var; 0 for none
	Name    string    // Socket: what to call it; "" for others
	Abroad  bool      // Socket: what ends waits at it may be outside the process
	Back    uint32    // Socket: of a direction of a connection the other one
	Stream  bool      // Socket: it is a direction of a stream, with these at its ends as far as is known
	Reader  ObjectUse
	Writer  ObjectUse
	Dropped ObjectUse
}

// An ObjectUse is the last operation of its kind that a task did on an object.
type ObjectUse struct {
	Task uint32
	Op   Op
	Site *Site
	Step int
}

func (u Use) state() ObjectUse {
	if u.Task == nil {
		return ObjectUse{}
	}
	return ObjectUse{u.Task.ID, u.Op, u.Site, u.Step}
}

// Failed returns the snapshot of the Run that has just come back, if the test says that it has failed although it has come
// to its end: with all that is left out where all went well. It must be called in the bubble, before the next Run.
func (x *Execution) Failed(snap *Snapshot) *Snapshot {
	if snap.Quiet != AllEnded || snap.Failure != NoFailure {
		return snap
	}
	x.failure = Failed
	return x.snapshot(AllEnded)
}

// snapshot copies what a verdict needs. Of an execution in which all went well that is next to nothing.
func (x *Execution) snapshot(quiet Quiet) *Snapshot {
	x.drawn()
	snap := &Snapshot{
		Quiet: quiet, Failure: x.failure, Culprit: -1, Value: x.value, Stack: x.stack,
		Total: x.trace.n, Hash: x.trace.hash, Order: x.order.sum, Beyond: x.order.beyond, Log: x.order.log, Preempts: x.trace.preemptions, Orders: x.trace.orders, Elapsed: x.now(),
		Races: raceErrors() - x.races, Moves: x.clock.moves,
	}
	snap.Cancelled, snap.Faulted = x.cancelled, x.faulted
	well := quiet == AllEnded && x.failure == NoFailure
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
	var stacks map[*Task]string
	if !well {
		stacks = x.stacks()
	}
	for _, t := range x.tasks {
		if t == x.panicked {
			snap.Culprit = len(snap.Tasks)
		}
		ts := TaskState{
			ID: t.ID, Name: t.named(stacks[t]), Spawned: t.Spawned, Callers: t.callers, State: t.standing(), Expected: t.expected,
			Op: t.op, Site: t.site, Since: t.since, Last: t.last, LastRecv: t.lastRecv, Born: t.born, GaveUp: t.gaveUp,
			Process: t.process != nil,
		}
		if t.Parent != nil {
			ts.Parent = t.Parent.ID
		}
		if t.standing() == Blocked {
			for _, w := range t.waits {
				if w.Object == nil {
					continue // it waits for no object, see waitUntil
				}
				ts.Waits = append(ts.Waits, Wait{w.Object.ID, w.Op, w.Case})
			}
		}
		ts.Stack = stacks[t]
		snap.Tasks = append(snap.Tasks, ts)
	}
	for i := len(x.wants) - 1; i >= 0; i-- {
		w := &x.wants[i]
		ts := &snap.Tasks[w.task.ID-1]
		ts.Wants = append(ts.Wants, Want{w.object.ID, w.n, w.site, w.since, w.library, w.all, w.op})
	}
	for i := range x.objects.n {
		o := &x.objects.chunks[i/objectChunk][i%objectChunk]
		os := ObjectState{ID: o.ID, Kind: o.Kind, First: o.First, Born: o.Born, Closed: o.Closed, Count: o.Count, Length: o.length(), Vars: o.vars, Dropped: o.Dropped.state()}
		if w := o.Pending.First(); w != nil {
			os.Pending = w.Task.ID
		}
		os.Name, os.Abroad = o.Name, o.Abroad
		if o.Back != nil {
			os.Back = o.Back.ID
		}
		if o.ends != nil {
			os.Stream, os.Reader, os.Writer = true, o.ends.Reader.state(), o.ends.Writer.state()
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
			ts.Holds = append(ts.Holds, Held{o.ID, h.Site, h.Step, h.Read, h.N, h.Keeping})
		}
		snap.Objects = append(snap.Objects, os)
	}
	for i := range x.words.n {
		w := &x.words.chunks[i/objectChunk][i%objectChunk]
		snap.Words = append(snap.Words, Word{w.vars, len(w.users) > 1})
	}
	return snap
}

// notEnded takes back that waits were ended which were not: of those who were woken for a lock, and came too late.
func (x *Execution) notEnded(steps []Step) {
	seen := make([]bool, len(x.tasks)+1)
	for i := len(steps) - 1; i >= 0; i-- {
		s := &steps[i]
		if !seen[s.Task] && x.tasks[s.Task-1].standing() == Blocked {
			s.Until = 0
		}
		seen[s.Task] = true
	}
}
