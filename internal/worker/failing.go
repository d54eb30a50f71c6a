package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jostle-dev/jostle/internal/engine"
	"github.com/jostle-dev/jostle/internal/stacks"
	"github.com/jostle-dev/jostle/internal/verdict"
)

// said returns what tells a failure of a test apart: the first of the calls by which it may have said that it fails that has come to
// do so, and if there is none, because code that is left as it is has called it, words.
func (p *Process) said(test string, calls []engine.FailCall, words string) verdict.Said {
	s := verdict.Said{Test: p.path() + "." + test, Words: words}
	i := slices.IndexFunc(calls, func(c engine.FailCall) bool { return hasFailed(c.T) })
	if i < 0 {
		return s
	}
	frames := runtime.CallersFrames(calls[i].PCs)
	for more := true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); f.Function == "" || stacks.Ours(f.Function) || slices.ContainsFunc(notOfTest, func(prefix string) bool { return strings.HasPrefix(f.Function, prefix) }) {
			continue
		}
		place := fmt.Sprintf("%s:%d", f.File, f.Line)
		fn, first := p.code().Within(f.Function, place)
		s.Calls = append(s.Calls, verdict.RaceFrame{Func: fn, Place: place})
		key := fn
		if first > 0 {
			key += " " + p.sources.statement(f.File, first, f.Line)
		}
		s.Keys = append(s.Keys, key)
	}
	s.Keys = slices.Compact(s.Keys) // how deep a function has called itself is another value
	return s
}

// notOfTest are the functions, beside ours, by how their names begin, that say nothing of where a test fails.
var notOfTest = []string{
	"runtime.", "testing.", "reflect.", "sync.", "internal/",
}

// hasFailed reports whether t is a test, or something around one, and has failed.
func hasFailed(t any) (failed bool) {
	tb, ok := t.(testing.TB)
	if !ok {
		return false
	}
	defer func() { _ = recover() }() // something around no test
	return tb.Failed()
}

// packagePath returns the import path of the package under test.
func (p *Process) packagePath() string {
	if p.plan != nil && p.plan.Package != "" {
		return p.plan.Package
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return strings.TrimSuffix(info.Path, ".test")
}

// statement returns what stands in a line of a function that begins at line first, and which of those in the function that say the
// same it is: that outlives edits of all other lines. Where the source cannot be read it is the number of the line in the function.
func (s *sourceFiles) statement(file string, first, line int) string {
	lines := s.lines(file)
	if line > len(lines) {
		return fmt.Sprint("line ", line-first)
	}
	text := strings.TrimSpace(lines[line-1])
	nth := 0
	for _, l := range lines[first-1 : line] {
		if strings.TrimSpace(l) == text {
			nth++
		}
	}
	return fmt.Sprintf("%s %d", text, nth)
}

// sourceFiles are the files in which tests fail.
type sourceFiles struct {
	mu   sync.Mutex
	read map[string][]string
}

// lines returns the lines of a file; none if it cannot be read.
func (s *sourceFiles) lines(file string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, ok := s.read[file]
	if !ok {
		if content, err := os.ReadFile(file); err == nil {
			lines = strings.Split(string(content), "\n")
		}
		if s.read == nil {
			s.read = map[string][]string{}
		}
		s.read[file] = lines
	}
	return lines
}

// failedAt returns the line at which a test has said first that it fails, relative to the directory of the package under test: the
// one that package testing, or the T of an execution, has logged, which knows of helpers, or else the innermost one of a test file.
func failedAt(s verdict.Said, log string) string {
	var tests []string
	for _, c := range s.Calls {
		if file, _, ok := strings.Cut(c.Place, "_test.go:"); ok {
			tests = append(tests, filepath.Base(file)+strings.TrimPrefix(c.Place, file))
		}
	}
	for _, m := range logged.FindAllStringSubmatch(log, -1) {
		if len(tests) == 0 || slices.Contains(tests, m[1]) {
			return m[1]
		}
	}
	if len(tests) > 0 {
		return tests[0]
	}
	return ""
}
