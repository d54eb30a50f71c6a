package campaign

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
)

// A test is one test function, as far as it has come.
type test struct {
	c    *campaign
	pkg  *pkg
	name string

	mode       mode
	why        string // it is not run as the others are, for people
	long       bool   // one run of it takes longer than its share of the time
	search     *search.Search
	warm       int
	plain      uint64
	executions int
	controlled int // executions before it went live
	orders     orders
	pace       pace
	spent      time.Duration
	resumed    time.Time // when it began to run again, which is not in spent
	givenUp    int       // executions: too long, or undecided
	crashes    int
	rounds     int
	finished   bool
	only       bool       // the plain run was all: no schedule has a choice
	sum        search.Sum // of the orders, if all were gone through
	never      string     // why it has not run once to its end, if the time was long enough

	batches map[*search.Part]*batch // that were dealt and are not settled
	running int                     // processes that run batches
	own     bool                    // one of them runs on the processor that the test has anyway
	ended   chan *batch             // from processes that have ended
	dropped []*batch                // which are no longer to be settled in their line

	sockets   string // why they are those of the machine; "" if they are in memory
	printed   string // by the plain run
	skipped   bool
	output    string // of what ran without control
	failed    bool   // in that
	confirmed []confirmed
	pending   *comparison // of the last of these, if that is not known yet
	gone      []gone
	notes     []string
	causes    map[uint64]bool
	ignored   map[uint64]bool // causes of what would be findings
	excused   map[uint64]bool // likewise, see gaveUp
	states    map[uint64]bool // in which executions were left that may end by themselves, or not
	kept      []kept          // of the corpus
	known     int             // of these, what is expected to be found

	files atomic.Int32 // that it makes in its package's directory
	ports atomic.Bool  // it has found one taken

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
	native   mode = "without control"
)

// wanted is why a test runs as it does if the user has it so.
const wanted = "asked for"

func (c *campaign) newTest(p *pkg, name string) *test {
	t := &test{c: c, pkg: p, name: name, mode: together, batches: map[*search.Part]*batch{}, ended: make(chan *batch), causes: map[uint64]bool{}, ignored: map[uint64]bool{}, excused: map[uint64]bool{}, states: map[uint64]bool{}}
	t.search = search.New(search.Options{
		Seed: c.seed(p.Binary, name), Strategy: c.Strategy, Schedules: c.Schedules, Shard: c.Shard, Cancel: c.Cancel, Faults: c.Faults,
	})
	switch {
	case c.Mode == Live:
		t.mode, t.why, t.search.Unsteered = live, wanted, true
	case c.Isolate:
		t.mode, t.why = isolated, wanted
	}
	return t
}

// advance runs the test for its share of the time; 0: until it is finished.
func (t *test) advance(ctx context.Context, share time.Duration) {
	t.rounds++
	t.does("")
	began := time.Now()
	t.resumed = began
	t.pkg.ran.start(began)
	defer func() {
		now := time.Now()
		t.spent += now.Sub(began)
		t.pkg.ran.stop(now)
	}()
	if t.rounds == 1 {
		t.guard(ctx)
		t.record(ctx)
	}
	over := false
	for !t.finished && ctx.Err() == nil {
		left := time.Duration(0)
		if share > 0 {
			if left = share - time.Since(began); left <= 0 && !t.unrun() {
				over = true
				break
			}
			left = max(left, minShare)
		}
		if !t.enough() {
			t.start(ctx, left)
		}
		if t.running == 0 {
			t.finished = true
			break
		}
		t.wait()
		for b := t.head(); b != nil && b.ended && !t.finished; b = t.head() {
			t.settle(ctx, b)
		}
	}
	t.rest(ctx)
	t.finished = t.finished || over && t.c.Time == 0
}

