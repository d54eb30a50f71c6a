//go:build !amd64 && !arm64

package engine

import "runtime"

// callers fills pcs with the return addresses on the stack of the calling goroutine, the innermost first, and returns how many
// these are.
func callers(pcs []uintptr) int { return runtime.Callers(2, pcs) }
