package worker

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/predict"
	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// An explorer runs one test under many schedules, for the command jostle, which reads what it notes in the session's log
// and decides what comes next.
type explorer struct {
	*testRunner
	plan *session.Plan
	log  *session.Log
	err  error // of the first thing that could not be noted

	asked   int
	choices int    // questions of all plain runs
	warm    int    // plain executions after which one is like the next
	before  int    // plain executions before the present one, if that is plain too
	plain   uint64 // trace of such a one
	cancels int    // questions of the plain run, of whether a context is cancelled
	began   time.Time
	causes  map[uint64]bool
	spoken  map[string]bool // what was ignored

	detector  *predict.Detector
	predicted bool // something new, by the last execution
	fresh     bool // something was found that is not known yet
}

func newExplorer(t *testing.T, body func(*testing.T), p *session.Plan) *explorer {
	t.Helper()
	r, err := newTestRunner(t, body)
	if err != nil {
		t.Fatal("jostle:", err)
	}
	r.doubts = newDoubts(p.Known)
	log, err := p.Open()
	if err != nil {
		t.Fatal("jostle:", err)
	}
	e := &explorer{testRunner: r, plan: p, log: log, began: time.Now(), causes: map[uint64]bool{}, spoken: map[string]bool{}, detector: predict.NewDetector()}
	for _, cause := range p.Known {
		e.causes[cause] = true
	}
	return e
}

func (e *explorer) note(ev session.Event) {
	if ev.Kind == session.Stalled || ev.Kind == session.TooLong {
		leaveSoon()
	}
	if err := e.log.Add(ev); err != nil && e.err == nil {
		e.err = err
	}
}

// leaving is how long, in real time, a process goes on that has goroutines in it which never end: its TestMain may wait for
// them.
const leaving = 3 * time.Second

// leaveSoon has the process end, if it does not by itself: all that is asked of it is done, and noted.
func leaveSoon() { time.AfterFunc(leaving, func() { os.Exit(0) }) }

// dealtWith notes what the race detector has written that is part of an outcome, or of none.
func (e *explorer) dealtWith(races session.Span) {
	if races.To > races.From {
		e.note(session.Event{Kind: session.Raced, Races: races})
	}
}

// run is testRunner.run.
func (e *explorer) run(s engine.Strategy) testOutcome {
	out := e.testRunner.run(s)
	e.dealtWith(out.raced)
	return out
}

// execute runs an execution.
func (e *explorer) execute(s engine.Strategy) (testOutcome, *schedule.Recorder) {
	rec := schedule.NewRecorder(s)
	out := e.run(rec)
	if err := e.log.Saw(out.Hash); err != nil && e.err == nil {
		e.err = err
	}
	return out, rec
}

// explore is the part of one process in the search: executions e.plan.First up to, not including, e.plan.Last.
func explore(t *testing.T, body func(*testing.T), p *session.Plan) {
	t.Helper()
	e := newExplorer(t, body, p)
	n := p.First
	if n == 0 {
		if !e.settle(t) {
			return
		}
		n = 1
		if e.predicted || e.fresh || e.choices == 0 {
			e.done(n)
			return
		}
	} else {
		e.asked, e.cancels, e.warm, e.plain = p.Asked, p.Cancels, p.Warm, p.Plain
		e.cancel = p.Cancel
		if !e.warmUp() {
			return
		}
	}
	for n = p.Shard.Next(n); n < p.Last && !e.late(n) && e.err == nil; n = p.Shard.Next(n + 1) {
		e.note(session.Event{Kind: session.Began, N: n})
		s := e.strategy(n)
		e.keep = learns(n) && len(p.Steer) == 0 && !p.Enough
		var inner engine.Strategy = s
		if p.Record != "" {
			inner = e.recorded(s)
		}
		out, rec := e.execute(inner)
		if !e.judge(n, s, out, rec) {
			return
		}
		if e.predicted {
			n++
			break
		}
	}
	e.done(min(n, p.Last))
	if e.err != nil {
		t.Fatal("jostle: keep what was found:", e.err)
	}
}

