package campaign

import (
	"context"
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

// Another process of a test is begun where it saves more than it costs.
func TestPace(t *testing.T) {
	const ms = time.Millisecond
	quick, slow := pace{start: 20 * ms, each: ms}, pace{start: 20 * ms, each: 100 * ms}
	tests := []struct {
		name            string
		pace            pace
		left, processes int
		want            int
	}{
		{"one process runs all", quick, 5000, 1, search.Endless},
		{"how long they take is not known", pace{}, 300, 2, search.Endless},
		{"each its half", quick, 300, 2, 150},
		{"few: the second would come too late", quick, 100, 2, 100},
		{"a rest that is too small for a process", quick, 81, 4, 81},
		{"many: others are to have their turn", quick, 100_000, 2, 1000},
		{"slow ones, a turn of a second", slow, 300, 2, 10},
		{"slow ones, a few", slow, 6, 4, 2},
		{"longer than a turn", pace{start: ms, each: time.Minute}, 300, 2, 1},
		{"processes that take long to start", pace{start: 5 * time.Second, each: ms}, 300_000, 2, 150_000},
		{"no end", quick, search.Endless, 2, 1000},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, tt.pace.most(tt.left, tt.processes), tt.name)
	}
}

// What was found when the time is over is told, although it was not run again, and it keeps its file.
func TestFoundLate(t *testing.T) {
	dir := t.TempDir()
	ctx, end := context.WithCancel(t.Context())
	end()
	c := &campaign{Config: Config{Parallel: 2, Base: dir}, temp: t.TempDir(), limit: make(chan struct{}, 2), told: map[uint64]telling{}}
	x := c.newTest(&pkg{Binary: Binary{Dir: dir, Path: filepath.Join(dir, "x.test")}, folder: finding.FolderOf(dir, "")}, "TestA")
	x.search.Walks.Next = 30
	file, err := (&finding.Finding{Package: "example.com/a", Test: "TestA", Mode: "controlled", Verdict: "deadlock", Cause: 7, Found: "execution 40, PCT, depth 2", Report: "deadlock: all wait"}).Write(x.pkg.folder.Path)
	require.NoError(t, err)
	x.search.Displaced = 12 // by a prediction of an execution before it
	b := &batch{Part: &search.Part{Row: x.search.Walks.ID, First: 30, Last: 50}, plan: x.plan(), run: run{killed: true, exit: -1, events: []session.Event{
		{Kind: session.Began, N: 40, Times: 11}, {Kind: session.Found, N: 40, Verdict: "deadlock", Cause: 7, File: file, Text: "deadlock: all wait, for the screen\n"}, {Kind: session.Dirty, N: 40},
	}}}
	x.settle(ctx, b)
	require.Len(t, x.confirmed, 1)
	assert.True(t, (&pkg{tests: []*test{x}}).failed())
	var printed strings.Builder
	x.print(&printed)
	assert.Contains(t, printed.String(), "    found by execution 52, PCT, depth 2, after ")
	assert.Contains(t, printed.String(), ", not confirmed: the search ended first, kept in testdata/jostle/TestA-")
	assert.Contains(t, printed.String(), "    deadlock: all wait, for the screen\n")
	kept, err := finding.Read(file)
	require.NoError(t, err)
	assert.Equal(t, "execution 52, PCT, depth 2", kept.Found)

	// Another process had run ahead and written the same cause's file again: the report is about that file.
	ahead := *kept
	ahead.Found = "execution 44, PCT, depth 3"
	_, err = ahead.Write(x.pkg.folder.Path)
	require.NoError(t, err)
	x.found(ctx, b, session.Event{Kind: session.Found, N: 44, Verdict: "deadlock", Cause: 7, File: file})
	require.Len(t, x.confirmed, 1)
	kept, err = finding.Read(file)
	require.NoError(t, err)
	assert.Equal(t, "execution 52, PCT, depth 2", kept.Found)
}

// A crash for which no time is left fails the test in its own words.
func TestCrashLate(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	end()
	c := &campaign{Config: Config{Parallel: 1}, temp: t.TempDir(), limit: make(chan struct{}, 1)}
	x := c.newTest(&pkg{Binary: Binary{Dir: t.TempDir(), Path: "x.test"}}, "TestA")
	x.search.Walks.Next = 3
	x.settle(ctx, &batch{Part: &search.Part{Row: x.search.Walks.ID, First: 3, Last: 9}, plan: x.plan(), run: run{exit: 2, output: "panic: no\n", events: []session.Event{{Kind: session.Began, N: 3}}}})
	assert.True(t, x.failed)
	assert.Equal(t, "execution 3 ended its process, and the search ended before it was run again:\npanic: no\n\n", x.output)
}

// A test that has had its schedules in next to no time has more, until it was searched for as long as all are at least.
func TestLeast(t *testing.T) {
	c := &campaign{Config: Config{Schedules: 10, Least: time.Hour, Parallel: 1}, limit: make(chan struct{}, 1)}
	x := c.newTest(&pkg{}, "TestX")
	x.resumed = time.Now()
	settle := func() {
		b := x.deal(0)
		b.stop, b.ended = func() {}, true
		b.run.events = []session.Event{{Kind: session.Settled}, {Kind: session.Began, N: 9, Times: 9}, {Kind: session.Ended, N: min(b.Last, 50)}}
		x.settle(t.Context(), b)
	}
	settle()
	assert.False(t, x.over())
	assert.False(t, x.enough())
	assert.False(t, x.search.Over())
	settle()
	assert.False(t, x.over())
	assert.Equal(t, 50, x.search.Walks.Next)
	c.Least = 0
	assert.True(t, x.enough())

	x = c.newTest(&pkg{}, "TestX")
	settle()
	assert.True(t, x.over(), "no more is asked for")
}
