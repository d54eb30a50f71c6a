package harness

import "testing"

// Check runs body under many schedules: first the plain one, then random ones, always the same unless -jostle.seed says otherwise.
// Some executions are steered into hangs that were predicted from executions that went well, as in the command jostle test. Check
// fails t at the first finding, with a schedule that has as few departures from the plain run as could be found, and the command
// that runs that schedule alone.
//
// In a test that the command jostle test runs, or one that runs live, body is a part of the test: the schedules are the command's, and
// the options Schedules, Cancel and Faults do nothing. With Want, t is skipped there.
//
// There is one execution at a time in a process: Check is not for tests that run in parallel. Where nothing is rewritten, t is skipped.
func Check(t testing.TB, body func(T), options ...Option) {
	t.Helper()
	t.Skip(unreached())
}
