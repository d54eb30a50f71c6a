package campaign

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
)

// Of one execution it is never said that it was reproduced and that it was not: where chance decides, the plain run may end
// in one of two ways, and what is known of it is the one that came again.
func TestGone(t *testing.T) {
	x := &test{search: search.New(search.Options{}), name: "TestA", c: &campaign{}, notes: []string{"a note"}, gone: []gone{{0, "leak not reproduced in a fresh process; not reported"}, {7, "deadlock not reproduced in a fresh process; not reported"}}}
	assert.Equal(t, []string{
		"a note",
		"execution 0: leak not reproduced in a fresh process; not reported",
		"execution 7: deadlock not reproduced in a fresh process; not reported",
	}, x.remarks())
	x.confirm(confirmed{Finding: &finding.Finding{Report: "leak: 1 goroutine"}, n: 0})
	assert.Equal(t, []string{"a note", "execution 7: deadlock not reproduced in a fresh process; not reported"}, x.remarks())
}

// TestOrdinary: a test that fails without control too is an ordinary one, and leaves no file, unless it hangs.
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
		{name: "it has a race there", verdict: "assertion", run: run{exit: 1, output: "    testing.go:1: race detected during execution of test\n" + failed}, mode: together},
		{name: "it is not known", verdict: "assertion", run: run{exit: 1, output: failed}, unknown: true, mode: together},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := &test{search: search.New(search.Options{}), name: "TestA", mode: together, c: &campaign{}}
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
		x := &test{search: search.New(search.Options{}), name: "TestA", mode: together, c: &campaign{}, pkg: &pkg{}, pending: c}
		x.confirm(confirmed{Finding: &finding.Finding{Test: "TestA", Verdict: "deadlock", Rule: "4", Report: "deadlock: two"}, file: file})
		x.conclude()
		return x
	}
	x := pending(run{exit: -1, killed: true}, true)
	assert.Equal(t, "without control, when it is the only one, it has not ended after 5s", x.confirmed[0].native)
	x = pending(run{exit: 2}, false)
	assert.Equal(t, "it fails without control too, when it is the only one", x.confirmed[0].native)
	x = pending(run{}, false)
	assert.Empty(t, x.confirmed[0].native, "there it passes: a schedule decides")
	assert.FileExists(t, file)
	x = pending(run{}, true)
	assert.Empty(t, x.confirmed)
	assert.NoFileExists(t, file)
	assert.Equal(t, []string{"what was reported during the comparison is not a finding: the test passes without control"}, x.remarks())
}

// TestCompare: a test that fails without control does so each time, or depends on something.
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
		x := &test{search: search.New(search.Options{}), name: name, c: c, pkg: &pkg{Binary: b}}
		got := x.compare(t.Context(), enough(session.Event{Ordinary: true}))
		got.wait()
		assert.Equal(t, fails, got.failed(name, "assertion"), name)
		assert.Equal(t, !fails, got.passed(), name)
	}
	assert.Equal(t, 1, enough(session.Event{Ordinary: true, Forced: true}), "no schedule has a choice in it")
	assert.Equal(t, 1, enough(session.Event{}), "a hang")
}

// A test whose plain run leaves one goroutine behind or another, by chance: what its two plain runs end in is one execution.
// The process is played: it writes what the worker would.
func TestOneExecutionTwoEnds(t *testing.T) {
	b := build(t, `
func finding(dir, cause string) string {
	name := dir + "/TestA-" + cause + ".jostle"
	text := "jostle replay 1\npackage: example.com/a\ntest: TestA\nmode: controlled\nverdict: leak\ncause: " + cause + "00000000\nfound by: execution 0, plain run\n\nschedule:\n\nreport:\nleak: by " + cause + "\n"
	if err := errors.Join(os.MkdirAll(dir, 0o777), os.WriteFile(name, []byte(text), 0o666)); err != nil {
		panic(err)
	}
	return name
}

func TestA(t *testing.T) {
	var plan struct {
		Mode, Events, Findings string
		First                  int
	}
	if err := json.Unmarshal([]byte(os.Getenv("JOSTLE_TESTS")), &plan); err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(plan.Events, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := func(cause string, id uint64) {
		fmt.Fprintln(out, "{\"Kind\":\"began\"}")
		fmt.Fprintf(out, "{\"Kind\":\"found\",\"Verdict\":\"leak\",\"Cause\":%d,\"File\":%q}\n", id<<32, finding(plan.Findings, cause))
	}
	switch {
	case plan.Mode == "replay":
		fmt.Fprintf(out, "{\"Kind\":\"replayed\",\"Verdict\":\"leak\",\"Cause\":%d}\n{\"Kind\":\"ended\"}\n", uint64(0xb)<<32)
	case plan.First == 0:
		found("0000000a", 0xa)
		found("0000000b", 0xb)
		fmt.Fprintln(out, "{\"Kind\":\"ended\",\"N\":1}")
	default:
		fmt.Fprintf(out, "{\"Kind\":\"began\",\"N\":%d}\n{\"Kind\":\"ended\",\"N\":%d}\n", plan.First, plan.First+1)
	}
}
`, "encoding/json", "errors", "fmt")
	var printed strings.Builder
	c := Config{Schedules: 2, Parallel: 1, Leaks: true, Env: os.Environ(), Print: func(_, text string, _ time.Duration) { printed.WriteString(text) }}
	got, err := Run(t.Context(), c, []Binary{b})
	require.NoError(t, err)
	require.Len(t, got.Findings, 1)
	assert.Equal(t, "leak: by 0000000b", got.Findings[0].Text)
	assert.Contains(t, printed.String(), "found by execution 0, plain run")
	assert.Contains(t, printed.String(), "reproduced 3 of 3 times")
	assert.Empty(t, got.Notes)
	folder := filepath.Join(b.Dir, filepath.FromSlash(finding.Dir))
	left, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.Join(folder, "TestA-0000000b.jostle")}, left)
}

