package httptest

import (
	"jostle/perturb"
	"unsafe"
)

// jostleCloses notes that Server.Close waits for the end of active connections: see package http.
func jostleCloses(s *Server) (done func()) {
	return perturb.Awaits(unsafe.Pointer(s.Config), "active connection", true)
}
