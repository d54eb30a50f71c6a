package patch

import "slices"

// Sockets of an execution are in memory (internal/network): what package net does with a descriptor it does with one of those, where a
// netFD has it. Everything above that, addresses, names and errors, is package net's.
var network = group{
	name: "network",
	loss: "sockets are the machine's, so tests with goroutines that wait at one will run live",
	edits: slices.Concat(
		[]edit{
			{file: "net/fd_posix.go", in: "netFD", put: ` mem *jostleSocket; `},
			{file: "net/sock_posix.go", in: "socket", put: ` if fd, err := jostleOpen(ctx, net, family, sotype, proto, ipv6only, laddr, raddr, ctrlCtxFn); fd != nil || err != nil { return fd, err }; `},
			{file: "net/splice_linux.go", in: "spliceFrom", put: ` if jostleCopies(c, r) { return 0, nil, false }; `},
			{file: "net/splice_linux.go", in: "spliceTo", put: ` if jostleCopies(c, w) { return 0, nil, false }; `},
			{file: "net/sendfile.go", in: "sendFile", put: ` if jostleCopies(c, r) { return 0, nil, false }; `},
		},
		instead("net/fd_posix.go", "fd.mem != nil", [][2]string{
			{"netFD.Close", `fd.mem.close()`}, {"netFD.closeRead", `fd.mem.closeRead()`}, {"netFD.closeWrite", `fd.mem.closeWrite()`},
			{"netFD.Read", `fd.mem.read(p)`}, {"netFD.readFrom", `fd.mem.readFrom(p)`}, {"netFD.readFromInet4", `fd.mem.readFromInet4(p, from)`},
			{"netFD.readFromInet6", `fd.mem.readFromInet6(p, from)`}, {"netFD.readMsg", `fd.mem.readMsg(p)`},
			{"netFD.readMsgInet4", `fd.mem.readMsgInet4(p, sa)`}, {"netFD.readMsgInet6", `fd.mem.readMsgInet6(p, sa)`},
			{"netFD.Write", `fd.mem.write(p)`}, {"netFD.writeTo", `fd.mem.writeTo(p, sa)`}, {"netFD.writeToInet4", `fd.mem.writeTo(p, sa)`},
			{"netFD.writeToInet6", `fd.mem.writeTo(p, sa)`}, {"netFD.writeMsg", `fd.mem.writeMsg(p, oob, sa)`},
			{"netFD.writeMsgInet4", `fd.mem.writeMsgInet4(p, oob, sa)`}, {"netFD.writeMsgInet6", `fd.mem.writeMsgInet6(p, oob, sa)`},
			{"netFD.SetDeadline", `fd.mem.setDeadline(t)`}, {"netFD.SetReadDeadline", `fd.mem.setReadDeadline(t)`},
			{"netFD.SetWriteDeadline", `fd.mem.setWriteDeadline(t)`},
		}),
		instead("net/fd_unix.go", "fd.mem != nil", [][2]string{{"netFD.accept", `fd.mem.accept()`}, {"netFD.dup", `nil, fd.mem.none("dup")`}}),
		instead("net/writev_unix.go", "fd.mem != nil", [][2]string{{"netFD.writeBuffers", `fd.mem.writeBuffers(v)`}}),
		instead("net/rawconn.go", "c.ok() && c.fd.mem != nil", [][2]string{
			{"rawConn.Control", `c.fd.mem.control(f)`}, {"rawConn.Read", `c.fd.mem.raw("raw-read")`},
			{"rawConn.Write", `c.fd.mem.raw("raw-write")`}, {"rawConn.PollFD", `nil`},
		}),
		instead("net/sockopt_posix.go", "fd.mem != nil", [][2]string{
			{"setReadBuffer", `nil`}, {"setWriteBuffer", `nil`}, {"setKeepAlive", `nil`}, {"setLinger", `fd.mem.setLinger(sec)`},
		}),
		instead("net/tcpsockopt_posix.go", "fd.mem != nil", [][2]string{{"setNoDelay", `nil`}}),
		instead("net/tcpsockopt_unix.go", "fd.mem != nil", [][2]string{
			{"setKeepAliveIdle", `nil`}, {"setKeepAliveInterval", `nil`}, {"setKeepAliveCount", `nil`},
		}),
	),
	files: []string{"net/jostle.go", "jostle/network/network.go"},
}

// instead returns edits of functions of a file, each named with what it returns at once if a condition holds.
func instead(file, condition string, returns [][2]string) (edits []edit) {
	for _, r := range returns {
		edits = append(edits, edit{file: file, in: r[0], put: ` if ` + condition + ` { return ` + r[1] + ` }; `})
	}
	return edits
}
