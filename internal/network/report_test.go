package network_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/network"
	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
	"github.com/jostle-dev/jostle/perturb"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	serves = &perturb.Site{File: "server.go", Line: 7, Func: "serve", Op: trace.OpGo, Name: "go", Starts: "serve", Expr: "serve", Key: 2}
	asks   = &perturb.Site{File: "client.go", Line: 3, Func: "ask", Op: trace.OpLock, Kind: trace.Mutex, Name: "MutexLock", Expr: "c.mu", Key: 3}
	does   = &perturb.Site{File: "server.go", Line: 9, Func: "serve", Op: trace.OpLock, Kind: trace.Mutex, Name: "MutexLock", Expr: "c.mu", Key: 4}
)

// TestReports: what never ends at a socket is explained by who uses the other end.
func TestReports(t *testing.T) {
	for _, c := range []struct {
		name, want string
		body       func(t *testing.T)
	}{
		{"lock across a request", "deadlock (rule 1)", func(t *testing.T) {
			a, b := pair(t, network.TCP)
			var mu sync.Mutex
			perturb.Go(func() {
				_, _ = b.Read(make([]byte, 1))
				perturb.MutexLock(&mu, does)
				_, _ = b.Write([]byte("x"))
			}, serves)
			perturb.MutexLock(&mu, asks)
			_, _ = a.Write([]byte("x"))
			_, _ = a.Read(make([]byte, 1))
		}},
		{"both read first", "deadlock (rule 2)", func(t *testing.T) {
			a, b := pair(t, network.Unix)
			perturb.Go(func() {
				_, _ = b.Read(make([]byte, 1))
				_, _ = b.Write([]byte("x"))
			}, serves)
			_, _ = a.Read(make([]byte, 1))
		}},
		{"both write only", "deadlock (rule 2)", func(t *testing.T) {
			a, b := pair(t, network.TCP)
			much := make([]byte, 1<<20)
			perturb.Go(func() { _, _ = b.Write(much) }, serves)
			_, _ = a.Write(much)
		}},
		{"never closed", "leak (rule 4)", func(t *testing.T) {
			l := listen(t, network.TCP)
			perturb.Go(func() {
				c, err := l.Accept()
				assert.NoError(t, err)
				for err == nil {
					_, err = c.Read(make([]byte, 1))
				}
			}, serves)
			_, _ = dial(t, network.TCP, l).Write([]byte("x"))
		}},
		{"server never closed", "leak (rule 4)", func(t *testing.T) {
			l := listen(t, network.TCP)
			perturb.Go(func() { _, _ = l.Accept() }, serves)
		}},
		{"no answer to a packet", "deadlock (rule 4)", func(t *testing.T) {
			a, b := packet(t, "127.0.0.1", 0), packet(t, "127.0.0.1", 0)
			perturb.Go(func() { receive(t, b) }, serves)
			_, _ = a.WriteTo([]byte("x"), b.Local())
			receive(t, a)
		}},
		{"both ends left open", "leak (rule 4)", func(t *testing.T) {
			a, b := pair(t, network.TCP)
			perturb.Go(func() {
				for {
					if _, err := b.Read(make([]byte, 1)); err != nil {
						return
					}
					_, _ = b.Write([]byte("y"))
				}
			}, serves)
			_, _ = a.Write([]byte("x"))
			_, _ = a.Read(make([]byte, 1))
			perturb.Go(func() { _, _ = a.Read(make([]byte, 1)) }, serves)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verdict.Of(run(t, nil, func() { c.body(t) }), nil)
			assert.Equal(t, c.want, v.String())
			here, err := os.Getwd()
			require.NoError(t, err)
			var got strings.Builder
			require.NoError(t, report.Text(&got, v, report.Options{Dir: here})) // as it is named in any checkout
			text := got.String()
			golden := filepath.Join("testdata", strings.ReplaceAll(c.name, " ", "-")+".golden")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(text), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), text)
		})
	}
}
