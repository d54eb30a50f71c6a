package predict

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/trace"
)

// releases predicts from locks that are held where their owner may wait: if whoever ends that wait was seen to take the same
// lock before it did, the two wait for each other as soon as the owner comes first. So the other is held back where it takes
// the lock.
func (e *execution) releases() []Prediction {
	if len(e.holds) == 0 {
		return nil
	}
	type waiting struct{ held, at *trace.Site }
	type seen struct {
		waiting
		needs *trace.Site
	}
	did, looked := map[seen]bool{}, map[waiting]int{}
	ends := e.ends()
	open := e.open()
	var out []Prediction
	for i, s := range e.Steps {
		partners := partnersOf(s.Op)
		if partners == nil || s.Object == 0 || s.Site == nil {
			continue
		}
		n := e.first + i
		for _, h := range open(s.Task, n) {
			w := waiting{h.site, s.Site}
			if looked[w]++; looked[w] > repeats {
				continue
			}
			for _, op := range partners {
				for _, end := range ends[doing{s.Object, op}] {
					need := e.needs(end, h)
					if end.task == s.Task || need == nil || did[seen{w, need.site}] {
						continue
					}
					did[seen{w, need.site}] = true
					out = append(out, Prediction{
						Kind: Release, Pauses: []strategy.Pause{{At: need.site.StableKey()}},
						Text: fmt.Sprintf("%s is held at %s %s, and who ends that wait takes it before, as %s", name(h.site), s.Op, name(s.Site), name(need.site)),
						seen: []*trace.Site{h.site, s.Site, need.site},
					})
				}
			}
		}
	}
	return out
}

// partnersOf returns the operations that end a wait in op.
func partnersOf(op trace.Op) []trace.Op {
	switch op {
	case trace.OpSend:
		return []trace.Op{trace.OpRecv}
	case trace.OpRecv:
		return []trace.Op{trace.OpSend, trace.OpClose}
	case trace.OpWait:
		return []trace.Op{trace.OpDone}
	case trace.OpCondWait:
		return []trace.Op{trace.OpSignal, trace.OpBroadcast}
	case trace.OpRead:
		return []trace.Op{trace.OpWrite, trace.OpClose}
	case trace.OpWrite:
		return []trace.Op{trace.OpRead}
	}
	return nil
}

type doing struct {
	object uint32
	op     trace.Op
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
		case trace.OpRecv, trace.OpSend, trace.OpClose, trace.OpDone, trace.OpSignal, trace.OpBroadcast, trace.OpRead, trace.OpWrite:
			if d := (doing{s.Object, s.Op}); s.Object != 0 && len(out[d]) < maxEndings {
				out[d] = append(out[d], ending{s.Task, e.first + i})
			}
		}
	}
	return out
}

// open returns a function that returns what a goroutine holds while it does a step, if it is asked for the steps of each
// goroutine in their order. A cond's own lock is not held: it is given back in that step.
func (e *execution) open() func(task uint32, step int) []*hold {
	next, held := map[uint32]int{}, map[uint32][]*hold{}
	return func(task uint32, step int) []*hold {
		mine := slices.DeleteFunc(held[task], func(h *hold) bool { return h.to <= step })
		own := e.byTask[task]
		i := next[task]
		for ; i < len(own) && e.holds[own[i]].from < step; i++ {
			if h := &e.holds[own[i]]; h.to > step && h.site != nil {
				mine = append(mine, h)
			}
		}
		next[task], held[task] = i, mine
		return mine
	}
}

// lookedAt is how many takings of locks before an ending are looked at.
const lookedAt = 64

// needs returns the last taking of the lock of h that comes before an ending, by whoever does that, and that keeps h and it
// apart; nil if there is none.
func (e *execution) needs(end ending, h *hold) *hold {
	if end.task == h.task {
		return nil
	}
	own := e.byTask[end.task]
	last, _ := slices.BinarySearchFunc(own, end.step, func(i, step int) int { return cmp.Compare(e.holds[i].from, step) })
	for j := last - 1; j >= max(0, last-lookedAt); j-- {
		need := &e.holds[own[j]]
		if need.object != h.object || !conflict(need, h) || tries(need.site) {
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
