// Package cachedir has what all that jostle keeps in its cache directory has in common: its parts are directories, by the
// kind of what they hold and a key of its content, as <cache>/module/0123…; they appear whole or not at all; and those that
// were not used for long are removed.
package cachedir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"
)

// Partial is how the names of directories begin that are not whole yet, or not any more.
const Partial = ".new-"

// kinds are the folders of the cache that are swept, each with how long things are kept there that are not used. Key is what the names
// of the directories in them look like. Nothing else is removed: findings cannot be made anew, and people may have named a directory as the
// cache that holds other things.
var (
	kinds = map[string]time.Duration{
		"build": month, "changed": month, "explore": month, "exports": month, "module": month, "package": month, "patched": month, "toolchain": month,
		"test": 2 * day, // they are large, and the go command keeps what it links for as long
	}
	key = regexp.MustCompile(`(^|-)[0-9a-f]{16,32}$`)
)

const (
	day   = 24 * time.Hour
	month = 30 * day
)

// Used notes that a directory was used now, for the sweep: at most once a day. Where that cannot be written nothing can be
// removed.
func Used(dir string) {
	if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > day {
		now := time.Now()
		_ = os.Chtimes(dir, now, now)
	}
}

// Make makes a directory, whose parent must exist, of what fill puts into temp. The directory appears whole or not at all: it gets its
// name after fill has returned nil. If another process has made it meanwhile, that is an error.
func Make(dir string, fill func(temp string) error) error {
	temp, err := os.MkdirTemp(filepath.Dir(dir), Partial)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := fill(temp); err != nil {
		return err
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	return Rename(temp, dir)
}

// Discard removes a directory if it is there. It loses its name first, so that nothing finds it in parts.
func Discard(dir string) error {
	temp, err := os.MkdirTemp(filepath.Dir(dir), Partial)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := Rename(dir, filepath.Join(temp, "old")); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Rename gives a directory another name. On Windows that is tried again for half a second: a virus scanner may have a new
// file open.
func Rename(from, to string) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := os.Rename(from, to)
		if err == nil || runtime.GOOS != "windows" || errors.Is(err, fs.ErrNotExist) || wait > 256*time.Millisecond {
			return err
		}
		time.Sleep(wait)
	}
}
