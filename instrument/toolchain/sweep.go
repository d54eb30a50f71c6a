package toolchain

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// sweep removes the trees that were not used for long, and what processes that were killed have left. It does so once a day, and
// only if no other process uses the shelf: f is the file that those have locked. Where files cannot be locked nothing is removed.
func (s *shelf) sweep(f *os.File) {
	mark, err := f.Stat()
	if err != nil || time.Since(mark.ModTime()) < day || tryLock(f, true) != nil {
		return
	}
	now := time.Now()
	if os.Chtimes(f.Name(), now, now) != nil {
		return // it is not ours to remove
	}
	list, err := os.ReadDir(s.dir)
	if err != nil {
		return
	}
	for _, d := range list {
		info, err := d.Info()
		if err == nil && d.IsDir() && (strings.HasPrefix(d.Name(), leftover) || now.Sub(info.ModTime()) > unused) {
			_ = s.discard(filepath.Join(s.dir, d.Name()))
		}
	}
}
