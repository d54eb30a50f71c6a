package campaign

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/search"
	"github.com/jostle-dev/jostle/internal/session"
)

// build builds a test binary, which runs as go test runs it: nothing in it is instrumented.
func build(t *testing.T, source string, imports ...string) Binary {
	dir := t.TempDir()
	head := "package a\n\n"
	for _, i := range append(imports, "os", "os/exec", "testing") {
		head += "import \"" + i + "\"\n"
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/a\n\ngo 1.25\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a_test.go"), []byte(head+"\nvar _, _ = os.Args, exec.Command\n\n"+source), 0o644))
	b := Binary{Package: "example.com/a", Module: "example.com/a", Dir: dir, Path: filepath.Join(t.TempDir(), "a.test")}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-o", b.Path, ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=", "PWD="+dir)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return b
}

// TestUnrun: what the time was too short for is not well.
func TestUnrun(t *testing.T) {
	const twoTests = `
func TestFirst(t *testing.T) {}
func TestSecond(t *testing.T) {}
`
	const first, second = "    TestFirst: run once", "example.com/a TestSecond: the time was over"
	tests := []struct {
		name, source string
		ends         bool // the time, when the first test is done
		failed       bool
		unrun        []string
		says, never  []string
	}{
		{
			name: "all ran", source: twoTests,
			says: []string{first, "    TestSecond: run once", "\nok  \texample.com/a\t"}, never: []string{"not run", "FAIL"},
		},
		{
			name: "one did not", source: twoTests, ends: true, unrun: []string{second},
			says: []string{first, "\n?   \texample.com/a\t", "[1 of 2 tests not run]"}, never: []string{"ok  \t", "FAIL"},
		},
		{
			name: "one did not, and the other fails", source: strings.Replace(twoTests, "{}", `{ t.Error("no") }`, 1), ends: true,
			failed: true, unrun: []string{second}, says: []string{"--- FAIL: TestFirst (", "a_test.go:10: no", "\nFAIL\texample.com/a\t"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, end := context.WithCancel(t.Context())
			defer end()
			var printed strings.Builder
			c := Config{Schedules: 1, Parallel: 1, Verbose: true, Env: os.Environ(), Print: func(_, text string, _ time.Duration) { printed.WriteString(text) }}
			if tt.ends {
				c.Progress = func(p Progress) {
					if p.Done == 1 {
						end()
					}
				}
			}
			got, err := Run(ctx, c, []Binary{build(t, tt.source)})
			require.NoError(t, err)
			assert.Equal(t, tt.failed, got.Failed)
			assert.Equal(t, tt.unrun, texts(got.Unrun))
			for _, s := range tt.says {
				assert.Contains(t, printed.String(), s)
			}
			for _, s := range tt.never {
				assert.NotContains(t, printed.String(), s)
			}
		})
	}
	t.Run("a fuzz target", func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		var printed strings.Builder
		c := &campaign{Config: Config{Print: func(_, text string, _ time.Duration) { printed.WriteString(text) }}}
		c.packages = []*pkg{{Binary: Binary{Package: "example.com/a"}, natives: []string{"FuzzA"}}}
		end()
		c.natives(ctx)
		c.printFinished()
		assert.Equal(t, 1, c.packages[0].unrun())
		assert.Equal(t, []string{"example.com/a FuzzA: the time was over"}, texts(c.summary().Unrun))
		assert.Equal(t, "?   \texample.com/a\t0.000s [1 of 1 test not run]\n", printed.String())
	})
}

func texts(remarks []Remark) (out []string) {
	for _, r := range remarks {
		out = append(out, r.String())
	}
	return out
}

// A test for which the time was over just when it went live has run.
func TestLateLive(t *testing.T) {
	ran := test{name: "TestA", mode: together, executions: 14, c: &campaign{}, search: search.New(search.Options{})}
	ran.stalled(&batch{Part: new(search.Part)}, session.Event{N: 9, Why: "g3 is busy, where no schedule reaches"})
	assert.False(t, ran.unrun())
	assert.Equal(t, "TestA: 14 schedules, then 0 runs, live (execution 9: g3 is busy, where no schedule reaches)", ran.line())

	never := test{name: "TestB", mode: together, executions: 1, c: &campaign{}, search: search.New(search.Options{})}
	never.stalled(nil, session.Event{Why: "g2 is busy, where no schedule reaches"})
	assert.True(t, never.unrun(), "its plain run has not come to its end")
}

// A test whose plain run is longer than its share of the time has run once, however often it is begun.
func TestLongRun(t *testing.T) {
	long := test{name: "TestA", mode: together, c: &campaign{}, search: search.New(search.Options{})}
	once := run{events: []session.Event{{Kind: session.Began}, {Kind: session.Measured, Measures: search.Measures{Asked: 9}}, {Kind: session.Ended}}, orders: []uint64{1}}
	for range 2 {
		long.read(t.Context(), &batch{Part: new(search.Part), run: once})
		assert.Equal(t, "TestA: 1 schedule, 1 different order, controlled (one run takes longer than its share of the time)", long.line())
	}
	assert.False(t, long.unrun())
	assert.False(t, long.over(), "there may be more time")

	settled := run{events: []session.Event{{Kind: session.Began}, {Kind: session.Measured, Measures: search.Measures{Asked: 9}}, {Kind: session.Began}, {Kind: session.Settled, Measures: search.Measures{Asked: 9}}}}
	long.read(t.Context(), &batch{Part: new(search.Part), run: settled})
	assert.NotContains(t, long.line(), "share")
}

// TestLeftProcess: what a test starts, and leaves behind, ends with its process.
func TestLeftProcess(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		t.Skip("there are no process groups")
	}
	b := build(t, `
func TestStarts(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 3; touch left")
	cmd.Stdout = os.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
}
`)
	got, err := Run(t.Context(), Config{Schedules: 1, Parallel: 1, Env: os.Environ(), Print: func(_, _ string, _ time.Duration) {}}, []Binary{b})
	require.NoError(t, err)
	assert.False(t, got.Failed)
	assert.Empty(t, got.Unrun)
	time.Sleep(4 * time.Second)
	assert.NoFileExists(t, filepath.Join(b.Dir, "left"))
}

// What is found again in another way and does not count leaves what was there before.
func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(content), 0o644))
		return file
	}
	old := write("old.jostle", "as it was")
	x := &test{pkg: &pkg{older: readOlder(dir)}}
	write("old.jostle", "found again")
	x.discard(old)
	content, err := os.ReadFile(old)
	require.NoError(t, err)
	assert.Equal(t, "as it was", string(content))
	fresh := write("new.jostle", "found")
	x.discard(fresh)
	assert.NoFileExists(t, fresh)
}

// A package and its external tests may have a test function of one name each: they are two tests.
func TestQualified(t *testing.T) {
	assert.Equal(t, []string{"TestA", "TestB"}, qualified("example.com/bank", []string{"TestA", "TestB"}))
	assert.Equal(t, []string{"bank.Test", "TestA", "bank_test.Test"}, qualified("example.com/bank", []string{"Test", "TestA", "Test"}))
	for _, name := range []string{"Test", "bank.Test", "bank_test.Test"} {
		assert.Equal(t, "Test", session.Function(name))
	}
}
