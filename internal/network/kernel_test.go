package network_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/network"
)

// The oracle is the kernel: the same operations, one after the other, on a pair of real sockets and on one in memory.

// An end is what both kinds of sockets can do.
type end interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	Close() error
	CloseRead() error
	CloseWrite() error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// says returns what came of an operation, as both kinds say it.
func says(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil:
		return "ok"
	case err == io.EOF:
		return "EOF"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "late"
	case errors.Is(err, net.ErrClosed), errors.Is(err, network.ErrClosed):
		return "closed"
	case errors.As(err, &errno):
		return errno.Error()
	}
	return "?" + err.Error()
}

// perform does the operations of a script on the ends a and b, and returns what came of each. "a write 5", "b read 3", "a close",
// "a closeread", "a closewrite", "a linger".
func perform(script string, a, b end, linger func(end), patience time.Duration) string {
	var log []string
	for _, step := range strings.Split(script, "; ") {
		words := strings.Fields(step)
		e, n := a, 0
		if words[0] == "b" {
			e = b
		}
		if len(words) > 2 {
			fmt.Sscan(words[2], &n)
		}
		var err error
		count := ""
		switch words[1] {
		case "read":
			_ = e.SetReadDeadline(time.Now().Add(patience))
			n, err = e.Read(make([]byte, n))
			count = fmt.Sprint(n, " ")
		case "write":
			_ = e.SetWriteDeadline(time.Now().Add(patience))
			n, err = e.Write(make([]byte, n))
			count = fmt.Sprint(n, " ")
		case "close":
			err = e.Close()
		case "closeread":
			err = e.CloseRead()
		case "closewrite":
			err = e.CloseWrite()
		case "linger":
			linger(e)
		}
		log = append(log, step+": "+count+says(err))
	}
	return strings.Join(log, "\n")
}

// inKernel returns what the script does to real sockets.
func inKernel(t *testing.T, proto, script string) string {
	address := "127.0.0.1:0"
	if proto == "unix" {
		address = filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(proto, address)
	require.NoError(t, err)
	defer l.Close()
	a, err := net.Dial(proto, l.Addr().String())
	require.NoError(t, err)
	defer a.Close()
	b, err := l.Accept()
	require.NoError(t, err)
	defer b.Close()
	linger := func(e end) {
		if c, ok := e.(*net.TCPConn); ok {
			_ = c.SetLinger(0)
		}
	}
	return perform(script, a.(end), b.(end), linger, 30*time.Millisecond)
}

// inMemory returns what the script does to sockets of this package.
func inMemory(t *testing.T, proto network.Proto, script string) (log string) {
	run(t, nil, func() {
		a, b := pair(t, proto)
		log = perform(script, a, b, func(e end) { e.(*network.Conn).SetLinger(0) }, 30*time.Millisecond)
	})
	return log
}

var protos = map[string]network.Proto{"tcp": network.TCP, "unix": network.Unix}

func TestAsTheKernel(t *testing.T) {
	for _, script := range []string{
		"a write 5; b read 3; b read 3; b read 3",
		"a write 5; a close; b read 9; b read 9; b read 9; b write 1; b write 1; b write 1; b read 1",
		"a write 5; b close; a read 9; a read 9; a write 1; a write 1",
		"a write 5; b write 5; b close; a read 9; a read 9; a write 1",
		"a closewrite; b read 1; b write 4; a read 9; b close; a read 1; a write 1",
		"a closewrite; a closewrite; a write 1; b close; a closewrite; a read 1",
		"a closeread; a read 1; b write 4; a read 9; a read 1; b write 1",
		"a closeread; a closewrite; b read 1; b write 3; b write 3; b read 1; a read 1; a closewrite",
		"a linger; a close; b read 1; b read 1; b write 1; b closewrite",
		"b write 4; a linger; a close; b read 1; b read 1; b write 1",
		"a write 4; a linger; a close; b read 1; b read 9; b read 1",
		"a closewrite; b read 1; a linger; a close; b write 1; b write 1; b read 1",
		"a close; a close; a read 1; a write 1; a closewrite; a read 0; a write 0",
		"a read 0; a write 0; b read 1; a close; b read 0; b write 0; b write 0; b write 0",
		"a write 5; b close; b read 1; a write 0; a write 0",
	} {
		for name, proto := range protos {
			if name == "unix" && strings.Contains(script, "linger") {
				continue
			}
			assert.Equal(t, inKernel(t, name, script), inMemory(t, proto, script), "%s: %s", name, script)
		}
	}
}

func TestAsTheKernelAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"read 3", "read 9", "write 4", "write 2", "write 0", "close", "closeread", "closewrite", "linger"}
	for range 40 {
		var steps []string
		for range 4 + r.IntN(8) {
			steps = append(steps, string("ab"[r.IntN(2)])+" "+words[r.IntN(len(words))])
		}
		script := strings.Join(steps, "; ")
		assert.Equal(t, inKernel(t, "tcp", script), inMemory(t, network.TCP, script), "tcp: %s", script)
		script = strings.ReplaceAll(script, "linger", "read 1")
		assert.Equal(t, inKernel(t, "unix", script), inMemory(t, network.Unix, script), "unix: %s", script)
	}
}
