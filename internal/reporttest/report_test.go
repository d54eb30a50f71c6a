// Package reporttest looks at the reports of real findings, as data and as a page in a browser. It is a package of its own so
// that whoever uses the command does not get what its tests need.
package reporttest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/report"
)

// A reported module is one that jostle test and jostle report have run in.
type reported struct {
	dir     string
	content []byte // of report.json
	report.Document
}

// TestReport looks at the reports of the module in testdata, as data and as a page.
func TestReport(t *testing.T) {
	repo, err := filepath.Abs("../..")
	require.NoError(t, err)
	// The command is built by another process: without a look at what it is made of, go test would take a result of yesterday for
	// today's.
	for _, dir := range []string{"cmd", "harness", "instrument", "internal", "perturb"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(repo, dir), func(path string, _ os.DirEntry, err error) error {
			if err == nil {
				_, err = os.Stat(path)
			}
			return err
		}))
	}
	r := reported{dir: t.TempDir()}
	require.NoError(t, os.CopyFS(r.dir, os.DirFS("testdata")))
	const module = "github.com/jostle-dev/jostle"
	for _, c := range []struct {
		exit int
		args []string
	}{
		{0, []string{"mod", "init", "example.com/reported"}},
		{0, []string{"mod", "edit", "-require=" + module + "@v0.0.0", "-replace=" + module + "=" + repo, "-tool=" + module + "/cmd/jostle"}},
		{0, []string{"mod", "edit", "-require=" + module + "/harness@v0.0.0", "-replace=" + module + "/harness=" + filepath.Join(repo, "harness")}},
		{0, []string{"mod", "tidy"}},
		{1, []string{"tool", "jostle", "test", "-schedules", "60", "./..."}},
		{0, []string{"tool", "jostle", "report", "-html", "page.html", "--json", "report.json", "-sarif", "report.sarif"}},
	} {
		cmd := exec.Command("go", c.args...)
		cmd.Dir = r.dir
		out, err := cmd.CombinedOutput()
		require.Equal(t, c.exit, cmd.ProcessState.ExitCode(), "go %s: %v\n%s", strings.Join(c.args, " "), err, out)
	}
	r.content, err = os.ReadFile(filepath.Join(r.dir, "report.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(r.content, &r.Document))

	t.Run("schema", func(t *testing.T) { reportSchema(t, r) })
	t.Run("names no machine", func(t *testing.T) { reportNamesNoMachine(t, r, repo) })
	t.Run("sarif", func(t *testing.T) { reportSARIF(t, filepath.Join(r.dir, "report.sarif"), r.Document) })
	t.Run("document", func(t *testing.T) { reportDocument(t, r.Document) })
	t.Run("page", func(t *testing.T) { reportPage(t, filepath.Join(r.dir, "page.html"), r.Document) })
}

func findingOf(t *testing.T, d report.Document, test string) *report.Finding {
	t.Helper()
	for _, f := range d.Findings {
		if f.Test == test {
			return f
		}
	}
	require.Fail(t, "no finding of "+test)
	return nil
}

// What the command writes is what docs/report.schema.json says, and has nothing in it that is not said there.
func reportSchema(t *testing.T, r reported) {
	text, err := os.ReadFile("../../docs/report.schema.json")
	require.NoError(t, err)
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	closed(schema)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("report.schema.json", schema))
	compiled, err := c.Compile("report.schema.json")
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.content))
	require.NoError(t, err)
	assert.NoError(t, compiled.Validate(doc))
}

// closed has a schema allow only the properties that it names: readers let others pass, and tests do not.
func closed(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if _, ok := s["properties"]; ok && s["type"] == "object" {
			s["additionalProperties"] = false
		}
		for _, v := range s {
			closed(v)
		}
	case []any:
		for _, v := range s {
			closed(v)
		}
	}
}

// A report says the same wherever it is made: nothing of the machine is in it.
func reportNamesNoMachine(t *testing.T, r reported, repo string) {
	for _, path := range []string{r.dir, repo, os.TempDir() + "/"} {
		assert.False(t, strings.Contains(string(r.content), path), path) // and not the whole report in the message
	}
}

