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

// jostleInTurn sets whether whoever starts or wakes the calling goroutine, or one that it starts from now on, stops at once. It returns
// what was so before.
//
//go:linkname jostleInTurn jostle/internal/engine.runtimeInTurn
func jostleInTurn(on bool) (before bool) {
	gp := getg()
	before, gp.serial = gp.serial, on
	return before
}

// jostleBubble runs f in a bubble.
//
//go:linkname jostleBubble jostle/internal/worker.runtimeBubble
func jostleBubble(f func()) { synctestRun(f) }

// jostleWakep has another processor look for work, as gp can run, unless the caller's is about to run it.
func (gp *g) jostleWakep() {
	if b := gp.bubble; !gp.serial && (b == nil || !b.serial) {
		wakep()
	}
}

// jostleStackSize returns how large the stack of a goroutine is that begins.
func jostleStackSize() uint32 { return max(startingStackSize, 8<<10) }
