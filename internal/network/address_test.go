package network_test

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/network"
)

// A place is an address to listen at, as package net has it and as this package has it.
type place struct {
	network string // tcp4, tcp6: IPv6 only; tcp: both
	ip      string
}

var places = []place{
	{"tcp4", "127.0.0.1"}, {"tcp4", "127.0.0.2"}, {"tcp4", "0.0.0.0"}, {"tcp6", "::1"}, {"tcp6", "::"}, {"tcp", "::"},
}

var targets = []string{"127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::"}

func (p place) kernel(port int) (*net.TCPListener, error) {
	return net.ListenTCP(p.network, &net.TCPAddr{IP: net.ParseIP(p.ip), Port: port})
}

func (p place) memory(port int) (*network.Listener, error) {
	return network.Current().Listen(network.TCP, ip(p.ip, port), p.network == "tcp6", 128)
}

func withIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here: ", err)
	}
	l.Close()
}

// TestWhichIsReached compares with the kernel: which dials reach which listeners, and which addresses the ends then have.
func TestWhichIsReached(t *testing.T) {
	withIPv6(t)
	for _, p := range places {
		for _, to := range targets {
			want := func() string {
				l, err := p.kernel(0)
				require.NoError(t, err)
				defer l.Close()
				c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.ParseIP(to), Port: l.Addr().(*net.TCPAddr).Port})
				if err != nil {
					return says(err)
				}
				defer c.Close()
				other, err := l.AcceptTCP()
				require.NoError(t, err)
				defer other.Close()
				of := func(a net.Addr) netip.Addr { return a.(*net.TCPAddr).AddrPort().Addr().Unmap() }
				return fmt.Sprint(of(c.LocalAddr()), of(c.RemoteAddr()), of(other.LocalAddr()), of(other.RemoteAddr()))
			}()
			got := ""
			run(t, nil, func() {
				l, err := p.memory(0)
				require.NoError(t, err)
				c := network.Current().NewConn(network.TCP)
				if err := c.Connect(ip(to, int(l.Local().Port()))); err != nil {
					got = says(err)
					return
				}
				other, err := l.Accept()
				require.NoError(t, err)
				assert.Equal(t, c.Local(), other.Remote())
				got = fmt.Sprint(c.Local().Addr(), c.Remote().Addr(), other.Local().Addr(), other.Remote().Addr())
			})
			assert.Equal(t, want, got, "%v is dialled where %v listens", to, p)
		}
	}
}

// TestWhichAreInUse compares with the kernel: which addresses cannot be listened at together.
func TestWhichAreInUse(t *testing.T) {
	withIPv6(t)
	for _, first := range places {
		for _, second := range places {
			want := func() string {
				l, err := first.kernel(0)
				require.NoError(t, err)
				defer l.Close()
				again, err := second.kernel(l.Addr().(*net.TCPAddr).Port)
				if err == nil {
					again.Close()
				}
				return says(err)
			}()
			run(t, nil, func() {
				l, err := first.memory(0)
				require.NoError(t, err)
				both, err := second.memory(int(l.Local().Port()))
				assert.Equal(t, want, says(err), "%v after %v", second, first)
				if err == nil {
					require.NoError(t, both.Close())
				}
				require.NoError(t, l.Close())
				_, err = second.memory(int(l.Local().Port()))
				assert.NoError(t, err, "%v when %v is closed", second, first)
			})
		}
	}
}

func TestAddressOfAnother(t *testing.T) {
	run(t, nil, func() {
		_, err := network.Current().Listen(network.TCP, ip("192.0.2.1", 0), false, 1)
		assert.Equal(t, "cannot assign requested address", err.Error())
	})
}

// TestPorts: each execution gives the same ports in the same order, and knows nothing of those before.
func TestPorts(t *testing.T) {
	for range 2 {
		run(t, nil, func() {
			n := network.Current()
			for _, want := range []uint16{32768, 32769, 32770} {
				assert.False(t, n.Has(network.TCP, ip("127.0.0.1", int(want))))
				l, err := n.Listen(network.TCP, ip("::", 0), false, 1)
				require.NoError(t, err)
				assert.Equal(t, want, l.Local().Port())
				assert.True(t, n.Has(network.TCP, ip("127.0.0.1", int(want))))
			}
			assert.False(t, n.Has(network.UDP, ip("127.0.0.1", 32768)))
		})
	}
	assert.Nil(t, network.Current(), "outside of executions")
}
