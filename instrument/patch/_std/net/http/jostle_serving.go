package http

import (
	"jostle/perturb"
	"unsafe"
)

// jostleServes notes that the calling goroutine runs a handler in an HTTP/2 connection: Server.Shutdown waits for its end.
func jostleServes(h Handler) (done func()) {
	var active jostleKept
	if h, ok := h.(serverHandler); ok {
		active.Keep(unsafe.Pointer(h.srv), jostleActive, perturb.Serving)
	}
	return active.Back
}
