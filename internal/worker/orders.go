package worker

import (
	"errors"
	"io/fs"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
)

// Bounds on the executions in which a test's orders are gone through before others are drawn at random: a test that has more is left to
// these.
const (
	fewOrders = 100
	ordersFor = time.Second
)

// orders goes through all orders of the test if there are few. It reports whether the process continues with what is drawn at random.
func (e *explorer) orders() bool {
	p := e.plan
	if !p.Orders || p.First > 1 || p.Shard.Parts() > 1 || p.Strategy != "" || p.Cancel || p.Faults || engine.OfMachine || len(p.Steer)+len(p.Predicted)+len(p.Known) > 0 || e.beyond != "" {
		return true
	}
	all := search.NewExploration(search.Unbounded)
	began := time.Now()
	if e.goThrough(all, func() bool {
		return all.Executions+all.Left() > fewOrders || all.Beyond != "" || time.Since(began) > ordersFor
	}) == stopped {
		return false
	}
	e.note(session.Event{Kind: session.Explored, N: 1, Times: all.Executions, Sum: all.Sum()})
	return !all.Sum().All() || all.Plain // data races are for what is drawn at random
}

// A process of those that go through all orders ends after turnThrough, for its test's progress to be told.
const turnThrough = 5 * time.Second

// through continues an exploration that is kept in a file, for its turn.
func (e *explorer) through() {
	all, err := search.Read(e.plan.Through)
	if errors.Is(err, fs.ErrNotExist) {
		all, err = search.NewExploration(e.plan.Preemptions), nil
	}
	if err != nil {
		e.err = err
		return
	}
	last := e.goThrough(all, func() bool { return time.Since(e.began) > turnThrough })
	if err := all.Write(e.plan.Through); err != nil && e.err == nil {
		e.err = err
	}
	if last == stopped {
		return
	}
	e.note(session.Event{Kind: session.Explored, Sum: all.Sum()})
	e.done(max(e.plan.First, 1))
}

// goThrough runs executions of an exploration until there is none left, or until the function says so.
func (e *explorer) goThrough(all *search.Exploration, until func() bool) progress {
	e.limits.Order, e.limits.Keep = true, false
	defer func() { e.limits.Order = false }()
	n := max(e.plan.First, 1)
	for !until() {
		if e.late(n) || e.err != nil {
			return later
		}
		run, ok := all.Next()
		if !ok {
			return onward
		}
		e.note(session.Event{Kind: session.Began, N: n})

		out, rec := e.execute(e.kept(run))
		all.Observe(run, out.snap)
		if !e.judge(n, run, out, rec) {
			return stopped
		}
	}
	return enough
}

// goesBeyond takes note of what a plain run says of whether its orders are all that executions differ in.
func (e *explorer) goesBeyond(out outcome) {
	e.beyond = "it was given up"
	if out.snap != nil {
		e.beyond = out.snap.Beyond
	}
}
