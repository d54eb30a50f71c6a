package report

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// A report fits on a screen: the golden files of package bugs are written for lines of 72 columns.
func TestFitsTheScreen(t *testing.T) {
	goldens, err := filepath.Glob("../../fuzz/bugs/testdata/*.golden")
	require.NoError(t, err)
	require.NotEmpty(t, goldens)
	for _, name := range goldens {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		text, _, _ := strings.Cut(string(content), "\nlog of this execution\n") // which is not ours
		assert.LessOrEqual(t, strings.Count(text, "\n"), screenHeight, name)
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if strings.HasPrefix(line, "jostle: ") || strings.HasPrefix(line, "  go test ") {
				continue // for machines, or to be copied
			}
			line = openable.ReplaceAllString(line, "") // it is whole, however long it is
			assert.LessOrEqual(t, columns(line), 72, "%s: %s", name, line)
		}
	}
}

// openable is the place of a library.
var openable = regexp.MustCompile(`GOMODCACHE/\S+|GOROOT/\S+`)

// However many goroutines there are, and however long their names, the rest is counted and lines stay on the screen.
func TestManyGoroutines(t *testing.T) {
	const deep = "github.com/someone/something/internal/deeper/"
	var stuck []verdict.Live
	for i := range 200 {
		stuck = append(stuck, verdict.Live{
			ID: uint64(i + 2), State: "chan receive",
			Stack: fmt.Sprintf("%sserver.(*Connection[...]).readLoop.func%d.1()\n\t/home/someone/src/%sserver/connection.go:%d +0x1d", deep, i, deep, i+1),
		})
	}
	v := verdict.NewLive(verdict.Deadlock, "live: every goroutine of the test is blocked", stuck)
	for _, width := range []int{60, 72, 80} {
		var b strings.Builder
		require.NoError(t, Text(&b, v, Options{Dir: "/home/someone/src", Replay: "replay it", Width: width}))
		assert.LessOrEqual(t, strings.Count(b.String(), "\n"), screenHeight)
		assert.Contains(t, b.String(), "  and 195 more\n")
		for line := range strings.Lines(b.String()) {
			assert.LessOrEqual(t, columns(strings.TrimSuffix(line, "\n")), width, line)
		}
	}
	var full strings.Builder
	require.NoError(t, Text(&full, v, Options{Full: true}))
	assert.NotContains(t, full.String(), " more\n")
	assert.Contains(t, full.String(), "readLoop.func199.1")
}

func TestShortened(t *testing.T) {
	tests := []struct{ name, got, want string }{
		{"a path that fits", shortened("pipeline/queue.go:9", 19), "pipeline/queue.go:9"},
		{"from the left", shortened("golang.org/x/sync/errgroup/errgroup.go:78", 28), "…/errgroup/errgroup.go:78"},
		{"to the last element", shortened("golang.org/x/sync/errgroup/errgroup.go:78", 15), "errgroup.go:78"},
		{"which is kept whole", shortened("golang.org/x/sync/errgroup/errgroup.go:78", 3), "errgroup.go:78"},
		{"a name that fits", tail("g2 (*sink).start.func1", 22), "g2 (*sink).start.func1"},
		{"by its first parts", tail("g2 (*sink).start.func1", 20), "g2 …start.func1"},
		{"or its last", tail("g12 averyveryverylongname", 12), "g12 averyve…"},
		{"words", wrap("one two  three", 7), "one two\nthree"},
		{"a word that is too long", wrap("a incomprehensible b", 5), "a\nincomprehensible\nb"},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, tt.got, tt.name)
	}
}

// Of a goroutine that code outside of the module has started, the report has the line that says that it is meant to stay.
func TestMeantToStay(t *testing.T) {
	render := func(file string) string {
		var b strings.Builder
		v := &verdict.Verdict{Kind: verdict.Leak, Rule: verdict.Cancel, Knot: []verdict.Goroutine{{
			ID: 3, Name: "update.func1", Spawned: &trace.Site{File: file, Line: 3, Func: "example.com/dates.(*clock).update.func1", Op: trace.OpGo, Name: "go"},
		}}}
		require.NoError(t, Text(&b, v, Options{Dir: "/home/me/code/m/pkg"}))
		return b.String()
	}
	const line = "\n  leak example.com/dates.(*clock).update …\n"
	assert.Contains(t, render("/root/go/pkg/mod/example.com/dates@v1.0.0/clock.go"), line)
	assert.NotContains(t, render("/home/me/code/m/pkg/clock.go"), "testdata/jostle/ignore")
}
