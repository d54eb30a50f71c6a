package worker

import (
	"os"
	"path/filepath"
	"strings"
)

// A world is what leads out of the process.
type world struct {
	inherited map[string]string // descriptors that the process was started with
}

func newWorld() world { return world{inherited: descriptors()} }

// closed reports whether every socket and pipe that the process has open leads back to the process itself, so that
// nobody outside can end a wait for one. known is false where that cannot be found out.
func (w world) closed() (closed, known bool) {
	links := descriptors()
	if len(links) == 0 {
		return false, false
	}
	sockets, pipes := map[string]bool{}, map[string]int{}
	for fd, to := range links {
		if w.inherited[fd] == to {
			continue // what it was started with
		}
		if inode, ok := strings.CutPrefix(to, "socket:"); ok {
			sockets[strings.Trim(inode, "[]")] = true
		} else if strings.HasPrefix(to, "pipe:") {
			pipes[to]++
		}
	}
	for _, ends := range pipes {
		if ends < 2 {
			return false, true
		}
	}
	connections, ok := tcp()
	if !ok {
		return false, false
	}
	owner := map[string]string{} // inode by local and remote address
	own := map[string]bool{}
	for inode := range sockets {
		own[inode] = true
	}
	for _, c := range connections {
		owner[c.local+" "+c.remote] = c.inode
	}
	for _, c := range connections {
		if !sockets[c.inode] {
			continue
		}
		delete(sockets, c.inode)
		switch {
		case c.listens && !loopback(c.local):
			return false, true
		case !c.listens && !closedAt(c.state) && !own[owner[c.remote+" "+c.local]]:
			return false, true
		}
	}
	return len(sockets) == 0, true // others are of a kind that is not looked into
}

// descriptors returns what each open descriptor of the process is, as the kernel names it: "socket:[1]", "pipe:[2]".
func descriptors() map[string]string {
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil { // but for the one that was open to read the folder
			out[filepath.Base(l)] = to
		}
	}
	return out
}

type connection struct {
	local, remote, inode, state string
	listens                     bool
}

// The states of include/net/tcp_states.h in which nothing more comes.
func closedAt(state string) bool { return state == "07" || state == "08" }

// tcp reads the kernel's tables (Documentation/networking/proc_net_tcp.rst).
func tcp() ([]connection, bool) {
	var out []connection
	any := false
	for _, name := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		content, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		any = true
		for line := range strings.Lines(string(content)) {
			f := strings.Fields(line)
			if len(f) < 10 || f[0] == "sl" {
				continue
			}
			out = append(out, connection{local: f[1], remote: f[2], state: f[3], inode: f[9], listens: f[3] == "0A"})
		}
	}
	return out, any
}

// loopback reports whether an address of the tables is one that only this machine reaches.
func loopback(address string) bool {
	host, _, _ := strings.Cut(address, ":")
	return strings.HasSuffix(host, "7F") && (len(host) == 8 || strings.HasPrefix(host, "0000000000000000FFFF0000")) ||
		host == "00000000000000000000000001000000"
}
