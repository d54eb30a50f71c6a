package network_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/network"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/perturb"
)

func TestBulk(t *testing.T) {
	sent := make([]byte, 1<<20)
	for i := range sent {
		sent[i] = byte(i * i >> 8)
	}
	for _, proto := range protos {
		for seed := range 20 {
			var got []byte
			snap := run(t, []byte{byte(seed), byte(7 * seed), 3, byte(seed)}, func() {
				a, b := pair(t, proto)
				perturb.Go(func() {
					n, err := a.Write(sent)
					assert.NoError(t, err)
					assert.Equal(t, len(sent), n)
					assert.NoError(t, a.CloseWrite())
				}, site)
				got, _ = io.ReadAll(reading{b})
			})
			require.Equal(t, trace.AllEnded, snap.Quiet)
			require.True(t, bytes.Equal(sent, got), "%d bytes of %d", len(got), len(sent))
		}
	}
}

type reading struct{ *network.Conn }

// TestWriteIsOne: a Write that waits for room comes as a whole between other Writes.
func TestWriteIsOne(t *testing.T) {
	for seed := range 50 {
		snap := run(t, []byte{byte(seed), byte(seed >> 2), byte(5 * seed)}, func() {
			a, b := pair(t, network.TCP)
			for _, c := range []byte{1, 2} {
				perturb.Go(func() { _, _ = a.Write(bytes.Repeat([]byte{c}, 200_000)) }, site)
			}
			got := make([]byte, 400_000)
			_, err := io.ReadFull(reading{b}, got)
			require.NoError(t, err)
			changes := 0
			for i := range got[1:] {
				if got[i] != got[i+1] {
					changes++
				}
			}
			assert.Equal(t, 1, changes)
		})
		require.Equal(t, trace.AllEnded, snap.Quiet)
	}
}

func TestReadsOneByOne(t *testing.T) {
	got := enginetest.Outcomes(t, 3, func(l *enginetest.Log) {
		a, b := pair(t, network.TCP)
		var done [2]chan struct{}
		for i := range done {
			done[i] = make(chan struct{})
			perturb.Go(func() {
				p := make([]byte, 2)
				n, err := b.Read(p)
				l.Add("%d:%s:%s", i, p[:n], says(err))
				perturb.Close(done[i], site)
			}, site)
		}
		_, _ = a.Write([]byte("abcd"))
		for i := range done {
			perturb.Recv(done[i], site)
		}
	})
	assert.Equal(t, []string{"0:ab:ok 1:cd:ok", "1:ab:ok 0:cd:ok"}, got)
}

// A goroutine that has waited under a deadline waits for a lock without one, although time passes.
func TestLockAfterDeadline(t *testing.T) {
	snap := run(t, nil, func() {
		a, b := pair(t, network.TCP)
		require.NoError(t, b.SetReadDeadline(perturb.TimeNow().Add(time.Second)))
		var mu sync.Mutex
		perturb.Go(func() {
			perturb.MutexLock(&mu, site)
			_, _ = a.Write([]byte("1"))
			perturb.TimeSleep(10*time.Second, site)
			perturb.MutexUnlock(&mu, site)
		}, site)
		_, err := b.Read(make([]byte, 1))
		require.NoError(t, err)
		perturb.MutexLock(&mu, site)
		perturb.MutexUnlock(&mu, site)
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
	assert.InDelta(t, 10, time.Duration(snap.Elapsed).Seconds(), 0.01)
}

func TestCloseWakes(t *testing.T) {
	for _, proto := range protos {
		got := enginetest.Outcomes(t, 3, func(l *enginetest.Log) {
			a, b := pair(t, proto)
			_ = b
			done := make(chan struct{})
			perturb.Go(func() {
				_, err := a.Read(make([]byte, 1))
				l.Add("read %s", says(err))
				perturb.Close(done, site)
			}, site)
			_ = a.Close()
			perturb.Recv(done, site)
		})
		assert.Equal(t, []string{"read closed"}, got)
	}
}

func TestCloseWakesAccept(t *testing.T) {
	got := enginetest.Outcomes(t, 3, func(l *enginetest.Log) {
		ln := listen(t, network.TCP)
		done := make(chan struct{})
		perturb.Go(func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					l.Add("accept %s", says(err))
					break
				}
				_ = c.Close()
			}
			perturb.Close(done, site)
		}, site)
		c := network.Current().NewConn(network.TCP)
		l.Add("dial %s", says(c.Connect(ln.Local())))
		_ = ln.Close()
		perturb.Recv(done, site)
		_, err := c.Read(make([]byte, 1))
		l.Add("read %s", says(err))
	})
	assert.Equal(t, []string{"dial ok accept closed read EOF", "dial ok accept closed read connection reset by peer"}, got)
}

