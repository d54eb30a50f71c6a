package worker

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/jostle-dev/jostle/internal/strategy"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// once runs a test as one execution under the plain schedule.
func (p *Process) once(t *testing.T, body func(*testing.T)) {
	t.Helper()
	_, r, err := p.newTest(t, body)
	if err != nil {
		t.Fatal("jostle:", err)
	}
	out := onSockets(func() outcome { return r.run(strategy.Plain{}) })
	show(t, out.log)
	out.log = ""
	switch {
	case out.skipped && !out.Found():
		t.SkipNow()
	case out.Undecided && !out.Found():
		t.Log(out.undecided())
	case out.left() && !out.failed:
		// Tests leave goroutines behind. Those of a test that passes are for others to judge.
		if testing.Verbose() {
			t.Log(p.render(out, "", nil))
		}
	case out.Kind == verdict.Assertion:
		t.FailNow()
	case out.Found():
		t.Fatal(p.render(out, "", nil))
	}
	if out.failed {
		t.FailNow()
	}
}

// show passes on what was printed during an execution.
func show(t *testing.T, output string) {
	if testing.Verbose() {
		_, _ = os.Stdout.WriteString(output) // with the lines that begin and end subtests
		return
	}
	w := t.Output()
	for line := range strings.Lines(output) {
		_, _ = io.WriteString(w, strings.TrimPrefix(line, "    ")) // which the writer puts there again
	}
}