// A finding that can be written nowhere is reported all the same, and the report says that it is not kept.
func TestFoundLost(t *testing.T) {
	dir := t.TempDir()
	ctx, end := context.WithCancel(t.Context())
	end()
	full := filepath.Join(dir, "full")
	require.NoError(t, os.WriteFile(full, nil, 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "testdata"), nil, 0o666))
	var news []News
	c := &campaign{
		Config: Config{Parallel: 1, Base: dir, Elsewhere: full, Found: func(n News) { news = append(news, n) }},
		temp:   t.TempDir(), limit: make(chan struct{}, 1), told: map[uint64]telling{},
	}
	x := c.newTest(&pkg{Binary: Binary{Dir: dir, Path: filepath.Join(dir, "x.test")}, folder: finding.FolderOf(dir, full)}, "TestA")
	assert.Equal(t, x.pkg.folder.Path, x.plan().Kept)
	x.search.Walks.Next = 30
	file, err := (&finding.Finding{Package: "example.com/a", Test: "TestA", Mode: "controlled", Found: "execution 40, PCT", Report: "leak: it stays"}).Write(c.temp) // by the worker
	require.NoError(t, err)
	b := &batch{Part: &search.Part{Row: x.search.Walks.ID, First: 30, Last: 50}, plan: x.plan(), run: run{killed: true, exit: -1, events: []session.Event{
		{Kind: session.Began, N: 40, Times: 11}, {Kind: session.Found, N: 40, Verdict: "leak", File: file, Text: "leak: it stays\n"}, {Kind: session.Dirty, N: 40},
	}}}
	x.settle(ctx, b)
	c.packages, x.end = []*pkg{x.pkg}, asMuch
	x.pkg.tests = []*test{x}
	sum := c.summary()
	assert.True(t, sum.Failed)
	require.Len(t, sum.Findings, 1)
	const lost = "keep a finding: mkdir "
	assert.Equal(t, "leak: it stays", sum.Findings[0].Text)
	assert.Contains(t, sum.Findings[0].File, "not kept: "+lost)
	assert.Contains(t, sum.Findings[0].File, "; nor can anything be written in "+dir+": set JOSTLE_CACHE to a directory that can be written")
	require.Len(t, news, 1)
	assert.Empty(t, news[0].File)
	assert.Contains(t, news[0].Lost, lost)
	var printed strings.Builder
	x.print(&printed)
	assert.Contains(t, printed.String(), "not confirmed: the search ended first, not kept: "+lost)
	assert.Contains(t, printed.String(), "    leak: it stays\n")
}

// TestSays: a test that fails without control says why, and if it does not, how it has ended.
func TestSays(t *testing.T) {
	for want, r := range map[string]run{
		"a_test.go:3: no":                     {exit: 1, output: "--- FAIL: TestA (0.00s)\n    a_test.go:3: no\nFAIL\n"},
		"panic: no":                           {exit: 2, output: "panic: no\n\ngoroutine 1 [running]:\n"},
		"exit status 3":                       {exit: 3, output: "the last word"},
		"its output is not what it should be": {exit: 1, output: "--- FAIL: Example (0.00s)\ngot:\n\nwant:\nhello\nFAIL\n"},
		"it says nothing":                     {exit: 1, output: "--- FAIL: TestA (0.00s)\nFAIL\n"},
	} {
		x := &test{search: search.New(search.Options{}), name: "TestA"}
		x.once(r, failsToo)
		assert.Equal(t, want, x.says())
	}
	assert.Equal(t, "a\nexit status 3\n", (&run{exit: 3, output: "a"}).told())
	assert.Equal(t, "PASS\n", (&run{output: "PASS\n"}).told())
}

// A test that may only be controlled, and cannot be, has not run: it is neither well nor live.
func TestOnlyControlled(t *testing.T) {
	for _, mode := range []Mode{Controlled, ""} {
		stalled := &test{search: search.New(search.Options{}), name: "TestA", mode: together, c: &campaign{Config: Config{Mode: mode}}, pkg: &pkg{}}
		stalled.isTooLong(0)
		assert.Equal(t, mode == Controlled, stalled.over())
		assert.Equal(t, mode == Controlled, stalled.unran == uncontrolled+reasons[tooLong])
		assert.True(t, stalled.unrun(), "live it is yet to run")
	}
}
