//go:build !race

package runtime

import (
	"internal/runtime/sys"
	_ "unsafe" // for go:linkname
)

// jostleAccess is called before each load and store of a package that the compiler has put calls of the functions below into. pc is
// where such a call returns to. It is nil while nothing is recorded and no access is a sync point.
var jostleAccess func(addr, size, pc uintptr, write bool)

//go:linkname jostleWatch jostle/internal/engine.watch
func jostleWatch(f func(addr, size, pc uintptr, write bool)) { jostleAccess = f }

// jostleCold has places, as return addresses, for which jostleAccess need not be called: the last ones of which that became known.
var jostleCold [1 << 12]uintptr

// jostleUnwatch says that jostleAccess need not be called for a place; 0 stands for none.
//
//go:linkname jostleUnwatch jostle/internal/engine.unwatch
func jostleUnwatch(pc uintptr) {
	if pc == 0 {
		clear(jostleCold[:])
		return
	}
	jostleCold[pc%uintptr(len(jostleCold))] = pc
}

// jostleWants reports whether jostleAccess is to be called for a place.
func jostleWants(pc uintptr) bool {
	return jostleAccess != nil && jostleCold[pc%uintptr(len(jostleCold))] != pc
}

func raceread(addr uintptr) {
	if pc := sys.GetCallerPC(); jostleWants(pc) {
		jostleTell(addr, 1, pc, false)
	}
}

func racewrite(addr uintptr) {
	if pc := sys.GetCallerPC(); jostleWants(pc) {
		jostleTell(addr, 1, pc, true)
	}
}

func racereadrange(addr, size uintptr) {
	if pc := sys.GetCallerPC(); jostleWants(pc) {
		jostleTell(addr, size, pc, false)
	}
}

func racewriterange(addr, size uintptr) {
	if pc := sys.GetCallerPC(); jostleWants(pc) {
		jostleTell(addr, size, pc, true)
	}
}

// jostleTell leaves out what a goroutine has on its own stack: no other can reach it.
func jostleTell(addr, size, pc uintptr, write bool) {
	gp := getg()
	if f := jostleAccess; f != nil && (addr < gp.stack.lo || addr >= gp.stack.hi) {
		f(addr, size, pc, write)
	}
}

//go:nosplit
func racefuncenter(uintptr) {}

//go:nosplit
func racefuncexit() {}

//go:linkname jostleStartLine jostle/internal/engine.startLine
func jostleStartLine(f *Frame) int { return f.startLine }
