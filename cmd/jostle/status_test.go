package main

import (
	"encoding/json"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/campaign"
)

// In a log there is a line now and then, and findings at once.
func TestStatusOfALog(t *testing.T) {
	var b strings.Builder
	l := newStatusLine(&b, false)
	l.show("instrumenting")
	assert.Empty(t, b.String())
	l.last = time.Now().Add(-plainEvery)
	l.progress(campaign.Progress{Done: 1, Tests: 3, Executions: 300, Doing: "TestB"})
	l.progress(campaign.Progress{Done: 2, Tests: 3, Executions: 600})
	assert.Equal(t, "jostle: 1 of 3 tests, 300 schedules, 0 findings, 0s: TestB\n", b.String())
	b.Reset()
	p := &printer{line: l}
	p.found("example.com/a", "TestA", "deadlock: two", "a/testdata/jostle/TestA.jostle")
	assert.Equal(t, "example.com/a TestA: deadlock: two\n\ta/testdata/jostle/TestA.jostle\n", b.String())

	b.Reset()
	l = newStatusLine(&b, true)
	l.last = time.Now().Add(-plainEvery)
	l.progress(campaign.Progress{Done: 1, Tests: 3, Executions: 300})
	assert.Empty(t, b.String(), "-json")
	l.close()
}

// What is done at present is drawn again as time passes, so that a line that stands still is never one that is out of date.
func TestStatusOfATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		l := newStatusLine(&b, false)
		l.terminal = true
		l.show("building test binary 1 of 2, of example.com/a")
		time.Sleep(2*drawnEvery + drawnEvery/2)
		l.progress(campaign.Progress{Tests: 2, Doing: "TestB, comparing with go test"})
		time.Sleep(drawnEvery)
		l.close()
		l.progress(campaign.Progress{Done: 2, Tests: 2})
		const building, comparing = "building test binary 1 of 2, of example.com/a, ", "0 of 2 tests, 0 schedules, 0 findings, "
		want := []string{
			"", building + "0s", building + "1s", building + "2s",
			comparing + "3s: TestB, comparing with go test", comparing + "3s: TestB, comparing with go test", "",
		}
		assert.Equal(t, want, strings.Split(b.String(), "\r\x1b[K"))
	})
}

func TestCut(t *testing.T) {
	assert.Equal(t, "naïve", cut("naïve", 6))
	assert.Equal(t, "naï…", cut("naïve", 5))
	assert.Equal(t, "naïve", cut("naïve", 0))
}

// With -json a finding is an event as soon as it is one, like the output of a test that runs.
func TestFoundAsJSON(t *testing.T) {
	var b strings.Builder
	p := &printer{stdout: &b, json: true, line: newStatusLine(&b, true)}
	p.found("example.com/a", "TestA", "deadlock: two", "a.jostle")
	require.NoError(t, p.err)
	var event struct{ Time, Action, Package, Test, Output string }
	require.NoError(t, json.Unmarshal([]byte(b.String()), &event))
	assert.NotEmpty(t, event.Time)
	event.Time = ""
	assert.Equal(t, struct{ Time, Action, Package, Test, Output string }{"", "output", "example.com/a", "", "example.com/a TestA: deadlock: two\n\ta.jostle\n"}, event)
}

// With -json the event that ends a package has the time that the package's line has, not the time that it took to print it.
func TestPackageAsJSON(t *testing.T) {
	var b strings.Builder
	p := &printer{stdout: &b, json: true, line: newStatusLine(&b, true)}
	p.pkg(t.Context(), "example.com/a", "=== RUN   TestA\n--- PASS: TestA (0.50s)\nPASS\nok  \texample.com/a\t7.386s\n", 7386*time.Millisecond+time.Microsecond)
	require.NoError(t, p.err)
	got := map[string]float64{}
	for line := range strings.Lines(b.String()) {
		var event struct {
			Action, Package, Test string
			Elapsed               *float64
		}
		require.NoError(t, json.Unmarshal([]byte(line), &event), line)
		if event.Elapsed != nil {
			got[event.Action+" "+event.Package+" "+event.Test] = *event.Elapsed
		}
	}
	assert.Equal(t, map[string]float64{"pass example.com/a TestA": 0.5, "pass example.com/a ": 7.386}, got)
}

func TestVersionLine(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "GOOS", Value: "linux"}, {Key: "GOARCH", Value: "arm64"}, {Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"},
	}}
	assert.Equal(t, "jostle v1.2.3 abc with changes go1.26.0 linux/arm64", versionLine(info))
	assert.Equal(t, "jostle (unknown version) (unknown Go) ?/?", versionLine(new(debug.BuildInfo)))
}
