package strategy

import (
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/trace"
)

// SURW is Selectively Uniform Random Walk, of Zhao, Wolff, Mathur and Roychoudhury, "Selectively Uniform Concurrency Testing"
// (ASPLOS 2025). An execution selects something that several goroutines use, and all interleavings of the operations on that are to be
// equally likely. For this, whose turn it is to do the next of them is drawn in proportion to how many each goroutine still has to do,
// as counted in a profile. A goroutine that comes to such an operation waits for its turn. Between these operations goroutines run by
// random priorities. What a goroutine will start counts for the goroutine until it has started it.
//
// It departs from the paper in these things:
//   - Classes of objects are selected (see Profile), and not a variable: one, or every other time two, as many bugs are about two things.
//   - In half of the executions goroutines that run the same function are one when turns are drawn: with a hundred writers and one reader
//     the turn is the reader's every other time. Orders that differ only in which of them does what are one order, and the one goroutine
//     that differs is hardly ever drawn as one of a hundred.
//   - The counts are those of the plain run, and are not learnt, so that what an execution is depends on nothing else.
//   - Locks and channels block. When all that could run wait for their turn, one of these is drawn. A lock was counted when it was tried;
//     whoever then gets it comes before all that wait for their turn.
//   - A task that yields gets another priority, and every few yields a turn is drawn again, or loops that wait for another
//     goroutine would never end.
//   - In every fourth execution goroutines that wait for their turn are held back, half of the time, so that timers may fire before them.
//   - An execution that is several times as long as was expected continues in turns.
//   - What is no question of who runs is answered at random.
type SURW struct {
	source   Source
	profile  *Profile
	selected uint64 // classes, as bits
	alike    bool   // goroutines that run the same function are one when turns are drawn
	pauses   bool   // time may pass before goroutines that wait for their turn

	left    []int  // operations still to do, by task of the profile
	present []bool // it was started
	tasks   []int  // of the execution, by number: which of the profile, -1 for none
	paths   paths
	tried   bool // one that can run has tried a selected lock, and may get it now
	turn    int  // the task of the profile whose turn it is; -1 for none
	seen    int  // steps

	free    priorities
	yields  int
	asked   int
	fair    int // questions after which all take turns
	inTurns inTurns

	weights, groups []int // scratch
}

// NewSURW returns SURW by a profile that has a class. The plain run had so many questions of who runs.
func NewSURW(source Source, p *Profile, asked int) *SURW {
	n := len(p.tasks)
	s := &SURW{
		source: source, profile: p, alike: source.Intn(2) == 0, pauses: source.Intn(4) == 0,
		left: make([]int, n), present: make([]bool, n), turn: -1,
		free: priorities{source: source}, fair: 4*asked + 1_000,
		weights: make([]int, n), groups: make([]int, n),
	}
	for range 1 + source.Intn(2) {
		s.selected |= 1 << source.Intn(len(p.classes))
	}
	for i, c := range p.classes {
		if s.selected>>i&1 != 0 {
			for _, of := range c.counts {
				s.left[of.task] += of.n
			}
		}
	}
	return s
}

// newSURW returns SURW; random walks and PCT in turn if the plain run has nothing that two goroutines use.
func newSURW(m *Mix, source Source, round int) Strategy {
	switch {
	case m.Profile != nil && len(m.Profile.classes) > 0:
		return NewSURW(source, m.Profile, m.Asked)
	case round%2 == 0:
		return newWalk(m, source, round/2)
	}
	return newPCT(m, source, round/2)
}

// Choose is engine.Strategy.
func (s *SURW) Choose(q *engine.Question) int {
	if !q.Kind.Preempts() && q.Kind != engine.Next {
		return aside(q, s.source)
	}
	if s.asked++; s.asked > s.fair {
		return s.inTurns.choose(q)
	}
	s.meet(q.Tasks())
	s.count(q)
	if q.Op == trace.OpYield && q.Task != nil {
		s.yielded(q.Task)
	}
	s.tried = s.triesAgain(q)
	best, t := s.free.highest(q, func(t *engine.Task) bool { return !s.waits(q, t) })
	if t == nil {
		best = s.release(q)
	}
	if q.Kind == engine.Preempt && best > 0 && s.pauses && s.source.Intn(2) == 0 {
		best += (q.N - 1) / 2
	}
	return best
}

