package cachedir

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// sweepOnceADay sweeps a cache if no other process uses it, now or later, before it is done.
func sweepOnceADay(dir string) {
	f, err := open(filepath.Join(dir, using))
	if err != nil {
		return
	}
	defer f.Close()
	last, err := f.Stat()
	if err != nil || time.Since(last.ModTime()) < day || tryLock(f, true) != nil || !isAt(f, f.Name()) {
		return
	}
	now := time.Now()
	if os.Chtimes(f.Name(), now, now) != nil {
		return // the cache of another user
	}
	for kind, unused := range kinds {
		sweep(filepath.Join(dir, kind), now.Add(-unused))
	}
}

// sweep removes the directories in one that were not used after a time, and what processes that were killed have left.
func sweep(dir string, after time.Time) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return // nothing of this kind is kept
	}
	for _, d := range list {
		name := filepath.Join(dir, d.Name())
		info, err := d.Info()
		switch {
		case err != nil:
		case strings.HasPrefix(d.Name(), Partial):
			_ = os.RemoveAll(name)
		case d.IsDir() && key.MatchString(d.Name()) && info.ModTime().Before(after):
			_ = Discard(name) // if it cannot be removed it stays
		}
	}
}
