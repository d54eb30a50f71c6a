package network

import (
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// What the network may do to operations of a connection, see trace.Fault. A second is longer than most programs take for anything,
// and a minute is longer than most of their time-outs.
var (
	shortStall = trace.Fault{Op: trace.OpStall, For: time.Second}
	longStall  = trace.Fault{Op: trace.OpStall, For: time.Minute}
	cut        = trace.Fault{Op: trace.OpCut}
	refusal    = trace.Fault{Op: trace.OpRefuse}

	ofDial   = []trace.Fault{refusal, shortStall, longStall}
	ofStream = []trace.Fault{cut, shortStall, longStall}
)

// broken asks whether the network fails as t does op on o, one of the directions. What h receives, which is at the end of that, stands
// still then, or the connection is cut: either end finds it reset.
func (c *Conn) broken(t *engine.Task, op trace.Op, o *engine.Object, s *trace.Site, h *half) {
	if c.over || c.closed || c.peer.closed {
		return
	}
	switch f := t.Fault(ofStream, op, o, s); f.Op {
	case trace.OpCut:
		c.peer.reset(t)
		c.reset(t)
	case trace.OpStall:
		h.stall(t, f.For)
	}
}

// stall has nothing come through for some time.
func (h *half) stall(t *engine.Task, d time.Duration) {
	h.Still = t.Execution().Moment() + int64(d)
}

// stalled reports whether nothing comes through yet.
func (h *half) stalled(t *engine.Task) bool {
	if h.Still != 0 && t.Execution().Moment() >= h.Still {
		h.Still = 0
	}
	return h.Still != 0
}
