package campaign

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/session"
)

// A confirmed finding was reproduced in a process of its own.
type confirmed struct {
	*finding.Finding
	file       string
	after      time.Duration // in which the test had run until then
	reproduced int
	tried      int    // so many times, fewer than tries where the time was over
	native     string // what becomes of the test without jostle, if that was looked at
}

// dependent says why a test is isolated that ends another way where nothing was done before.
const dependent = "what an execution did depended on those before it"

// tries is how often a finding is run again before anybody is told.
const tries = 3

// leak is the verdict that does not end the search, if the plain run has it: what a test leaves behind each time hides nothing.
const leak = "leak"

// found looks into something that a process has found: it counts if it comes again in a process of its own.
func (t *test) found(ctx context.Context, b *batch, e session.Event) {
	if e.File == "" {
		return
	}
	if t.causes[e.Cause] {
		t.restore(e)
		return
	}
	t.causes[e.Cause] = true
	after := t.ran()
	if e.Forced && e.Verdict != leak && t.mode != live && t.passes(ctx) {
		t.discard(e.File)
		return
	}
	original, err := t.first(ctx, b, e)
	if err != nil {
		t.fail(err.Error())
		return
	}
	// Processes that have run ahead may write to the same file.
	dir, err := os.MkdirTemp(t.c.temp, "finding-")
	if err != nil {
		t.fail(err.Error())
		return
	}
	defer os.RemoveAll(dir)
	file, err := original.Write(dir)
	if err != nil {
		t.fail(err.Error())
		return
	}
	got, tried := 0, 0
	shrunk := false
	for try := range tries {
		again := t.replay(ctx, file, try, !shrunk && got == 0)
		if again.verdict == "" && ctx.Err() != nil {
			break
		}
		tried++
		if again.cause == e.Cause {
			got++
		}
		if again.shrunk {
			shrunk = true
			// What came out of a process that had done much must come out of one that has done nothing else.
			if once := t.replay(ctx, file, try, false); once.cause != e.Cause {
				if _, err := original.Write(dir); err != nil {
					t.fail(err.Error())
					return
				}
			}
		}
	}
	isLive := original.Mode == string(live)
	if tried > 0 && got == 0 && !isLive { // what a live run has seen has happened
		t.discard(e.File)
		t.notes = append(t.notes, fmt.Sprintf("execution %d ended in a %s that did not come again in a process of its own, and does not count", t.number(b, e.N), e.Verdict))
		if t.mode == together {
			t.isolate(dependent)
			t.restart()
		}
		return
	}
	f, err := finding.Read(file)
	if err == nil {
		_, err = f.Write(t.pkg.findings())
	}
	if err != nil {
		t.fail(err.Error())
		return
	}
	c := confirmed{Finding: f, file: e.File, after: after, reproduced: got, tried: tried}
	if e.N == 0 && t.mode == together && e.Verdict != leak {
		c.native = t.compare(ctx)
	}
	t.confirm(c)
}

// first returns the finding of an event as it is on disk. A process that has run ahead may have found something of the same
// cause, and the file may be its: then the execution is run again. That it is called by its number is seen to.
func (t *test) first(ctx context.Context, b *batch, e session.Event) (*finding.Finding, error) {
	f, err := finding.Read(e.File)
	if err != nil || f.Mode == string(live) || e.N == 0 {
		return f, err
	}
	is := func() bool { return strings.HasPrefix(f.Found, session.Execution(e.N+b.plan.Displaced)+",") }
	if !is() && ctx.Err() == nil {
		p := *b.plan
		p.First, p.Last, p.Shard, p.Known, p.Enough = e.N, e.N+1, session.Shard{}, nil, true
		if _, err := t.process(ctx, &p, patience); err != nil {
			return nil, err
		}
		if f, err = finding.Read(e.File); err != nil {
			return nil, err
		}
	}
	if number := t.number(b, e.N); is() && number != e.N+b.plan.Displaced {
		_, how, _ := strings.Cut(f.Found, ",")
		f.Found = session.Execution(number) + "," + how
		_, err = f.Write(t.pkg.findings())
	}
	return f, err
}

// restore has the file of a cause that was looked into be what it was, after a process that did not know has found it too.
func (t *test) restore(e session.Event) {
	for _, c := range t.confirmed {
		if c.Cause == e.Cause {
			if _, err := c.Write(t.pkg.findings()); err != nil {
				t.fail(err.Error())
			}
			return
		}
	}
	t.discard(e.File)
}

func (t *test) confirm(f confirmed) {
	t.confirmed = append(t.confirmed, f)
	if t.c.Found != nil {
		t.c.Found(t.pkg.Package, t.name, firstLine(f.Report), f.file)
	}
}

// passes reports whether a test passes as it is that ends otherwise in executions in which no schedule has a choice. What it
// depends on is not the order of things, but how jostle runs it: who calls it, what is allocated, how long things really
// take. Then that is how it is run.
func (t *test) passes(ctx context.Context) bool {
	r, err := t.process(ctx, nil, patience)
	if err != nil || ctx.Err() != nil || r.exit != 0 {
		return false
	}
	t.mode, t.why, t.finished = native, "no schedule has a choice in it, and as an execution it fails", true
	t.output = r.output
	return true
}

// comparing is how long a test may take that is compared: one that hangs has shown it by then.
const comparing = 10 * time.Second

// compare says what becomes of a test whose plain run fails without jostle: it may be wrong, or need others to have run before.
func (t *test) compare(ctx context.Context) string {
	switch r, err := t.process(ctx, nil, comparing); {
	case err != nil || ctx.Err() != nil:
	case r.killed:
		return fmt.Sprintf("as go test runs it, when it is the only one, it has not ended after %v", comparing)
	case r.exit > 0:
		return "it fails as go test runs it too, when it is the only one"
	}
	return ""
}

// A replayed finding is what one process made of it.
type replayed struct {
	cause   uint64
	hash    uint64 // of the interleaving
	verdict string
	missed  string // departures that did not come
	orders  engine.Orders
	shrunk  bool
	run
}

func (t *test) replay(ctx context.Context, file string, try int, shrink bool) replayed {
	p := t.plan()
	p.Mode, p.Finding, p.Try, p.Shrink, p.Findings = session.Replay, file, try, shrink, filepath.Dir(file)
	r, err := t.process(ctx, p, patience)
	if err != nil {
		return replayed{}
	}
	return readReplay(p, r)
}

// readReplay reads what a process has made of a finding that it was told to replay.
func readReplay(p *session.Plan, r run) replayed {
	out := replayed{run: r}
	ended := false
	for _, e := range r.events {
		switch e.Kind {
		case session.Replayed:
			out.cause, out.hash, out.verdict, out.missed, out.orders = e.Cause, e.Hash, e.Verdict, e.Text, e.Orders
		case session.Shrunk:
			out.shrunk = true
		case session.Ended:
			ended = true
		}
	}
	if out.verdict == "" && !ended && !r.killed && r.exit != 0 {
		out.verdict, out.cause = crash, crashCause(p.Package+"."+p.Test, r.output)
	}
	return out
}
