package report

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/verdict"
)

// The sentence names what is waited for, and the line of the module under test that waits.
func TestStalled(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.com/a\n"), 0o644))
	mine := "example.com/a/b.TestA(0x1)\n\t" + filepath.Join(root, "b", "a_test.go") + ":81 +0x1a\n"
	read := "internal/poll.runtime_pollWait(0x1, 0x72)\n\t" + goroot + "runtime/netpoll.go:351 +0x85\n" +
		"net.(*netFD).Read(0x1, {0x2, 0x3})\n\t" + goroot + "net/fd_posix.go:68 +0x25\nnet.(*conn).Read(0x1, {0x2, 0x3})\n\t" + goroot + "net/net.go:194 +0x45\n"
	for _, tt := range []struct{ name, stack, want string }{
		{
			"a socket", "goroutine 7 [IO wait, synctest bubble 2]:\n" + read + mine,
			"g2 TestA waits for a socket in net.(*conn).Read at b/a_test.go:81, where no schedule reaches",
		},
		{
			"another goroutine of a library waits for the socket",
			"goroutine 7 [select]:\nnet/http.(*persistConn).roundTrip(0x1)\n\t/go/src/net/http/transport.go:9 +0x1\nnet/http.(*Client).Post(...)\n\t/go/src/net/http/client.go:9 +0x1\n" + mine,
			"g2 TestA waits in net/http.(*Client).Post at b/a_test.go:81, where no schedule reaches",
		},
		{
			"a process", "goroutine 7 [syscall, 1 minutes]:\nsyscall.Syscall6(0x1)\n\t/go/src/syscall/syscall.go:9 +0x1\nos.(*Process).Wait(0x1)\n\t/go/src/os/exec.go:9 +0x1\nos/exec.(*Cmd).Wait(0x1)\n\t/go/src/os/exec/exec.go:9 +0x1\n" + mine,
			"g2 TestA waits for a child process in os/exec.(*Cmd).Wait at b/a_test.go:81, where no schedule reaches",
		},
		{
			"a pipe", "goroutine 7 [IO wait]:\nos.(*File).Read(0x1)\n\t/go/src/os/file.go:9 +0x1\n" + mine,
			"g2 TestA waits for a file or a pipe in os.(*File).Read at b/a_test.go:81, where no schedule reaches",
		},
		{
			"C", "goroutine 7 [syscall, locked to thread]:\nexample.com/a/b._Cfunc_nap(0x1)\n\t_cgo_gotypes.go:9 +0x1\n" + mine,
			"g2 TestA runs C code in example.com/a/b._Cfunc_nap at b/a_test.go:81, where no schedule reaches",
		},
		{"a loop", "goroutine 7 [runnable]:\n" + mine, "g2 TestA is busy at b/a_test.go:81, where no schedule reaches"},
		{
			"a goroutine of a library, which the code under test is not in",
			"goroutine 7 [IO wait]:\n" + read + "example.com/lib.(*server).accept(0x1)\n\t/go/pkg/mod/example.com/lib@v1.2.3/server.go:301 +0x1\n" +
				"example.com/lib.New.func2()\n\t/go/pkg/mod/example.com/lib@v1.2.3/server.go:17 +0x1\n",
			"g2 TestA waits for a socket in net.(*conn).Read at /go/pkg/mod/example.com/lib@v1.2.3/server.go:301, where no schedule reaches",
		},
		{
			"a goroutine of Go's own",
			"goroutine 7 [IO wait]:\n" + read + "net/http.(*conn).serve(0x1)\n\t" + goroot + "net/http/server.go:9 +0x1\n" +
				"created by net/http.(*Server).Serve in goroutine 6\n\t" + goroot + "net/http/server.go:8 +0x1\n",
			"g2 TestA waits for a socket in net/http.(*conn).serve, where no schedule reaches",
		},
		{"no stack", "", "g2 TestA blocks or is busy, where no schedule reaches"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, Stalled(verdict.NewStall("g2 TestA", tt.stack, time.Second), filepath.Join(root, "b"), root))
		})
	}
}
