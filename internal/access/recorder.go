// Package access finds the few places of a program at which plain loads and stores may race. A Recorder sees some executions, one operation
// after the other: accesses of memory, what orders them, and which locks are held. Two accesses of the same memory by different
// goroutines, one of them a store, may race if nothing orders them but locks, and if no lock is held at both: then another schedule may do
// them the other way round. That is happens-before without the order that locks give, and locksets, as hybrid detectors of races have
// it (O'Callahan and Choi, PPoPP 2003).
//
// A pair that is named wrongly costs schedules and is never a finding: each order of two accesses that a schedule makes is one that Go may
// make.
package access

import "slices"

// Bounds on what is recorded.
const (
	mostPairs  = 64      // pairs of places
	mostCells  = 1 << 20 // words of memory in an execution
	mostRange  = 64      // words of one access
	cellSize   = 8       // accesses of one word that are remembered
	spinReads  = 20_000  // in a row, by a goroutine that does nothing else,
	spinWords  = 4       // that these may read
	wordSize   = 8
	allOfAWord = 0xff
)

// A Pair is two places that may race, by their numbers, the lower one first. At a place that may race with itself both are the same.
type Pair struct{ A, B int }

// A Recorder records executions. Goroutines, and what orders them, are numbers and addresses here.
type Recorder struct {
	pairs []Pair
	known map[Pair]bool
	spins []int // places at which a goroutine has waited for a plain store

	tasks  []*task // by number - 1
	clocks map[uintptr]clock
	cells  map[uintptr]*cell
}

// A task is a goroutine of the present execution.
type task struct {
	clock clock
	locks []lock // held now; never changed in place

	reads int       // in a row, with nothing else done
	few   []uintptr // what was read by these
}

// A lock is one that is held.
type lock struct {
	addr uintptr
	read bool
}

// A clock is a vector clock, by number of the task - 1.
type clock []uint32

func (c clock) at(task int) uint32 {
	if task > len(c) {
		return 0
	}
	return c[task-1]
}

// join returns the later of both, for each task.
func (c clock) join(d clock) clock {
	if len(d) > len(c) {
		c = append(c, make(clock, len(d)-len(c))...)
	}
	for i, n := range d {
		c[i] = max(c[i], n)
	}
	return c
}

// A cell is what was done last to a word of memory.
type cell struct {
	done []done
	next int // of done, to be overwritten
}

// done is an access.
type done struct {
	task  int
	time  uint32 // of that task's own clock
	place int
	bytes uint8 // of the word, a bit each
	write bool
	locks []lock
}

// NewRecorder returns a recorder that has seen no execution.
func NewRecorder() *Recorder { return &Recorder{known: map[Pair]bool{}} }

// Begin says that an execution begins. What was found stays.
func (r *Recorder) Begin() {
	r.tasks, r.clocks, r.cells = nil, map[uintptr]clock{}, map[uintptr]*cell{}
}

// task returns the task of that number, n >= 1.
func (r *Recorder) task(n int) *task {
	for len(r.tasks) < n {
		t := &task{clock: make(clock, len(r.tasks)+1)}
		t.clock[len(r.tasks)] = 1
		r.tasks = append(r.tasks, t)
	}
	return r.tasks[n-1]
}

// Fork says that a task starts another one.
func (r *Recorder) Fork(parent, child int) {
	p, c := r.task(parent), r.task(child)
	c.clock = c.clock.join(p.clock)
	p.clock[parent-1]++
}

// Release says that what a task has done comes before what others do after Acquire of the same address.
func (r *Recorder) Release(task int, addr uintptr) {
	t := r.task(task)
	r.clocks[addr] = r.clocks[addr].join(t.clock)
	t.clock[task-1]++
}

// Acquire is the other side of Release.
func (r *Recorder) Acquire(task int, addr uintptr) {
	t := r.task(task)
	t.clock = t.clock.join(r.clocks[addr])
}

