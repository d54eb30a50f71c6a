//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cachedir

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock locks f for this process, alone or with others, until it is closed. It returns errLocked if that is not to be had
// now, and another error if files cannot be locked here. A lock that is held already is changed.
func tryLock(f *os.File, alone bool) error {
	how := unix.LOCK_SH
	if alone {
		how = unix.LOCK_EX
	}
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return errLocked
		default:
			return err
		}
	}
}
