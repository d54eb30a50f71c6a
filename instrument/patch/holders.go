package patch

// Notes on what goroutines hold of the standard library and wait for in it: each is one line, and a place that a Go does not have costs no
// more than the notes of its group. A report says with them that the body of a response was not
// closed, and not that a channel of net/http is empty. They change nothing of what the code does.

var httpConnections = group{
	name: "connections of net/http",
	loss: "reports do not say which response or request keeps a connection of net/http",
	late: true,
	edits: []edit{
		{file: "net/http/transport.go", in: "persistConn", put: ` held, body jostleKept; bodyRead func(); `},
		{file: "net/http/transport.go", in: "Transport.getConn", put: ` if t.MaxConnsPerHost > 0 { defer jostleWaits(t, cm.key())() }; `},
		{file: "net/http/transport.go", in: "Transport.getConn", find: `return r.pc, r.err`, put: `return jostleTakes(t, w.key, r.pc), r.err`},
		{file: "net/http/transport.go", in: "persistConn.roundTrip", put: ` defer jostleAnswer(pc)(); `},
		{file: "net/http/transport.go", in: "persistConn.roundTrip", find: `return re.res, nil`, put: `pc.jostleHands(re.res); return re.res, nil`},
		{file: "net/http/transport.go", in: "persistConn.readLoop", find: `case rc.ch <- responseAndError{res: resp}:`, put: `case rc.ch <- responseAndError{res: resp}: pc.jostleAwaits()`, times: 2},
		{file: "net/http/transport.go", in: "persistConn.readLoop", find: `testHookReadLoopBeforeNextRead()`, put: `pc.jostleRead(); testHookReadLoopBeforeNextRead()`, times: 2},
		{file: "net/http/transport.go", in: "Transport.tryPutIdleConn", put: ` pconn.held.Back(); `},
		{file: "net/http/transport.go", in: "persistConn.closeLocked", put: ` pc.held.Back(); pc.body.Back(); `},
		{file: "net/http/server.go", in: "conn", put: ` held jostleKept; `},
		{file: "net/http/server.go", in: "conn.setState", put: ` jostleState(c, state, runHook); `},
		{file: "net/http/server.go", in: "Server.Shutdown", find: `timer := time.NewTimer(nextPollInterval())`, put: `defer JostleShutdown(s)(); timer := time.NewTimer(nextPollInterval())`},
		{file: "net/http/httptest/server.go", in: "Server.Close", find: `s.wg.Wait()`, put: `defer http.JostleShutdown(s.Config)(); s.wg.Wait()`},
	},
	files: []string{"net/http/jostle.go"},
}

// Of HTTP/2 the goroutines that read and write a connection are those of all requests in it: the notes are on the streams. They are in
// package net/http to Go 1.26, and in a package of their own from Go 1.27 on.
var httpStreams = group{
	name:  "streams of net/http",
	loss:  "reports do not say which response or request keeps a stream of HTTP/2",
	late:  true,
	edits: streams("http2", "net/http/h2_bundle.go", "net/http/h2_bundle.go", "roundTrip", ` defer jostleServing(sc.hs)();`),
	or: &group{
		edits: append(
			streams("", "net/http/internal/http2/transport.go", "net/http/internal/http2/server.go", "roundTrip", ""),
			edit{file: "net/http/http2.go", in: "http2Handler.ServeHTTP", put: ` defer jostleServes(h.h)(); `},
		),
		files: []string{"net/http/jostle_serving.go"},
	},
}

