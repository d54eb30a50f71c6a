package program

import "github.com/jostle-dev/jostle/internal/trace"

// A File is what is known of an instrumented file beside its sync points.
type File struct {
	Name  string
	Flows []uint64 // pairs of variables, see trace.Site.Var: the second may hold what the first does
	Funcs []Function
}

// A Function is a function of an instrumented file.
type Function struct {
	Name     string   // as runtime.FuncForPC has it
	From, To int32    // lines
	Params   []uint64 // that goroutines may meet at: channels and what package sync has, see trace.Site.Var
	Runs     []string // function literals that it calls or defers right there, and functions of the package that it defers
	Calls    []string // other functions of the package that it calls, or contains, and does not start as goroutines
	Until    []int32  // by index of Calls: at a later line it will not any more
	Loops    []Loop   // those that end only when another goroutine lets them
	Cancels  []int32  // lines in which it has a function that cancels a context

	Cancelled []int32 // by index of Cancels: the line of the file in which the context is made; 0 if that is not known
	RunsUntil []int32 // by index of Runs: at a later line it will not any more
	Rounds    []int32 // pairs of lines: its outermost loops
	Deferred  []int32 // pairs of lines: its defer statements

	Parcels []Parcel
}

// A Parcel is a struct with channels or locks in it that goes through a channel, as one function knows it: a request with the channel for its
// answer, say. What a goroutine knows of it goes through that channel, if nothing is ever sent there but what its sender has made.
type Parcel struct {
	Name    string // of the local variable that has the struct, or what is in it: all that the function puts into it was made there, or received; "" for one that is sent, and may have come from elsewhere
	Channel uint64 // see trace.Site.Var
	Sent    bool   // else it is received
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

// FuncAt returns the innermost of a file's functions that has a line, or nil.
func FuncAt(funcs []Function, line int) *Function {
	var best *Function
	for i := range funcs {
		f := &funcs[i]
		if int(f.From) <= line && line <= int(f.To) && (best == nil || f.To-f.From <= best.To-best.From) {
			best = f
		}
	}
	return best
}

// A Loop is one that a goroutine leaves only when another one lets it: it has no way out of its own, but for a panic.
type Loop struct {
	From, To int32 // lines
	Ends     []LoopEnd
}

// A LoopEnd is a way out of a Loop: a communication that comes about, an atomic value that is changed, or a lock that
// is given back.
type LoopEnd struct {
	Op   trace.Op // OpRecv, OpSend, OpAtomic, OpTryLock of any lock, or OpContext: the end of one
	Var  uint64   // see trace.Site.Var
	Line int32
}
