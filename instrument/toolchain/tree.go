// Package toolchain makes trees that stand where a GOROOT stands: what a Go has, with files of ours added to its standard
// library or in the place of some of its files. The Go itself is never changed.
//
// Directories outside of src, and src/cmd, are links into the Go. What else is below src is copied, because the go command
// keeps an index of packages only where all files are regular, and without the index each of its runs takes 0.2 s longer;
// because it embeds no file that is a link; and because os.Root does not follow links out of the tree. The copies are made
// once for each Go: the trees of one Go share them by hard links. Where a file system or a system has no symbolic links,
// all is copied; where it has no hard links, each tree has its own copies.
package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jostle-dev/jostle/internal/cachedir"
)

// A Go is a toolchain: what `go env GOROOT GOVERSION` prints in the user's directory, where toolchain switching has
// happened.
type Go struct {
	Root    string // absolute
	Version string // go1.26.8
}

// Tree returns the root of a tree that has what g has and the files, which maps slash-separated paths below the root,
// as "src/jostle/perturb/chan.go", to contents. The path of the root ends in that of g's root. A file takes the place of one that g has, or is added. The tree is to be
// used as GOROOT, and not to be written to.
//
// A tree is kept below cacheDir and found again by its content: it is made once, and again if anything of it was changed,
// or anything in g that it has copies of. It is there whole or not at all, whatever happens to the process that makes it.
// Any number of goroutines and processes may call Tree with the same cacheDir, which may be read-only if the tree is there.
// Trees that were not asked for in 30 days are removed; those that a running process has asked for are not.
//
// Progress, which may be nil, is called with a line of text before anything that takes more than a moment. The error says
// what could not be done and where; it is ctx's if ctx ended first.
func Tree(ctx context.Context, cacheDir string, g Go, files map[string][]byte, progress func(string)) (string, error) {
	if progress == nil {
		progress = func(string) {}
	}
	cacheDir, err := filepath.Abs(cacheDir)
	if err != nil {
		return "", err
	}
	s := shelf{dir: filepath.Join(cacheDir, "toolchain"), sym: os.Symlink, hard: os.Link, progress: progress}
	if err := cachedir.Use(ctx, cacheDir); err != nil {
		return "", err
	}
	dir, err := s.tree(ctx, g, files)
	if err != nil {
		return "", fmt.Errorf("make a tree of %s (%s) with jostle's packages: %w", g.Version, g.Root, err)
	}
	return dir, nil
}

func (s *shelf) tree(ctx context.Context, g Go, files map[string][]byte) (string, error) {
	if err := check(g, files); err != nil {
		return "", err
	}
	p, err := newPlan(g, files, s.can(s.sym))
	if err != nil {
		return "", err
	}
	dir := s.of(p)
	if p.differs(dir) != nil {
		if err := s.provide(ctx, p, g); err != nil {
			return "", fmt.Errorf("in %s (set JOSTLE_CACHE to another directory if this one does not do): %w", s.dir, err)
		}
	}
	cachedir.Used(dir)
	return p.in(dir), nil
}

func check(g Go, files map[string][]byte) error {
	if !filepath.IsAbs(g.Root) {
		return fmt.Errorf("GOROOT %q is not an absolute path", g.Root)
	}
	if real, err := Real(g.Root); err != nil {
		return err
	} else if real != g.Root {
		return fmt.Errorf("this GOROOT is such a tree already: ask for one of %s", real)
	}
	for name := range files {
		if !fs.ValidPath(name) || name == "." || name == note {
			return fmt.Errorf("%q does not name a file in it", name)
		}
	}
	return nil
}

// note is a file at the root of each tree that says what it is a tree of.
const note = "JOSTLE"

// Real returns the GOROOT that root is a tree of, if Tree has made it, and else root. Tree does not make trees of trees.
func Real(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, note))
	if errors.Is(err, fs.ErrNotExist) {
		return root, nil
	}
	return strings.TrimSuffix(string(text), "\n"), err
}