// late reports whether the process is to stop before execution n.
func (e *explorer) late(n int) bool {
	spent := time.Since(e.began)
	return e.plan.Time > 0 && spent >= e.plan.Time || e.plan.Turn > 0 && spent >= e.plan.Turn && n > learnsAll
}

// done notes that all that was to be done before execution n is done.
func (e *explorer) done(n int) {
	e.note(session.Event{Kind: session.Ended, N: n, Spent: time.Since(e.began)})
}

// how says by what an execution was found.
func (e *explorer) how(n int, s strategy.Strategy) string {
	if n == 0 {
		return fmt.Sprintf("%s, %s", session.Execution(0), s)
	}
	name := session.Execution(n + e.plan.Displaced)
	if len(e.plan.Steer) > 0 {
		return fmt.Sprintf("%s, which was steered into a predicted hang (%s)", name, e.plan.Steer[(n-1)%len(e.plan.Steer)].Kind)
	}
	return fmt.Sprintf("%s, %s", name, s)
}

// strategy returns the strategy of execution n.
func (e *explorer) strategy(n int) strategy.Strategy {
	if steer := e.plan.Steer; len(steer) > 0 {
		return strategy.NewSteer(e.plan.Seed, (n-1)/len(steer), steer[(n-1)%len(steer)].Pauses)
	}
	s := strategy.Mix(e.plan.Seed, n, e.asked)
	if e.cancels > 0 {
		s = strategy.NewCancel(strategy.NewSource(e.plan.Seed^uint64(n)), s, e.cancels)
	}
	return s
}

// learnsAll is how many of the first executions are all looked at for what they predict.
const learnsAll = 31

// learns reports whether execution n is looked at for what it predicts: the first ones all are, and then some.
func learns(n int) bool { return n <= learnsAll || n%8 == 0 }

// learn notes what a new execution that went well predicts.
func (e *explorer) learn(n int, out testOutcome) {
	if !e.keep || out.Found() || out.snap == nil {
		return
	}
	for _, p := range e.detector.Learn(out.snap) {
		if !e.known(p) {
			e.predicted = true
			p.Text = report.OnScreen(base(), p.Text)
			e.note(session.Event{Kind: session.Predicted, N: n, Prediction: &p})
		}
	}
}

// known reports whether a prediction has been looked into.
func (e *explorer) known(p predict.Prediction) bool {
	return slices.Contains(e.plan.Predicted, p.Key())
}

// settle does the plain run, again and again until one is like the one before: the first may initialise what the others
// find there. It reports whether other schedules make sense.
func (e *explorer) settle(t *testing.T) bool {
	t.Helper()
	e.keep, e.cancel = true, e.plan.Cancel
	const most = 3
	began := time.Now()
	for i := range most {
		e.before = i
		e.note(session.Event{Kind: session.Began})
		out, rec := e.execute(strategy.Plain{})
		e.choices += rec.Asked
		if i == 0 {
			e.asked, e.cancels = rec.Who, rec.Cancels
			e.note(session.Event{Kind: session.Measured, Asked: e.asked, Cancels: e.cancels, Hash: out.Hash})
			if out.Total > 0 {
				e.steps = max(engine.DefaultSteps, 10*out.Total)
			}
			if out.skipped && !out.Found() {
				e.note(session.Event{Kind: session.Skipped})
				show(t, out.output)
				t.SkipNow()
			}
			if testing.Verbose() && !out.Found() {
				show(t, out.output)
			}
		}
		if out.uncontrolled != "" && out.Kind != verdict.Race {
			e.note(session.Event{Kind: session.Stalled, Why: out.uncontrolled + " starts goroutines that jostle does not control"})
			return false
		}
		if i > 0 && e.x.Again() && out.Found() && !out.left() {
			break // it may be only because of what was done before in the process
		}
		if !e.judge(0, strategy.Plain{}, out, rec) {
			return false
		}
		if i > 0 && out.Hash == e.plain {
			e.note(session.Event{Kind: session.Settled, Asked: e.asked, Hash: e.plain, Warm: e.warm, Forced: e.choices == 0 && !e.predicted})
			return true
		}
		e.plain, e.warm = out.Hash, i
		if i == 0 && out.Total == 0 {
			break
		}
		if i == 0 && e.plan.Time > 0 && time.Since(began) >= e.plan.Time { // others are to have theirs
			e.note(session.Event{Kind: session.Ended})
			return false
		}
	}
	e.note(session.Event{Kind: session.Leaky, Asked: e.asked})
	return false
}

