package worker

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jostle-dev/jostle/internal/access"
	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/session"
	"github.com/jostle-dev/jostle/internal/trace"
)

// Bounds on what is recorded of plain accesses.
const (
	recordings = 20              // executions
	recordTime = 3 * time.Second // no further one begins
	recordHeap = 1 << 30         // bytes: garbage is collected only above, as memory that is used again looks as if two goroutines shared it
)

// record runs a test some times and notes the places at which its plain loads and stores may race. What becomes of these executions does not
// count: others come after them.
func (p *Process) record(t *testing.T, body func(*testing.T)) {
	t.Helper()
	e := p.newExplorer(t, body)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(recordHeap))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	rec := access.NewRecorder()
	e.limits.Record = rec
	x := e.x
	for n := range recordings {
		if time.Since(e.began) > recordTime {
			break
		}
		runtime.GC()
		if out := e.run(e.part.Execution(n)); e.x != x || out.stays() || out.skipped || out.uncontrolled != "" {
			break // it is not x that knows the rest
		}
	}
	places := e.mayRace(x, rec)
	e.note(session.Event{Kind: session.Placed, Places: &places})
	e.leaveSoon()
	e.end(t)
}

// mayRace returns what was recorded of the executions of x.
func (e *explorer) mayRace(x *engine.Execution, rec *access.Recorder) access.Places {
	var out access.Places
	at := map[int]int{} // index by the number of a place
	add := func(n int) int {
		i, known := at[n]
		if known {
			return i
		}
		s := x.Accessed(n)
		i = len(out.Places)
		at[n] = i
		out.Places = append(out.Places, access.Place{
			Key: s.Key, Write: s.Op == trace.OpStore, File: e.fromHere(s.File), Line: int(s.Line), Func: s.Func, Text: e.lineOf(s),
		})
		return i
	}
	for _, p := range rec.Pairs() {
		out.Pairs = append(out.Pairs, access.Pair{A: add(p.A), B: add(p.B)})
	}
	for _, n := range rec.Spins() {
		add(n)
	}
	return out
}

// here is the directory of the package under test.
func (e *explorer) here() string {
	dir, _ := os.Getwd()
	return dir
}

// fromHere returns the name of a file as seen from the directory of the package under test, unless it is far from there.
func (e *explorer) fromHere(file string) string {
	rel, err := filepath.Rel(e.here(), file)
	if err != nil || strings.HasPrefix(filepath.ToSlash(rel), "../../..") {
		return file
	}
	return filepath.ToSlash(rel)
}

// lineOf returns the text of the line of a sync point.
func (e *explorer) lineOf(s *trace.Site) string {
	lines := e.sources.lines(s.File)
	if int(s.Line) > len(lines) || s.Line < 1 {
		return ""
	}
	text, _, _ := strings.Cut(lines[s.Line-1], "//")
	text = strings.TrimSuffix(strings.TrimSpace(text), " {")
	if begin := strings.LastIndex(text, "{ "); begin >= 0 && strings.Contains(text, "func") { // a function in one line
		if inside, _, ok := strings.Cut(text[begin+2:], " }"); ok {
			text = inside
		}
	}
	if r := []rune(text); len(r) > mostText {
		text = string(r[:mostText]) + "…"
	}
	return text
}

// mostText is how much is kept of a line: places are part of the environment of a process.
const mostText = 80

// watch has plain loads and stores at the places of the search be sync points.
func (e *explorer) watch() {
	e.limits.Places = nil
	for _, p := range e.part.Places.Places {
		s := &trace.Site{File: p.File, Line: int32(p.Line), Func: p.Func, Op: trace.OpLoad, Expr: p.Text, Key: p.Key}
		if p.Write {
			s.Op = trace.OpStore
		}
		s.Name = s.Op.String()
		if !filepath.IsAbs(s.File) {
			s.File = filepath.Join(e.here(), filepath.FromSlash(p.File))
		}
		e.limits.Places = append(e.limits.Places, s)
	}
}

// watched returns the places of an execution that it has passed.
func (e *explorer) watched(out outcome) access.Places {
	if out.snap == nil {
		return e.part.Places
	}
	return e.part.Places.Only(func(p *access.Place) bool { return slices.Contains(out.snap.Passed, p.Key) })
}
