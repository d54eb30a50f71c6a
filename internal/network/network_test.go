package network_test

import (
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/network"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/perturb"
)

var site = &perturb.Site{File: "x.go", Line: 1, Key: 1}

// run runs body as an execution.
func run(t *testing.T, bytes []byte, body func()) *trace.Snapshot {
	t.Helper()
	return enginetest.Run(t, new(engine.Execution), schedule.NewReader(bytes), engine.Limits{}, body)
}

func ip(s string, port int) network.Addr { return network.IP(netip.MustParseAddr(s), port) }

// listen returns a listener of the execution.
func listen(t *testing.T, proto network.Proto) *network.Listener {
	t.Helper()
	a := ip("127.0.0.1", 0)
	if proto == network.Unix {
		a = network.Addr{Path: filepath.Join(t.TempDir(), "s")}
	}
	l, err := network.Current().Listen(proto, a, false, 128)
	require.NoError(t, err)
	return l
}

// dial returns an end that is connected with l.
func dial(t *testing.T, proto network.Proto, l *network.Listener) *network.Conn {
	t.Helper()
	c := network.Current().NewConn(proto)
	require.NoError(t, c.Connect(l.Local()))
	return c
}

// pair returns both ends of a connection.
func pair(t *testing.T, proto network.Proto) (a, b *network.Conn) {
	t.Helper()
	l := listen(t, proto)
	a = dial(t, proto, l)
	b, err := l.Accept()
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return a, b
}

func TestEcho(t *testing.T) {
	for _, proto := range protos {
		var got string
		snap := run(t, nil, func() {
			a, b := pair(t, proto)
			perturb.Go(func() {
				p := make([]byte, 10)
				n, _ := b.Read(p)
				_, _ = b.Write(p[:n])
				_ = b.Close()
			}, site)
			_, err := a.Write([]byte("hello"))
			require.NoError(t, err)
			p := make([]byte, 10)
			n, err := a.Read(p)
			require.NoError(t, err)
			got = string(p[:n])
		})
		assert.Equal(t, trace.AllEnded, snap.Quiet)
		assert.Equal(t, "hello", got)
	}
}
