package testing

import _ "unsafe" // for go:linkname

// jostleCleanup is t.Cleanup, but that f and what asks for it are not found in what t logs.
//
//go:linkname jostleCleanup jostle/internal/worker.testingCleanup
func jostleCleanup(t *T, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}
