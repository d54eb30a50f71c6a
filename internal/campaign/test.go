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
	why        reason
	end        end
	unran      string // why it has not run once to its end, if that is known
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
	abandoned  int       // executions: too long, or undecided
	crashes    int
	rounds     int
	sum        search.Sum // of the orders, if all were gone through

	batches map[*search.Part]*batch // that were dealt and are not settled
	running int                     // processes that run batches
	own     bool                    // one of them runs on the processor that the test has anyway
	ended   chan *batch             // from processes that have ended
	dropped []*batch                // which are no longer to be settled in their line

	sockets   string // why they are those of the machine; "" if they are in memory
	printed   string // by the plain run
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

func (c *campaign) newTest(p *pkg, name string) *test {
	t := &test{c: c, pkg: p, name: name, mode: together, batches: map[*search.Part]*batch{}, ended: make(chan *batch), causes: map[uint64]bool{}, ignored: map[uint64]bool{}, excused: map[uint64]bool{}, states: map[uint64]bool{}}
	t.search = search.New(search.Options{
		Seed: c.seed(p.Binary, name), Strategy: c.Strategy, Schedules: c.Schedules, Shard: c.Shard, Cancel: c.Cancel, Faults: c.Faults,
	})
	switch {
	case c.Mode == Live:
		t.become(live, reason{kind: wanted})
	case c.Isolate:
		t.become(isolated, reason{kind: wanted})
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
	late := false
	for !t.over() && ctx.Err() == nil {
		left := time.Duration(0)
		if share > 0 {
			if left = share - time.Since(began); left <= 0 && !t.unrun() {
				late = true
				break
			}
			left = max(left, minShare)
		}
		if !t.enough() {
			t.start(ctx, left)
		}
		if t.running == 0 {
			t.ends(asMuch)
			break
		}
		t.wait()
		for b := t.head(); b != nil && b.ended && !t.over(); b = t.head() {
			t.settle(ctx, b)
		}
	}
	t.rest(ctx)
	if late && t.c.Time == 0 {
		t.ends(asMuch)
	}
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
	case t.phase() == opening && t.running > 0:
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
		t.once(b.run, unreached)
		t.raced(ctx, b.run)
	default:
		if b.plan.First == 0 && t.c.Verbose {
			t.printed = withoutHeads(b.run.output, t.name)
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
		t.ends(asMuch)
	}
}

// enough reports whether a test that had more schedules than were asked for, as they took so little time, has had enough.
func (t *test) enough() bool { return t.search.Extended && t.ran() >= t.c.Least }

// rest ends what is going on when the test is finished, or its share over. What was found is not lost.
func (t *test) rest(ctx context.Context) {
	if t.over() {
		t.drop()
	}
	for t.running > 0 {
		t.wait()
	}
	for _, part := range t.search.Unsettled() {
		if b := t.batches[part]; b != nil && !t.over() { // or it was given up meanwhile
			t.settle(ctx, b)
		}
	}
	if t.over() {
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

// liveRuns and liveTime bound the live runs of a test if no time is given for it: they take real time.
const (
	liveRuns = 20
	liveTime = time.Minute
)

// read draws the consequences of what a process has noted, and returns how far in its line it has come.
func (t *test) read(ctx context.Context, b *batch) (reached int) {
	r := b.run
	done := false // the process has said how it ended
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
				t.note("it makes no context that could be cancelled while others run")
			}
			if t.c.Faults && e.Breaks == 0 {
				t.note("it makes no connection in memory that could fail")
			}
		case session.Settled:
			t.search.Asked, t.warm, t.plain, reached = e.Asked, e.Warm, e.Hash, 1
			t.executions = 1
			t.long = false
			if e.Forced {
				t.ends(onlyOne)
				done = true
			}
		case session.Explored:
			if done = true; t.c.Through != nil {
				if t.sum = e.Sum; e.Sum.Over || e.Sum.Chance {
					t.ends(allSeen)
				}
				t.goesThrough()
				break
			}
			if e.Sum.All() {
				t.sum = e.Sum
			}
			if done = e.Sum.All() && !e.Sum.Plain; done {
				t.ends(allSeen)
			} else {
				t.executions -= e.Sum.Executions // they were no part of what was asked for
			}
		case session.Skipped:
			t.ends(skips)
			t.output, done = r.output, true
		case session.Predicted:
			if e.Prediction != nil {
				t.search.Predict(*e.Prediction, e.N)
			}
		case session.Ignored:
			t.c.ignored(e.Ignored)
			if e.Verdict != "" {
				t.ignored[e.Cause] = true
				t.hung(b, e.N)
				done = t.hides(e) || done
			}
		case session.Found:
			t.hung(b, e.N)
			t.found(ctx, b, e)
			done = t.hides(e) || done || t.over()
		case session.Undecided:
			t.undecided(e)
		case session.Dirty:
			reached, done = e.N+1, true
		case session.Leaky:
			t.search.Asked, t.executions, done, reached = e.Asked, 1, true, 1
			if t.repeats(ctx, cold) {
				t.isolate(leavesBehind)
			} else {
				t.why, t.warm = reason{kind: varies}, 1
			}
		case session.Lacking:
			reached, done = e.N+1, true
			t.onMachine(e.Why)
		case session.Stalled:
			reached, done = e.N+1, true
			t.stalled(b, e)
		case session.TooLong:
			reached, done = e.N+1, true
			t.isTooLong(e.N)
		case session.Ended:
			if e.N == 0 && t.mode == together {
				t.executions, t.long = 1, true
			}
			if reached, done = max(e.N, reached), true; t.mode == live && t.c.Time == 0 {
				t.ends(asMuch)
			}
		}
	}
	if r.killed && ctx.Err() != nil { // it was ended with everything else
		if t.executions == 1 && !done && r.events[len(r.events)-1].Kind == session.Began {
			t.executions = 0
		}
		return reached
	}
	mixed := strings.Contains(r.output, "from outside bubble")
	switch {
	case done:
	case r.killed:
		if at == 0 {
			t.never(unended, fmt.Sprintf("its first run had not ended after %v, and was stopped", r.spent.Round(time.Second)))
			return reached
		}
		t.note("execution %d did not end and was stopped", t.search.Number(b.Part, at))
		return max(reached, at+1)
	case t.mode == together && (at == 0 && plain > 1 || mixed):
		t.isolate(endsNext)
		if at == 0 {
			t.executions = 1
			return max(reached, 1)
		}
		t.executions-- // it comes again
		return max(reached, at)
	case t.mode == isolated && mixed:
		t.goLive(reason{kind: mixes})
	default:
		t.crashed(ctx, b, at)
		if at == 0 && b.Row == t.search.Walks.ID { // or else it begins again
			t.ends(fails)
		}
		return max(reached, at+1)
	}
	return reached
}

// hides has the test be over if its plain run has ended in what every execution would: nothing behind it is seen. What it leaves behind each time
// hides nothing.
func (t *test) hides(e session.Event) bool {
	if e.N > 0 || t.mode != together || e.Verdict == leak {
		return false
	}
	t.ends(fails)
	return true
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

// note notes what there is to know of the test.
func (t *test) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// headline returns the first sentence of a report, which takes several lines if it is long: what follows is indented.
func headline(report string) string {
	var b strings.Builder
	for line := range strings.Lines(report) {
		line = strings.TrimRight(line, "\n")
		if b.Len() > 0 && (line == "" || line[0] == ' ') {
			break
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(line)
	}
	return b.String()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
