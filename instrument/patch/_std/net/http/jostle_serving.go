package http

// jostleServes notes that the calling goroutine runs a handler in an HTTP/2 connection.
func jostleServes(h Handler) (done func()) {
	if h, ok := h.(serverHandler); ok {
		return jostleServing(h.srv)
	}
	return func() {}
}
