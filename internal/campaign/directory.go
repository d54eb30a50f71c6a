package campaign

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/jostle-dev/jostle/internal/session"
)

// A directory is a package's, in which the processes of its tests run. Tests make files there, under the same name each time, and go test
// runs one test of a package after the other. So tests that may have met in their files are alone in the directory from then on, while
// tests of other packages run. One that makes no files while it is alone need not be. It is the same with ports of the machine: a test
// that has found one taken is alone from then on.
type directory struct {
	path  string
	alone sync.RWMutex // locked by a process that is alone, and read-locked by others

	mu     sync.Mutex
	inside int    // processes that are not alone
	before listed // when there was none
}

// A listed directory says when entries were last made in it or removed.
type listed struct {
	changed int64
	found   bool // it has what findings are kept in
}

// The files of a test.
const (
	noFiles   int32 = iota // as far as is known
	someFiles              // it has made some, or one that ran at the same time has
	ownFiles               // it has made some
)

// alone reports whether the test is alone in its package's directory when it runs.
func (t *test) alone() bool { return t.ports.Load() || t.files.Load() != noFiles }

// taken reports whether a run has failed, and says that an address was in use: another test of the package may have had it.
func (r *run) taken() bool {
	says := func(text string) bool { return strings.Contains(text, syscall.EADDRINUSE.Error()) }
	if r.exit > 0 && says(r.output) {
		return true
	}
	for _, e := range r.events {
		if e.Kind == session.Found && says(e.Text) {
			return true
		}
	}
	return false
}

// in runs a process of the test in its package's directory, and reports whether it may have met others in its files.
func (t *test) in(d *directory, process func()) (met bool) {
	if !t.alone() {
		d.alone.RLock()
		defer d.alone.RUnlock()
		d.enter()
		process()
		if met = d.leave(); met {
			t.files.Store(someFiles)
		}
		return met
	}
	d.alone.Lock()
	defer d.alone.Unlock()
	d.enter()
	process()
	switch {
	case d.leave():
		t.files.Store(ownFiles)
	case t.files.Load() == someFiles:
		t.files.Store(noFiles)
	}
	return false
}

func (d *directory) enter() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside++; d.inside == 1 {
		d.before = d.listed()
	}
}

// leave reports whether entries were made or removed since there was no process in the directory.
func (d *directory) leave() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
	now := d.listed()
	return now.changed != d.before.changed && now.found == d.before.found
}

func (d *directory) listed() (l listed) {
	if info, err := os.Stat(d.path); err == nil {
		l.changed = info.ModTime().UnixNano()
	}
	_, err := os.Stat(filepath.Join(d.path, "testdata"))
	l.found = err == nil
	return l
}
