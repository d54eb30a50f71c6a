package cachedir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// errLocked is what tryLock returns if another holds the lock, be it this process.
var errLocked = errors.New("locked")

// Lock locks the file of that name, which is made if need be, against all other processes and goroutines, until unlock is
// called. If it has to wait it calls meanwhile once. The error is ctx's if that ends first, or says why the file cannot be
// made, or is errors.ErrUnsupported: some systems and some file systems have no locks.
func Lock(ctx context.Context, name string, meanwhile func()) (unlock func(), err error) {
	f, err := hold(ctx, name, true, meanwhile)
	if err != nil {
		return nil, err
	}
	return func() { f.Close() }, nil
}

// hold opens and locks a file, alone or shared. It starts again if the file was removed meanwhile: that lock would exclude no other
// process.
func hold(ctx context.Context, name string, alone bool, meanwhile func()) (*os.File, error) {
	meanwhile = sync.OnceFunc(meanwhile)
	for {
		f, err := open(name)
		if err != nil {
			return nil, err
		}
		if err := await(ctx, f, alone, meanwhile); err != nil {
			f.Close()
			return nil, err
		}
		if isAt(f, name) {
			return f, nil
		}
		f.Close()
	}
}

// open opens a file to lock it, for which it need not be writable.
func open(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		if there, reading := os.Open(name); reading == nil {
			return there, nil
		}
	}
	return f, err
}

func isAt(f *os.File, name string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(name)
	return err == nil && os.SameFile(opened, named)
}

// await takes the lock on f. Each time that it cannot it calls meanwhile.
func await(ctx context.Context, f *os.File, alone bool, meanwhile func()) error {
	for {
		err := tryLock(f, alone)
		if err == nil {
			return nil
		}
		if !errors.Is(err, errLocked) {
			return fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
		}
		meanwhile()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// using is the file that every process which uses a cache has locked, shared.
const using = "using.lock"

// inUse are the files that this process holds locked as long as it runs, by name.
var inUse struct {
	sync.Mutex
	files map[string]*os.File
}

// Use keeps what is in a cache from being removed as long as this process runs. If no other process uses the cache, it
// first removes what has not been used for 30 days, but looks for that at most once a day. It is to be called before
// anything in the cache is used, by any number of goroutines.
//
// The error is ctx's. If the directory cannot be written to, or the file system has no locks, nothing is ever removed.
func Use(ctx context.Context, dir string) error {
	inUse.Lock()
	defer inUse.Unlock()
	name := filepath.Join(dir, using)
	if f := inUse.files[name]; f != nil && isAt(f, name) {
		return nil
	}
	_ = os.MkdirAll(dir, 0o755)
	sweepOnceADay(dir)
	f, err := hold(ctx, name, false, func() {})
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		return nil // if that is in the way of writing to the cache, writing to it says so
	}
	if inUse.files == nil {
		inUse.files = map[string]*os.File{}
	}
	inUse.files[name] = f
	return nil
}