// warmUp does the plain runs that come before the first execution of a process.
func (e *explorer) warmUp() bool {
	for i := range e.warm {
		e.before = i
		e.note(session.Event{Kind: session.Began})
		out, rec := e.execute(strategy.Plain{})
		if !e.judge(0, strategy.Plain{}, out, rec) {
			return false
		}
	}
	return true
}

// judge notes what became of an execution, and reports whether another can follow in this process.
func (e *explorer) judge(n int, s strategy.Strategy, out testOutcome, rec *schedule.Recorder) bool {
	e.learn(n, out)
	e.ignored(n, out)
	e.undecided(n, out)
	switch {
	case out.open():
		return e.goesOn(n, out, true)
	case out.cut:
		return e.goesOn(n, out, true)
	case out.ignored.would != verdict.Pass && !out.Found():
		return out.left() || e.goesOn(n, out, true)
	case !out.Found() || out.left() && !e.plan.Leaks && !out.failed:
		return true
	case out.long:
		e.note(session.Event{Kind: session.TooLong, N: n})
		return false
	case out.Kind == verdict.Stall:
		e.note(session.Event{Kind: session.Stalled, N: n, Why: out.stalled(), Text: out.render("", nil)})
		return false
	}
	cause := out.Cause()
	ev := session.Event{Kind: session.Found, N: n, Verdict: out.Kind.Word(), Cause: cause, Forced: rec.Asked == 0, Ordinary: out.Ordinary()}
	known := e.causes[cause] || e.plan.Mode == session.Replay // of which this is the warm-up
	if !known {
		e.causes[cause] = true
		f := e.finding(n, s, out, rec, cause)
		ev.File, e.err = f.Write(e.plan.Findings)
		if e.err != nil {
			return false
		}
		e.fresh = true
		ev.Text = e.screen(out, f)
	}
	e.note(ev)
	if out.left() && !out.failed && (n == 0 || known) {
		return true // what it has left behind is gone, and the next will leave it too
	}
	return e.goesOn(n, out, known)
}

// goesOn reports whether another execution can follow in this process after one that ended in the middle.
func (e *explorer) goesOn(n int, out testOutcome, known bool) bool {
	if out.Abandoned > 0 || out.snap == nil {
		leaveSoon()
	}
	if n == 0 {
		// There is nothing to search where the plain run fails.
		e.note(session.Event{Kind: session.Ended, N: 1})
		return false
	}
	if !known || out.Abandoned > 0 || out.snap == nil || !e.clean() { // what is new is looked into at once, not when this process is done
		e.note(session.Event{Kind: session.Dirty, N: n})
		return false
	}
	return true
}

// ignored notes what the code says is no finding, once for each cause and each comment.
func (e *explorer) ignored(n int, out testOutcome) {
	i := out.ignored
	if len(i.by) == 0 {
		return
	}
	ev := session.Event{Kind: session.Ignored, N: n, Cause: i.cause, Ignored: i.by}
	if i.would != verdict.Pass {
		ev.Verdict = i.would.Word()
	}
	if key := fmt.Sprint(i.cause, i.by); !e.spoken[key] || len(e.plan.Steer) > 0 {
		e.spoken[key] = true
		e.note(ev)
	}
}

// undecided notes that an execution was ended of which it is not known whether it ends by itself.
func (e *explorer) undecided(n int, out testOutcome) {
	if !out.Undecided || out.Found() {
		return
	}
	state := out.Standing()
	if key := fmt.Sprint("undecided", state); out.open() || !e.spoken[key] {
		e.spoken[key] = true
		e.note(session.Event{Kind: session.Undecided, N: n, Cause: state, Text: out.Evidence, Open: out.open()})
	}
}

