package trace

// A Snapshot is an execution as it stood when nobody could go on, or when all had ended. It is plain data: verdicts are
// computed from it, and nothing in it changes any more, but that goroutines get their names when somebody wants to see it: see Called.
type Snapshot struct {
	Traced    bool // engine.Limits.Trace
	Quiet     Quiet
	Failure   Failure
	Culprit   int // index into Tasks of the task that panicked or failed, or -1
	Value     any // of the panic
	Stack     []byte
	Tasks     []TaskState
	Dump      []byte `json:"-"` // the stacks of all goroutines of the process as the runtime prints them, if not all went well; see goroutines.Name
	Objects   []ObjectState
	Steps     []Step // the last of them, see Total
	Total     int    // how many steps there were
	Hash      uint64 // of all steps
	Order     uint64 // which order of operations it was, see Order
	Beyond    string // why the orders of operations are not all that executions can differ in; "" if they are
	Log       *Order // with engine.Limits.Order; it is valid until the next execution
	Preempts  int
	Orders    Orders
	Elapsed   int64       // virtual nanoseconds
	Races     int         // reported by the race detector
	Settled   int         // step since which whoever is blocked has been stuck; what blocked later is woken by timers
	Cancelled *Cancelling // by the schedule; nil if nothing was
	Faulted   *Faulting   // likewise
	Locking   []Locking   // with engine.Limits.Keep: how locks were taken and given back, in order

	Passed    []uint64   // keys of those of engine.Limits.Places that were passed
	Conflicts []Conflict // accesses at these that nothing orders, the last ones

	Words []Word // with engine.Limits.Keep: the variables that atomic operations were done on

	Moves     int  // of the clock
	Waited    int  // for how many more the execution then continued, and did not end
	Continued bool // it is asked for again, after that: see engine.Limits.Doubt
	Hurried   bool // for want of real time the execution was ended before it was clear whether it ends by itself

	// Abandoned is how many goroutines could not be ended, because they block outside the engine's control.
	Abandoned int
}

// A Quiet says on what evidence an execution was ended that had not ended by itself.
type Quiet uint8

const (
	AllEnded    Quiet = iota
	Proved            // nothing could run and no timer was pending
	LiveTimers        // only timers went on, long and often, and nothing else moved
	Stopped           // by a Failure
	Outlived          // the body has returned long since, and what it has started goes on and on
	Interlocked       // others could go on, and tasks wait for each other's locks
	Awaits            // nothing could run, and some wait for what may come from outside the process
)

// A Failure is a reason to end an execution that the goroutines gave themselves.
type Failure uint8

const (
	NoFailure Failure = iota
	Panicked
	Failed  // an assertion did not hold
	Raced   // the race detector has reported something
	TooLong // the limit of steps was reached
)

// A TaskState is a task in a Snapshot.
type TaskState struct {
	ID       uint32
	Parent   uint32  // 0 for none
	Name     string  // of the function that it runs, without its package, or the title that it was given; see goroutines.Name
	Called   *Called `json:"-"` // nil if its go statement says how it is called
	Begun    uintptr `json:"-"` // code of the function that it was begun with; 0 if that is one of ours
	Address  uintptr `json:"-"` // by which stacks name it
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
	Process  bool   // it was begun by what is done once in the process, see engine.InProcess
	Stack    string // as the runtime prints it; of a task that has not ended; see goroutines.Name
}

// A Called is what is known of how a task is called beside its go statement. The words are for package goroutines to find, when they are
// asked for: that takes what an execution does without.
type Called struct {
	Title string    // that it was given, or the name that was found last: it stays called so
	Looks []uintptr // its callers at its first sync points, each from the innermost on and with a 0 at its end
}

// A State is what a task is about.
type State uint8

const (
	Enabled State = iota // runs, or could
	Blocked              // waits for an object or the clock
	Outside              // blocks in an operation that the engine does not control
	Ended
)

// A Wait is one thing that would end a task's blocking.
type Wait struct {
	Object uint32
	Op     Op
	Case   int // of a select
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

	Callers []uintptr `json:"-"` // of a lock that a library has taken: how it came to that; they mean nothing to another process
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
	Never   bool      // of the channel of a timer: it is set to a time that is so far away that it never comes
	From    uint32    // of the channel of a context: that of its parent; 0 for none
	Answer  uint32    // of the channel of a context that a request in a stream has: what its answer goes through; 0 for none
	Users   []ObjectUse
	Vars    [4]uint64 // that it was operated on under: Site.Var; 0 for none
	Name    string    // Socket: what to call it; "" for others
	Abroad  bool      // Socket: what ends waits at it may be outside the process
	Back    uint32    // Socket: of a direction of a connection the other one
	Carries bool      // Socket: it is a direction of a connection that has streams
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

// A Locking is the taking of a lock, or its giving back.
type Locking struct {
	Task   uint32
	Object uint32
	Site   *Site // where it was taken
	Step   int   // how many steps there were when it was taken, or given back
	Read   bool
	Given  bool // back
}

// A Word is a variable that atomic operations were done on.
type Word struct {
	Vars   [4]uint64 // that it was operated on under: Site.Var, or Site.Key where that is unknown; 0 for none
	Shared bool      // by several tasks
}
