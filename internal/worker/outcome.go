package worker

import (
	"slices"
	"testing"

	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// An outcome is one execution as it ended.
type outcome struct {
	*verdict.Verdict
	ending
	snap    *trace.Snapshot // nil: it was given up, or ran live
	ignored ignored
	input   func() string // returns what the body was given, as Go source; nil if that is nothing
	long    bool          // a Stall: it went on and on, and was given up
	spoken  bool          // the test has said that it fails, and may have hung then
	cut     bool          // it was ended in the middle, for nothing that counts
	lacking string        // what it has done that takes sockets of the machine; "" for nothing

	story *report.Story // what other executions say of it; nil if that is not known

	races int          // how many the race detector has reported in this process until then, if it was given up or ran live
	raced session.Span // what the race detector has written about it
}

// An ending is what a subject says of an execution of it.
type ending struct {
	log             string // what it logged, or printed
	failed, skipped bool   // by its own word
	uncontrolled    string // why no schedule reaches all of it; "" if one does
}

// left reports whether the test has come to its end, and only what it leaves behind is a finding.
func (o outcome) left() bool {
	return o.snap != nil && o.snap.Failure == trace.NoFailure && o.returned()
}

// leaves reports whether goroutines were ended with the execution. Without control they would go on, and serve what comes next.
func (o outcome) leaves() bool {
	return o.snap != nil && slices.ContainsFunc(o.snap.Tasks, func(t trace.TaskState) bool { return t.State != trace.Ended })
}

// open reports whether the test was ended before it was known whether it ends by itself.
func (o outcome) open() bool { return o.Undecided && !o.Found() && o.snap != nil && !o.returned() }

// returned reports whether the first goroutine of the execution has ended by itself.
func (o outcome) returned() bool {
	return len(o.snap.Tasks) > 0 && o.snap.Tasks[0].State == trace.Ended
}

// stays reports whether goroutines of the execution stay in the process for ever.
func (o outcome) stays() bool { return o.Abandoned > 0 || o.snap == nil }

// conclude passes the outcome of the execution under a schedule on to the test around it. replay returns how to run it again: a fuzzer runs
// many thousand a second, and next to none is run again.
func (p *Process) conclude(t testing.TB, o outcome, replay func() string, sched []byte) {
	t.Helper()
	switch {
	case o.Found():
		t.Fatal(p.render(o, replay(), sched))
	case testing.Verbose():
		t.Log(o.log + o.ignored.note() + o.undecided() + o.summary(sched))
	}
}

// undecided says that it is not known whether the execution ends, "" if it is.
func (o outcome) undecided() string {
	if !o.Undecided {
		return ""
	}
	return "jostle: " + o.Evidence + "\n"
}

// given returns what the body was given, as Go source; "" for nothing.
func (o outcome) given() string {
	if o.input == nil {
		return ""
	}
	return o.input()
}