// meet takes note of new tasks.
func (s *SURW) meet(tasks []*engine.Task) {
	s.free.meet(tasks)
	for _, t := range tasks[len(s.tasks):] {
		parent, of := uint32(0), -1
		if t.Parent != nil {
			parent = t.Parent.ID
			of = s.tasks[parent-1]
		}
		if i, ok := s.profile.byPath[s.paths.add(parent, t.Spawned)]; ok && !s.present[i] {
			s.started(i, of)
			of = i
		}
		s.tasks = append(s.tasks, of)
	}
}

// started takes note that task i of the profile was started, by another, or by none of them if that is negative. If it was that one's
// turn, or there is none, the turn may be i's instead, as likely as its operations are among theirs.
func (s *SURW) started(i, by int) {
	s.present[i] = true
	total := s.weigh()
	if by >= 0 {
		if by != s.turn {
			return
		}
		total = s.weights[i] + s.weights[by]
	}
	if total > 0 && s.source.Intn(total) < s.weights[i] {
		s.turn = i
	}
}

// count counts what was done since the last question. A turn ends with an operation.
func (s *SURW) count(q *engine.Question) {
	for step := range q.Steps(s.seen) {
		of := s.tasks[step.Task-1]
		if of < 0 || s.profile.on(step.Op, step.Site)&s.selected == 0 {
			continue
		}
		s.left[of] = max(s.left[of]-1, 0)
		if of == s.turn {
			s.turn = -1
		}
	}
	s.seen = q.Done()
	if s.turn < 0 {
		s.draw()
	}
}

// draw draws whose turn it is of the tasks that were started.
func (s *SURW) draw() {
	s.turn = -1
	total := s.weigh()
	if total == 0 {
		return
	}
	n := s.source.Intn(total)
	for i, w := range s.weights {
		if n -= w; n < 0 {
			s.turn = i
			return
		}
	}
}

// weigh sets the weights of the tasks that were started: the operations that are left of each and of those that it will start.
func (s *SURW) weigh() (total int) {
	clear(s.weights)
	clear(s.groups)
	for task, n := range s.left {
		s.groups[s.profile.tasks[task].group] += n
	}
	for task, n := range s.left {
		if n == 0 {
			continue
		}
		if s.alike {
			n = groupWeight*n/s.groups[s.profile.tasks[task].group] + 1
		}
		at := task
		for at >= 0 && !s.present[at] {
			at = s.profile.tasks[at].parent
		}
		if at >= 0 {
			s.weights[at] += n
			total += n
		}
	}
	return total
}

// groupWeight is what goroutines that run the same function weigh together where they are one.
const groupWeight = 1 << 16

// waits reports whether t waits for its turn.
func (s *SURW) waits(q *engine.Question, t *engine.Task) bool {
	if s.tasks[t.ID-1] == s.turn && !s.tried {
		return false
	}
	op := q.Pending(t)
	return !op.Tried && s.profile.on(op.Op, op.Site)&s.selected != 0
}

// triesAgain reports whether one of those that can run tries a selected lock again.
func (s *SURW) triesAgain(q *engine.Question) bool {
	for _, t := range q.Runnable() {
		if op := q.Pending(t); op.Tried && s.profile.on(op.Op, op.Site)&s.selected != 0 {
			return true
		}
	}
	return false
}

// release draws whose turn it is of those that can run, all of which wait for it.
func (s *SURW) release(q *engine.Question) (alternative int) {
	s.weigh()
	total := 0
	for i, t := range q.Runnable() {
		of, weight := s.tasks[t.ID-1], 1
		if of >= 0 {
			weight = max(weight, s.weights[of])
		}
		if total += weight; s.source.Intn(total) < weight {
			alternative, s.turn = i, of
		}
	}
	return alternative
}

// yielded gives t, which lets others run first, another priority.
func (s *SURW) yielded(t *engine.Task) {
	s.free.redraw(t)
	if s.yields++; s.yields%yieldsDrawn == 0 {
		s.draw()
	}
}

// yieldsDrawn is after how many yields a turn is drawn again.
const yieldsDrawn = 16

func (s *SURW) String() string { return "SURW" }
