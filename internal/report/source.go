package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jostle-dev/jostle/internal/trace"
	"github.com/jostle-dev/jostle/internal/verdict"
)

func (t *text) at(s *trace.Site) string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%s:%d", t.file(s.File), s.Line)
}

// blockedAt returns the line of the code under test at which a goroutine is stuck: that from which it has called a library, if it is
// stuck there.
func (t *text) blockedAt(g verdict.Goroutine) string {
	if u := g.User(); u != nil {
		return t.place(u.Place)
	}
	return t.at(g.Site)
}

// place is at for a position that is known as the runtime prints it.
func (t *text) place(p string) string {
	i := strings.LastIndexByte(p, ':')
	if i < 0 {
		return p
	}
	return t.file(p[:i]) + p[i:]
}

func (t *text) file(name string) string {
	if t.o.Dir == "" {
		return name
	}
	if t.o.Base != "" {
		t.whole[name] = true
		return ScreenName(t.o.Base, name)
	}
	if inStd, ok := strings.CutPrefix(filepath.ToSlash(name), goroot); ok && goroot != "" { // which may lie in the module cache
		return inStd
	}
	if _, rest, ok := strings.Cut(filepath.ToSlash(name), inCache); ok {
		return rest // module@version/file says more than where the cache is
	}
	rel, err := filepath.Rel(t.o.Dir, name)
	if err != nil || strings.HasPrefix(rel, filepath.Join("..", "..", "..")) {
		return name
	}
	return rel
}

// short returns a file and line so that they fit into n columns, if they can be cut. What is to be opened cannot.
func (t *text) short(p string, n int) string {
	if t.o.Base != "" {
		return p
	}
	return shortened(p, n)
}

// startedAt returns where a goroutine was started: the line of the code that is worked on from which a library was called that did.
func (t *text) startedAt(g verdict.Goroutine) string {
	f := newFiles(t.o.Dir)
	for _, p := range g.Calls {
		if f.own(p) && !strings.Contains(filepath.ToSlash(p), "/vendor/") {
			return t.place(p)
		}
	}
	return t.at(g.Spawned)
}

// ours reports whether a position, as the runtime prints it, lies in the code under test and not in a library.
func (t *text) ours(p string) bool {
	if goroot != "" && strings.HasPrefix(filepath.ToSlash(p), goroot) {
		return false
	}
	rel, err := filepath.Rel(t.o.Dir, p)
	return err == nil && t.o.Dir != "" && !strings.HasPrefix(rel, filepath.Join("..", "..", ".."))
}

// source returns the line of code at a sync point, "" if it is not to be had: of a select the line of the case that
// works on object, where that is clear.
func (t *text) source(s *trace.Site, object string) string {
	if s == nil {
		return ""
	}
	line := t.sourceLine(s.File, int(s.Line))
	if len(s.Cases) == 0 {
		return line
	}
	lines := t.sources[s.File]
	const far = 60 // lines from the select to the case
	for n := int(s.Line) + 1; n <= min(len(lines), int(s.Line)+far); n++ {
		code := t.sourceLine(s.File, n)
		if strings.HasPrefix(code, "case ") && strings.Contains(code, "<-") && strings.Contains(code, object) {
			return code
		}
	}
	return ""
}

// sourceAt is source for a position that is known as the runtime prints it.
func (t *text) sourceAt(p string) string {
	file, n, ok := cutLine(p)
	if !ok {
		return ""
	}
	return t.sourceLine(file, n)
}

// sourceLine returns a line of a file without its comment and in single spaces. A file that has changed since the program
// was built, or that is not there, has none.
func (t *text) sourceLine(file string, n int) string {
	lines, read := t.sources[file]
	if !read {
		if info, err := os.Stat(file); err == nil && !info.ModTime().After(t.built()) {
			if content, err := os.ReadFile(file); err == nil {
				lines = strings.Split(string(content), "\n")
			}
		}
		t.sources[file] = lines
	}
	if n < 1 || n > len(lines) {
		return ""
	}
	code, _, _ := strings.Cut(strings.Join(strings.Fields(lines[n-1]), " "), " //")
	return code
}

// built returns when the program was built that the report is about.
func (t *text) built() time.Time {
	if t.o.Program == "" {
		return runningBuilt()
	}
	return modified(t.o.Program)
}

var runningBuilt = sync.OnceValue(func() time.Time {
	name, err := os.Executable()
	if err != nil {
		return time.Time{}
	}
	return modified(name)
})

func modified(name string) time.Time {
	info, err := os.Stat(name)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// code shows a line of the source below what was said of the place.
func (t *text) code(margin, source string) {
	if source != "" && source != "select {" {
		t.line("%s%s", margin, head(source, t.o.Width-columns(margin)))
	}
}
