package campaign

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A confirmed finding was reproduced in a process of its own.
type confirmed struct {
	*finding.Finding
	screen     string // its report, with files named from Config.Base; "" if that is as it is kept
	file       string
	lost       string        // why the file is gone when this process ends; "" if it is kept
	n          int           // the execution that found it, or none
	after      time.Duration // in which the test had run until then
	reproduced int
	tried      int    // replays that were run: tries, or fewer if the time was over
	native     string // what becomes of the test without jostle, if that was looked at
}

// text returns the report for the screen.
func (f confirmed) text() string { return cmp.Or(f.screen, f.Report) }

// none is the number of no execution.
const none = -1

// A gone finding is one that did not come again. It is not reported, unless its execution is the one of a finding that did:
// then the plain run, say, ends in one or the other, and what is known of it is told.
type gone struct {
	n    int // the execution
	text string
}

// tries is how often a finding is run again before it is told.
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
	defer t.does("")
	after := t.ran()
	var plainly *comparison // with a run without control, of a test that fails where no schedule has departed from the plain one
	if t.plainly(e) {
		plainly = t.compare(ctx, enough(e))
		if e.Ordinary || t.mode != together || e.N > 0 {
			plainly.wait() // it ends by itself and may be all there is to tell, or there is more to do with the test
		}
	}
	if plainly.done() && t.ordinary(plainly, e) {
		t.discard(e.File)
		return
	}
	original, screen, err := t.first(ctx, b, e)
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
	t.does("confirming the " + e.Verdict)
	got, tried, smaller, err := t.confirms(ctx, e, original, file)
	if err != nil {
		t.fail(err.Error())
		return
	}
	isLive := original.Mode == string(live)
	if tried > 0 && got == 0 && !isLive { // what a live run has seen has happened
		t.discard(e.File)
		t.gone = append(t.gone, gone{t.search.Number(b.Part, e.N), fmt.Sprintf("%s not reproduced in a fresh process; not reported", e.Verdict)})
		if t.isolate(dependent) {
			t.restart()
		}
		return
	}
	if plainly.done() && t.ordinary(plainly, e) {
		t.discard(e.File)
		return
	}
	f, err := finding.Read(file)
	if err != nil {
		t.fail(err.Error())
		return
	}
	name, lost, err := t.keep(f)
	if err != nil {
		t.fail(err.Error() + "\n" + f.Report)
		return
	}
	t.conclude() // what was pending is of the one before
	t.add(confirmed{
		Finding: f, screen: cmp.Or(smaller, screen), file: name, lost: lost, n: t.search.Number(b.Part, e.N), after: after, reproduced: got, tried: tried,
	})
	doubtful := e.Verdict == verdict.Assertion.Word() && plainly.passed() // until it is known whether any schedule passes
	if !doubtful {
		t.announce()
	}
	t.tell(ctx, file)
	if doubtful {
		if t.unpassed(plainly) {
			t.retract()
			return
		}
		t.announce()
	}
	if plainly != nil {
		plainly.found = e
		t.pending = plainly
	}
	if plainly.done() {
		t.conclude()
	}
}

// plainly reports whether what was found did not need a schedule that departs from the plain one, so that a run
// without control may say it too.
func (t *test) plainly(e session.Event) bool {
	switch {
	case e.Verdict == leak:
		return false
	case t.mode == live:
		return e.N == 0 && e.Ordinary
	default:
		return e.Forced || e.N == 0 && t.mode == together
	}
}

// confirms runs a finding, which is in a file of its own, again, and has it shrunk. It returns how many of how many runs ended
// by the same cause, and of a smaller schedule the report for the screen.
func (t *test) confirms(ctx context.Context, e session.Event, original *finding.Finding, file string) (got, tried int, smaller string, err error) {
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
			if once := t.replay(ctx, file, try, false); once.cause == e.Cause {
				smaller = again.screen
			} else if _, err := original.Write(filepath.Dir(file)); err != nil {
				return got, tried, "", err
			}
		}
	}
	return got, tried, smaller, nil
}

// tell adds to the last finding, which is kept and was said to be there, what other schedules say of it. file is a copy of its file.
func (t *test) tell(ctx context.Context, file string) {
	f := &t.confirmed[len(t.confirmed)-1]
	if f.reproduced == 0 || f.Mode == string(live) || t.mode != together || ctx.Err() != nil {
		return
	}
	t.does("looking for the nearest schedule that passes")
	p := t.plan()
	p.Mode, p.Finding, p.Tell, p.Findings = session.Replay, file, true, filepath.Dir(file)
	r, err := t.process(ctx, p, patience)
	i := slices.IndexFunc(r.events, func(e session.Event) bool { return e.Kind == session.Told })
	if err != nil || i < 0 {
		return // what is known is there
	}
	told, err := finding.Read(file)
	if err != nil {
		t.fail(err.Error())
		return
	}
	if name, lost, err := t.keep(told); err == nil {
		f.Finding, f.screen, f.file, f.lost = told, r.events[i].Text, name, lost
	}
}