// open reports whether the test was ended before it was known whether it ends by itself.
func (o outcome) open() bool {
	return o.Undecided && !o.Found() && o.snap != nil && o.snap.Tasks[0].State != engine.Ended
}

// clean reports whether the plain run is what it was. What ends in the middle may leave package variables behind that
// would make the next execution another one, or a false alarm.
func (e *explorer) clean() bool {
	if e.plain == 0 {
		return false // it is not known what it was
	}
	return e.run(strategy.Plain{}).Hash == e.plain
}

func (e *explorer) finding(n int, s strategy.Strategy, out testOutcome, rec *schedule.Recorder, cause uint64) *finding.Finding {
	f := e.found(out, cause)
	f.Mode, f.Found = "controlled", e.how(n, s)
	f.Trace, f.Warm, f.Plain, f.Schedule = out.Hash, e.warm, e.plain, rec.Departures(0)
	if n == 0 {
		f.Warm = e.before
	}
	return f
}

// found returns what there is to say of a finding, however the test was run.
func (e *explorer) found(out testOutcome, cause uint64) *finding.Finding {
	f := &finding.Finding{
		Package: e.plan.Package, Test: e.name, Module: e.plan.Module, Jostle: version(), Go: runtime.Version(), Race: e.plan.Race,
		Verdict: out.Kind.Word(), Rule: ruleNumber(out.Rule), Place: out.place(), Cause: cause,
	}
	f.Facts = out.Facts()
	f.Report = out.text("", replayFile(finding.Dir+"/"+f.Name()), false)
	return f
}

// screen renders the report of a finding for who has started the search, from whose directory files are named.
func (e *explorer) screen(out testOutcome, f *finding.Finding) string {
	file, err := filepath.Abs(filepath.Join(filepath.FromSlash(finding.Dir), f.Name()))
	if err != nil {
		return f.Report
	}
	return out.text(base(), replayFile(filepath.ToSlash(report.ScreenName(base(), file))), false)
}

// replayFile is the command that replays a finding.
func replayFile(name string) string { return "go tool jostle replay " + name }

// text renders the report of an execution, for readers in the directory base, or for a file if that is "".
func (o testOutcome) text(base, replay string, full bool) string {
	var b strings.Builder
	dir, _ := os.Getwd()                                                                                                          // of the package under test
	_ = report.Text(&b, o.Verdict, report.Options{Dir: dir, Base: base, Input: o.given(), Replay: replay, Full: full, Width: 76}) // the command indents it
	if o.output != "" && (o.failed || o.said || o.Kind != verdict.Deadlock && o.Kind != verdict.Leak && o.Kind != verdict.Race) {
		return finding.WithOutput(b.String(), o.output)
	}
	return b.String()
}

// failedTests returns which subtests have failed.
func failedTests(output string) string {
	var names []string
	for _, m := range failure.FindAllStringSubmatch(output, -1) {
		names = append(names, m[1])
	}
	return strings.Join(names, " ")
}

var failure = regexp.MustCompile(`(?m)^\s*\x16?--- FAIL: (\S+) `)

// version returns the version of jostle that the binary is built with.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range append(info.Deps, &info.Main) {
			if d.Path == "github.com/jostle-dev/jostle" {
				return d.Version
			}
		}
	}
	return ""
}

// recorded is s, with each departure appended to a file before it takes effect: an execution that ends its process leaves
// no other trace.
func (e *explorer) recorded(s engine.Strategy) engine.Strategy {
	f, err := os.OpenFile(e.plan.Record, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		e.err = err
		return s
	}
	rec := schedule.NewRecorder(s)
	return engineFunc(func(q *engine.Question) int {
		n := rec.Made()
		c := rec.Choose(q)
		if rec.Made() > n {
			_, _ = f.WriteString(rec.Departures(n).Text())
		}
		return c
	})
}

// engineFunc is a function as a strategy.
type engineFunc func(*engine.Question) int

func (f engineFunc) Choose(q *engine.Question) int { return f(q) }