// start begins processes: one, and as many more as there are processors that no other test wants.
func (t *test) start(ctx context.Context, left time.Duration) {
	for {
		own := !t.own
		if !own && !t.c.borrow() {
			return
		}
		b := t.deal(left)
		if b == nil {
			if !own {
				t.c.giveBack()
			}
			return
		}
		limit := patience + left
		if left == 0 {
			limit = 24 * time.Hour
		}
		b.own = own
		t.own, t.running = true, t.running+1
		batchCtx, stop := context.WithCancel(ctx)
		b.stop = stop
		go func() {
			defer stop()
			b.run, b.err = t.process(batchCtx, b.plan, limit)
			if !b.own {
				t.c.giveBack()
			}
			t.ended <- b
		}()
	}
}

// wait waits until a process has ended.
func (t *test) wait() {
	b := <-t.ended
	b.ended = true
	t.running--
	if b.own {
		t.own = false
	}
	t.pace.learn(b.run)
}

// deal returns what the next process is to run, nil if there is nothing for one.
func (t *test) deal(left time.Duration) *batch {
	switch {
	case t.c.Through != nil && t.running > 0: // what comes next depends on all before
		return nil
	case t.mode == live && t.running > 0: // two at a time may use the same ports and files
		return nil
	case !t.search.Begun() && t.running > 0: // all else depends on the plain run
		return nil
	}
	part := t.search.Deal(func(left int) int {
		switch t.mode {
		case live:
			return search.Endless
		case isolated:
			return 1
		}
		return t.pace.most(left, t.running+1+t.c.spare())
	})
	if part == nil {
		return nil
	}
	b := &batch{Part: part}
	b.plan = t.planOf(b, left)
	t.batches[part] = b
	return b
}

// head returns the batch that is to be settled next, nil if it is not dealt yet.
func (t *test) head() *batch { return t.batches[t.search.Head()] }

// settle draws the consequences of what a process was told to do and has done.
func (t *test) settle(ctx context.Context, b *batch) {
	switch {
	case b.err != nil:
		t.fail(b.err.Error())
	case len(b.run.events) == 0 && ctx.Err() != nil:
		t.search.Settle(b.Part, b.First)
	case len(b.run.events) == 0:
		t.mode, t.finished = native, true
		t.output, t.failed = b.run.told(), b.run.exit != 0
		t.raced(ctx, b.run)
	default:
		if b.plan.First == 0 && t.c.Verbose {
			t.printed = t.withoutHeads(b.run.output)
		}
		b.Settled = true
		t.search.Settle(b.Part, t.read(ctx, b))
		t.raced(ctx, b.run)
	}
	if b.Settled {
		delete(t.batches, b.Part)
	}
	for len(t.dropped) > 0 {
		b := t.dropped[0]
		t.dropped = t.dropped[1:]
		t.findings(ctx, b)
	}
	if t.search.Over() {
		if t.mode == together && t.ran() < t.c.Least {
			t.search.Extend()
			return
		}
		t.finished = true
	}
}

// enough reports whether a test that had more schedules than were asked for, as they took so little time, has had enough.
func (t *test) enough() bool { return t.search.Extended && t.ran() >= t.c.Least }

// rest ends what is going on when the test is finished, or its share over. What was found is not lost.
func (t *test) rest(ctx context.Context) {
	if t.finished {
		t.drop()
	}
	for t.running > 0 {
		t.wait()
	}
	for _, part := range t.search.Unsettled() {
		if b := t.batches[part]; b != nil && !t.finished { // or it was given up meanwhile
			t.settle(ctx, b)
		}
	}
	if t.finished {
		t.drop()
	}
	for _, b := range t.dropped {
		t.findings(ctx, b)
	}
	t.dropped = nil
}

// drop gives up what was dealt and is not settled.
func (t *test) drop() {
	for _, part := range t.search.Drop() {
		b := t.batches[part]
		b.stop()
		t.dropped = append(t.dropped, b)
		delete(t.batches, part)
	}
}