// first returns the finding of an event as it is on disk, and its report for the screen. A process that has run ahead may have found something of the same
// cause, and the file may be its: then the execution is run again. That it is called by its number is seen to.
func (t *test) first(ctx context.Context, b *batch, e session.Event) (f *finding.Finding, screen string, err error) {
	if f, err = finding.Read(e.File); err != nil || f.Mode == string(live) || e.N == 0 {
		return f, e.Text, err
	}
	is := func() bool { return strings.HasPrefix(f.Found, session.Execution(b.plan.Called(e.N))+",") }
	if !is() && ctx.Err() == nil {
		p := *b.plan
		p.First, p.Last, p.Shard, p.Known, p.Enough = e.N, e.N+1, search.Shard{}, nil, true
		if _, err := t.process(ctx, &p, patience); err != nil {
			return nil, "", err
		}
		if f, err = finding.Read(e.File); err != nil {
			return nil, "", err
		}
	}
	if screen = e.Text; !is() { // it did not come again: the file is of another execution
		screen = f.Report
	}
	if number := t.search.Number(b.Part, e.N); is() && number != b.plan.Called(e.N) {
		_, how, _ := strings.Cut(f.Found, ",")
		f.Found = session.Execution(number) + "," + how
		_, err = f.Write(filepath.Dir(e.File))
	}
	return f, screen, err
}

// restore has the file of a cause that was looked into be what it was, after a process that did not know has found it too.
func (t *test) restore(e session.Event) {
	for _, c := range t.confirmed {
		if c.Cause != e.Cause {
			continue
		}
		if c.lost != "" {
			return // it has no file
		}
		if _, err := c.Write(t.pkg.folder.Path); err != nil {
			t.fail(err.Error())
		}
		return
	}
	t.discard(e.File)
}

// confirm adds a finding, and says what it is.
func (t *test) confirm(f confirmed) {
	t.add(f)
	t.announce()
}

// add adds a finding of which nobody is told yet.
func (t *test) add(f confirmed) {
	t.confirmed = append(t.confirmed, f)
	t.c.mu.Lock()
	t.shown.findings = len(t.confirmed)
	t.c.mu.Unlock()
}

// retract takes back the last finding.
func (t *test) retract() {
	last := len(t.confirmed) - 1
	t.discard(t.confirmed[last].file)
	t.confirmed = t.confirmed[:last]
	t.c.mu.Lock()
	t.shown.findings = last
	t.c.mu.Unlock()
}

// announce says what the last finding is.
func (t *test) announce() {
	if t.c.Found == nil {
		return
	}
	f := t.confirmed[len(t.confirmed)-1]
	n := News{Finding: f.Finding, Dir: t.pkg.Dir, Headline: headline(f.text()), File: f.file, Lost: f.lost}
	if n.Lost != "" {
		n.File = ""
	}
	t.c.Found(n)
}

// keep writes a finding to the folder of its package. If it cannot be written there, lost says why, and the file is one that is removed
// when this process ends.
func (t *test) keep(f *finding.Finding) (file, lost string, err error) {
	if file, err = f.Write(t.pkg.folder.Path); err == nil {
		return file, "", nil
	}
	lost = err.Error()
	if t.pkg.folder.Package != "" {
		lost += "; nor can anything be written in " + t.pkg.Dir + ": set JOSTLE_CACHE to a directory that can be written"
	}
	file, err = f.Write(t.c.temp)
	return file, lost, err
}

// where says where a finding is kept, and if it is not, why.
func (f confirmed) where(c *campaign) string {
	if f.lost != "" {
		return "not kept: " + f.lost
	}
	return "kept in " + c.screenName(f.file)
}

// remarks returns what there is to know of a test beside its findings.
func (t *test) remarks() []string {
	out := slices.Clone(t.notes)
	for _, g := range t.gone {
		if !slices.ContainsFunc(t.confirmed, func(f confirmed) bool { return f.n == g.n }) {
			out = append(out, session.Execution(g.n)+": "+g.text)
		}
	}
	return append(out, t.unconfirmed()...)
}

// A replayed finding is what one process made of it.
type replayed struct {
	cause   uint64
	hash    uint64 // of the interleaving
	verdict string
	missed  string // departures that did not come
	orders  trace.Orders
	shrunk  bool
	screen  string           // the report of the smaller schedule
	panic   *verdict.Verdict // that has ended the process
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
			out.shrunk, out.screen = true, e.Text
		case session.Ended:
			ended = true
		}
	}
	if out.verdict == "" && !ended && !r.killed && r.exit != 0 {
		is := endingOf(p.Package+"."+session.Function(p.Test), r.output)
		out.verdict, out.cause, out.panic = is.word, is.cause, is.panic
	}
	return out
}
