package worker

import (
	"errors"
	"flag"
	"io"
	"log"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A testRunner runs one test function as executions, one after the other. Each gets a testing.T of its own, made by
// package testing itself, so that all that tests do with it means what it always does.
type testRunner struct {
	name   string
	body   func(*testing.T)
	x      *engine.Execution
	steps  int  // limit for an execution
	keep   bool // of an execution that goes well, all that may predict something
	trace  bool // somebody wants to see the steps of one that passes, too
	cancel bool // the schedule may cancel contexts
	first  bool
	at     time.Time // the clock at its beginning, see Limits.Begin
	out    *capture
	ignore []engine.Ignore // see inFile
	doubts *doubts
}

// A testOutcome is one execution of a test.
type testOutcome struct {
	outcome
	output  string // what the test printed, and what package testing printed of it
	failed  bool
	said    bool // it has said that it fails, and may have hung then
	skipped bool
	cut     bool // it was ended in the middle, for nothing that counts

	raced session.Span // what the race detector has written about it

	uncontrolled string // who has started goroutines that no schedule reaches
}

// Bounds for one execution of a test: tests that were not written for this are long.
const (
	testLimit = 20 * time.Second // of real time
	testSteps = 50_000_000
)

func newTestRunner(t *testing.T, body func(*testing.T)) (*testRunner, error) {
	if text := hiddenFromRaces(); text != "" {
		return nil, errors.New(strings.TrimPrefix(text, "jostle: "))
	}
	said, err := inFile()
	if err != nil {
		return nil, err
	}
	beforeBubbles()
	out, err := newCapture()
	if err != nil {
		return nil, err
	}
	// Package testing looks at these whenever it begins a test. What the command line says is for the test around this.
	err = errors.Join(
		flag.Set("test.count", "1"),
		flag.Set("test.parallel", "65536"), // the schedule says who waits
	)
	if err != nil {
		return nil, err
	}
	r := &testRunner{name: t.Name(), body: body, x: new(engine.Execution), steps: testSteps, first: true, out: out, ignore: said, at: begin, doubts: newDoubts(nil)}
	if code().Bubble(runtime.FuncForPC(reflect.ValueOf(body).Pointer()).Name()) {
		r.at = time.Time{} // the time at which every bubble begins: the test may rely on that
	}
	return r, nil
}

// run executes the test under one schedule. It comes back whatever the test does, see runner.run; after a stall the
// process has goroutines in it that can only be left behind.
func (r *testRunner) run(s engine.Strategy) testOutcome {
	var ended testOutcome // what the test itself has come to
	limit := testLimit
	if plan.Patient {
		limit = 0
	}
	restore := r.out.begin()
	races := raceLog.mark()
	engine.CatchFailures()
	out := inBubble(r.x, limit, func() outcome {
		var t *testing.T
		limits := engine.Limits{Steps: r.steps, Pause: pause, Begin: r.at, Doubt: r.doubts.doubt, Keep: r.keep, Trace: r.trace, Cancel: r.cancel}
		snap := r.x.Run(s, limits, synctest.Wait, func() {
			r.runTest(&t)
			ended.failed = t.Failed() // by itself; unwound, it fails whatever it has found
		})
		if r.first {
			r.first = false
			ended.uncontrolled = r.x.Uncontrolled()
		}
		ended.skipped = t != nil && t.Skipped()
		if ended.failed {
			snap = r.x.Failed(snap)
		}
		out := outcome{Verdict: verdict.Of(snap, code()), snap: snap}
		out.ignored = ignore(out.Verdict, r.ignore)
		return out
	})
	restore()
	var res testOutcome
	if out.snap == nil {
		r.x = new(engine.Execution)
	} else {
		res = ended
	}
	res.outcome = out
	res.output = r.out.end(r.name)
	races.attach(&res.outcome)
	res.raced = races.since(out.snap == nil)
	calls := engine.FailCalls()
	res.said = slices.ContainsFunc(calls, func(c engine.FailCall) bool { return hasFailed(c.T) })
	if res.failed {
		res.Fail()
	}
	switch res.Kind {
	case verdict.Assertion:
		res.Said = said(r.name, calls, failedTests(res.output))
	case verdict.Livelock, verdict.Stall:
		res.Said = said(r.name, nil, "")
	}
	if res.Excused(res.failed) {
		res.Kind, res.failed = verdict.Pass, false
		res.cut = res.snap.Failure != engine.NoFailure
	}
	res.log = res.output
	return res
}

// runTest is the first task of an execution: it has package testing run the test, as a task of its own.
func (r *testRunner) runTest(t **testing.T) {
	me := engine.Self()
	start := me.NewCallback(nil, nil)
	me.Native(func() {
		testing.RunTests(match, []testing.InternalTest{{Name: r.name, F: func(inner *testing.T) {
			*t = inner
			Join(start, inner, r.body)
		}}})
	}, nil)
}

// match is what package testing wants to be given to match names of tests (testing/internal/testdeps/deps.go).
func match(pattern, name string) (bool, error) {
	patterns.Lock()
	defer patterns.Unlock()
	re := patterns.compiled[pattern]
	if re == nil {
		var err error
		if re, err = regexp.Compile(pattern); err != nil {
			return false, err
		}
		patterns.compiled[pattern] = re
	}
	return re.MatchString(name), nil
}

var patterns = struct {
	sync.Mutex
	compiled map[string]*regexp.Regexp
}{compiled: map[string]*regexp.Regexp{}}

// left reports whether the test has come to its end, and only what it leaves behind is a finding.
func (o outcome) left() bool {
	if o.snap == nil || o.snap.Failure != engine.NoFailure || len(o.snap.Tasks) == 0 {
		return false
	}
	return o.snap.Tasks[0].State == engine.Ended
}

// A capture keeps what is printed during an execution: nobody wants to read it some hundred times.
type capture struct {
	file   *os.File // is printed to
	reader *os.File // the same, for us: code closes what it prints to
}

func newCapture() (*capture, error) {
	f, err := os.CreateTemp("", "jostle-output-")
	if err != nil {
		return nil, err
	}
	r, err := os.OpenFile(f.Name(), os.O_RDWR, 0)
	_ = os.Remove(f.Name()) // where an open file cannot be removed, it stays until the system tidies up
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &capture{file: f, reader: r}, nil
}

// begin has everything that is printed go to the capture, until what it returns is called.
func (c *capture) begin() (restore func()) {
	stdout, stderr, logger := os.Stdout, os.Stderr, log.Writer()
	os.Stdout, os.Stderr = c.file, c.file
	if logger == stderr {
		log.SetOutput(c.file)
	}
	return func() {
		os.Stdout, os.Stderr = stdout, stderr
		if logger == stderr {
			log.SetOutput(stderr)
		}
	}
}

// end returns what was printed since begin, but for the lines that package testing prints of the whole test: those are
// printed of the test around it.
func (c *capture) end(name string) string {
	_, _ = c.reader.Seek(0, io.SeekStart)
	content, _ := io.ReadAll(c.reader)
	_ = c.reader.Truncate(0)
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		if fresh, err := newCapture(); err == nil {
			_ = c.reader.Close()
			*c = *fresh
		}
	}
	var b strings.Builder
	for line := range strings.Lines(string(content)) {
		if !ofWholeTest(line, name) {
			b.WriteString(line)
		}
	}
	return b.String()
}