// replay runs the execution of a finding, in a process that has done nothing else.
func replay(t *testing.T, body func(*testing.T), p *session.Plan) {
	t.Helper()
	f, err := finding.Read(p.Finding)
	if err != nil {
		t.Fatal("jostle:", err)
	}
	e := newExplorer(t, body, p)
	if f.Mode == "live" {
		replayLive(t, e, f)
		return
	}
	e.warm = f.Warm
	e.cancel = slices.ContainsFunc(f.Schedule, func(d schedule.Departure) bool { return d.Question.Kind == engine.Cancel })
	if !e.warmUp() {
		return
	}
	e.note(session.Event{Kind: session.Began})
	e.trace = p.Document != ""
	if p.Plainly {
		f.Schedule = nil
	}
	out, missed := e.play(f.Schedule)
	cause := out.Cause()
	ev := session.Event{Kind: session.Replayed, Verdict: out.Kind.Word(), Cause: cause, Hash: out.Hash, Text: missed.Text()}
	if out.snap != nil {
		ev.Orders = out.snap.Orders
	}
	e.note(ev)
	if out.Abandoned > 0 || out.snap == nil {
		leaveSoon()
	}
	if p.Document != "" {
		if err := writeDocument(p.Document, out.testOutcome); err != nil {
			t.Fatal("jostle: write the report:", err)
		}
	}
	switch {
	case p.Report:
		fmt.Print(out.text(base(), "", p.Full))
	case testing.Verbose():
		show(t, out.output)
	}
	e.plain = f.Plain
	if p.Shrink && cause == f.Cause && out.Abandoned == 0 && e.clean() {
		e.shrink(f)
	}
	e.note(session.Event{Kind: session.Ended})
	if out.Found() {
		t.FailNow()
	}
}

// writeDocument writes an execution as data.
func writeDocument(name string, out testOutcome) error {
	dir, err := os.Getwd() // of the package under test
	if err != nil {
		return err
	}
	f := report.NewFinding(out.Verdict, report.Options{Dir: dir, Input: out.given()})
	if file, line, ok := strings.Cut(out.place(), ":"); ok {
		n, _ := strconv.Atoi(line)
		f.At = &report.Place{File: report.FileName(dir, filepath.Join(dir, filepath.FromSlash(file))), Line: n}
	}
	f.Report, f.Output = report.Portable(dir, out.text("", "", false)), report.Portable(dir, out.output)
	content, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}

type played struct {
	testOutcome
	departures schedule.Keyed
}

// play runs the test under a kept schedule. missed are the departures that did not come.
func (e *explorer) play(k schedule.Keyed) (out played, missed schedule.Keyed) {
	player := schedule.NewPlayer(k)
	rec := schedule.NewRecorder(player)
	out.testOutcome = e.run(rec)
	out.departures = rec.Departures(0)
	return out, player.Missed(k)
}

// shrink looks for a schedule with fewer departures that ends by the same cause, and keeps it.
func (e *explorer) shrink(f *finding.Finding) {
	if len(f.Schedule) == 0 {
		return
	}
	end := time.Now().Add(shrinkTime)
	runs := 0
	var best *played
	try := func(k schedule.Keyed) bool {
		if runs >= shrinkRuns || time.Now().After(end) {
			return false
		}
		runs++
		out, _ := e.play(k)
		if out.Cause() != f.Cause || len(out.departures) >= len(f.Schedule) {
			return false
		}
		f.Schedule, best = out.departures, &out
		return true
	}
	for size := len(f.Schedule); size >= 1; size /= 2 {
		for to := len(f.Schedule); to > 0; to = min(to-size, len(f.Schedule)) {
			from := max(to-size, 0)
			trial := append(f.Schedule[:from:from], f.Schedule[to:]...)
			try(trial)
		}
	}
	if best == nil {
		return
	}
	f.Trace = best.Hash
	f.Rule, f.Place = ruleNumber(best.Rule), best.place()
	f.Facts = best.Facts()
	f.Report = best.text("", replayFile(finding.Dir+"/"+f.Name()), false)
	name, err := f.Write(e.plan.Findings)
	if err != nil {
		e.err = err
		return
	}
	e.note(session.Event{Kind: session.Shrunk, File: name, Text: e.screen(best.testOutcome, f)})
}
