package http

import (
	"jostle/perturb"
	"net"
	"unsafe"
)

type jostleKept = perturb.Kept

const jostleBody = perturb.Body

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

// jostleState notes from when to when a connection is active: Server.Shutdown waits for its end.
func jostleState(c *conn, state ConnState) {
	if state == StateActive {
		c.held.Keep(unsafe.Pointer(c.server), jostleActive, perturb.Serving)
	} else {
		c.held.Back()
	}
}

const jostleActive = "active connection"

func jostleShutdown(s *Server) (done func()) {
	return perturb.Awaits(unsafe.Pointer(s), jostleActive, true)
}
