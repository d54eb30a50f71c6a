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

// jostleCalls notes that the calling goroutine waits for the answer to a request, and before that for one of the streams that the
// server allows.
func (cs *http2clientStream) jostleCalls() (left func()) {
	name := "HTTP/2 stream"
	if out, _ := net.JostleFlows(cs.cc.tconn); out != nil {
		name += " to " + cs.cc.tconn.RemoteAddr().String()
	}
	cs.jostle.Begin(unsafe.Pointer(cs.cc), name)
	return cs.jostle.Left
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
