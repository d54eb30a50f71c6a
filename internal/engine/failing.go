package engine

import (
	"runtime"
	"sync"
)

// A FailCall is a call by which a test says that it fails, about to be made.
type FailCall struct {
	T   any       // whose method is called
	PCs []uintptr // the stack of the caller, see runtime.Callers
}

// Bounds on what is kept: the first of many failures is what counts.
const (
	maxFailCalls = 64
	maxFailDepth = 64
)

var failCalls struct {
	sync.Mutex
	on    bool
	calls []FailCall
}

// CatchFailures has calls by which tests fail be kept, until FailCalls is called. Any goroutine may call it.
func CatchFailures() {
	failCalls.Lock()
	defer failCalls.Unlock()
	failCalls.on, failCalls.calls = true, nil
}

// FailCalls returns the calls since CatchFailures, the earliest first, and keeps no more. Any goroutine may call it.
func FailCalls() []FailCall {
	failCalls.Lock()
	defer failCalls.Unlock()
	calls := failCalls.calls
	failCalls.on, failCalls.calls = false, nil
	return calls
}

// Failing notes that a method of t is called which has the test fail. What deferred calls say while an execution is unwound
// is not the test's word.
func Failing(t any) {
	if x := active.Load(); x != nil && x.unwinding {
		return
	}
	failCalls.Lock()
	defer failCalls.Unlock()
	if !failCalls.on || len(failCalls.calls) >= maxFailCalls {
		return
	}
	pcs := make([]uintptr, maxFailDepth)
	failCalls.calls = append(failCalls.calls, FailCall{t, pcs[:runtime.Callers(3, pcs)]})
}
