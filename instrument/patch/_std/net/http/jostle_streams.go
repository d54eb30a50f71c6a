//go:build !nethttpomithttp2

package http

import (
	"jostle/perturb"
	"net"
	"unsafe"
)

type (
	jostleRequest = perturb.Request
	jostleService = perturb.Service
)

// jostleCalls: see net.JostleCalls.
func (cs *http2clientStream) jostleCalls() (left func()) {
	return net.JostleCalls(&cs.jostle, unsafe.Pointer(cs.cc), cs.cc.tconn)
}

// jostleOpens notes that the request has its stream.
func (cs *http2clientStream) jostleOpens() {
	out, in := net.JostleFlows(cs.cc.tconn)
	cs.jostle.Opens(out, in, cs.ID)
}

// jostleServes notes that the calling goroutine runs the handler of a request: Server.Shutdown waits for its end.
func (sc *http2serverConn) jostleServes(st *http2stream) (done func()) {
	out, in := net.JostleFlows(sc.conn)
	st.jostle.Begin(out, in, st.id, st.ctx.Done())
	var active jostleKept
	active.Keep(unsafe.Pointer(sc.hs), jostleActive, perturb.Serving)
	return active.Back
}
