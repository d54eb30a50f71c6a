package engine

import "strconv"

// A Site is one sync point in the source of the code under test. The rewriter emits it as static data, so that a sync
// point costs the instrumented code one address.
type Site struct {
	File string // original file, absolute
	Line int32
	Col  int32
	Func string // enclosing function, as runtime.FuncForPC names it
	Op   string // "send", "receive", "close", "select", "go", or the name of the function of package perturb
	Expr string // operand as the source has it: "s.mu", "out", the function a go statement starts
	Var  uint64 // the variable or field that the operand is; 0 if unknown
	Key  uint64 // stable under edits elsewhere in the file: hash of function, operation, operand and occurrence

	// Starts is the function that a go statement, or a call in its place, starts in a goroutine: as runtime.FuncForPC names
	// it, or if it is not known before the program runs, as the source calls it. "" for other operations.
	Starts string

	Context string // a context that code there could use, as it would call it: "ctx", "s.ctx"; "" if none is at hand

	After Following // of what releases something; of a select its cases have it
	Looks bool      // an atomic operation that changes nothing

	Cases []SiteCase // of a select, in source order without the default

	passed number // how often, in a live run
}

// A SiteCase is one communication of a select.
type SiteCase struct {
	Op   string // "send" or "receive"
	Expr string
	Var  uint64

	After Following
}

// A Following is what may come after an operation that releases something, before the goroutine's next sync point.
type Following uint8

const (
	Nothing Following = iota // that others could tell
	Returns                  // the function returns to code that is not known
	Plain                    // a plain load or store that others may see, or a call of code that is not known
)

// String returns "file:line:col", or "-" for the nil Site that stands for operations of the harness itself.
func (s *Site) String() string {
	if s == nil {
		return "-"
	}
	return s.File + ":" + strconv.Itoa(int(s.Line)) + ":" + strconv.Itoa(int(s.Col))
}

// StableKey returns the key, or 0 for the nil Site.
func (s *Site) StableKey() uint64 {
	if s == nil {
		return 0
	}
	return s.Key
}

// A File is what is known of an instrumented file beside its sync points.
type File struct {
	Name  string
	Flows []uint64 // pairs of variables, see Site.Var: the second may hold what the first does
	Funcs []Function
}

// A Function is a function of an instrumented file.
type Function struct {
	Name     string   // as runtime.FuncForPC has it
	From, To int32    // lines
	Params   []uint64 // that goroutines may meet at: channels and what package sync has, see Site.Var
	Runs     []string // function literals that it calls or defers right there, and functions of the package that it defers
	Calls    []string // other functions of the package that it calls, or contains, and does not start as goroutines
	Until    []int32  // by index of Calls: at a later line it will not any more
	Loops    []Loop   // those that end only when another goroutine lets them
	Cancels  []int32  // lines in which it has a function that cancels a context

	Cancelled []int32 // by index of Cancels: the line of the file in which the context is made; 0 if that is not known
	RunsUntil []int32 // by index of Runs: at a later line it will not any more
	Rounds    []int32 // pairs of lines: its outermost loops
	Deferred  []int32 // pairs of lines: its defer statements
}

// InLoop reports whether a line is in a loop of f.
func (f *Function) InLoop(line int32) bool { return pairOf(f.Rounds, line) >= 0 }

// Last returns the last line from which a goroutine in f still comes to a line.
func (f *Function) Last(line int32) int32 {
	if i := pairOf(f.Rounds, line); i >= 0 {
		line = f.Rounds[i+1] // it may come round again
	}
	if pairOf(f.Deferred, line) >= 0 {
		line = f.To
	}
	return line
}

// pairOf returns the index of the first pair of lines around a line, or -1.
func pairOf(pairs []int32, line int32) int {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] <= line && line <= pairs[i+1] {
			return i
		}
	}
	return -1
}

// A Loop is one that a goroutine leaves only when another one lets it: it has no way out of its own, but for a panic.
type Loop struct {
	From, To int32 // lines
	Ends     []LoopEnd
}

// A LoopEnd is a way out of a Loop: a communication that comes about, an atomic value that is changed, or a lock that
// is given back.
type LoopEnd struct {
	Op   string // "receive", "send", "Atomic", see Site.Op, "TryLock" of any lock, or "done" of a context
	Var  uint64 // see Site.Var
	Line int32
}

// An Op is the kind of operation done at a sync point.
type Op uint8

// The operations. A Site says where one stands, an Object what it is done on.
const (
	OpNone Op = iota
	OpGo
	OpExit
	OpLock
	OpTryLock
	OpUnlock
	OpRLock
	OpTryRLock
	OpRUnlock
	OpSend
	OpRecv
	OpClose
	OpSelect
	OpAdd
	OpDone
	OpWait
	OpOnce
	OpCondWait
	OpSignal
	OpBroadcast
	OpSleep
	OpTimer
	OpYield
	OpCancel
	OpContext
	OpAtomic
	OpGet
	OpPut
	OpAcquire
	OpRelease
	OpListen
	OpDial
	OpAccept
	OpRead
	OpWrite
	OpDeadline
	OpDescriptor
	OpPipe
	OpCut
	OpRefuse
	OpStall
	OpLoad  // plain
	OpStore // plain
)

var opNames = [...]string{
	OpNone: "start", OpGo: "go", OpExit: "exit", OpLock: "lock", OpTryLock: "try lock", OpUnlock: "unlock", OpRLock: "read lock",
	OpTryRLock: "try read lock", OpRUnlock: "read unlock", OpSend: "send", OpRecv: "receive", OpClose: "close",
	OpSelect: "select", OpAdd: "add", OpDone: "done", OpWait: "wait", OpOnce: "do", OpCondWait: "cond wait",
	OpSignal: "signal", OpBroadcast: "broadcast", OpSleep: "sleep", OpTimer: "timer", OpYield: "yield",
	OpCancel: "cancel", OpContext: "context", OpAtomic: "atomic", OpGet: "get", OpPut: "put",
	OpAcquire: "acquire", OpRelease: "release", OpListen: "listen", OpDial: "dial", OpAccept: "accept",
	OpRead: "read", OpWrite: "write", OpDeadline: "set deadline", OpDescriptor: "descriptor", OpPipe: "make pipe",
	OpCut: "cut", OpRefuse: "refuse", OpStall: "stall", OpLoad: "load", OpStore: "store",
}

func (o Op) String() string { return opNames[o] }
