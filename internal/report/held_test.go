package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

func TestHeld(t *testing.T) {
	const mu, rw = 1, 2
	site := &trace.Site{File: "/x/x.go", Line: 1, Key: 1}
	step := func(task uint32, op trace.Op, object uint32) trace.Step {
		return trace.Step{Task: task, Op: op, Object: object, Site: site}
	}
	waited := func(s trace.Step, until uint32) trace.Step {
		s.Until = until
		return s
	}
	ended := []trace.TaskState{{ID: 1, State: trace.Ended}, {ID: 2, State: trace.Ended}}
	tests := []struct {
		name  string
		first int
		tasks []trace.TaskState
		steps []trace.Step
		want  []Span
	}{
		{"locked and unlocked", 1, ended, []trace.Step{step(1, trace.OpLock, mu), step(1, trace.OpUnlock, mu)},
			[]Span{{Object: mu, Goroutine: 1, From: 1, To: 2}}},
		{"one after the other", 1, ended, []trace.Step{
			step(1, trace.OpLock, mu), waited(step(2, trace.OpLock, mu), 3), step(1, trace.OpUnlock, mu), step(2, trace.OpUnlock, mu),
		}, []Span{{Object: mu, Goroutine: 1, From: 1, To: 3}, {Object: mu, Goroutine: 2, From: 3, To: 4}}},
		{"held to the end, and waited for", 1,
			[]trace.TaskState{
				{ID: 1, State: trace.Blocked, Holds: []trace.Held{{Object: mu, Site: site, Step: 1}}}, {ID: 2, State: trace.Blocked},
			},
			[]trace.Step{step(1, trace.OpLock, mu), step(1, trace.OpRecv, 3), step(2, trace.OpLock, mu)},
			[]Span{{Object: mu, Goroutine: 1, From: 1}}},
		{"let go of, and held again", 1,
			[]trace.TaskState{{ID: 1, State: trace.Blocked, Holds: []trace.Held{{Object: mu, Site: site, Step: 3}}}},
			[]trace.Step{step(1, trace.OpLock, mu), step(1, trace.OpUnlock, mu), step(1, trace.OpLock, mu), step(1, trace.OpRecv, 3)},
			[]Span{{Object: mu, Goroutine: 1, From: 1, To: 2}, {Object: mu, Goroutine: 1, From: 3}}},
		{"two readers", 1, ended, []trace.Step{
			step(1, trace.OpRLock, rw), step(2, trace.OpRLock, rw), step(1, trace.OpRUnlock, rw), step(2, trace.OpRUnlock, rw),
		}, []Span{{Object: rw, Goroutine: 1, From: 1, To: 3, Read: true}, {Object: rw, Goroutine: 2, From: 2, To: 4, Read: true}}},
		{"unlocked by another", 1, ended, []trace.Step{step(1, trace.OpLock, mu), step(2, trace.OpUnlock, mu)},
			[]Span{{Object: mu, Goroutine: 1, From: 1, To: 2}}},
		{"tried, and got", 1, ended, []trace.Step{step(1, trace.OpTryLock, mu), step(1, trace.OpUnlock, mu)},
			[]Span{{Object: mu, Goroutine: 1, From: 1, To: 2}}},
		{"tried in vain", 1, ended, []trace.Step{step(1, trace.OpLock, mu), step(2, trace.OpTryLock, mu), step(1, trace.OpUnlock, mu)},
			[]Span{{Object: mu, Goroutine: 1, From: 1, To: 3}}},
		{"tried, and held to the end", 1,
			[]trace.TaskState{{ID: 1, State: trace.Blocked, Holds: []trace.Held{{Object: mu, Site: site, Step: 1}}}},
			[]trace.Step{step(1, trace.OpTryLock, mu), step(1, trace.OpRecv, 3)},
			[]Span{{Object: mu, Goroutine: 1, From: 1}}},
		{"a Cond's wait that ends", 1, ended, []trace.Step{
			step(1, trace.OpLock, mu), waited(step(1, trace.OpCondWait, 3), 3), step(2, trace.OpSignal, 3), step(1, trace.OpLock, mu), step(1, trace.OpUnlock, mu),
		}, []Span{{Object: mu, Goroutine: 1, From: 1, To: 2}, {Object: mu, Goroutine: 1, From: 4, To: 5}}},
		{"a Cond's wait that does not end", 1, []trace.TaskState{{ID: 1, State: trace.Blocked}},
			[]trace.Step{step(1, trace.OpLock, mu), step(1, trace.OpCondWait, 3)},
			[]Span{{Object: mu, Goroutine: 1, From: 1, To: 2}}},
		{"some of a resource, taken twice", 1, ended, []trace.Step{
			step(1, trace.OpAcquire, 4), step(1, trace.OpAcquire, 4), step(1, trace.OpRelease, 4), step(2, trace.OpRelease, 4), step(2, trace.OpRelease, 4),
		}, []Span{{Object: 4, Goroutine: 1, From: 1, To: 4}, {Object: 4, Goroutine: 1, From: 2, To: 3}}},
		{"locked before the trace begins", 101,
			[]trace.TaskState{{ID: 1, State: trace.Blocked, Holds: []trace.Held{{Object: rw, Site: site, Step: 7}}}, {ID: 2, State: trace.Ended}},
			[]trace.Step{step(2, trace.OpUnlock, mu), step(1, trace.OpRecv, 3)},
			[]Span{{Object: mu, Goroutine: 2, To: 101}, {Object: rw, Goroutine: 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, held(tt.tasks, tt.steps, tt.first))
		})
	}
}

