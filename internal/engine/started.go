package engine

import (
	"runtime"

	"github.com/jostle-dev/jostle/internal/trace"
)

// RunStarted runs f on a goroutine that the go statement s has started outside of executions. The call says so on the goroutine's stack.
//
//go:noinline
func RunStarted(f func(), s *trace.Site) {
	f()
	runtime.KeepAlive(s)
}

// RunCall calls the literal that a rewritten go statement has in the place of its call. The call says on the goroutine's stack that
// the function it calls is not one of the source's.
//
//go:noinline
func RunCall(f func()) {
	f()
	runtime.KeepAlive(f)
}
