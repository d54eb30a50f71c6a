//go:build !linux

package worker

// closedWorld reports whether every socket and pipe that the process has open leads back to the process itself. known is
// false where that cannot be found out, as here.
func closedWorld() (closed, known bool) { return false, false }
