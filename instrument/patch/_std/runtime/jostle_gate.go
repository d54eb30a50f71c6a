package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// A gate is a word: 0, jostleLeave once a goroutine may pass, which is then the next that comes, and else the goroutine that waits there.
// There is one for each goroutine of an execution.
const jostleLeave = 1

// jostleOpen has the goroutine that a gate is for pass.
//
//go:linkname jostleOpen jostle/internal/engine.runtimeOpen
func jostleOpen(gate *uintptr) {
	if gp := jostleOpened(gate); gp != nil {
		goready(gp, 2)
	}
}

// jostleOpened opens a gate and returns the goroutine that waits there, which the caller makes run; nil if it has not come yet.
func jostleOpened(gate *uintptr) *g {
	for {
		switch waits := atomic.Loaduintptr(gate); waits {
		case jostleLeave:
			return nil
		case 0:
			if atomic.Casuintptr(gate, 0, jostleLeave) {
				return nil
			}
		default:
			if atomic.Casuintptr(gate, waits, 0) {
				return guintptr(waits).ptr()
			}
		}
	}
}

// jostleAwait waits at a gate.
//
//go:linkname jostleAwait jostle/internal/engine.runtimeAwait
func jostleAwait(gate *uintptr) {
	if atomic.Casuintptr(gate, jostleLeave, 0) {
		return
	}
	gopark(jostleComes, unsafe.Pointer(gate), waitReasonSynctestChanReceive, traceBlockChanRecv, 2)
}

// jostleComes puts a goroutine at a gate, and reports whether it waits there.
func jostleComes(gp *g, gate unsafe.Pointer) bool {
	if atomic.Casuintptr((*uintptr)(gate), 0, uintptr(unsafe.Pointer(gp))) {
		return true
	}
	atomic.Storeuintptr((*uintptr)(gate), 0)
	return false
}

// jostlePass opens a gate and waits at another one. Mostly a goroutine of the same bubble waits at the first: it runs on in the caller's
// place. As many of the bubble run as before, so the bubble need not know.
//
//go:linkname jostlePass jostle/internal/engine.runtimePass
func jostlePass(to, own *uintptr) {
	next, gp := jostleOpened(to), getg()
	if next == nil {
		jostleAwait(own)
		return
	}
	if gp.bubble == nil || gp.bubble != next.bubble || gp.lockedm != 0 || next.lockedm != 0 || atomic.Loaduintptr(own) != 0 {
		goready(next, 2)
		jostleAwait(own)
		return
	}
	gp.param = unsafe.Pointer(next)
	mp := acquirem()
	mp.waitlock = unsafe.Pointer(own)
	releasem(mp)
	mcall(jostleSwitch)
}

// jostleSwitch does what coroswitch_m does: gp waits, and the processor runs another goroutine at once.
func jostleSwitch(gp *g) {
	mp := gp.m
	own, next := (*uintptr)(mp.waitlock), (*g)(gp.param)
	mp.waitlock, gp.param = nil, nil
	trace := traceAcquire()
	gp.waitreason = waitReasonSynctestChanReceive
	jostleTurn(gp, _Grunning, _Gwaiting)
	setMNoWB(&gp.m, nil)
	atomic.Storeuintptr(own, uintptr(unsafe.Pointer(gp)))
	if trace.ok() {
		trace.GoSwitch(next, false)
	}
	setGNoWB(&mp.curg, next)
	setMNoWB(&next.m, mp)
	if goroutineProfile.active {
		tryRecordGoroutineProfile(next, nil, osyield)
	}
	jostleTurn(next, _Gwaiting, _Grunning)
	next.waitsince = 0
	if trace.ok() {
		traceRelease(trace)
	}
	gogo(&next.sched)
}

// jostleTurn changes the status of a goroutine, once the garbage collector has done with its stack.
func jostleTurn(gp *g, from, to uint32) {
	for i := 0; !gp.atomicstatus.CompareAndSwap(from, to); i++ {
		if i%100 < 99 {
			procyield(10)
		} else {
			osyield()
		}
	}
}
