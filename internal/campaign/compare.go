package campaign

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jostle-dev/jostle/internal/session"
)

// comparing is for how long a test is run without control, to compare it: one that hangs has shown it by then.
const comparing = 5 * time.Second

// A comparison is a test that runs without control, beside what is done with the test meanwhile: in the instrumented build, as go
// test runs one. It is no proof that the build without jostle would do the same. A nil comparison is one that is not made.
type comparison struct {
	ended chan struct{}
	run   run           // the first that did not fail, or else the last
	known bool          // run says something
	found session.Event // what is compared, once it is told
}

// compare starts a run of the test without control. The run waits until no other test runs; while it fails it is repeated, at most times times.
func (t *test) compare(ctx context.Context, times int) *comparison {
	t.does("comparing with a run without control")
	c := &comparison{ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		began := time.Now()
		for i := range times {
			r, err := t.process(ctx, nil, comparing-time.Since(began))
			c.run, c.known = r, err == nil && ctx.Err() == nil && (i == 0 || !r.killed)
			if !c.known || r.exit <= 0 {
				return
			}
		}
	}()
	return c
}

// enough returns how many times a test is compared that was found to fail: one that depends on the order of things may fail
// without control, too, but hardly each time.
func enough(e session.Event) int {
	if e.Ordinary && !e.Forced {
		return tries
	}
	return 1
}

func (c *comparison) wait() { <-c.ended }

// done reports whether the comparison has ended and says something.
func (c *comparison) done() bool {
	if c == nil {
		return false
	}
	select {
	case <-c.ended:
		return c.known
	default:
		return false
	}
}

func (c *comparison) passed() bool { return c.done() && c.run.exit == 0 && !c.run.killed }

// failed reports whether the test has failed by its own word, or has panicked, as verdict has it.
func (c *comparison) failed(test, verdict string) bool {
	if !c.done() || c.run.exit <= 0 || c.run.killed {
		return false
	}
	if strings.Contains(c.run.output, raced) {
		return false // for that reason, and not for its own
	}
	panicked := fatal.MatchString(c.run.output)
	if verdict == "panic" {
		return panicked
	}
	return !panicked && regexp.MustCompile(`(?m)^\x16?--- FAIL: `+regexp.QuoteMeta(session.Function(test))+` `).MatchString(c.run.output)
}

// raced is what package testing says of a test that fails because the race detector has reported something.
const raced = "race detected during execution of test"

// crashed reports whether the test has ended its process by the cause.
func (c *comparison) crashed(test string, cause uint64) bool {
	return c.done() && !c.run.killed && c.run.exit > 0 && endingOf(test, c.run.output).cause == cause
}

// ordinary reports whether what was found in an execution in which no schedule departed from the plain one is not a finding:
// the test fails without control too, and what it says there is as much, or it passes there, and no schedule has a choice in it.
// What such a test depends on is not the order of things, but how jostle runs it: what calls it, what is allocated, how
// long things really take.
func (t *test) ordinary(c *comparison, e session.Event) bool {
	switch {
	case e.Ordinary && c.failed(t.name, e.Verdict):
		t.once(c.run, failsToo)
	case e.Forced && c.passed():
		t.once(c.run, choiceless)
	default:
		return false
	}
	return true
}

// fewest is of how many schedules it says something that none of them passes.
const fewest = 10

// unpassed reports whether the last finding is not one because the test fails whatever the schedule, and passes without control: so it is not
// the order of things that it depends on.
func (t *test) unpassed(c *comparison) bool {
	all := t.confirmed[len(t.confirmed)-1].Inevitable
	if all.Step > 0 || all.Tried < fewest && !all.All || !c.passed() {
		return false
	}
	t.once(c.run, unpassing)
	return true
}

// conclude waits for the comparison of a finding that was told already.
func (t *test) conclude() {
	if t.pending == nil {
		return
	}
	c := t.pending
	t.pending = nil
	if !c.done() {
		t.does("comparing with a run without control")
		c.wait()
	}
	last := &t.confirmed[len(t.confirmed)-1]
	switch {
	case !c.done():
	case t.ordinary(c, c.found):
		t.retract()
		t.notes = append(t.notes, "what was reported during the comparison is not a finding: the test passes without control")
	case c.run.killed:
		last.native = fmt.Sprintf("without control, when it is the only one, it has not ended after %v", comparing)
	case c.run.exit > 0:
		last.native = "it fails without control too, when it is the only one"
	}
}

// says returns the first thing that a test has said of its failure.
func (t *test) says() string {
	if line := complaint.FindString(t.output); line != "" {
		return firstLine(line)
	}
	if wrongExample.MatchString(t.output) {
		return "its output is not what it should be"
	}
	return "it says nothing"
}

// told returns what a run without control has printed, and if nothing there says that it has failed, what go test says then.
func (r *run) told() string {
	if r.exit <= 0 || result.MatchString(r.output) || fatal.MatchString(r.output) {
		return r.output
	}
	out := r.output
	if out != "" && !strings.HasSuffix(out, "\n") {
		out += "\n"
	}
	return out + fmt.Sprintf("exit status %d\n", r.exit)
}

var (
	result       = regexp.MustCompile(`(?m)^\x16?--- FAIL: `)
	wrongExample = regexp.MustCompile(`(?m)^got:\n`)
)

// complaint is a line of a test's log, or what the runtime or go test says of its end.
var complaint = regexp.MustCompile(`(?m)^\s+\S+\.go:\d+: .*$|^exit status \d+$|` + fatal.String()[len("(?m)"):])
