package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jostle-dev/jostle/internal/goroutines"
	"github.com/jostle-dev/jostle/internal/report"
	"github.com/jostle-dev/jostle/internal/schedule"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// render returns the report, what the body logged, and the summary.
func (p *Process) render(o outcome, replay string, sched []byte) string {
	var b strings.Builder
	b.WriteByte('\n')
	dir, _ := os.Getwd() // of the package under test: without it paths are shown in full
	// A write to a strings.Builder does not fail.
	_ = report.Text(&b, o.Verdict, report.Options{Dir: dir, Base: p.base(), Input: o.given(), Story: o.story, Replay: replay, Full: p.flags.trace, Width: 72}) // package testing indents it
	if o.log != "" {
		b.WriteString("\nlog of this execution\n  " + strings.ReplaceAll(strings.TrimSpace(goroutines.WithoutCalls(o.log)), "\n", "\n  ") + "\n")
	}
	b.WriteString("\n" + o.summary(sched))
	return b.String()
}

// base is the directory from which readers of what is printed open files.
func (p *Process) base() string {
	if p.plan != nil && p.plan.Base != "" {
		return p.plan.Base
	}
	if dir := os.Getenv(session.Base); dir != "" {
		return dir
	}
	dir, _ := os.Getwd() // of the package under test: go test
	return dir
}

// thisPackage is the package under test for a go command in the directory base.
func (p *Process) thisPackage() string {
	dir, _ := os.Getwd()
	rel, err := filepath.Rel(p.base(), dir)
	switch {
	case err != nil:
		return "."
	case rel == "." || strings.HasPrefix(rel, ".."):
		return filepath.ToSlash(rel)
	}
	return "./" + filepath.ToSlash(rel)
}

// summary returns the line that tells machines what the report tells people. The command jostle reads it.
func (o outcome) summary(sched []byte) string {
	line := fmt.Sprintf("jostle: verdict=%s rule=%s schedule=%d/%d preemptions=%d steps=%d trace=%016x",
		o.Kind.Word(), ruleNumber(o.Rule), schedule.Departures(sched), len(sched), o.Preemptions, o.Total, o.Hash)
	if at := o.place(); at != "" {
		line += " at=" + at // it may have spaces, and comes last
	}
	return line
}

// stalled says in a sentence why a stall is not the schedule's doing.
func (p *Process) stalled(o outcome) string {
	dir, _ := os.Getwd() // of the package under test
	return report.Stalled(o.Verdict, dir, p.base())
}

// place returns the line of the code that the outcome is about, relative to the directory of the package under test; "" if
// there is none.
func (o outcome) place() string {
	if o.Kind == verdict.Assertion {
		if at := failedAt(o.Said, o.log); at != "" {
			return at
		}
	}
	dir, _ := os.Getwd()
	return report.Where(o.Verdict, dir)
}

// logged is how package testing begins what a test says, with the name of a file of its package.
var logged = regexp.MustCompile(`(?m)^\s*([\w.-]+_test\.go:\d+): `)

func ruleNumber(r verdict.Rule) string {
	if r == 0 {
		return "-"
	}
	return fmt.Sprint(int(r))
}
