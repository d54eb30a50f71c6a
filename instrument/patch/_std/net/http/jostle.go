package http

import (
	"jostle/perturb"
	"net"
	"unsafe"
)

type jostleKept = perturb.Kept

func jostleName(key connectMethodKey) string { return "connection to " + key.addr }

// jostleWaits notes that a request waits for one of the connections that Transport.MaxConnsPerHost allows.
func jostleWaits(t *Transport, key connectMethodKey) (done func()) {
	return perturb.Awaits(unsafe.Pointer(t), jostleName(key), false)
}

// jostleTakes notes that a request has got its connection.
func jostleTakes(t *Transport, key connectMethodKey, pc *persistConn) *persistConn {
	if pc != nil && pc.alt == nil && t.MaxConnsPerHost > 0 {
		pc.held.Keep(unsafe.Pointer(t), jostleName(key), perturb.Using)
	}
	return pc
}

func (pc *persistConn) jostleResponse() string { return "response from " + pc.cacheKey.addr }

// jostleHands notes that a request has got its response, whose body keeps the connection.
func (pc *persistConn) jostleHands(r *Response) {
	pc.held.Until(perturb.Body)
	if r.Body != nil && r.Body != NoBody && r.StatusCode != StatusSwitchingProtocols {
		pc.body.Keep(unsafe.Pointer(pc), pc.jostleResponse(), perturb.Body)
	}
}

// jostleAwaits notes that the goroutine that reads from the connection waits until the body of a response was read or closed, and
// jostleRead that this is over.
func (pc *persistConn) jostleAwaits() {
	pc.bodyRead = perturb.Awaits(unsafe.Pointer(pc), pc.jostleResponse(), true)
}

func (pc *persistConn) jostleRead() {
	pc.body.Back()
	if pc.bodyRead != nil {
		pc.bodyRead()
	}
	pc.bodyRead = nil
}

// jostleAnswer notes that a request waits for the answer to it, which the connection's own goroutine reads.
func jostleAnswer(pc *persistConn) (done func()) {
	c := pc.conn
	if over, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS
		c = over.NetConn()
	}
	if c, ok := c.(interface{ JostleAwaits() func() }); ok {
		return c.JostleAwaits()
	}
	return func() {}
}

// jostleState notes from when to when a connection is active: Server.Shutdown waits for its end. In HTTP/2, which has no hooks run, the
// handlers are.
func jostleState(c *conn, state ConnState, runHook bool) {
	if state == StateActive && runHook {
		c.held.Keep(unsafe.Pointer(c.server), jostleActive, perturb.Serving)
	} else {
		c.held.Back()
	}
}

const jostleActive = "active connection"

// JostleShutdown notes that a goroutine waits for the end of a server's active connections. Package httptest calls it too.
func JostleShutdown(s *Server) (done func()) {
	return perturb.Awaits(unsafe.Pointer(s), jostleActive, true)
}

// jostleServing notes that the calling goroutine runs a handler in a connection of HTTP/2: Server.Shutdown waits for its end.
func jostleServing(s *Server) (done func()) {
	var active jostleKept
	active.Keep(unsafe.Pointer(s), jostleActive, perturb.Serving)
	return active.Back
}
