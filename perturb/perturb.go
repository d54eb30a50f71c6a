// Package perturb is what instrumented code calls instead of Go's synchronisation operations.
//
// Nobody writes these calls by hand: package instrument puts them where the source has the operation, and each takes
// what the operation takes, and the Site where it stands. A call means what the operation means. While an execution is
// active, calls from its goroutines are sync points: the schedule decides who goes on, waiting is virtual, and who waits
// for whom is known. At all other times, and for all other goroutines, a call is the operation, one predictable branch
// away.
//
// The functions are named after what they stand for: MutexLock is (*sync.Mutex).Lock, TimeSleep is time.Sleep. They
// may be called from any goroutine, and panic where the operation does, with Go's own text.
package perturb

import (
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/program"
	"github.com/jostle-dev/jostle/internal/trace"
)

// A Site is one sync point in the source of the code under test.
type Site = trace.Site

// A SiteCase is one communication of a select at a Site.
type SiteCase = trace.SiteCase

// An Ignore is what a comment //jostle:ignore says.
type Ignore = program.Ignore

// Ignored registers the comments //jostle:ignore of a file, as Instrumented does its sync points.
func Ignored(ignores []Ignore) struct{} {
	program.RegisterIgnores(ignores)
	return struct{}{}
}

// A Function is a function of an instrumented file.
type Function = program.Function

// A Loop is one that ends only when another goroutine lets it.
type Loop = program.Loop

// Parcel is program.Parcel.
type Parcel = program.Parcel

// A LoopEnd is a way out of a Loop.
type LoopEnd = program.LoopEnd

// Instrumented registers the sync points of a file. The file calls it to initialise a blank variable; what it returns is
// of no use.
func Instrumented(sites []Site) struct{} {
	program.Register(sites)
	return struct{}{}
}

// Related registers how a file's variables and functions hang together, like Instrumented: pairs of variables of which the
// second may hold what the first does, and its functions.
func Related(file string, flows []uint64, funcs []Function) struct{} {
	program.Relate(file, flows, funcs)
	return struct{}{}
}

// Go starts f in a new goroutine, as the go statement does.
func Go(f func(), s *Site) {
	if t := engine.At(s); t != nil {
		t.Go(f, f, s)
		return
	}
	start(f, s)
}

// GoCall is Go for a go statement whose call has arguments or results. call is the literal that makes the call, which no
// stack shows to the code under test.
func GoCall(call func(), s *Site) {
	f := func() { engine.RunCall(call) }
	if t := engine.At(s); t != nil {
		t.Go(f, nil, s)
		return
	}
	start(f, s)
}

// start starts f outside of executions.
func start(f func(), s *Site) {
	if f == nil {
		go f() // which the runtime has a word for
	}
	go engine.RunStarted(engine.Started(f), s)
}
