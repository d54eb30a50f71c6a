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

// A shelf is the directory in the cache where trees are kept.
type shelf struct {
	dir      string
	sym      func(oldname, newname string) error // os.Symlink
	hard     func(oldname, newname string) error // os.Link
	progress func(string)
}

// making is the file on a shelf that the one process has locked that makes a tree.
const making = "making.lock"

func (s *shelf) of(p *plan) string { return filepath.Join(s.dir, p.key) }

// provide makes the tree of p if no other process does so first.
func (s *shelf) provide(ctx context.Context, p *plan, g Go) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	unlock, err := cachedir.Lock(ctx, filepath.Join(s.dir, making), func() { s.progress("waiting for another jostle that makes a tree of a Go") })
	switch {
	case err == nil:
		defer unlock()
		s.clear()
	case !errors.Is(err, errors.ErrUnsupported):
		return err
	} // else two processes may make the same tree, and one of them keeps its own
	why := p.differs(s.of(p))
	if why == nil {
		return nil // made meanwhile
	}
	if !errors.Is(why, fs.ErrNotExist) {
		s.progress(fmt.Sprintf("the tree of %s is damaged (%v): making it anew", g.Version, why))
	}
	from, err := s.base(ctx, p, g)
	if err != nil || from.dir == s.of(p) {
		return err
	}
	return s.make(ctx, p, from)
}

// base returns the base of g's trees, if there can be hard links, and makes it if need be.
func (s *shelf) base(ctx context.Context, p *plan, g Go) (base, error) {
	if !s.can(s.hard) {
		s.progress(fmt.Sprintf("copying %s", g.Version))
		return base{}, nil
	}
	bare, err := newPlan(g, nil, p.links)
	if err != nil {
		return base{}, err
	}
	b := base{bare, s.of(bare)}
	if bare.differs(b.dir) != nil {
		s.progress(fmt.Sprintf("copying the standard library of %s (once)", g.Version))
		if err := s.make(ctx, bare, base{}); err != nil {
			return base{}, err
		}
	}
	cachedir.Used(b.dir)
	return b, nil
}

// make makes the tree of p under another name, looks at it, and gives it its name.
func (s *shelf) make(ctx context.Context, p *plan, from base) error {
	err := cachedir.Make(s.of(p), func(temp string) error {
		b := builder{plan: p, shelf: s, dir: p.in(temp), from: from}
		if err := b.build(ctx); err != nil {
			return err
		}
		if err := p.differs(temp); err != nil {
			return fmt.Errorf("%s: %w: this file system does not keep what is written to it", temp, err)
		}
		return cachedir.Discard(s.of(p))
	})
	if err != nil && ctx.Err() == nil && p.differs(s.of(p)) == nil {
		return nil // another process was quicker
	}
	return err
}

// clear removes what processes that were killed have left. The making lock must be held: then no process is at work on any
// of it.
func (s *shelf) clear() {
	list, _ := os.ReadDir(s.dir)
	for _, d := range list {
		if d.IsDir() && strings.HasPrefix(d.Name(), cachedir.Partial) {
			_ = os.RemoveAll(filepath.Join(s.dir, d.Name()))
		}
	}
}

// can says whether files on the shelf can be linked by link. Where nothing can be written, it says yes: a tree that is
// there was made by then.
func (s *shelf) can(link func(oldname, newname string) error) bool {
	_ = os.MkdirAll(s.dir, 0o755)
	f, err := os.CreateTemp(s.dir, cachedir.Partial)
	if err != nil {
		return true
	}
	f.Close()
	defer os.Remove(f.Name())
	defer os.Remove(f.Name() + ".link")
	return link(f.Name(), f.Name()+".link") == nil
}
