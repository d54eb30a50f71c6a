package campaign

import (
	"context"
	"slices"
	"time"

	"github.com/jostle-dev/jostle/internal/session"
)

// The executions of a test are numbered, and each is a function of the seed, of its number and of what the plan says of the plain run.
// So they can be dealt out to several processes. What these come to is settled in the order of the numbers: what becomes of the test
// is the same, however many processes take part.

// A line is a row of executions, numbered from 1. A test has one of walks, of which number n is strategy.Mix's n-th, and one
// for each group of predictions that is looked into, of which number n is the n-th try.
type line struct {
	steered   []*predicted // what the tries are for; nil for walks
	shard     session.Shard
	displaced int // what is number n here is called n+displaced for people
	next      int // all before are settled
	last      int // before which it ends; 0: never
	batches   []*batch
}

// A batch is a part of a line that one process is to run.
type batch struct {
	line        *line
	first, last int
	plan        *session.Plan
	own         bool // it runs on the processor that the test has anyway
	stop        context.CancelFunc
	ended       bool
	settled     bool // before its turn: last is where it came to
	run         run
	err         error
}

// into returns the prediction that execution n is steered into, or nil.
func (b *batch) into(n int) *predicted {
	if len(b.line.steered) == 0 || n == 0 {
		return nil
	}
	return b.line.steered[(n-1)%len(b.line.steered)]
}

// gap returns the first part of the line that is in no batch yet, at most this many executions.
func (l *line) gap(most int) (first, last int, ok bool) {
	first, last = l.shard.Next(l.next), l.last
	for _, b := range l.batches {
		if first < b.first {
			last = b.first
			break
		}
		first = max(first, l.shard.Next(b.last))
	}
	if last == 0 {
		last = endless
	}
	if most = min(most, endless/l.shard.Parts()); first+most*l.shard.Parts() < last {
		last = first + most*l.shard.Parts()
	}
	return first, last, first < last
}

// endless is more than a test has executions.
const endless = 1 << 30

// left returns how many executions of the line no batch has yet.
func (l *line) left() int {
	first, last, ok := l.gap(endless)
	if !ok {
		return 0
	}
	if l.last > 0 { // behind what is ahead, too
		last = max(last, l.last)
		for _, b := range l.batches {
			if b.first > first {
				last -= b.last - b.first
			}
		}
	}
	return max((last-first+l.shard.Parts()-1)/l.shard.Parts(), 1)
}

// deal makes a batch of a gap of the line.
func (l *line) deal(most int) *batch {
	first, last, ok := l.gap(most)
	if !ok {
		return nil
	}
	b := &batch{line: l, first: first, last: last}
	at, _ := slices.BinarySearchFunc(l.batches, first, func(b *batch, first int) int { return b.first - first })
	l.batches = slices.Insert(l.batches, at, b)
	return b
}

// head returns the batch that is to be settled next, nil if that was not dealt yet.
func (l *line) head() *batch {
	l.pass()
	if len(l.batches) > 0 && l.batches[0].first <= l.shard.Next(l.next) {
		return l.batches[0]
	}
	return nil
}

// settle notes that a batch has come as far as a number, and no further.
func (l *line) settle(b *batch, reached int) {
	b.settled, b.last = true, min(max(reached, b.first), b.last)
	if !slices.Contains(l.batches, b) && b.first <= l.shard.Next(l.next) { // all others were given up
		l.next = max(l.next, b.last)
	}
	l.pass()
}

// pass goes by what is settled.
func (l *line) pass() {
	for len(l.batches) > 0 && l.batches[0].settled && l.batches[0].first <= l.shard.Next(l.next) {
		l.next = max(l.next, l.batches[0].last)
		l.batches = l.batches[1:]
	}
}

// over reports whether all of the line is settled.
func (l *line) over() bool {
	l.pass()
	return l.last > 0 && len(l.batches) == 0 && l.shard.Next(l.next) >= l.last
}

// A pace is how long processes of a test have taken.
type pace struct {
	start time.Duration // until the first execution
	each  time.Duration // an execution; 0: not known yet
}

const (
	alone  = 300 * time.Millisecond // in which the first process of a test shows how fast it is
	turn   = time.Second            // for a process of several
	starts = 30                     // a turn takes at least this many times as long as the start of a process
	worth  = 4                      // nor is another process begun for less
)

// most returns how many executions a process is to run, given how many are left and how many processes can take part.
func (p pace) most(left, processes int) int {
	if processes <= 1 || p.each <= 0 {
		return endless
	}
	turn := max(int(max(turn, starts*p.start)/p.each), 1)
	least := max(int(worth*p.start/p.each), 1)
	n := min(turn, max((left+processes-1)/processes, least))
	if left-n < (least+1)/2 {
		return left
	}
	return n
}

// learn measures a process.
func (p *pace) learn(r run) {
	executions, inside := 0, time.Duration(0)
	for _, e := range r.events {
		switch e.Kind {
		case session.Began:
			executions += max(e.Times, 1)
		case session.Ended:
			inside = e.Spent
		}
	}
	if executions > 0 && inside > 0 {
		p.start, p.each = r.spent-inside, max(inside/time.Duration(executions), 1)
	}
}

// orders are the different orders that were seen, by their numbers (trace.Snapshot.Order).
type orders struct {
	hashes  []uint64
	compact int // length when each was last there once
}

func (o *orders) add(hashes []uint64) {
	if o.hashes = append(o.hashes, hashes...); len(o.hashes) > 2*o.compact+1<<10 {
		o.count()
	}
}

func (o *orders) count() int {
	slices.Sort(o.hashes)
	o.hashes = slices.Compact(o.hashes)
	o.compact = len(o.hashes)
	return o.compact
}