func reportDocument(t *testing.T, d report.Document) {
	var tests []string
	for _, f := range d.Findings {
		tests = append(tests, f.Test)
	}
	assert.Equal(t, []string{"TestClosed", "TestExits", "TestFeed", "TestSignal", "TestTransfer", "TestCrowd", "TestWorkers", "FuzzOrder"}, tests, "in the order of packages and files")

	t.Run("a circle of locks", func(t *testing.T) {
		f := findingOf(t, d, "TestTransfer")
		assert.Equal(t, "deadlock", f.Verdict)
		assert.Equal(t, 2, f.Rule)
		assert.True(t, f.Cycle)
		require.Len(t, f.Knot, 2)
		assert.Equal(t, report.Reproduced{Of: 3, Times: 3, Same: 3}, *f.Reproduced)
		assert.Contains(t, f.Advice, "bank.go:14")
		assert.Equal(t, "bank/testdata/jostle/"+filepath.Base(f.File), f.File)

		// Both hold a lock until the end, and nobody else does.
		var open []uint32
		for _, h := range f.Held {
			if h.To == 0 {
				open = append(open, h.Goroutine)
			}
		}
		assert.ElementsMatch(t, f.Knot, open)
		for _, id := range f.Knot {
			s := lastStep(f, id)
			assert.Equal(t, "lock", s.Op)
			assert.Zero(t, s.Until, "it waits still")
		}
		cycle := 0
		for _, e := range f.Locks.Edges {
			if e.Cycle {
				cycle++
				assert.Equal(t, report.Place{File: "bank/bank.go", Line: 14, Function: "bank.Transfer", Expr: "from.mu"}, *e.Held)
				assert.Equal(t, 16, e.Acquired.Line)
			}
		}
		assert.Equal(t, 2, cycle)

		// The run that passes is the same up to the step since which no continuation passes: a lock that the other goroutine takes first there.
		require.NotNil(t, f.Passing)
		require.Positive(t, f.Parts)
		for n := range f.Parts - 1 {
			assert.Equal(t, f.Trace[n].Op, f.Passing.Trace[n].Op)
		}
		require.NotNil(t, f.Inevitable)
		assert.Equal(t, f.Parts, f.Inevitable.Step)
		assert.Contains(t, f.Inevitable.Told, "from here on")
		require.NotNil(t, f.Difference)
		require.NotEmpty(t, f.Difference.Orders)
		o := f.Difference.Orders[0]
		assert.ElementsMatch(t, f.Knot, []uint32{o.First.Goroutine, o.Then.Goroutine})
		assert.Equal(t, "lock", o.First.Op)
		assert.Equal(t, "lock", o.Then.Op)
		assert.Less(t, o.First.There, o.Then.There)
		assert.Greater(t, o.First.Here, o.Then.Here)
		assert.True(t, o.First.Blocked)
		require.NotEmpty(t, f.Difference.Told)
		assert.Contains(t, f.Difference.Told[0], "In the nearest run that passes, ")
		// The text names files from the package's directory, the document from the module's.
		assert.Contains(t, strings.Join(strings.Fields(f.Report), " "), strings.ReplaceAll(f.Difference.Told[0], "(bank/", "("), "the terminal says the same")
	})

	t.Run("the step that ends a wait", func(t *testing.T) {
		f := findingOf(t, d, "TestFeed")
		assert.Equal(t, 1, f.Rule)
		waits := 0
		for _, s := range f.Trace {
			if s.Until == 0 {
				continue
			}
			waits++
			by := f.Trace[s.Until-f.First]
			assert.NotEqual(t, s.Goroutine, by.Goroutine)
			assert.Equal(t, s.Object, by.Object)
			assert.Equal(t, map[string]string{"receive": "send", "send": "receive", "lock": "unlock"}[s.Op], by.Op)
		}
		assert.Positive(t, waits)
	})

	t.Run("a wake-up that is lost", func(t *testing.T) {
		f := findingOf(t, d, "TestSignal")
		require.NotNil(t, f.Lost)
		assert.Equal(t, "signal", f.Trace[f.Lost.Step-f.First].Op)
		for _, h := range f.Held {
			assert.Equal(t, lastStep(f, f.Knot[0]).N, h.To, "the wait lets go of the lock")
		}
	})

	t.Run("a panic", func(t *testing.T) {
		f := findingOf(t, d, "TestClosed")
		assert.Equal(t, "send on closed channel", f.Panicked)
		assert.Contains(t, f.Stack, "\tbank/bank_test.go:")
		assert.NotContains(t, f.Stack, "0x")
	})

	t.Run("the end of the process", func(t *testing.T) {
		f := findingOf(t, d, "TestExits")
		assert.Equal(t, "crash", f.Verdict)
		assert.Equal(t, 3, f.Reproduced.Times)
		assert.Empty(t, f.Trace)
		assert.Contains(t, f.Report, "the execution ended its process")
	})

	t.Run("an input of a fuzz target", func(t *testing.T) {
		f := findingOf(t, d, "FuzzOrder")
		assert.Equal(t, "assertion", f.Verdict)
		assert.Equal(t, report.Reproduced{Of: 3, Times: 3, Same: 3}, *f.Reproduced)
		assert.Equal(t, "queue/testdata/fuzz/FuzzOrder/short", f.File, "the shortest, and not the one that passes")
		assert.Equal(t, "go tool jostle replay "+f.File, f.Replay)
		assert.Equal(t, report.Place{File: "queue/queue_test.go", Line: 21}, *f.At)
		assert.Contains(t, f.Output, "49 came first", "the payload is the input's")
		assert.Equal(t, "struct{ First uint8 }{First: 48}", f.Input)
		require.NotNil(t, f.Passing, "the same payload under the plain schedule")
		assert.Positive(t, f.Parts)
	})

	t.Run("sources", func(t *testing.T) {
		for _, f := range d.Findings {
			for _, p := range f.Places {
				if strings.HasPrefix(p.File, "GOROOT/") {
					continue
				}
				assert.True(t, hasLine(f, p), "%s %s:%d", f.Test, p.File, p.Line)
			}
		}
	})
}

func lastStep(f *report.Finding, id uint32) (last report.Step) {
	for _, s := range f.Trace {
		if s.Goroutine == id {
			last = s
		}
	}
	return last
}

func hasLine(f *report.Finding, p report.Place) bool {
	for _, s := range f.Sources {
		if s.File == p.File && p.Line >= s.First && p.Line < s.First+len(s.Lines) {
			return true
		}
	}
	return false
}
