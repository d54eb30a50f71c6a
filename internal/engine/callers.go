//go:build amd64 || arm64

package engine

// callers fills pcs with the return addresses on the stack of the calling goroutine, the innermost first, and returns how many
// these are. It follows the frame pointers: runtime.Callers takes microseconds, more than all else that a sync point does.
//
//go:noescape
func callers(pcs []uintptr) int
