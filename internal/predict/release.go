package predict

import (
	"fmt"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/strategy"
)

// releases predicts from locks that are held where their owner may wait: if whoever ends that wait was seen to take the same
// lock before it did, the two wait for each other as soon as the owner comes first. So the other is held back where it takes
// the lock.
func (e *execution) releases() []Prediction {
	if len(e.holds) == 0 {
		return nil
	}
	type seen struct{ held, waits, needs *engine.Site }
	did := map[seen]bool{}
	ends := e.ends()
	var out []Prediction
	for i, s := range e.Steps {
		partners := partnersOf(s.Op)
		if partners == nil || s.Object == 0 || s.Site == nil {
			continue
		}
		n := e.first + i
		for _, h := range e.heldAt(s.Task, n) {
			for _, op := range partners {
				for _, end := range ends[doing{s.Object, op}] {
					need := e.needs(end, h)
					if end.task == s.Task || need == nil || did[seen{h.site, s.Site, need.site}] {
						continue
					}
					did[seen{h.site, s.Site, need.site}] = true
					out = append(out, Prediction{
						Kind: Release, Pauses: []strategy.Pause{{At: need.site.StableKey()}},
						Text: fmt.Sprintf("%s is held at %s %s, and who ends that wait takes it before, as %s", name(h.site), s.Op, name(s.Site), name(need.site)),
					})
				}
			}
		}
	}
	return out
}

// partnersOf returns the operations that end a wait in op.
func partnersOf(op engine.Op) []engine.Op {
	switch op {
	case engine.OpSend:
		return []engine.Op{engine.OpRecv}
	case engine.OpRecv:
		return []engine.Op{engine.OpSend, engine.OpClose}
	case engine.OpWait:
		return []engine.Op{engine.OpDone}
	case engine.OpCondWait:
		return []engine.Op{engine.OpSignal, engine.OpBroadcast}
	}
	return nil
}

type doing struct {
	object uint32
	op     engine.Op
}

// An ending is a step that may end another goroutine's wait.
type ending struct {
	task uint32
	step int
}

const maxEndings = 64 // of one kind on one object

func (e *execution) ends() map[doing][]ending {
	out := map[doing][]ending{}
	for i, s := range e.Steps {
		switch s.Op {
		case engine.OpRecv, engine.OpSend, engine.OpClose, engine.OpDone, engine.OpSignal, engine.OpBroadcast:
			if d := (doing{s.Object, s.Op}); s.Object != 0 && len(out[d]) < maxEndings {
				out[d] = append(out[d], ending{s.Task, e.first + i})
			}
		}
	}
	return out
}

// heldAt returns what a goroutine holds while it does a step. A cond's own lock is not: it is given back in that step.
func (e *execution) heldAt(task uint32, step int) []*hold {
	var out []*hold
	for _, i := range e.byTask[task] {
		if h := &e.holds[i]; h.from < step && h.to > step && h.site != nil {
			out = append(out, h)
		}
	}
	return out
}

// needs returns the last taking of the lock of h that comes before an ending, by whoever does that, and that keeps h and it
// apart; nil if there is none.
func (e *execution) needs(end ending, h *hold) *hold {
	if end.task == h.task {
		return nil
	}
	own := e.byTask[end.task]
	for j := len(own) - 1; j >= 0; j-- {
		need := &e.holds[own[j]]
		if need.object != h.object || need.from >= end.step || !conflict(need, h) || tries(need.site) {
			continue
		}
		if e.past == nil {
			e.past = e.order()
		}
		if e.past.before(need.task, need.from, h.task, h.from) && e.past.before(h.task, h.from, need.task, end.step) && need.to < h.from {
			return nil // it has had the lock, and needs it no more before it ends the wait
		}
		return need
	}
	return nil
}
