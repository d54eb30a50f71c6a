package schedule

import (
	"strconv"

	"github.com/jostle-dev/jostle/internal/engine"
)

// keys computes the keys of an execution's questions.
type keys struct {
	paths  []uint64 // by task
	spawns tally    // how often a goroutine has passed a go statement
	asked  tally    // how often a question was asked
}

func (ks *keys) reset() {
	ks.paths = ks.paths[:0]
	ks.spawns.reset()
	ks.asked.reset()
}

// of returns the key of q, which must be asked for once for each question.
func (ks *keys) of(q *engine.Question) Question {
	key := Question{Kind: q.Kind, Path: ks.path(q.Tasks(), q.Task), Site: q.Site.StableKey()}
	key.Nth = ks.asked.add(key)
	return key
}

// path identifies a goroutine in all executions of a program by the go statements that lead to it, each with the number
// of times that it was passed before by the goroutine that passed it.
func (ks *keys) path(tasks []*engine.Task, t *engine.Task) uint64 {
	if t == nil {
		return 0
	}
	for len(ks.paths) < len(tasks) {
		child := tasks[len(ks.paths)]
		spawn := Question{Site: child.Spawned.StableKey()}
		if child.Parent != nil {
			spawn.Path = ks.paths[child.Parent.ID-1]
		}
		spawn.Nth = ks.spawns.add(spawn)
		ks.paths = append(ks.paths, spawn.hash())
	}
	return ks.paths[t.ID-1]
}

// hash returns the FNV-1a hash of the numbers of a go statement as text. Kept schedules have it, so it stays as it is.
func (q Question) hash() uint64 {
	var buf [64]byte
	b := strconv.AppendUint(buf[:0], q.Path, 10)
	b = strconv.AppendUint(append(b, ' '), q.Site, 10)
	b = strconv.AppendInt(append(b, ' '), int64(q.Nth), 10)
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// A tally counts questions. Each one is looked up once in an execution for each time it is asked, and an execution may take no more
// than some microseconds: so it is a hash table that is emptied by a number, and not a map.
type tally struct {
	slots []counted // a power of two
	n     int       // that are taken
	round uint32    // slots of other rounds are empty
}

type counted struct {
	path, site uint64
	times      int
	round      uint32
	kind       engine.QuestionKind
}

func (t *tally) reset() { t.n, t.round = 0, t.round+1 }

// add counts a question, whatever its Nth is, and returns how often it was counted before.
func (t *tally) add(q Question) int {
	if t.n >= len(t.slots)/2 {
		t.grow()
	}
	s := t.slot(q.Kind, q.Path, q.Site)
	if s.round != t.round {
		*s = counted{q.Path, q.Site, 0, t.round, q.Kind}
		t.n++
	}
	s.times++
	return s.times - 1
}

// slot returns where a question is, or is to be.
func (t *tally) slot(kind engine.QuestionKind, path, site uint64) *counted {
	h := (path ^ site*0x9E3779B97F4A7C15 ^ uint64(kind)) * 0xD6E8FEB86659FD93
	mask := uint64(len(t.slots) - 1)
	for i := h >> 32; ; i++ {
		s := &t.slots[i&mask]
		if s.round != t.round || s.path == path && s.site == site && s.kind == kind {
			return s
		}
	}
}

func (t *tally) grow() {
	old, round := t.slots, t.round
	t.slots, t.round = make([]counted, max(64, 2*len(old))), 1
	for _, s := range old {
		if s.round == round {
			s.round = 1
			*t.slot(s.kind, s.path, s.site) = s
		}
	}
}
