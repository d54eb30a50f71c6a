//go:build !linux

package worker

// A world is what leads out of the process.
type world struct{}

func newWorld() world { return world{} }

// closed reports whether every socket and pipe that the process has open leads back to the process itself. known is
// false where that cannot be found out, as here.
func (w world) closed() (closed, known bool) { return false, false }
