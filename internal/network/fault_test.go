package network_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/engine/enginetest"
	"github.com/jostle-dev/jostle/internal/network"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/perturb"
)

// breaking is a strategy by which one operation fails, of those of a kind the nth.
type breaking struct {
	op    trace.Op
	nth   int
	fault int // which
}

func (b *breaking) Choose(q *engine.Question) int {
	if q.Kind != engine.Broken || q.Op != b.op {
		return 0
	}
	if b.nth--; b.nth >= 0 {
		return 0
	}
	return b.fault
}

// Faults by their numbers.
const (
	first = 1 // a cut, or a refusal
	short = 2
	long  = 3
)

// try runs body with a fault, and returns what it has said, and how many seconds of virtual time have passed.
func try(t *testing.T, b breaking, body func(say func(what string, err error))) (said string, seconds float64, snap *trace.Snapshot) {
	t.Helper()
	var all []string
	snap = enginetest.Run(t, new(engine.Execution), &b, engine.Limits{Faults: true, Keep: true}, func() {
		body(func(what string, err error) { all = append(all, what+" "+says(err)) })
	})
	require.NotNil(t, snap.Faulted)
	assert.Equal(t, b.op, snap.Faulted.During)
	step := snap.Steps[snap.Faulted.Step-1]
	assert.Equal(t, snap.Faulted.Op, step.Op, "it is a step")
	assert.Equal(t, snap.Faulted.At, step.Site)
	return strings.Join(all, ", "), time.Duration(snap.Elapsed).Seconds(), snap
}

// A connection that is cut is reset at both ends: what has come can be read, and then there is an error, once, as in Linux.
func TestCut(t *testing.T) {
	for _, c := range []struct {
		name  string
		proto network.Proto
		at    breaking
		want  string
	}{
		{"at a write", network.TCP, breaking{trace.OpWrite, 1, first}, "write connection reset by peer, write broken pipe, read ok, read EOF; read connection reset by peer, read EOF"},
		{"at the next write", network.TCP, breaking{trace.OpWrite, 2, first}, "write ok, write connection reset by peer, read ok, read EOF; read ok, read connection reset by peer"},
		{"at a read", network.TCP, breaking{trace.OpRead, 0, first}, "write ok, write ok, read ok, read connection reset by peer; read ok, read connection reset by peer"},
		{"at a close", network.TCP, breaking{trace.OpClose, 0, first}, "write ok, write ok, read ok, read ok; read ok, read connection reset by peer"},
		{"unix, at a write", network.Unix, breaking{trace.OpWrite, 1, first}, "write broken pipe, write broken pipe, read ok, read connection reset by peer; read connection reset by peer, read EOF"},
		{"unix, at a read", network.Unix, breaking{trace.OpRead, 0, first}, "write ok, write ok, read ok, read connection reset by peer; read ok, read connection reset by peer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, snap := try(t, c.at, func(say func(string, error)) {
				a, b := pair(t, c.proto)
				_, err := b.Write([]byte("0"))
				require.NoError(t, err)
				for range 2 {
					_, err := a.Write([]byte("1"))
					say("write", err)
				}
				for i := range 2 {
					if i == 1 && c.at.op == trace.OpClose {
						_, err := b.Write([]byte("0"))
						require.NoError(t, err)
					}
					_, err := a.Read(make([]byte, 10))
					say("read", err)
				}
				require.NoError(t, a.Close())
				say(";", nil)
				for range 2 {
					_, err := b.Read(make([]byte, 10))
					say("read", err)
				}
			})
			assert.Equal(t, trace.AllEnded, snap.Quiet)
			assert.Equal(t, c.want, strings.ReplaceAll(got, ", ; ok, ", "; "))
		})
	}
}

// Nothing comes through a connection that stands still, and deadlines pass meanwhile.
func TestStall(t *testing.T) {
	for _, c := range []struct {
		name     string
		at       breaking
		deadline time.Duration // of the reader
		closes   bool          // another goroutine closes the end that is read
		want     string
		seconds  float64
	}{
		{"at the write", breaking{trace.OpWrite, 0, short}, 0, false, "write ok, read ok", 1},
		{"at the read", breaking{trace.OpRead, 0, long}, 0, false, "write ok, read ok", 60},
		{"at the close", breaking{trace.OpClose, 0, short}, 0, false, "write ok, close ok, read ok, read EOF", 1},
		{"a deadline", breaking{trace.OpWrite, 0, long}, 10 * time.Second, false, "write ok, read late", 10},
		{"a later deadline", breaking{trace.OpRead, 0, short}, 10 * time.Second, false, "write ok, read ok", 1},
		{"a close", breaking{trace.OpRead, 0, long}, 0, true, "write ok, read closed", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, seconds, _ := try(t, c.at, func(say func(string, error)) {
				a, b := pair(t, network.TCP)
				if c.deadline > 0 {
					require.NoError(t, b.SetReadDeadline(perturb.TimeNow().Add(c.deadline)))
				}
				_, err := a.Write([]byte("1"))
				say("write", err)
				if c.at.op == trace.OpClose {
					say("close", a.CloseWrite())
				}
				if c.closes {
					perturb.Go(func() { perturb.TimeSleep(5*time.Second, site); _ = b.Close() }, site)
				}
				_, err = b.Read(make([]byte, 1))
				say("read", err)
				if c.at.op == trace.OpClose {
					_, err = b.Read(make([]byte, 1))
					say("read", err)
				}
			})
			assert.Equal(t, c.want, got)
			assert.InDelta(t, c.seconds, seconds, 0.01)
		})
	}
}

func TestDialFails(t *testing.T) {
	for _, c := range []struct {
		name     string
		fault    int
		deadline time.Duration
		want     string
		seconds  float64
	}{
		{"refused", first, 0, "dial connection refused, dial ok", 0},
		{"slow", short, 0, "dial ok, dial ok", 1},
		{"in time", short, 10 * time.Second, "dial ok, dial ok", 1},
		{"too late", long, 10 * time.Second, "dial late, dial ok", 10},
	} {
		for _, proto := range protos {
			t.Run(c.name, func(t *testing.T) {
				got, seconds, _ := try(t, breaking{trace.OpDial, 0, c.fault}, func(say func(string, error)) {
					l := listen(t, proto)
					conn := network.Current().NewConn(proto)
					if c.deadline > 0 {
						require.NoError(t, conn.SetWriteDeadline(perturb.TimeNow().Add(c.deadline)))
					}
					say("dial", conn.Connect(l.Local()))
					say("dial", network.Current().NewConn(proto).Connect(l.Local()))
				})
				assert.Equal(t, c.want, got)
				assert.InDelta(t, c.seconds, seconds, 0.01)
			})
		}
	}
}
