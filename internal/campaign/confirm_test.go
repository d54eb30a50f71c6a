package campaign

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/session"
)

// Of one execution it is never said that it was reproduced and that it was not: where chance decides, the plain run may end
// in one of two ways, and what is known of it is the one that came again.
func TestGone(t *testing.T) {
	x := &test{name: "TestA", c: &campaign{}, notes: []string{"a note"}, gone: []gone{{0, "leak not reproduced in a fresh process; not reported"}, {7, "deadlock not reproduced in a fresh process; not reported"}}}
	assert.Equal(t, []string{
		"a note",
		"execution 0: leak not reproduced in a fresh process; not reported",
		"execution 7: deadlock not reproduced in a fresh process; not reported",
	}, x.remarks())
	x.confirm(confirmed{Finding: &finding.Finding{Report: "leak: 1 goroutine"}, n: 0})
	assert.Equal(t, []string{"a note", "execution 7: deadlock not reproduced in a fresh process; not reported"}, x.remarks())
}

// TestOrdinary: a test that fails as go test runs it too is an ordinary one, and leaves no file, unless it hangs.
func TestOrdinary(t *testing.T) {
	const failed, panicked = "    a_test.go:3: no\n--- FAIL: TestA (0.00s)\nFAIL\n", "--- FAIL: TestA (0.00s)\npanic: no [recovered]\n"
	tests := []struct {
		name                          string
		verdict                       string
		run                           run
		synchronises, unknown, forced bool
		want                          bool
		mode                          mode
	}{
		{name: "it fails there too", verdict: "assertion", run: run{exit: 1, output: failed}, want: true, mode: native},
		{name: "it panics there too", verdict: "panic", run: run{exit: 2, output: panicked}, want: true, mode: native},
		{name: "it panics there, and fails here", verdict: "assertion", run: run{exit: 2, output: panicked}, mode: together},
		{name: "another test fails there", verdict: "assertion", run: run{exit: 1, output: "--- FAIL: TestAB (0.00s)\n"}, mode: together},
		{name: "it is about synchronisation", verdict: "panic", synchronises: true, run: run{exit: 2, output: panicked}, mode: together},
		{name: "it passes there", verdict: "assertion", mode: together},
		{name: "it passes there, and no schedule has a choice", verdict: "assertion", forced: true, want: true, mode: native},
		{name: "it hangs there too", verdict: "deadlock", synchronises: true, run: run{exit: -1, killed: true}, forced: true, mode: together},
		{name: "it is not known", verdict: "assertion", run: run{exit: 1, output: failed}, unknown: true, mode: together},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := &test{name: "TestA", mode: together, c: &campaign{}}
			c := &comparison{ended: make(chan struct{}), run: tt.run, known: !tt.unknown}
			e := session.Event{Verdict: tt.verdict, Forced: tt.forced, Ordinary: !tt.synchronises}
			assert.False(t, x.ordinary(c, e), "it has not ended")
			close(c.ended)
			assert.Equal(t, tt.want, x.ordinary(c, e))
			assert.Equal(t, tt.mode, x.mode)
		})
	}
}

// TestConclude: what was told while the test was still compared is taken back if it passes there, and says so.
func TestConclude(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.jostle")
	assert.NoError(t, os.WriteFile(file, []byte("found"), 0o644))
	pending := func(r run, forced bool) *test {
		c := &comparison{ended: make(chan struct{}), run: r, known: true, found: session.Event{Verdict: "deadlock", Forced: forced}}
		close(c.ended)
		x := &test{name: "TestA", mode: together, c: &campaign{}, pkg: &pkg{}, pending: c}
		x.confirm(confirmed{Finding: &finding.Finding{Test: "TestA", Verdict: "deadlock", Rule: "4", Report: "deadlock: two"}, file: file})
		x.conclude()
		return x
	}
	x := pending(run{exit: -1, killed: true}, true)
	assert.Equal(t, "as go test runs it, when it is the only one, it has not ended after 5s", x.confirmed[0].native)
	x = pending(run{exit: 2}, false)
	assert.Equal(t, "it fails as go test runs it too, when it is the only one", x.confirmed[0].native)
	x = pending(run{}, false)
	assert.Empty(t, x.confirmed[0].native, "there it passes: a schedule decides")
	assert.FileExists(t, file)
	x = pending(run{}, true)
	assert.Empty(t, x.confirmed)
	assert.NoFileExists(t, file)
	assert.Equal(t, []string{"what was told of it while it was compared is not a finding: it passes as go test runs it"}, x.remarks())
}

// TestCompare: a test that fails as go test runs it does so each time, or depends on something.
func TestCompare(t *testing.T) {
	b := build(t, `
func TestFails(t *testing.T) { t.Error("no") }

// It fails when it is run the first time.
func TestOnce(t *testing.T) {
	if os.Mkdir("ran", 0o777) == nil {
		t.Error("no")
	}
}
`)
	c := &campaign{Config: Config{Env: os.Environ()}, temp: t.TempDir()}
	for name, fails := range map[string]bool{"TestFails": true, "TestOnce": false} {
		x := &test{name: name, c: c, pkg: &pkg{Binary: b}}
		got := x.compare(t.Context(), enough(session.Event{Ordinary: true}))
		got.wait()
		assert.Equal(t, fails, got.failed(name, "assertion"), name)
		assert.Equal(t, !fails, got.passed(), name)
	}
	assert.Equal(t, 1, enough(session.Event{Ordinary: true, Forced: true}), "no schedule has a choice in it")
	assert.Equal(t, 1, enough(session.Event{}), "a hang")
}
