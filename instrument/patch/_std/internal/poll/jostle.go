//go:build unix || windows || wasip1

package poll

import (
	"jostle/descriptor"
	"unsafe"
)

// Goroutines of an execution wait for descriptors in the engine (jostle/internal/descriptor), whose functions do nothing for others.

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
	late := descriptor.Begin(&pd.jostle, pd.fd(), mode)
	if result := runtime_pollReset(pd.runtimeCtx, mode); result != pollNoError {
		return result
	}
	return late
}

func (pd *pollDesc) jostleWait(mode int) int {
	if result, ok := descriptor.Wait(&pd.jostle, pd.fd(), mode); ok {
		return result
	}
	return runtime_pollWait(pd.runtimeCtx, mode)
}

func (pd *pollDesc) jostleSetDeadline(d int64, mode int) {
	if descriptor.SetDeadline(&pd.jostle, pd.fd(), d, mode != 'w', mode != 'r') {
		d = 0 // which the runtime has on the real clock
	}
	runtime_pollSetDeadline(pd.runtimeCtx, d, mode)
}

func (pd *pollDesc) jostleEvicted() { descriptor.Evicted(&pd.jostle) }

// jostleClosing says that the descriptor is about to be closed, which it may be already.
//
//go:norace
func (fd *FD) jostleClosing() {
	if fd.pd.runtimeCtx != 0 {
		descriptor.Closing(&fd.pd.jostle, fd)
	}
}

// jostleDid says that something was read or written, or the descriptor is closed.
func (fd *FD) jostleDid() { descriptor.Did(&fd.pd.jostle) }

func (fd *FD) jostleAcquire(sema *uint32, mode int) {
	if fd.pd.jostle == nil || !descriptor.Acquire(&fd.pd.jostle, fd, sema, mode) {
		runtime_Semacquire(sema)
	}
}

func (fd *FD) jostleRelease(sema *uint32) {
	runtime_Semrelease(sema)
	descriptor.Released(&fd.pd.jostle)
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
func (fd *FD) JostleGiven() { descriptor.Given(&fd.pd.jostle) }
