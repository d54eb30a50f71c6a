//go:build !race

package runtime

import (
	"internal/runtime/sys"
	_ "unsafe" // for go:linkname
)

// jostleAccess is told of each load and store of the packages that the compiler has put calls of the functions below into: the memory,
// where the call returns to, and whether it is a store. Nil: nobody wants to know.
var jostleAccess func(addr, size, pc uintptr, write bool)

//go:linkname jostleWatch jostle/internal/engine.watch
func jostleWatch(f func(addr, size, pc uintptr, write bool)) { jostleAccess = f }

func raceread(addr uintptr) {
	if jostleAccess != nil {
		jostleTell(addr, 1, sys.GetCallerPC(), false)
	}
}

func racewrite(addr uintptr) {
	if jostleAccess != nil {
		jostleTell(addr, 1, sys.GetCallerPC(), true)
	}
}

func racereadrange(addr, size uintptr) {
	if jostleAccess != nil {
		jostleTell(addr, size, sys.GetCallerPC(), false)
	}
}

func racewriterange(addr, size uintptr) {
	if jostleAccess != nil {
		jostleTell(addr, size, sys.GetCallerPC(), true)
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
