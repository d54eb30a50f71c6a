package campaign

import (
	"context"
	"slices"
	"time"

	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
)

// A batch is a part of a test's search, and the process that runs it.
type batch struct {
	*search.Part
	plan  *session.Plan
	own   bool // it runs on the processor that the test has anyway
	stop  context.CancelFunc
	ended bool
	run   run
	err   error
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
		return search.Endless
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
