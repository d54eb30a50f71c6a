//go:build unix || windows || wasip1

package poll

import "unsafe"

// A JostleEngine has goroutines of an execution wait for descriptors (jostle/internal/descriptor). Its methods do nothing for others.
type JostleEngine interface {
	Begin(fd *FD, mode int) (result int)
	Wait(fd *FD, mode int) (result int, ok bool)
	SetDeadline(fd *FD, d int64, read, write bool) (ok bool)
	Evicted(fd *FD)
	Closing(fd *FD)
	Did(fd *FD)
	Acquire(fd *FD, sema *uint32, mode int) (ok bool)
	Released(fd *FD)
	Given(fd *FD)
	Pipe(r, w *FD)
	Starts() error
	AwaitProcess(pidfd uintptr)
}

// Jostle is nil where programs are not instrumented, or their goroutines wait as they always do. It is set before main.
var Jostle JostleEngine

// JostleState returns what the engine keeps of a descriptor.
func (fd *FD) JostleState() *any { return &fd.pd.jostle }

// Number returns the descriptor. It may be closed meanwhile.
//
//go:norace
func (fd *FD) Number() int { return int(fd.Sysfd) }

// Reset returns how a wait would end at once for another reason than that the descriptor is ready.
func (fd *FD) Reset(mode int) int { return runtime_pollReset(fd.pd.runtimeCtx, mode) }

func (pd *pollDesc) fd() *FD {
	return (*FD)(unsafe.Add(unsafe.Pointer(pd), -int(unsafe.Offsetof(FD{}.pd))))
}

func (pd *pollDesc) jostlePrepare(mode int) int {
	late := pollNoError
	if Jostle != nil {
		late = Jostle.Begin(pd.fd(), mode)
	}
	if result := runtime_pollReset(pd.runtimeCtx, mode); result != pollNoError {
		return result
	}
	return late
}

func (pd *pollDesc) jostleWait(mode int) int {
	if Jostle != nil {
		if result, ok := Jostle.Wait(pd.fd(), mode); ok {
			return result
		}
	}
	return runtime_pollWait(pd.runtimeCtx, mode)
}

func (pd *pollDesc) jostleSetDeadline(d int64, mode int) {
	if Jostle != nil && Jostle.SetDeadline(pd.fd(), d, mode != 'w', mode != 'r') {
		d = 0 // which the runtime has on the real clock
	}
	runtime_pollSetDeadline(pd.runtimeCtx, d, mode)
}

func (pd *pollDesc) jostleEvicted() {
	if Jostle != nil {
		Jostle.Evicted(pd.fd())
	}
}

// jostleClosing says that the descriptor is about to be closed, which it may be already.
//
//go:norace
func (fd *FD) jostleClosing() {
	if Jostle != nil && fd.pd.runtimeCtx != 0 {
		Jostle.Closing(fd)
	}
}

// jostleDid says that something was read or written, or the descriptor is closed.
func (fd *FD) jostleDid() {
	if Jostle != nil {
		Jostle.Did(fd)
	}
}

func (fd *FD) jostleAcquire(sema *uint32, mode int) {
	if Jostle == nil || fd.pd.jostle == nil || !Jostle.Acquire(fd, sema, mode) {
		runtime_Semacquire(sema)
	}
}

func (fd *FD) jostleRelease(sema *uint32) {
	runtime_Semrelease(sema)
	if Jostle != nil && fd.pd.jostle != nil {
		Jostle.Released(fd)
	}
}

// jostleAcquire is runtime_Semacquire for the lock of a descriptor, which it is the first field of.
func (mu *fdMutex) jostleAcquire(sema *uint32, read bool) {
	mode := int('w')
	if read {
		mode = 'r'
	}
	(*FD)(unsafe.Pointer(mu)).jostleAcquire(sema, mode)
}

func (mu *fdMutex) jostleRelease(sema *uint32) { (*FD)(unsafe.Pointer(mu)).jostleRelease(sema) }

// JostleGiven says that the number of the descriptor was asked for.
func (fd *FD) JostleGiven() {
	if Jostle != nil {
		Jostle.Given(fd)
	}
}
