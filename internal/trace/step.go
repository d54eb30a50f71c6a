package trace

// A Step is one operation done by one task.
type Step struct {
	Task   uint32
	Object uint32 // ObjectState.ID, 0 for none
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

// Orders is a set of which operation on an object came right after which of another goroutine that it cannot change places with, hashed to
// 256 members. Two executions with different sets have different orders; a fuzzer that is shown the set can tell that.
type Orders [4]uint64

// Has reports whether member i, 0 <= i < 256, is in the set.
func (o *Orders) Has(i int) bool { return o[i/64]>>(i%64)&1 != 0 }

// Add notes that the operation with one key came right after that with the other.
func (o *Orders) Add(before, after uint64) {
	h := (before*31 ^ after) * 0x9E3779B97F4A7C15 >> 56
	o[h/64] |= 1 << (h % 64)
}