// streams returns the notes on an implementation of HTTP/2, the names of which begin with prefix; active notes that a handler is running,
// which a server waits for. Requests are made by the method call of a connection.
func streams(prefix, client, server, call, active string) []edit {
	return []edit{
		{file: client, in: prefix + "clientStream", put: ` jostle net.JostleRequest; `},
		{file: client, in: prefix + "ClientConn." + call, find: `go cs.doRequest(req, streamf)`, put: `defer net.JostleCalls(&cs.jostle, cc, cc.tconn)(); go cs.doRequest(req, streamf)`},
		{file: client, in: prefix + "ClientConn." + call, find: `return res, nil`, put: `cs.jostle.Answered(); return res, nil`},
		{file: client, in: prefix + "ClientConn.awaitOpenSlotForStreamLocked", find: `cc.cond.Wait()`, put: `jostleDone := cs.jostle.Waits(); cc.cond.Wait(); jostleDone()`},
		{file: client, in: prefix + "ClientConn.addStreamLocked", find: `cc.streams[cs.ID] = cs`, put: `cc.streams[cs.ID] = cs; net.JostleOpens(&cs.jostle, cc.tconn, cs.ID)`},
		{file: client, in: prefix + "clientStream.cleanupWriteRequest", find: `cc.forgetStreamID(cs.ID)`, put: `cs.jostle.Over(); cc.forgetStreamID(cs.ID)`},
		{file: client, in: prefix + "clientStream.awaitFlowControl", find: `cc.cond.Wait()`, put: `jostleDone := cs.jostle.Sends(cs.flow.n > 0); cc.cond.Wait(); jostleDone()`},
		{file: client, in: prefix + "transportResponseBody.Read", put: ` defer b.cs.jostle.Receives()(); `},
		{file: server, in: prefix + "stream", put: ` jostle net.JostleService; `},
		{file: server, in: prefix + "serverConn.runHandler", put: active + ` net.JostleServes(&rw.rws.stream.jostle, sc.conn, rw.rws.stream.id, rw.rws.stream.ctx.Done()); `},
		{file: server, in: prefix + "requestBody.Read", put: ` if b.stream != nil { defer b.stream.jostle.Receives()() }; `},
		{file: server, in: prefix + "requestBody.Read", find: `b.conn.noteBodyReadFromHandler(b.stream, n, err)`, put: `b.stream.jostle.Unread(-n); b.conn.noteBodyReadFromHandler(b.stream, n, err)`},
		{file: server, in: prefix + "serverConn.processData", find: `wrote, err := st.body.Write(data)`, put: `wrote, err := st.body.Write(data); st.jostle.Unread(wrote)`},
		{file: server, in: prefix + "serverConn.closeStream", put: ` st.jostle.Over(); `},
		{file: server, in: prefix + "serverConn.writeDataFromHandler", put: ` defer stream.jostle.Sends()(); `},
	}
}

var sqlConnections = group{
	name: "connections of database/sql",
	loss: "reports do not say which rows or transaction keep a connection of database/sql",
	late: true,
	edits: []edit{
		{file: "database/sql/sql.go", in: "driverConn", put: ` held jostleKept; `},
		{file: "database/sql/sql.go", in: "DB.conn", find: `delHandle := db.connRequests.Add(req)`, put: `defer jostleWaits(db)(); delHandle := db.connRequests.Add(req)`},
		{file: "database/sql/sql.go", in: "DB.conn", find: `return conn, nil`, put: `return jostleTakes(db, conn), nil`},
		{file: "database/sql/sql.go", in: "DB.conn", find: `return ret.conn, ret.err`, put: `return jostleTakes(db, ret.conn), ret.err`},
		{file: "database/sql/sql.go", in: "DB.conn", find: `return dc, nil`, put: `return jostleTakes(db, dc), nil`},
		{file: "database/sql/sql.go", in: "DB.putConn", put: ` dc.held.Back(); `},
		{file: "database/sql/sql.go", in: "DB.queryDC", find: `rows.initContextClose(ctx, txctx)`, put: `dc.held.Until(jostleRows); rows.initContextClose(ctx, txctx)`, times: 2},
		{file: "database/sql/sql.go", in: "Stmt.QueryContext", find: `rows.initContextClose(ctx, txctx)`, put: `dc.held.Until(jostleRows); rows.initContextClose(ctx, txctx)`},
		{file: "database/sql/sql.go", in: "DB.beginDC", find: `go tx.awaitDone()`, put: `dc.held.Until(jostleTx); go tx.awaitDone()`},
		{file: "database/sql/sql.go", in: "DB.Conn", find: `return conn, nil`, put: `dc.held.Until(jostleConn); return conn, nil`},
	},
	files: []string{"database/sql/jostle.go"},
}

var pipes = group{
	name: "pipes",
	loss: "reports do not say which goroutine has the other end of a net.Pipe or an io.Pipe",
	edits: []edit{
		{file: "net/pipe.go", in: "pipe.read", put: ` defer jostleReads(p)(); `},
		{file: "net/pipe.go", in: "pipe.write", put: ` defer jostleWrites(p)(); `},
		{file: "io/pipe.go", in: "pipe.read", put: ` defer jostleUses(p, false)(); `},
		{file: "io/pipe.go", in: "pipe.write", put: ` defer jostleUses(p, true)(); `},
	},
	files: []string{"net/jostle_pipe.go", "io/jostle.go"},
}
