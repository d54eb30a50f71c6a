package runtime

import _ "unsafe" // for go:linkname

// jostleSerial says that of the goroutines of the caller's bubble one runs at a time.
//
//go:linkname jostleSerial jostle/internal/engine.serial
func jostleSerial() {
	if b := getg().bubble; b != nil {
		b.serial = true
	}
}

// jostleWakep has another processor look for work, as gp can run, unless the caller's is about to run it.
func (gp *g) jostleWakep() {
	if b := gp.bubble; b == nil || !b.serial {
		wakep()
	}
}

// jostleStackSize returns how large the stack of a goroutine is that begins.
func jostleStackSize() uint32 { return max(startingStackSize, 8<<10) }