func TestDialAndListen(t *testing.T) {
	got := enginetest.Outcomes(t, 2, func(l *enginetest.Log) {
		n := network.Current()
		done := make(chan struct{})
		perturb.Go(func() {
			c := n.NewConn(network.TCP)
			l.Add("%s", says(c.Connect(ip("127.0.0.1", 80))))
			perturb.Close(done, site)
		}, site)
		ln, err := n.Listen(network.TCP, ip("0.0.0.0", 80), false, 1)
		require.NoError(t, err)
		perturb.Recv(done, site)
		_ = ln.Close()
	})
	assert.Equal(t, []string{"connection refused", "ok"}, got)
}

func TestDeadlines(t *testing.T) {
	snap := run(t, nil, func() {
		a, b := pair(t, network.TCP)
		began := perturb.TimeNow()
		require.NoError(t, a.SetReadDeadline(began.Add(time.Hour)))
		_, err := a.Read(make([]byte, 1))
		assert.Equal(t, os.ErrDeadlineExceeded, err)
		passed := perturb.TimeSince(began)
		assert.GreaterOrEqual(t, passed, time.Hour)
		assert.Less(t, passed, time.Hour+time.Millisecond)

		_, err = b.Write([]byte("x"))
		require.NoError(t, err)
		_, err = a.Read(make([]byte, 1))
		assert.Equal(t, os.ErrDeadlineExceeded, err, "it has passed, although there is something to read")
		require.NoError(t, a.SetDeadline(time.Time{}))
		n, err := a.Read(make([]byte, 1))
		assert.Equal(t, 1, n)
		assert.NoError(t, err)

		require.NoError(t, a.SetWriteDeadline(perturb.TimeNow().Add(time.Minute)))
		n, err = a.Write(make([]byte, 1<<20))
		assert.Equal(t, 64<<10, n)
		assert.Equal(t, os.ErrDeadlineExceeded, err)

		ln := listen(t, network.Unix)
		require.NoError(t, ln.SetDeadline(perturb.TimeNow().Add(time.Minute)))
		_, err = ln.Accept()
		assert.Equal(t, os.ErrDeadlineExceeded, err)
		require.NoError(t, ln.Close())
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
}

// TestDeadlineOfWaiting: a deadline that is set while a goroutine waits counts for that wait, each time that it is set.
func TestDeadlineOfWaiting(t *testing.T) {
	for _, at := range []time.Duration{-time.Second, time.Minute} {
		snap := run(t, nil, func() {
			a, _ := pair(t, network.TCP)
			done := make(chan time.Duration, 1)
			began := perturb.TimeNow()
			perturb.Go(func() {
				_, err := a.Read(make([]byte, 1))
				assert.Equal(t, os.ErrDeadlineExceeded, err)
				perturb.To(done, site).Send(perturb.TimeSince(began))
			}, site)
			perturb.TimeSleep(time.Second, site)
			require.NoError(t, a.SetReadDeadline(began.Add(time.Hour)))
			require.NoError(t, a.SetReadDeadline(time.Time{}))
			require.NoError(t, a.SetReadDeadline(began.Add(at)))
			took := perturb.Recv(done, site)
			assert.Less(t, took, max(time.Second, at)+time.Millisecond)
			assert.GreaterOrEqual(t, took, max(time.Second, at))
		})
		assert.Equal(t, trace.AllEnded, snap.Quiet)
	}
}

// TestDeadlineBesideData: data and the end of the time may come in any order.
func TestDeadlineBesideData(t *testing.T) {
	got := enginetest.Outcomes(t, 3, func(l *enginetest.Log) {
		a, b := pair(t, network.TCP)
		at := perturb.TimeNow().Add(time.Second)
		require.NoError(t, a.SetReadDeadline(at))
		perturb.Go(func() {
			perturb.TimeSleep(perturb.TimeUntil(at), site)
			_, _ = b.Write([]byte("x"))
		}, site)
		_, err := a.Read(make([]byte, 1))
		l.Add("%s", says(err))
	})
	assert.Equal(t, []string{"late", "ok"}, got)
}

func TestBacklog(t *testing.T) {
	snap := run(t, nil, func() {
		n := network.Current()
		ln, err := n.Listen(network.TCP, ip("127.0.0.1", 0), false, 1)
		require.NoError(t, err)
		for range 2 { // as Linux has it, one more than was asked for
			require.NoError(t, n.NewConn(network.TCP).Connect(ln.Local()))
		}
		c := n.NewConn(network.TCP)
		require.NoError(t, c.SetWriteDeadline(perturb.TimeNow().Add(time.Second)))
		assert.Equal(t, os.ErrDeadlineExceeded, c.Connect(ln.Local()))
		perturb.Go(func() {
			perturb.TimeSleep(time.Second, site)
			_, _ = ln.Accept()
		}, site)
		assert.NoError(t, n.NewConn(network.TCP).Connect(ln.Local()))

		u, err := n.Listen(network.Unix, network.Addr{Path: "@backlog"}, false, 0)
		require.NoError(t, err)
		require.NoError(t, n.NewConn(network.Unix).Connect(u.Local()))
		assert.Equal(t, syscall.EAGAIN, n.NewConn(network.Unix).Connect(u.Local()))
	})
	assert.Equal(t, trace.AllEnded, snap.Quiet)
}

func TestUnixFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	run(t, nil, func() {
		n := network.Current()
		assert.Equal(t, syscall.ENOENT, n.NewConn(network.Unix).Connect(network.Addr{Path: path}))
		ln, err := n.Listen(network.Unix, network.Addr{Path: path}, false, 5)
		require.NoError(t, err)
		st, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.ModeSocket, st.Mode().Type())
		_, err = n.Listen(network.Unix, network.Addr{Path: path}, false, 5)
		assert.Equal(t, syscall.EADDRINUSE, err)
		require.NoError(t, os.Symlink(path, path+".link"))
		assert.NoError(t, n.NewConn(network.Unix).Connect(network.Addr{Path: path + ".link"}))
		require.NoError(t, ln.Close())
		assert.Equal(t, syscall.ECONNREFUSED, n.NewConn(network.Unix).Connect(network.Addr{Path: path}))
		require.NoError(t, os.Remove(path))
		_, err = n.Listen(network.Unix, network.Addr{Path: path}, false, 5)
		require.NoError(t, err)
	})
	assert.NoFileExists(t, path, "what an execution has not closed is not there for the next")
}

