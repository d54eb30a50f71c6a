package harness

import (
	"testing"

	"github.com/jostle-dev/jostle/internal/worker"
)

// Check runs body under many schedules: first the plain one, then random ones, always the same unless -jostle.seed says
// otherwise. Some of them go to hangs that were predicted from executions that went well, as in the command jostle test: they
// are steered there. It fails t at the first finding, with a schedule from which everything was taken that the finding does not
// need, and the command that runs that one alone.
//
// There is one execution at a time in a process: Check is not for tests that run in parallel.
func Check(t testing.TB, body func(T), options ...Option) {
	t.Helper()
	worker.This.Check(t, body, configure(options))
}
