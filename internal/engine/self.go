//go:build amd64 || arm64

package engine

// getg returns the address of the running goroutine's descriptor. It is unique among live goroutines and constant for
// the life of each; it is compared and never followed, so it depends on no layout of the runtime.
//
//go:noescape
func getg() uintptr