// Lock says that a task has taken a lock, for reading or for all.
func (r *Recorder) Lock(task int, addr uintptr, read bool) {
	t := r.task(task)
	t.locks = append(slices.Clip(t.locks), lock{addr, read})
}

// Unlock says that a lock that a task has taken is given back.
func (r *Recorder) Unlock(task int, addr uintptr) {
	t := r.task(task)
	for i, l := range slices.Backward(t.locks) {
		if l.addr == addr {
			t.locks = slices.Concat(t.locks[:i], t.locks[i+1:])
			return
		}
	}
}

// Step says that a task passes a sync point: it does not only read.
func (r *Recorder) Step(task int) { r.task(task).reads = 0 }

// Access records that a task reads or writes size bytes at a place, size >= 0. It reports whether the task only reads the same memory again
// and again: it waits for another goroutine to write.
func (r *Recorder) Access(task int, addr, size uintptr, place int, write bool) (spins bool) {
	t := r.task(task)
	d := done{task: task, time: t.clock.at(task), place: place, write: write, locks: t.locks}
	end := addr + min(max(size, 1), mostRange*wordSize)
	for from := addr; from < end; {
		word := from &^ (wordSize - 1)
		d.bytes = uint8(allOfAWord << (from - word))
		if word+wordSize > end {
			d.bytes &= uint8(allOfAWord >> (word + wordSize - end))
		}
		r.touch(t, word, d)
		from = word + wordSize
	}
	return r.spinning(t, addr, place, write)
}

// touch notes an access of one word.
func (r *Recorder) touch(t *task, word uintptr, d done) {
	c := r.cells[word]
	if c == nil {
		if len(r.cells) >= mostCells {
			return
		}
		c = &cell{}
		r.cells[word] = c
	}
	same := -1
	for i := range c.done {
		e := &c.done[i]
		switch {
		case e.task == d.task:
			if e.place == d.place && e.write == d.write && e.bytes == d.bytes {
				same = i
			}
		case e.bytes&d.bytes != 0 && (e.write || d.write) && t.clock.at(e.task) < e.time && !common(e.locks, d.locks):
			r.pair(e.place, d.place)
		}
	}
	switch {
	case same >= 0:
		c.done[same] = d
	case len(c.done) < cellSize:
		c.done = append(c.done, d)
	default:
		c.done[c.next] = d
		c.next = (c.next + 1) % cellSize
	}
}

// common reports whether a lock is in both sets that keeps their holders apart.
func common(a, b []lock) bool {
	for _, l := range a {
		for _, m := range b {
			if l.addr == m.addr && !(l.read && m.read) {
				return true
			}
		}
	}
	return false
}

func (r *Recorder) pair(a, b int) {
	p := Pair{min(a, b), max(a, b)}
	if !r.known[p] && len(r.pairs) < mostPairs {
		r.known[p] = true
		r.pairs = append(r.pairs, p)
	}
}

// spinning counts what a task reads while it does nothing else, as long as that is only a few words.
func (r *Recorder) spinning(t *task, addr uintptr, place int, write bool) bool {
	if write {
		t.reads = 0
		return false
	}
	if t.reads == 0 {
		t.few = t.few[:0]
	}
	if !slices.Contains(t.few, addr) {
		if len(t.few) == spinWords {
			t.reads, t.few = 0, t.few[:0]
		}
		t.few = append(t.few, addr)
	}
	if t.reads++; t.reads < spinReads {
		return false
	}
	t.reads = 0
	if !slices.Contains(r.spins, place) {
		r.spins = append(r.spins, place)
	}
	return true
}

// Pairs returns the pairs of places that may race, in the order in which they were found.
func (r *Recorder) Pairs() []Pair { return r.pairs }

// Spins returns the places at which a goroutine has waited for a plain store.
func (r *Recorder) Spins() []int { return r.spins }