// TestLeftOver: what an earlier execution has left is dead.
func TestLeftOver(t *testing.T) {
	var a *network.Conn
	var ln *network.Listener
	run(t, nil, func() {
		ln = listen(t, network.TCP)
		a = dial(t, network.TCP, ln)
	})
	use := func() {
		_, err := a.Read(make([]byte, 1))
		assert.Equal(t, syscall.ECONNRESET, err)
		_, err = a.Write([]byte("x"))
		assert.Equal(t, syscall.ECONNRESET, err)
		_, err = ln.Accept()
		assert.Equal(t, syscall.ECONNRESET, err)
		assert.NoError(t, a.Close())
	}
	use()
	run(t, nil, use)
}

// TestSameSteps: the same schedule is the same execution.
func TestSameSteps(t *testing.T) {
	body := func() {
		a, b := pair(t, network.TCP)
		perturb.Go(func() { _, _ = io.Copy(reading{b}, reading{b}) }, site)
		_, _ = a.Write(make([]byte, 100_000))
		_ = a.CloseWrite()
		_, _ = io.ReadAll(reading{a})
	}
	for seed := range 10 {
		bytes := []byte{byte(seed), 1, byte(seed), 2}
		first := enginetest.Run(t, new(engine.Execution), schedule.NewReader(bytes), engine.Limits{}, body)
		second := enginetest.Run(t, new(engine.Execution), schedule.NewReader(bytes), engine.Limits{}, body)
		assert.Equal(t, first.Hash, second.Hash)
	}
}
