package toolchain

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// errLocked is what tryLock returns if another process, or this one, holds the lock.
var errLocked = errors.New("locked")

// lock locks a file on the shelf against all others, and waits until it can, or ctx ends. Meanwhile is called once if it has
// to wait. Where there are no locks it does nothing: then two processes may make the same tree, and one of them keeps its own.
func (s *shelf) lock(ctx context.Context, name string, meanwhile func()) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(s.dir, name), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := await(ctx, f, true, meanwhile); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// await takes a lock on f, alone or shared.
func await(ctx context.Context, f *os.File, alone bool, meanwhile func()) error {
	for {
		if err := tryLock(f, alone); !errors.Is(err, errLocked) {
			return nil
		}
		meanwhile()
		meanwhile = func() {}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// inUse are the files that this process holds locked as long as it runs, by name.
var inUse struct {
	sync.Mutex
	files map[string]*os.File
}

// use keeps trees from being swept as long as this process runs, and sweeps the shelf if that has not been done for a day and no
// other process uses it. In a directory that is read-only nothing is swept.
func (s *shelf) use(ctx context.Context) error {
	inUse.Lock()
	defer inUse.Unlock()
	name := filepath.Join(s.dir, using)
	if inUse.files[name] != nil {
		return nil
	}
	_ = os.MkdirAll(s.dir, 0o755)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		if f, err = os.Open(name); err != nil {
			return nil // if that is in the way of making a tree, making it says so
		}
	}
	s.sweep(f)
	if err := await(ctx, f, false, func() {}); err != nil {
		f.Close()
		return err
	}
	if inUse.files == nil {
		inUse.files = map[string]*os.File{}
	}
	inUse.files[name] = f
	return nil
}
