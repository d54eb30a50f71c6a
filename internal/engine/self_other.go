//go:build !amd64 && !arm64

package engine

// getg returns the number of the running goroutine, read from its own stack trace: slow (about a microsecond), and the
// only way on a processor for which there is no assembly here.
func getg() uintptr { return uintptr(goroutineID()) }
