package campaign

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/session"
)

// A test is one test function, as far as it has come.
type test struct {
	c    *campaign
	pkg  *pkg
	name string
	seed uint64

	mode       mode
	why        string // it is not run as the others are
	next       int    // execution
	last       int    // execution before which it is done; 0: none
	asked      int
	cancels    int
	warm       int
	plain      uint64
	executions int
	controlled int // executions before it went live
	distinct   int
	spent      time.Duration
	resumed    time.Time // when it began to run again, which is not in spent
	stalls     int
	crashes    int
	rounds     int
	finished   bool
	only       bool   // the plain run was all: no schedule has a choice
	never      string // why it has not run once to its end, if the time was long enough

	printed   string // by the plain run
	skipped   bool
	output    string // of what ran as go test runs it
	failed    bool   // in that
	confirmed []confirmed
	notes     []string
	causes    map[uint64]bool
	ignored   map[uint64]bool // causes of what would be findings
	kept      []kept          // of the corpus
	known     int             // of these, what is expected to be found

	predicted           []*predicted
	steered             []*predicted // now, in executions
	steerFrom, steerEnd int
	stride              int // from one try to the next
	displaced           int // executions of other numbers by predictions that only this shard has made

	shown struct { // guarded by campaign.mu
		executions, findings int
		finished             bool
	}
}

// A mode is how a test runs.
type mode string

const (
	together mode = "controlled"           // many executions in a process
	isolated mode = "controlled, isolated" // one execution in a process
	live     mode = "live"
	native   mode = "as go test runs it"
)

func (c *campaign) newTest(p *pkg, name string) *test {
	t := &test{c: c, pkg: p, name: name, seed: c.seed(p.Binary, name), mode: together, last: c.Schedules, causes: map[uint64]bool{}, ignored: map[uint64]bool{}}
	switch {
	case c.Mode == Live:
		t.mode, t.why = live, "asked for"
	case c.Isolate:
		t.mode, t.why = isolated, "asked for"
	}
	return t
}

// advance runs the test for its share of the time; 0: until it is finished.
func (t *test) advance(ctx context.Context, share time.Duration) {
	t.rounds++
	began := time.Now()
	t.resumed = began
	defer func() { t.spent += time.Since(began) }()
	if t.rounds == 1 {
		t.guard(ctx)
	}
	for !t.finished && ctx.Err() == nil {
		left := time.Duration(0)
		if share > 0 {
			if left = share - time.Since(began); left <= 0 && !t.unrun() {
				t.finished = t.finished || t.c.Time == 0
				return
			}
			left = max(left, minShare)
		}
		t.step(ctx, left)
	}
}

// plan returns the plan of the test's next process.
func (t *test) plan(left time.Duration) *session.Plan {
	p := &session.Plan{
		Mode: session.Explore, Package: t.pkg.Package, Module: t.pkg.Module, Test: t.name, Race: t.c.Race, Leaks: t.c.Leaks, Cancel: t.c.Cancel, Cancels: t.cancels,
		Seed: t.seed, First: t.c.Shard.Next(t.next), Last: t.last, Shard: t.c.Shard, Displaced: t.displaced, Time: left, Asked: t.asked, Warm: t.warm, Plain: t.plain, Findings: t.pkg.findings(),
	}
	for cause := range t.causes {
		p.Known = append(p.Known, cause)
	}
	if p.Last == 0 {
		p.Last = 1 << 30
	}
	switch t.mode {
	case live:
		p.Mode, p.Warm, p.Plain, p.Record = session.Live, 0, 0, t.record()
		if t.c.Time == 0 {
			p.Last, p.Time = min(p.Last, liveRuns), liveTime
		}
	case isolated:
		p.Last, p.Warm, p.Plain = p.First+1, 0, 0
	}
	return p
}

// record names the file for what is decided in an execution that may end its process.
func (t *test) record() string {
	return filepath.Join(t.c.temp, fmt.Sprintf("record-%s-%s", filepath.Base(t.pkg.Path), t.name))
}

// process runs the test in a process, as plan has it.
func (t *test) process(ctx context.Context, plan *session.Plan, limit time.Duration) (run, error) {
	return t.c.process(ctx, t.pkg.Binary, plan, limit, t.c.only(t.name)...)
}

