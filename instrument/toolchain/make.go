package toolchain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

// A base is a tree that has nothing of ours, from which others take their files by hard links. It may be empty.
type base struct {
	*plan
	dir string
}

// has reports whether a file of the Go is in it.
func (b base) has(e entry) bool { return b.plan != nil && b.entries[e.path] == e }

// A builder makes what a plan says in a directory that is not there yet, or empty.
type builder struct {
	*plan
	*shelf
	dir  string
	from base
}

func (b *builder) build(ctx context.Context) error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	tasks, going := errgroup.WithContext(ctx)
	tasks.SetLimit(2 * runtime.GOMAXPROCS(0))
	for _, path := range b.paths {
		e := b.entries[path]
		if going.Err() != nil {
			break
		}
		if e.kind == directory {
			if err := os.Mkdir(native(b.dir, path), 0o755); err != nil {
				return errors.Join(err, tasks.Wait())
			}
			continue
		}
		tasks.Go(func() error { return b.place(e) })
	}
	if err := tasks.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// place makes one link or file.
func (b *builder) place(e entry) error {
	to := native(b.dir, e.path)
	if e.kind == link {
		return b.sym(e.target, to)
	}
	if content, own := b.own[e.path]; own {
		if err := os.WriteFile(to, content, 0o644); err != nil {
			return err
		}
		return finish(to, e, 0)
	}
	if b.from.has(e) && b.hard(native(b.from.in(b.from.dir), e.path), to) == nil {
		return nil
	}
	return copyFile(native(b.root, e.path), to, e)
}

func copyFile(from, to string, e entry) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if closing := out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if regular(e.path, info) != e {
		return fmt.Errorf("%s was changed while it was copied: try again", from)
	}
	return finish(to, e, info.Mode().Perm()&0o111)
}

// finish gives a file its time, and protects it: it may be part of several trees.
func finish(name string, e entry, executable os.FileMode) error {
	mtime := time.Unix(e.mtime, 0)
	if err := os.Chtimes(name, mtime, mtime); err != nil {
		return err
	}
	return os.Chmod(name, 0o444|executable)
}