// findings looks into what a process has found that was given up.
func (t *test) findings(ctx context.Context, b *batch) {
	for !b.ended {
		t.wait()
	}
	for _, e := range b.run.events {
		if e.Kind == session.Found {
			t.found(ctx, b, e)
		}
	}
	t.raced(ctx, b.run)
}

// plan returns what the plans of all processes of the test have in common.
func (t *test) plan() *session.Plan {
	p := &session.Plan{
		Mode: session.Explore, Base: t.c.Base, Package: t.pkg.Package, Module: t.pkg.Module, Test: t.name, Race: t.c.Race, Leaks: t.c.Leaks,
		Part: search.Part{Options: t.search.Options, Measures: t.search.Measures}, Warm: t.warm, Plain: t.plain, Findings: t.pkg.folder.Path,
		OfMachine: t.sockets != "",
	}
	p.Shard = search.Shard{}
	if t.pkg.folder.Package != "" {
		p.Kept = t.pkg.folder.Path
	}
	for cause := range t.causes {
		p.Known = append(p.Known, cause)
	}
	switch t.mode {
	case live:
		p.Mode, p.Warm, p.Plain, p.Record = session.Live, 0, 0, t.recordFile()
	case isolated:
		p.Warm, p.Plain = 0, 0
	}
	return p
}

// planOf returns the plan of the process that runs a batch.
func (t *test) planOf(b *batch, left time.Duration) *session.Plan {
	p := t.plan()
	p.Part, p.Time = *b.Part, left
	if t.search.Extended && len(b.Steer) == 0 {
		p.Time = max(t.c.Least-t.ran(), time.Millisecond)
	}
	if t.c.Through != nil && t.mode == together {
		p.Through, p.Preemptions = t.through(), t.c.Through.Preemptions
	}
	if t.mode == live {
		if t.c.Time == 0 {
			p.Last, p.Time = min(p.Last, liveRuns), liveTime
		}
		return p
	}
	p.Orders = t.c.Least > 0 // otherwise a number of schedules was asked for
	if b.First == 0 && t.c.Parallel > 1 {
		p.Turn = alone
	}
	return p
}

// recordFile names the file for what is decided in an execution that may end its process.
func (t *test) recordFile() string {
	return filepath.Join(t.c.temp, fmt.Sprintf("record-%s-%s", filepath.Base(t.pkg.Path), t.name))
}

// process runs the test in a process, as plan has it. If it fails without control where it may have met others in its files, that says
// nothing, and it runs again; what is found under control is confirmed anyway. One that fails where it may have met others in a port
// runs again too.
func (t *test) process(ctx context.Context, plan *session.Plan, limit time.Duration) (r run, err error) {
	for {
		alone := t.alone()
		met := t.in(&t.pkg.directory, func() { r, err = t.c.process(ctx, t.pkg.Binary, plan, limit, t.c.only(t.name)...) })
		switch {
		case err == nil && !alone && r.taken():
			t.ports.Store(true)
			for _, e := range r.events {
				if e.Kind == session.Found && e.File != "" {
					t.discard(e.File)
				}
			}
			if plan != nil && plan.Record != "" {
				_ = os.Remove(plan.Record)
			}
		case !met || r.exit <= 0 || len(r.events) > 0:
			return r, err
		}
	}
}

// ran returns for how long the test has run so far.
func (t *test) ran() time.Duration { return t.spent + time.Since(t.resumed) }

// isolate has the test go on, each execution in a process of its own.
func (t *test) isolate(why string) {
	t.mode, t.why = isolated, why
	t.drop()
}

// restart has the test begin again after its plain run.
func (t *test) restart() {
	t.drop()
	t.search.Restart()
}

// anew has the test begin again: what it has run so far does not count.
func (t *test) anew() {
	t.drop()
	t.search.Begin()
	t.executions, t.orders = 0, orders{}
}

// onMachine has the test begin again, with sockets of the machine.
func (t *test) onMachine(why string) {
	t.sockets = why
	t.anew()
}

