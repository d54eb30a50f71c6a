//go:build plain

package conformance

import (
	"runtime"
	_ "unsafe" // for go:linkname

	"github.com/jostle-dev/jostle/internal/engine"
)

// What the compiler calls before loads and stores is in package runtime of an instrumented build (instrument/patch). These programs
// are built beside a runtime that does not have it.

var told func(addr, size, pc uintptr, write bool)

func init() {
	engine.Watch = func(f func(addr, size, pc uintptr, write bool)) { told = f }
	engine.Unwatch = func(uintptr) {}
	engine.StartLine = func(*runtime.Frame) int { return 0 }
}

//go:norace
//go:noinline
func tell(addr, size uintptr, write bool) {
	if f := told; f != nil {
		var pcs [1]uintptr
		if runtime.Callers(3, pcs[:]); pcs[0] != 0 {
			f(addr, size, pcs[0], write)
		}
	}
}

//go:linkname raceread runtime.raceread
//go:norace
func raceread(addr uintptr) { tell(addr, 1, false) }

//go:linkname racewrite runtime.racewrite
//go:norace
func racewrite(addr uintptr) { tell(addr, 1, true) }

//go:linkname racereadrange runtime.racereadrange
//go:norace
func racereadrange(addr, size uintptr) { tell(addr, size, false) }

//go:linkname racewriterange runtime.racewriterange
//go:norace
func racewriterange(addr, size uintptr) { tell(addr, size, true) }

//go:linkname racefuncenter runtime.racefuncenter
//go:norace
func racefuncenter(uintptr) {}

//go:linkname racefuncexit runtime.racefuncexit
//go:norace
func racefuncexit() {}
