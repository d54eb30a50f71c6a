package engine

// A Step is one operation done by one task.
type Step struct {
	Task   uint32
	Object uint32 // Object.ID, 0 for none
	Op     Op
	Choice Choice // how the task came to run
	Until  uint32 // number of another task's step that ended the wait of this one; 0 if it did not wait, or a timer ended it
	Site   *Site
	Off    *Off // with Preempted and Delayed: who was taken off for it
}

// An Off is a task that the schedule took off although it could have gone on.
type Off struct {
	Task   uint32
	Object uint32
	Op     Op
	After  bool // it had just done Op; else it was about to do it
	Site   *Site
}

// A Choice says what the schedule had to do with a step.
type Choice uint8

const (
	GoneOn    Choice = iota // the task that ran went on
	Switched                // the task that ran blocked or ended
	Preempted               // the task that ran could have gone on: the schedule took it off
	Delayed                 // likewise, and it was held back until nothing else could run
)

// keptSteps bounds the memory of a trace. The hash covers every step all the same.
const keptSteps = 1 << 16

// trace keeps the steps of an execution and a hash of all of them.
type trace struct {
	steps       []Step
	n           int
	hash        uint64
	preemptions int
	next        Choice // of the step to come
	off         *Off   // likewise
	offs        []Off  // the last ones
	last        uint64 // key of the site of the step before
	orders      Orders
}

// Orders is a set of which operation came right after which of another goroutine, hashed to 256 members. Two executions
// with different sets took different ways; a fuzzer that is shown the set can tell that.
type Orders [4]uint64

// Has reports whether member i, 0 <= i < 256, is in the set.
func (o *Orders) Has(i int) bool { return o[i/64]>>(i%64)&1 != 0 }

func (o *Orders) add(before, after uint64) {
	h := (before*31 ^ after) * 0x9E3779B97F4A7C15 >> 56
	o[h/64] |= 1 << (h % 64)
}

func (tr *trace) reset() {
	*tr = trace{steps: tr.steps[:0], offs: tr.offs, hash: 14695981039346656037}
}

func (tr *trace) add(t *Task, op Op, o *Object, s *Site) {
	var id uint32
	if o != nil {
		id = o.ID
	}
	c, off := tr.next, tr.off
	tr.next, tr.off = GoneOn, nil
	if c < Preempted {
		off = nil
	}
	tr.n++
	key := s.StableKey() + uint64(op)
	if c != GoneOn {
		tr.orders.add(tr.last, key)
	}
	tr.last = key
	h := tr.hash
	h = (h ^ (uint64(t.ID) | uint64(op)<<32 | uint64(c)<<40)) * 1099511628211
	h = (h ^ uint64(id)) * 1099511628211
	h = (h ^ key) * 1099511628211
	tr.hash = h ^ h>>32
	if len(tr.steps) < keptSteps {
		tr.steps = append(tr.steps, Step{Task: t.ID, Object: id, Op: op, Choice: c, Site: s, Off: off})
	} else {
		tr.steps[(tr.n-1)%keptSteps] = Step{Task: t.ID, Object: id, Op: op, Choice: c, Site: s, Off: off}
	}
}

// takes notes that t is taken off for the step to come, before it does op or after it.
func (tr *trace) takes(t *Task, after bool, op Op, o *Object, s *Site) {
	if len(tr.offs) == cap(tr.offs) {
		tr.offs = make([]Off, 0, offsChunk) // those of the chunk before stay where steps point to them
	}
	off := Off{Task: t.ID, Op: op, After: after, Site: s}
	if o != nil {
		off.Object = o.ID
	}
	tr.offs = append(tr.offs, off)
	tr.next, tr.off = Preempted, &tr.offs[len(tr.offs)-1]
	tr.preemptions++
}

const offsChunk = 64

// ended notes that step by, 0 for none, ended the wait in which t has been since step n.
func (tr *trace) ended(t *Task, n, by int) {
	if n == 0 || by == 0 || tr.n-n >= keptSteps {
		return
	}
	if s := &tr.steps[(n-1)%keptSteps]; s.Task == t.ID {
		s.Until = uint32(by)
	}
}

// polls reports whether the last n steps, n <= keptSteps, are all of goroutines that look at something and find nothing.
func (tr *trace) polls(n int) bool {
	if n > len(tr.steps) {
		return false
	}
	for i := range n {
		switch tr.steps[(tr.n-1-i)%keptSteps].Op {
		case OpAtomic, OpTryLock, OpTryRLock, OpYield, OpContext, OpSelect, OpLoad:
		default:
			return false
		}
	}
	return true
}

// kept returns the steps that are left, oldest first.
func (tr *trace) kept() []Step {
	out := make([]Step, 0, len(tr.steps))
	if tr.n > keptSteps {
		first := tr.n % keptSteps
		return append(append(out, tr.steps[first:]...), tr.steps[:first]...)
	}
	return append(out, tr.steps...)
}