// goLive has the test begin again, live, unless it may only be controlled.
func (t *test) goLive(why string) {
	t.mode, t.why, t.search.Unsteered = live, why, true
	t.anew()
	if t.c.Mode == Controlled {
		t.finished, t.never = true, "it cannot be controlled: "+why
	}
}

// liveRuns and liveTime bound the live runs of a test if no time is given for it: they take real time.
const (
	liveRuns = 20
	liveTime = time.Minute
)

// read draws the consequences of what a process has noted, and returns how far in its line it has come.
func (t *test) read(ctx context.Context, b *batch) (reached int) {
	r := b.run
	over := false
	at, plain := b.First, 0
	reached = b.First
	cold := uint64(0)
	t.orders.add(r.orders)
	for _, e := range r.events {
		switch e.Kind {
		case session.Began:
			at = e.N
			if e.N == 0 {
				plain++
			}
			if e.N >= b.First {
				t.executions += max(e.Times, 1)
				reached = e.N
				if pr := t.search.Into(b.Part, e.N); pr != nil {
					pr.Tried++
				}
			}
		case session.Measured:
			t.search.Measures, cold = e.Measures, e.Hash
			if t.c.Cancel && e.Cancels == 0 {
				t.notes = append(t.notes, "it makes no context that could be cancelled while others run")
			}
			if t.c.Faults && e.Breaks == 0 {
				t.notes = append(t.notes, "it makes no connection in memory that could fail")
			}
		case session.Settled:
			t.search.Asked, t.warm, t.plain, reached = e.Asked, e.Warm, e.Hash, 1
			t.executions = 1
			t.long = false
			if e.Forced {
				t.only, t.finished, over = true, true, true
			}
		case session.Explored:
			if over = true; t.c.Through != nil {
				t.sum = e.Sum
				t.finished = e.Sum.Over || e.Sum.Chance
				t.goesThrough()
				break
			}
			if e.Sum.All() {
				t.sum = e.Sum
			}
			if over = e.Sum.All() && !e.Sum.Plain; over {
				t.finished = true
			} else {
				t.executions -= e.Sum.Executions // they were no part of what was asked for
			}
		case session.Skipped:
			t.skipped, t.finished, over = true, true, true
			t.output = r.output
		case session.Predicted:
			if e.Prediction != nil {
				t.search.Predict(*e.Prediction, e.N)
			}
		case session.Ignored:
			t.c.ignored(e.Ignored)
			if e.Verdict != "" {
				t.ignored[e.Cause] = true
				t.hung(b, e.N)
				if e.N == 0 && t.mode == together && e.Verdict != leak {
					t.finished, over = true, true
				}
			}
		case session.Found:
			t.hung(b, e.N)
			t.found(ctx, b, e)
			over = over || t.finished
			if e.N == 0 && t.mode == together && e.Verdict != leak {
				t.finished, over = true, true
			}
		case session.Undecided:
			t.undecided(e)
		case session.Dirty:
			reached, over = e.N+1, true
		case session.Leaky:
			t.search.Asked, t.executions, over, reached = e.Asked, 1, true, 1
			if t.repeats(ctx, cold) {
				t.isolate("an execution leaves behind what changes the next")
			} else {
				t.why, t.warm = chance, 1
			}
		case session.Lacking:
			reached, over = e.N+1, true
			t.onMachine(e.Why)
		case session.Stalled:
			reached, over = e.N+1, true
			t.stalled(b, e)
		case session.TooLong:
			reached, over = e.N+1, true
			t.tooLong(e.N)
		case session.Ended:
			if e.N == 0 && t.mode == together {
				t.executions, t.long = 1, true
			}
			reached, over = max(e.N, reached), true
			t.finished = t.finished || t.mode == live && t.c.Time == 0
		}
	}
	if r.killed && ctx.Err() != nil { // it was ended with everything else
		if t.executions == 1 && !over && r.events[len(r.events)-1].Kind == session.Began {
			t.executions = 0
		}
		return reached
	}
	mixed := strings.Contains(r.output, "from outside bubble")
	switch {
	case over:
	case r.killed:
		if at == 0 {
			t.never, t.finished = fmt.Sprintf("its first run had not ended after %v, and was stopped", r.spent.Round(time.Second)), true
			return reached
		}
		t.notes = append(t.notes, fmt.Sprintf("execution %d did not end and was stopped", t.search.Number(b.Part, at)))
		return max(reached, at+1)
	case t.mode == together && (at == 0 && plain > 1 || mixed):
		t.isolate("an execution leaves behind what ends the process in the next")
		if at == 0 {
			t.executions = 1
			return max(reached, 1)
		}
		t.executions-- // it comes again
		return max(reached, at)
	case t.mode == isolated && mixed:
		t.goLive("it uses channels together with goroutines outside of the execution")
	default:
		t.crashed(ctx, b, at)
		t.finished = t.finished || at == 0 && b.Row == t.search.Walks.ID // or else it begins again
		return max(reached, at+1)
	}
	return reached
}

