//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package cachedir

import (
	"errors"
	"os"
)

// tryLock says that files cannot be locked here.
func tryLock(*os.File, bool) error { return errors.ErrUnsupported }