// ran returns for how long the test has run so far.
func (t *test) ran() time.Duration { return t.spent + time.Since(t.resumed) }

// isolate has the test go on at an execution, each in a process of its own.
func (t *test) isolate(why string, next int) {
	t.mode, t.why, t.next = isolated, why, next
	if next < t.steerFrom {
		t.steerFrom, t.steerEnd = 0, 0 // what was begun there is behind it
	}
}

// goLive has the test begin again, live, unless it may only be controlled.
func (t *test) goLive(why string) {
	t.mode, t.why = live, why
	t.next, t.executions, t.distinct = 0, 0, 0
	t.finished = t.c.Mode == Controlled
}

// liveRuns and liveTime bound the live runs of a test if no time is given for it: they take real time.
const (
	liveRuns = 20
	liveTime = time.Minute
)

// step runs one process.
func (t *test) step(ctx context.Context, left time.Duration) {
	t.choose()
	plan := t.plan(left)
	t.steer(plan)
	if plan.First >= plan.Last { // all that is left belongs to other shards
		t.next = plan.Last
		t.finished = t.last > 0 && t.next >= t.last
		return
	}
	limit := patience + left
	if left == 0 {
		limit = 24 * time.Hour
	}
	r, err := t.process(ctx, plan, limit)
	if err != nil {
		t.fail(err.Error())
		return
	}
	if len(r.events) == 0 && ctx.Err() != nil {
		return
	}
	if len(r.events) == 0 {
		t.mode, t.finished = native, true
		t.output, t.failed = r.output, r.exit != 0
		return
	}
	if plan.First == 0 && t.c.Verbose {
		t.printed = t.withoutHeads(r.output)
	}
	t.read(ctx, r)
	if t.last > 0 && t.next >= t.last {
		t.finished = true
	}
}

// read draws the consequences of what a process has noted.
func (t *test) read(ctx context.Context, r run) {
	over := false
	at, plain := t.next, 0
	distinct, cold := 0, uint64(0)
	for _, e := range r.events {
		distinct = max(distinct, e.Distinct)
		switch e.Kind {
		case session.Began:
			at = e.N
			if e.N == 0 {
				plain++
			}
			if e.N >= t.next {
				t.executions += max(e.Times, 1)
				t.next = e.N
				if pr := t.steering(e.N); pr != nil {
					pr.tried++
				}
			}
		case session.Measured:
			t.asked, t.cancels, cold = e.Asked, e.Cancels, e.Hash
			if t.c.Cancel && e.Cancels == 0 {
				t.notes = append(t.notes, "it makes no context that could be cancelled while others run")
			}
		case session.Settled:
			t.asked, t.warm, t.plain, t.next = e.Asked, e.Warm, e.Hash, 1
			t.executions = 1
			if t.why == long {
				t.why = ""
			}
			if e.Forced {
				t.only, t.finished, over = true, true, true
			}
		case session.Skipped:
			t.skipped, t.finished, over = true, true, true
			t.output = r.output
		case session.Predicted:
			t.predict(e)
		case session.Ignored:
			t.c.ignored(e.Ignored)
			if e.Verdict != "" {
				t.ignored[e.Cause] = true
				if pr := t.steering(e.N); pr != nil {
					pr.confirmed = true
				}
				if e.N == 0 && t.mode == together && e.Verdict != leak {
					t.finished, over = true, true
				}
			}
		case session.Found:
			if pr := t.steering(e.N); pr != nil {
				pr.confirmed = true
			}
			t.found(ctx, e)
			over = over || t.finished
			if e.N == 0 && t.mode == together && e.Verdict != leak {
				t.finished, over = true, true
			}
		case session.Dirty:
			t.next, over = e.N+1, true
		case session.Leaky:
			t.asked, t.executions, over = e.Asked, 1, true
			if t.repeats(ctx, cold) {
				t.isolate("an execution leaves behind what changes the next", 1)
			} else {
				t.why, t.warm, t.next = chance, 1, 1
			}
		case session.Stalled:
			over = true
			t.stalled(e)
		case session.TooLong:
			t.next, over = e.N+1, true
			t.tooLong(e.N)
		case session.Ended:
			if e.N == 0 && t.mode == together {
				t.executions, t.why = 1, long
			}
			t.next, over = max(e.N, t.next), true
			t.finished = t.finished || t.mode == live && t.c.Time == 0
		}
	}
	t.distinct += distinct
	if ctx.Err() != nil { // it was ended with everything else
		if t.executions == 1 && !over && r.events[len(r.events)-1].Kind == session.Began {
			t.executions = 0
		}
		return
	}
	mixed := strings.Contains(r.output, "from outside bubble")
	switch {
	case over:
	case r.killed:
		t.next = at + 1
		if at == 0 {
			t.never, t.finished = fmt.Sprintf("its first run had not ended after %v, and was stopped", r.spent.Round(time.Second)), true
			return
		}
		t.notes = append(t.notes, fmt.Sprintf("execution %d did not end and was stopped", at))
	case t.mode == together && (at == 0 && plain > 1 || mixed):
		t.isolate("an execution leaves behind what ends the process in the next", max(at, 1))
		t.executions = t.next
	case t.mode == isolated && mixed:
		t.goLive("it uses channels together with goroutines outside of the execution")
	default:
		before := t.mode
		t.crashed(ctx, at, r)
		if t.mode == live && before != live {
			return // it begins again
		}
		t.next = max(t.next, at+1)
		if at == 0 {
			t.finished = true
		}
	}
}

