package engine

import "github.com/jostle-dev/jostle/internal/trace"

// Waits returns how the runtime describes what t waits for, and the function of package sync in which it does.
func (t *Task) Waits() (state, function string) {
	if t.standing() != trace.Blocked {
		return "runnable", ""
	}
	kind := trace.Kind(0)
	if len(t.waits) > 0 {
		kind = t.waits[0].Object.Kind
	}
	switch t.op {
	case trace.OpSend:
		state = "chan send"
	case trace.OpRecv:
		state = "chan receive"
	case trace.OpSelect:
		state = "select"
		if len(t.waits) == 0 {
			state = "select (no cases)"
		}
		return state, ""
	case trace.OpSleep:
		return "sleep", "time.Sleep"
	case trace.OpWait:
		return "sync.WaitGroup.Wait", "sync.(*WaitGroup).Wait"
	case trace.OpCondWait:
		return "sync.Cond.Wait", "sync.(*Cond).Wait"
	case trace.OpLock:
		if kind == trace.RWMutex {
			return "sync.RWMutex.Lock", "sync.(*RWMutex).Lock"
		}
		return "sync.Mutex.Lock", "sync.(*Mutex).Lock"
	case trace.OpRLock:
		return "sync.RWMutex.RLock", "sync.(*RWMutex).RLock"
	case trace.OpOnce:
		return "sync.Mutex.Lock", "sync.(*Once).doSlow"
	case trace.OpRead, trace.OpWrite, trace.OpAccept, trace.OpDial:
		return "IO wait", "internal/poll.runtime_pollWait"
	default:
		return t.op.String(), ""
	}
	if len(t.waits) == 0 {
		state += " (nil chan)"
	}
	return state, ""
}
