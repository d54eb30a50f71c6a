package http2

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
func (cs *clientStream) jostleCalls() (left func()) {
	name := "HTTP/2 stream"
	if out, _ := net.JostleFlows(cs.cc.tconn); out != nil {
		name += " to " + cs.cc.tconn.RemoteAddr().String()
	}
	cs.jostle.Begin(unsafe.Pointer(cs.cc), name)
	return cs.jostle.Left
}

// jostleOpens notes that the request has its stream.
func (cs *clientStream) jostleOpens() {
	out, in := net.JostleFlows(cs.cc.tconn)
	cs.jostle.Opens(out, in, cs.ID)
}

// jostleServes notes that the calling goroutine runs the handler of a request.
func (sc *serverConn) jostleServes(st *stream) {
	out, in := net.JostleFlows(sc.conn)
	st.jostle.Begin(out, in, st.id, st.ctx.Done())
}