// Windows of one file that touch become one.
func TestMerge(t *testing.T) {
	got := merge([]Source{
		{"b.go", 1, []string{"b1"}},
		{"a.go", 5, []string{"a5", "a6", "a7"}},
		{"a.go", 1, []string{"a1", "a2"}},
		{"a.go", 3, []string{"a3"}},
		{"a.go", 6, []string{"a6"}},
	})
	assert.Equal(t, []Source{
		{"a.go", 1, []string{"a1", "a2", "a3"}},
		{"a.go", 5, []string{"a5", "a6", "a7"}},
		{"b.go", 1, []string{"b1"}},
	}, got)
}

func TestFileNames(t *testing.T) {
	f := newFiles(".")
	for file, want := range map[string]string{
		"/home/u/go/pkg/mod/golang.org/x/sync@v0.9.0/errgroup/errgroup.go": "golang.org/x/sync@v0.9.0/errgroup/errgroup.go",
		goroot + "io/pipe.go": "GOROOT/src/io/pipe.go",
		"/nowhere/x.go":       "/nowhere/x.go",
	} {
		assert.Equal(t, want, f.name(file))
	}
	assert.Equal(t, "x GOROOT/src/io/pipe.go:12 y", f.portable("x "+goroot+"io/pipe.go:12 +0x1f y"))
}

// What is worked on has names from the root of the module, also in another module of the workspace. What lies in the module cache does
// not count, wherever that is.
func TestWorkspaceFiles(t *testing.T) {
	work := t.TempDir()
	for name, content := range map[string]string{
		"go.work": "go 1.25\n", "a/go.mod": "module example.com/a\n", "b/go.mod": "module example.com/b\n", "b/b.go": "package b\n", "a/sub/a.go": "package a\n",
	} {
		name = filepath.Join(work, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
	}
	file := func(name string) string { return filepath.Join(work, filepath.FromSlash(name)) }
	f := newFiles(file("a/sub"))
	assert.Equal(t, "sub/a.go", f.name(file("a/sub/a.go")))
	assert.Equal(t, "../b/b.go", f.name(file("b/b.go")))
	assert.True(t, f.own(file("b/b.go")))
	assert.False(t, f.own(file("go/pkg/mod/example.com/c@v1.0.0/c.go")))
	v := &verdict.Verdict{Kind: verdict.Deadlock, Knot: []verdict.Goroutine{{Site: &trace.Site{File: file("b/b.go"), Line: 7}}}}
	assert.Equal(t, "../../b/b.go:7", Where(v, file("a/sub")))

	require.NoError(t, os.Remove(file("go.work")))
	f = newFiles(file("a/sub"))
	assert.Equal(t, "example.com/b/b.go", f.name(file("b/b.go")))
	assert.False(t, f.own(file("b/b.go")))
	assert.Empty(t, Where(v, file("a/sub")))
}

// What is printed can be opened from where the reader is.
func TestScreenName(t *testing.T) {
	const cached = "/home/u/go/pkg/mod/golang.org/x/sync@v0.9.0/errgroup/errgroup.go"
	tests := []struct{ base, file, want string }{
		{"/home/u/m", "/home/u/m/broker/broker.go", "broker/broker.go"},
		{"/home/u/m/broker", "/home/u/m/broker/broker.go", "broker.go"},
		{"/home/u/m/cmd", "/home/u/m/broker/broker.go", "../broker/broker.go"},
		{"/tmp/a/b/c/d", "/home/u/m/broker/broker.go", "/home/u/m/broker/broker.go"},
		{"/home/u/m", cached, cached},
		{"/home/u/go/pkg", cached, cached},
		{"/home/u/m", goroot + "io/pipe.go", goroot + "io/pipe.go"},
		{"/home/u/m", "gram.y", "gram.y"},
		{"/home/u/m", "golang.org/x/sync@v0.9.0/errgroup/errgroup.go", "golang.org/x/sync@v0.9.0/errgroup/errgroup.go"}, // of a build with -trimpath
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, ScreenName(tt.base, tt.file), "from %s", tt.base)
	}
	assert.Equal(t, "mu (broker/broker.go:7) is taken with "+cached+":9 held", OnScreen("/home/u/m", "mu (/home/u/m/broker/broker.go:7) is taken with "+cached+":9 held"))
}
