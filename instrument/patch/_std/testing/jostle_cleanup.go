package testing

import (
	"runtime"
	_ "unsafe" // for go:linkname
)

// jostleCallers is what T.Run of a test calls to know its callers. They are looked at for the tests of tests only.
func jostleCallers(of *common, pc []uintptr) int {
	if of.level == 0 {
		return 0
	}
	return runtime.Callers(3, pc)
}

// jostleCleanup is t.Cleanup, but that f and what asks for it are not found in what t logs.
//
//go:linkname jostleCleanup jostle/internal/worker.testingCleanup
func jostleCleanup(t *T, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}
