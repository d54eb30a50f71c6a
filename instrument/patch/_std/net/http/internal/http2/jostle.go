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

// jostleCalls: see net.JostleCalls.
func (cs *clientStream) jostleCalls() (left func()) {
	return net.JostleCalls(&cs.jostle, unsafe.Pointer(cs.cc), cs.cc.tconn)
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
