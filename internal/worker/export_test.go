package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// At is at for tests that use package testhook, which imports this one.
var At = at

// A TestEnd is what became of a test.
type TestEnd struct {
	*verdict.Verdict
	Text   string // the report
	Steps  string // the report with all steps
	Output string
	Failed bool
}

// RunOnce runs a test function as one execution.
func RunOnce(t *testing.T, body func(*testing.T)) TestEnd {
	t.Helper()
	before := This.plan
	This.plan = new(session.Plan)
	defer func() { This.plan = before }()
	_, r, err := This.newTest(t, body)
	require.NoError(t, err)
	r.limits.Keep = true
	out := r.run(strategy.Plain{})
	return TestEnd{out.Verdict, out.text("", "", false), out.text("", "", true), out.log, out.failed}
}

// CheckFails returns what Check says of a body that fails, "" if it does not.
func CheckFails(body func(testing.TB)) string {
	r := check(body)
	if !r.failed {
		return ""
	}
	return r.text
}