// long says why a test has had no schedule but the plain one.
const long = "one run takes longer than its share of the time"

// chance says why the plain run of a test that is not isolated is another each time.
const chance = "no two runs of it are the same"

// repeats reports whether the first plain run of another process is what it was in the first, where its trace was cold. If it
// is not, that is chance, a map's order or a hash's seed, and a process for each execution would only take longer.
func (t *test) repeats(ctx context.Context, cold uint64) bool {
	p := t.plan(0)
	p.First, p.Last, p.Enough, p.Findings = 0, 1, true, t.c.temp // what else it finds will be found again
	r, err := t.process(ctx, p, patience)
	if err != nil {
		return true
	}
	for _, e := range r.events {
		if e.Kind == session.Measured {
			return e.Hash == cold
		}
	}
	return true
}

// maxStalls is how many executions may block where no schedule reaches before the test runs live.
const maxStalls = 3

func (t *test) stalled(e session.Event) {
	if t.mode == live {
		t.finished = true
		if e.N == 0 {
			t.never = "its first run did not come to an end:\n" + indent(e.Text)
			return
		}
		t.notes = append(t.notes, fmt.Sprintf("run %d did not come to an end, and is no proof of anything:\n%s", e.N, indent(e.Text)))
		return
	}
	if e.N == 0 {
		t.goLive(firstLine(e.Text))
		if t.finished {
			t.notes = append(t.notes, "it cannot be controlled: "+e.Text)
		}
		return
	}
	t.next = e.N + 1
	if t.stalls++; t.stalls == maxStalls {
		t.notes = append(t.notes, fmt.Sprintf("%s blocked where no schedule reaches; the last: %s", plural(maxStalls, "execution"), firstLine(e.Text)))
		if t.c.Mode == Controlled {
			t.finished = true
			return
		}
		t.controlled = t.executions
		t.goLive("some executions block where no schedule reaches")
	}
}

// tooLong is why a test runs live, or not at all.
const tooLong = "its plain run is too long to be controlled"

// tooLong notes an execution that was given up. Some may be unlucky; a test that is always that long is not worth more.
func (t *test) tooLong(n int) {
	t.stalls++
	switch {
	case n == 0:
		t.goLive(tooLong)
		if t.finished {
			t.notes = append(t.notes, "it cannot be controlled: "+tooLong)
		}
	case t.stalls == maxStalls:
		t.finished = true
		t.notes = append(t.notes, fmt.Sprintf("%s were too long and were given up", plural(maxStalls, "execution")))
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

func (t *test) fail(text string) {
	t.finished, t.failed = true, true
	t.output += text + "\n"
}