func ofWholeTest(line, name string) bool {
	line = strings.TrimPrefix(line, "\x16") // -test.v=test2json marks its lines
	for _, p := range [...]string{"=== RUN   ", "=== NAME  ", "=== CONT  ", "=== PAUSE ", "--- PASS: ", "--- FAIL: ", "--- SKIP: "} {
		rest, ok := strings.CutPrefix(line, p)
		if rest, of := strings.CutPrefix(rest, name); ok && of && (rest == "\n" || strings.HasPrefix(rest, " (")) {
			return true
		}
	}
	return false
}

// once runs a test as one execution under the plain schedule.
func once(t *testing.T, body func(*testing.T)) {
	t.Helper()
	r, err := newTestRunner(t, body)
	if err != nil {
		t.Fatal("jostle:", err)
	}
	out := r.run(strategy.Plain{})
	show(t, out.output)
	out.log = ""
	switch {
	case out.skipped && !out.Found():
		t.SkipNow()
	case out.Undecided && !out.Found():
		t.Log(out.undecided())
	case out.left() && !out.failed:
		// Tests leave goroutines behind. Those of a test that passes are for others to judge.
		if testing.Verbose() {
			t.Log(out.render("", nil))
		}
	case out.Kind == verdict.Assertion:
		t.FailNow()
	case out.Found():
		t.Fatal(out.render("", nil))
	}
	if out.failed {
		t.FailNow()
	}
}

// show passes on what was printed during an execution.
func show(t *testing.T, output string) {
	if testing.Verbose() {
		_, _ = os.Stdout.WriteString(output) // with the lines that begin and end subtests
		return
	}
	w := t.Output()
	for line := range strings.Lines(output) {
		_, _ = io.WriteString(w, strings.TrimPrefix(line, "    ")) // which the writer puts there again
	}
}