// hung notes that an execution that was steered into a prediction has confirmed it.
func (t *test) hung(b *batch, n int) {
	if pr := t.search.Into(b.Part, n); pr != nil {
		pr.Confirmed = true
	}
}

// unconfirmed returns what is to be said of predictions that did not come true: of locks taken in different orders, which is
// true as it stands, and of the others only to who wants to know all.
func (t *test) unconfirmed() (notes []string) {
	for _, pr := range t.search.Predictions {
		if !pr.Confirmed && pr.Tried > 0 && (pr.Kind == predict.Order || t.c.Verbose) {
			notes = append(notes, fmt.Sprintf("%s: %s; %s steered there did not hang", pr.Kind, pr.Text, plural(pr.Tried, "execution")))
		}
	}
	return notes
}

// chance says why the plain run of a test that is not isolated is another each time.
const chance = "no two runs of it are the same"

// repeats reports whether the first plain run of another process is what it was in the first, where its trace was cold. If it
// is not, that is chance, a map's order or a hash's seed, and a process for each execution would only take longer.
func (t *test) repeats(ctx context.Context, cold uint64) bool {
	p := t.plan()
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

func (t *test) stalled(b *batch, e session.Event) {
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
		t.goLive(e.Why)
		if t.finished {
			t.never += "\n" + indent(e.Text)
		}
		return
	}
	why := fmt.Sprintf("%s: %s", session.Execution(t.search.Number(b.Part, e.N)), e.Why)
	if t.c.Mode == Controlled {
		t.finished = true
		t.notes = append(t.notes, "it cannot be controlled: "+why)
		return
	}
	t.controlled = t.executions
	t.goLive(why)
}

// tooLong is why a test runs live, or not at all.
const tooLong = "its plain run is too long to be controlled"

// maxGivenUp is how many executions may be given up, or stay undecided, before the test is given up.
const maxGivenUp = 3

// tooLong notes an execution that was given up. Some may be unlucky; a test that is always that long is not worth more.
func (t *test) tooLong(n int) {
	t.givenUp++
	switch {
	case n == 0:
		t.goLive(tooLong)
	case t.givenUp == maxGivenUp:
		t.finished = true
		t.notes = append(t.notes, fmt.Sprintf("%s were too long and were given up", plural(maxGivenUp, "execution")))
	}
}

// undecided notes an execution of which it is not known whether it ends by itself, once for each state in which it was left. A
// test that does not come to its end is not searched.
func (t *test) undecided(e session.Event) {
	if !t.states[e.Cause] {
		t.states[e.Cause] = true
		t.notes = append(t.notes, e.Text)
	}
	if !e.Open {
		return
	}
	t.givenUp++
	t.finished = t.finished || e.N == 0 || t.givenUp == maxGivenUp
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

func (t *test) fail(text string) {
	t.finished, t.failed = true, true
	t.output += text + "\n"
}
