package toolchain

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

// An entry is a file, a link or a directory of a tree.
type entry struct {
	path   string // slash-separated, below the root
	kind   kind
	target string // of a link
	size   int64  // of a file
	mtime  int64  // of a file, in seconds as every file system can keep it: FAT counts time in steps of two
	exact  int64  // the same, in nanoseconds, as this one has it
}

// like reports whether e and another are the same on whatever file systems they are.
func (e entry) like(other entry) bool {
	e.exact = other.exact
	return e == other
}

type kind byte

const (
	directory kind = iota
	link
	file
)

// A choice says what becomes of something that lies in a directory: an entry for it. What is below a directory is scanned
// too. It says false for what is left out. Root is where the scan began, path the slash-separated path below it.
type choice func(root, path string, d fs.DirEntry) (e entry, in bool, err error)

// scan lists what choose makes of all that lies below root, in no order. Choose is called by several goroutines at once.
func scan(root string, choose choice) ([]entry, error) {
	s := scanner{root: root, choose: choose}
	s.tasks.SetLimit(runtime.GOMAXPROCS(0))
	s.tasks.Go(func() error { return s.read("") })
	err := s.tasks.Wait()
	return s.found, err
}

type scanner struct {
	root   string
	choose choice
	tasks  errgroup.Group

	mu    sync.Mutex
	found []entry
}

// read scans a directory, by its path with a slash behind it.
func (s *scanner) read(dir string) error {
	list, err := os.ReadDir(native(s.root, dir))
	if err != nil {
		return err
	}
	found := make([]entry, 0, len(list))
	for _, d := range list {
		e, in, err := s.choose(s.root, dir+d.Name(), d)
		if err != nil {
			return err
		}
		if !in {
			continue
		}
		found = append(found, e)
		if e.kind == directory {
			if err := s.below(e.path + "/"); err != nil {
				return err
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found = append(s.found, found...)
	return nil
}

// native returns the name of what has a path below root.
func native(root, path string) string { return filepath.Join(root, filepath.FromSlash(path)) }

// below reads a directory in another goroutine if one is free.
func (s *scanner) below(dir string) error {
	if s.tasks.TryGo(func() error { return s.read(dir) }) {
		return nil
	}
	return s.read(dir)
}

// asIs is the choice that leaves nothing out and follows no links.
func asIs(root, path string, d fs.DirEntry) (entry, bool, error) {
	switch {
	case d.IsDir():
		return entry{path: path, kind: directory}, true, nil
	case d.Type()&fs.ModeSymlink != 0:
		target, err := os.Readlink(native(root, path))
		return entry{path: path, kind: link, target: target}, true, err
	}
	info, err := d.Info()
	if err != nil {
		return entry{}, false, err
	}
	return regular(path, info), true, nil
}

func regular(path string, info fs.FileInfo) entry {
	t := info.ModTime()
	return entry{path: path, kind: file, size: info.Size(), mtime: t.Unix() &^ 1, exact: t.UnixNano()}
}
