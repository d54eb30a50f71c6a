package worker

import (
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// How long an execution continues that seems never to end, in moves of the virtual clock, before that is believed: some
// seconds' worth. One of which it is not known why it should end, or not, gets more.
const (
	patience          = 100_000
	undecidedPatience = 300_000
)

// doubts keeps what was believed of executions that seemed never to end, so that a process waits once for each, and not in
// every execution that comes to it.
type doubts struct {
	code    func() *verdict.Code
	known   map[uint64]bool // see key
	pending uint64          // the one that is waited for
}

// newDoubts returns doubts that know the causes of hangs that were believed before.
func newDoubts(code func() *verdict.Code, causes []uint64) *doubts {
	d := &doubts{code: code, known: map[uint64]bool{}}
	for _, c := range causes {
		d.known[c] = true
	}
	return d
}

// key identifies an execution that seems never to end: a hang by its cause, another by where its goroutines are.
func key(v *verdict.Verdict) uint64 {
	if v.Hang() {
		return v.Cause()
	}
	return v.Standing()
}

// doubt is engine.Limits.Doubt.
func (d *doubts) doubt(snap *trace.Snapshot) (moves int) {
	v := verdict.Of(snap, d.code())
	if !v.Found() && !v.Undecided {
		return 0
	}
	k := key(v)
	if d.known[k] {
		return 0
	}
	// Where only timers went on, nothing has changed, whatever can no longer be seen of the steps that led there.
	if snap.Continued && (snap.Quiet == trace.LiveTimers || k == d.pending) {
		d.known[d.pending] = true
		return 0
	}
	d.pending = k
	if v.Undecided {
		return undecidedPatience
	}
	return patience
}
