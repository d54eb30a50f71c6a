package finding_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/access"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/finding"
	"github.com/jostle-dev/jostle/internal/schedule"
)

func example() *finding.Finding {
	question := func(k engine.QuestionKind, nth int) schedule.Question {
		return schedule.Question{Kind: k, Path: 0xabcdef, Site: 1 << 63, Nth: nth}
	}
	return &finding.Finding{
		Package: "example.com/x", Test: "TestFlush", Mode: "controlled", Module: "example.com/x", Jostle: "v1", Go: "go1.26",
		Verdict: "deadlock", Rule: "2", Cause: 0x3f2a000000000001, Trace: 7, Found: "execution 3", Warm: 1, Plain: 8, Race: true, Seed: 5, Points: 9,
		Directory: "/a b/x",
		Places: access.Places{Places: []access.Place{
			{Key: 4, File: "x_test.go", Line: 12, Func: "example.com/x.(*store).fill", Text: `s.cache["a"] = 1`},
			{Key: 5, Write: true, File: "x_test.go", Line: 16, Func: "example.com/x.(*store).drop", Text: "report:"},
		}},
		Schedule: schedule.Keyed{
			{Question: question(engine.Preempt, 2), Runs: 5, Note: "g2 before lock a: g3 goes on"},
			{Question: question(engine.Preempt, 3), Runs: 5, Held: true},
			{Question: question(engine.Next, 0), Runs: 1 << 60},
			{Question: question(engine.Case, 1), Case: 4},
			{Question: question(engine.Moment, 0), Case: 1},
		},
		Passing:    schedule.Keyed{{Question: question(engine.Preempt, 2), Runs: 5}, {Question: question(engine.Next, 0), Runs: 6}},
		Passes:     true,
		Inevitable: finding.Inevitable{Step: 9, Tried: 48, All: true},
		Delays: finding.Delays{
			Made:  []finding.Delay{{Place: finding.Place{Site: 1 << 63, Note: "f before lock a"}, Nth: 3, For: 16384 * time.Microsecond}},
			Stuck: []finding.Place{{Site: 7}, {Site: 8, Note: "g at send out"}},
		},
		Facts:  "deadlock, rule 2\ntransfer\n  waits: lock a",
		Report: "deadlock: two\n\n  g1 waits\n",
	}
}

// That the plain run passes is something else than that no run is known that does.
func TestPassing(t *testing.T) {
	for _, f := range []finding.Finding{
		{Passes: true, Inevitable: finding.Inevitable{Step: 2, Tried: 48}},
		{Inevitable: finding.Inevitable{Tried: 1, All: true}},
		{},
	} {
		f.Package, f.Test = "example.com/x", "TestFlush"
		got, err := finding.Parse(f.Text())
		require.NoError(t, err)
		assert.Equal(t, f.Passes, got.Passes)
		assert.Empty(t, got.Passing)
		assert.Equal(t, f.Inevitable, got.Inevitable)
	}
}

func TestRoundTrip(t *testing.T) {
	want := example()
	name, err := want.Write(filepath.Join(t.TempDir(), finding.Dir))
	require.NoError(t, err)
	assert.Equal(t, "TestFlush-3f2a0000.jostle", filepath.Base(name))
	got, err := finding.Read(name)
	require.NoError(t, err)
	want.Report = "deadlock: two\n\n  g1 waits"
	assert.Equal(t, want, got)
	entries, err := os.ReadDir(filepath.Dir(name))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing but the file is left")
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ name, content, want string }{
		{"empty", "", "line 1: it is no replay file"},
		{"another version", "jostle replay 2\n", "line 1: \"jostle replay 2\" is of another version of jostle"},
		{"cut off", "jostle replay 1\npackage: x\ntest: T\n", "the file ends before its schedule"},
		{"a head that is none", "jostle replay 1\nhello\n", "line 2: \"hello\" is no \"name: value\""},
		{"a number that is none", "jostle replay 1\ncause: xyz\n", "line 2: cause: "},
		{"no test", "jostle replay 1\nschedule:\n", "does not say which test"},
		{"a departure", "jostle replay 1\npackage: x\ntest: T\nschedule:\npreempt 1 2 3 run\n", "schedule, line 1: a departure has 6 words and this line 5"},
		{"a kind", "jostle replay 1\nschedule:\n\nswap 1 2 3 run 4\n", "schedule, line 2: \"swap\" is no kind of question"},
		{"a delay", "jostle replay 1\nschedule:\ndelays:\ndelay long 7 0\n", "delays: \"delay long 7 0\": time: invalid duration"},
		{"what is no delay", "jostle replay 1\nschedule:\ndelays:\nlate 7\n", "it is neither \"delay DURATION SITE N\" nor \"stuck SITE\""},
		{"an answer", "jostle replay 1\nschedule:\ncase 1 2 3 run 4\n", "\"run\" answers no question of kind case"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := finding.Parse(tt.content)
			require.Error(t, err)
			assert.Contains(t, err.Error(), tt.want)
		})
	}
}

// FuzzParse: whatever is read can be written and read again, and means the same.
func FuzzParse(f *testing.F) {
	f.Add(example().Text())
	f.Add("jostle replay 1\npackage: x\ntest: T\nschedule:\nreport:\nx\n")
	f.Add("jostle replay 1\npackage: x\ntest: T\nschedule:\nfacts:\ny\nreport:\nx\nfacts:\n")
	f.Fuzz(func(t *testing.T, content string) {
		first, err := finding.Parse(content)
		if err != nil {
			return
		}
		again, err := finding.Parse(first.Text())
		require.NoError(t, err, first.Text())
		assert.Equal(t, first, again)
	})
}
