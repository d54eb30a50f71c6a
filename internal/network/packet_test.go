package network_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/network"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/perturb"
)

func packet(t *testing.T, address string, port int) *network.Packet {
	t.Helper()
	p, err := network.Current().Packet(ip(address, port), false)
	require.NoError(t, err)
	return p
}

func receive(t *testing.T, p *network.Packet) (string, network.Addr) {
	t.Helper()
	b := make([]byte, 100)
	n, _, from, err := p.ReadFrom(b)
	require.NoError(t, err)
	return string(b[:n]), from
}

func TestPackets(t *testing.T) {
	snap := run(t, nil, func() {
		server, client := packet(t, "::", 53), packet(t, "127.0.0.1", 0)
		perturb.Go(func() {
			for range 2 {
				_, from := receive(t, server)
				_, err := server.WriteTo([]byte("answer"), from)
				assert.NoError(t, err)
			}
		}, site)
		for _, text := range []string{"one", ""} {
			_, err := client.WriteTo([]byte(text), ip("127.0.0.1", 53))
			require.NoError(t, err)
			got, from := receive(t, client)
			assert.Equal(t, "answer", got)
			assert.Equal(t, ip("127.0.0.1", 53), from)
		}
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
}

// TestPacketBorders: a packet is read whole or cut, and never joined with the next.
func TestPacketBorders(t *testing.T) {
	run(t, nil, func() {
		a, b := packet(t, "127.0.0.1", 0), packet(t, "127.0.0.1", 0)
		for _, text := range []string{"long one", "x"} {
			_, err := a.WriteTo([]byte(text), b.Local())
			require.NoError(t, err)
		}
		short := make([]byte, 4)
		n, size, _, err := b.ReadFrom(short)
		require.NoError(t, err)
		assert.Equal(t, "long", string(short[:n]))
		assert.Equal(t, 8, size)
		got, _ := receive(t, b)
		assert.Equal(t, "x", got)
	})
}

func TestConnectedPackets(t *testing.T) {
	run(t, nil, func() {
		server, other := packet(t, "0.0.0.0", 53), packet(t, "127.0.0.1", 0)
		client := packet(t, "0.0.0.0", 0)
		_, err := client.Write([]byte("?"))
		assert.Equal(t, syscall.EDESTADDRREQ, err)
		require.NoError(t, client.Connect(ip("127.0.0.1", 53)))
		_, err = client.Write([]byte("?"))
		require.NoError(t, err)
		_, from := receive(t, server)
		assert.Equal(t, client.Local(), from)
		_, err = other.WriteTo([]byte("not asked"), client.Local())
		require.NoError(t, err)
		_, err = server.WriteTo([]byte("answer"), from)
		require.NoError(t, err)
		got, _ := receive(t, client)
		assert.Equal(t, "answer", got)
	})
}

func TestPacketsAreDropped(t *testing.T) {
	run(t, nil, func() {
		a, b := packet(t, "127.0.0.1", 0), packet(t, "127.0.0.1", 0)
		for range 100 {
			n, err := a.WriteTo(make([]byte, 10_000), b.Local())
			require.NoError(t, err)
			require.Equal(t, 10_000, n)
		}
		require.NoError(t, b.SetReadDeadline(perturb.TimeNow().Add(time.Second)))
		count := 0
		for {
			if _, _, _, err := b.ReadFrom(make([]byte, 10)); err != nil {
				assert.Equal(t, os.ErrDeadlineExceeded, err)
				break
			}
			count++
		}
		assert.Equal(t, 20, count)
	})
}

func TestPacketErrors(t *testing.T) {
	run(t, nil, func() {
		a := packet(t, "127.0.0.1", 0)
		_, err := a.WriteTo(nil, ip("127.0.0.1", 9))
		assert.NoError(t, err, "nothing is there, and nothing says so")
		_, err = a.WriteTo(make([]byte, 1<<16), a.Local())
		assert.Equal(t, syscall.EMSGSIZE, err)
		_, err = a.WriteTo([]byte("x"), ip("192.0.2.1", 9))
		assert.Equal(t, syscall.ENETUNREACH, err)
		_, err = network.Current().Packet(a.Local(), false)
		assert.Equal(t, syscall.EADDRINUSE, err)
		perturb.Go(func() { _ = a.Close() }, site)
		_, _, _, err = a.ReadFrom(make([]byte, 1))
		assert.Equal(t, network.ErrClosed, err)
		assert.Equal(t, network.ErrClosed, a.Close())
		_, err = network.Current().Packet(a.Local(), false)
		assert.NoError(t, err)
	})
}
